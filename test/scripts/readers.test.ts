// The readers of other systems' exports: what they make of a file as the system writes it, and of files that they cannot read.
/// <reference types="vite/types/importMeta.d.ts" />
import { describe, expect, test } from 'vitest'
import { type Input, type Item, READERS, type ReaderOptions, readerFor, requireEdges } from '../../scripts/operator/import/readers/index.ts'
import { personRecord, readRecord } from '../../src/core/imports/person-record.ts'

const FILES = import.meta.glob<string>('../fixtures/imports/*', { eager: true, query: '?raw', import: 'default' })
const textOf = (name: string) => FILES[`../fixtures/imports/${name}`] as string
const bytesOf = (text: string) => new TextEncoder().encode(text)

/** As a file is read: in pieces, which end anywhere. */
async function* inPieces(bytes: Uint8Array, size = Math.max(61, bytes.length / 200)): Input {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function readBytes(bytes: Uint8Array, options: ReaderOptions = {}): Promise<Item[]> {
  const items: Item[] = []
  for await (const item of readerFor('auto', bytes).read(inPieces(bytes), options)) items.push(item)
  return items
}
const read = (name: string, options: ReaderOptions = {}) => readBytes(bytesOf(textOf(name)), options)
const companion = (name: string) => ({ companion: inPieces(bytesOf(textOf(name))) })
const hashConfig = textOf('firebase-hash-config.txt')

const GOOGLE = { issuer: 'https://accounts.google.com', subject: '110169484474386276334' }
const BCRYPT = '$04$abcdefghijklmnopqrstuuO71Ztes6ZJUt/inAkYGcH0cpIdhrPA.'

describe('each system: who its people are in Kith, and what of them stays behind', () => {
  test('Auth0, with the password hashes of its support', async () => {
    expect(await read('auth0.ndjson', companion('auth0-hashes.ndjson'))).toEqual([
      {
        line: 1,
        record: {
          externalId: 'auth0|507f1f77bcf86cd799439011',
          username: 'zofie',
          email: 'zofie@example.com',
          emailVerified: true,
          givenName: 'Žofie',
          familyName: 'Nováková',
          passwordHash: `$2b${BCRYPT}`,
          createdAt: '2021-03-04T05:06:07.890Z',
          updatedAt: '2024-01-02T03:04:05.006Z',
          lastSeenAt: '2024-01-02T03:04:05.006Z',
          customData: { user_metadata: { colour: 'teal', phrase: '“čau”' }, app_metadata: { plan: 'school' } },
          identities: [{ ...GOOGLE, label: null }],
        },
        lost: ['second factor'],
      },
      {
        line: 2,
        record: {
          externalId: 'google-oauth2|103547991597142817347',
          email: 'yamada@example.jp',
          emailVerified: true,
          displayName: '山田 太郎',
          givenName: '太郎',
          familyName: '山田',
          locale: 'ja',
          picture: 'https://lh3.googleusercontent.com/a/photo=s96-c',
          createdAt: '2022-08-09T10:11:12.131Z',
          updatedAt: '2022-08-09T10:11:12.131Z',
          lastSeenAt: '2022-08-09T10:11:12.131Z',
          identities: [{ ...GOOGLE, subject: '103547991597142817347', label: null }],
        },
        lost: [],
      },
      {
        line: 3,
        record: {
          externalId: 'sms|60f0a1b2c3d4e5f601234567',
          phone: '7911123456',
          phoneCountryCode: '+44',
          createdAt: '2023-01-01T00:00:00.000Z',
          updatedAt: '2023-01-01T00:00:00.000Z',
        },
        lost: ['every way to sign in'],
      },
      {
        line: 4,
        record: {
          externalId: 'auth0|60f0a1b2c3d4e5f601234568',
          email: 'mallory@example.com',
          emailVerified: false,
          displayName: 'محمد علي',
          banned: {},
          createdAt: '2023-02-03T04:05:06.007Z',
          updatedAt: '2023-02-03T04:05:06.007Z',
        },
        lost: ['picture: must be an https URL', 'password'],
      },
      {
        line: 5,
        record: expect.objectContaining({ externalId: 'oidc|staff|00u1a2b3', displayName: 'Ελένη Παπαδοπούλου' }),
        lost: ['account at staff'],
      },
    ])
  })

  test('Clerk, from its dashboard', async () => {
    expect(await read('clerk.csv')).toEqual([
      {
        line: 2,
        record: {
          externalId: 'user_2YDryYFVMM1W1plDDKz7Gzf4we6',
          username: 'zofie',
          email: 'zofie@example.com',
          emailVerified: true,
          givenName: 'Žofie',
          familyName: 'Nováková',
          phone: '601123456',
          phoneCountryCode: '+420',
          passwordHash: `$2b${BCRYPT}`,
        },
        lost: ['further addresses', 'authenticator app'],
      },
      {
        line: 3,
        record: {
          externalId: 'user_2ZZCgLE7kJG2CRBxTZ6YUIvzS10',
          email: 'yamada@example.jp',
          emailVerified: false,
          givenName: '太郎',
          familyName: '山田',
        },
        lost: [],
      },
      {
        line: 4,
        record: { externalId: 'user_2cWszPHuo6P2lCdnhhZbVMfbAIC', username: 'quiet_one', passwordHash: `$2a${BCRYPT}` },
        lost: [],
      },
      {
        line: 6,
        record: {
          externalId: 'user_2cukOsyNsh0J3MCEvrgM6PkoB0I',
          email: 'sean@example.ie',
          emailVerified: true,
          givenName: 'Seán "Jack"',
          familyName: "O'Brien, the younger",
          passwordHash: expect.stringMatching(/^\$firebase-scrypt\$ln=10,r=8,sep=Bw,key=B/),
        },
        lost: [],
      },
    ])
  })

  test("Clerk's API has metadata and accounts at providers instead of passwords", async () => {
    expect(await read('clerk.json')).toEqual([
      {
        line: 1,
        record: {
          externalId: 'user_2YDryYFVMM1W1plDDKz7Gzf4we6',
          username: 'zofie',
          email: 'zofie@example.com',
          emailVerified: true,
          givenName: 'Žofie',
          familyName: 'Nováková',
          picture: 'https://img.clerk.com/zofie.png',
          createdAt: '2021-03-04T05:06:07.890Z',
          updatedAt: '2024-01-02T00:00:00.000Z',
          lastSeenAt: '2024-01-02T00:00:00.000Z',
          customData: { public_metadata: { plan: 'school' }, unsafe_metadata: { colour: 'teal' } },
          identities: [{ ...GOOGLE, label: 'zofie@gmail.com' }],
        },
        lost: ['account at oauth_discord', 'private metadata', 'further addresses', 'authenticator app', 'password'],
      },
      {
        line: 2,
        record: {
          externalId: 'user_2gXEmg00DCV77CHNO4aa3q8ZYRf',
          phone: '7911123456',
          phoneCountryCode: '+44',
          banned: {},
          createdAt: '2023-07-09T07:48:08.888Z',
          updatedAt: '2023-07-09T07:48:08.888Z',
        },
        lost: ['every way to sign in'],
      },
    ])
  })

  test('Supabase, whose users are many in one table: deleted and anonymous ones do not move', async () => {
    expect(await read('supabase.csv')).toEqual([
      {
        line: 2,
        record: {
          externalId: '6f1c2d3e-0000-4000-8000-000000000001',
          email: 'zofie@example.com',
          emailVerified: '2021-03-04T05:06:07.890Z',
          displayName: 'Žofie Nováková',
          picture: 'https://lh3.googleusercontent.com/a/zofie',
          passwordHash: `$2a${BCRYPT}`,
          createdAt: '2021-03-04T05:06:00.000Z',
          updatedAt: '2024-01-02T03:04:05.000Z',
          lastSeenAt: '2024-01-02T03:04:05.000Z',
          customData: { user_metadata: { colour: 'teal,\nblue' }, app_metadata: { plan: 'school' } },
          identities: [{ ...GOOGLE, label: 'zofie@gmail.com' }],
        },
        lost: [],
      },
      {
        line: 3,
        record: {
          externalId: '6f1c2d3e-0000-4000-8000-000000000002',
          phone: '7911123456',
          phoneCountryCode: '+44',
          createdAt: '2022-01-01T00:00:00.000Z',
          updatedAt: '2022-01-01T00:00:00.000Z',
        },
        lost: ['every way to sign in'],
      },
      {
        line: 4,
        record: {
          externalId: '6f1c2d3e-0000-4000-8000-000000000003',
          username: 'yamada',
          email: 'yamada@example.jp',
          emailVerified: false,
          givenName: '太郎',
          familyName: '山田',
          passwordHash: `$2a${BCRYPT}`,
          banned: { until: '2124-01-01T00:00:00.000Z' },
          createdAt: '2022-01-01T00:00:00.500Z',
          updatedAt: '2022-01-01T00:00:00.000Z',
          customData: { user_metadata: { username: 'yamada' } },
        },
        lost: [],
      },
      { line: 5, refusal: 'is an anonymous user, without a way to sign in' },
      { line: 6, refusal: 'was deleted in Supabase' },
    ])
  })

  test('Supabase: no account at a provider is taken from the metadata, which people write themselves', async () => {
    const [first] = await read('supabase.json')
    expect(first).toMatchObject({ record: { emailVerified: '2021-03-04T05:06:07.890Z' }, lost: ['account at google'] })
    expect(first).not.toHaveProperty('record.identities')
  })

  test.each(['firebase.json', 'firebase.csv'])('Firebase: %s', async (name) => {
    expect(await read(name, { hashConfig })).toEqual([
      {
        line: 1,
        record: {
          externalId: 'Xk2a9LmPq0RsTuVwXyZa01',
          email: 'zofie@example.com',
          emailVerified: true,
          displayName: 'Nováková, Žofie "Zo"',
          picture: 'https://lh3.googleusercontent.com/a/zofie',
          passwordHash: expect.stringMatching(/^\$firebase-scrypt\$ln=10,r=8,sep=Bw,key=B/),
          createdAt: '2021-03-04T05:06:07.890Z',
          lastSeenAt: '2024-01-02T03:04:05.006Z',
          customData: { claims: { plan: 'school' } },
          identities: [{ ...GOOGLE, label: 'zofie@gmail.com' }],
        },
        lost: [],
      },
      {
        line: 2,
        record: {
          externalId: 'Xk2a9LmPq0RsTuVwXyZa02',
          phone: '7911123456',
          phoneCountryCode: '+44',
          createdAt: '2023-01-01T00:00:00.000Z',
          lastSeenAt: '2023-01-01T00:00:00.000Z',
        },
        lost: ['every way to sign in'],
      },
      {
        line: 3,
        record: {
          externalId: 'Xk2a9LmPq0RsTuVwXyZa03',
          email: 'yamada@example.jp',
          emailVerified: false,
          displayName: '山田 太郎',
          banned: {},
          createdAt: '2023-01-01T00:00:00.000Z',
          identities: [{ issuer: 'https://github.com', subject: '583231', label: null }],
        },
        lost: ['account at facebook.com'],
      },
    ])
  })

  test('Cognito, which gives its password hashes to nobody', async () => {
    expect(await read('cognito.json')).toEqual([
      {
        line: 1,
        record: {
          externalId: '3a1f0c52-0000-4000-8000-000000000001',
          username: 'zofie',
          email: 'zofie@example.com',
          emailVerified: true,
          givenName: 'Žofie',
          familyName: 'Nováková',
          birthDate: '1990-12-31',
          zoneinfo: 'Europe/Prague',
          locale: 'cs',
          phone: '601123456',
          phoneCountryCode: '+420',
          createdAt: '2021-03-04T05:06:07.890Z',
          updatedAt: '2024-01-02T03:04:05.006Z',
          customData: { custom: { plan: 'school' } },
        },
        lost: ['password', 'postal address'],
      },
      {
        line: 2,
        record: {
          externalId: '3a1f0c52-0000-4000-8000-000000000002',
          email: 'yamada@example.jp',
          emailVerified: false,
          displayName: '山田 太郎',
          banned: {},
          createdAt: '2022-01-01T00:00:00.000Z',
          updatedAt: '2022-01-01T00:00:00.000Z',
          identities: [{ ...GOOGLE, label: null }],
        },
        lost: ['birthDate: must be a date such as 2000-05-01, not in the future'],
      },
    ])
    expect(await read('cognito.csv')).toEqual([
      {
        line: 2,
        record: {
          externalId: 'zofie',
          username: 'zofie',
          email: 'zofie@example.com',
          emailVerified: true,
          givenName: 'Žofie',
          familyName: 'Nováková',
          nickname: 'Zo',
          customData: { custom: { joinedOn: '2021' } },
        },
        lost: ['birthDate: must be a date such as 2000-05-01, not in the future', 'password', 'second factor'],
      },
    ])
  })

  test('Keycloak, with the hashes of all of its ages', async () => {
    const options = { roles: { editor: 'helpdesk' }, issuers: { corporate: 'https://login.example.com' } }
    expect(await read('keycloak.json', options)).toEqual([
      {
        line: 1,
        record: {
          externalId: 'd1000000-0000-4000-8000-000000000001',
          username: 'zofie',
          email: 'zofie@example.com',
          emailVerified: true,
          givenName: 'Žofie',
          familyName: 'Nováková',
          locale: 'cs',
          phone: '601123456',
          phoneCountryCode: '+420',
          role: 'helpdesk',
          passwordHash: expect.stringMatching(/^\$pbkdf2-sha512\$i=1000\$a2V5Y2xvYWstc2FsdC0xNg\$QNqcspX/),
          createdAt: '2021-03-04T05:06:07.890Z',
          customData: { attributes: { department: ['Käse', 'Wurst'] } },
          identities: [
            { ...GOOGLE, label: 'zofie@gmail.com' },
            { issuer: 'https://login.example.com', subject: '00u1a2b3', label: 'zofie' },
          ],
        },
        lost: ['role "auditor"', 'authenticator app', 'groups'],
      },
      {
        line: 2,
        record: {
          externalId: 'd1000000-0000-4000-8000-000000000002',
          email: 'yamada@example.jp',
          emailVerified: false,
          givenName: '太郎',
          familyName: '山田',
          banned: {},
          passwordHash: expect.stringMatching(/^\$pbkdf2-sha256\$i=1000\$/),
          createdAt: '2021-03-04T05:06:07.890Z',
        },
        lost: [],
      },
      {
        line: 3,
        record: {
          externalId: 'd1000000-0000-4000-8000-000000000003',
          username: 'no-address',
          passwordHash: expect.stringMatching(/^\$pbkdf2-sha1\$i=1000\$/),
          createdAt: '2021-03-04T05:06:07.890Z',
        },
        lost: [],
      },
      {
        line: 4,
        record: expect.objectContaining({ passwordHash: expect.stringMatching(/^\$argon2id\$v=19\$m=7168,t=5,p=1\$/) }),
        lost: [],
      },
      { line: 5, refusal: 'is the service account of a client' },
    ])
  })

  test.each(['json', 'csv'])('better-auth: two tables as %s', async (type) => {
    const items = await read(`better-auth-user.${type}`, { ...companion(`better-auth-account.${type}`), roles: { admin: 'admin' } })
    expect(items.map((item) => ({ ...item, line: 0 }))).toEqual([
      {
        line: 0,
        record: {
          externalId: 'k3JzvQ9r5mE2',
          username: 'Zofie',
          email: 'zofie@example.com',
          emailVerified: true,
          displayName: 'Žofie Nováková',
          picture: 'https://lh3.googleusercontent.com/a/zofie',
          role: 'admin',
          passwordHash: expect.stringMatching(/^\$scrypt\$ln=14,r=16,p=1\$/),
          createdAt: '2021-03-04T05:06:07.890Z',
          updatedAt: '2024-01-02T03:04:05.006Z',
          customData: { user: { favourite: 'teal' } },
          identities: [{ ...GOOGLE, label: null }],
        },
        lost: ['authenticator app'],
      },
      {
        line: 0,
        record: {
          externalId: 'k3JzvQ9r5mE3',
          email: 'yamada@example.jp',
          emailVerified: false,
          displayName: '山田 太郎',
          banned: { reason: 'Spam', until: '2124-01-01T00:00:00.000Z' },
          createdAt: '2022-01-01T00:00:00.000Z',
          updatedAt: '2022-01-01T00:00:00.000Z',
          identities: [{ issuer: 'https://github.com', subject: '583231', label: null }],
        },
        lost: [],
      },
    ])
  })
})

/** Each is read alone; second files are not among them. */
const EXPORTS = Object.keys(FILES)
  .map((path) => path.slice(path.lastIndexOf('/') + 1))
  .filter((name) => !/account|hash/.test(name))
const systemOf = (name: string) => /^(better-auth|[a-z0-9]+)/.exec(name)?.[0] ?? ''

test.each(EXPORTS)('%s is recognized by what is in it, and every person is a record that an import takes', async (name) => {
  expect(readerFor('auto', bytesOf(textOf(name))).name).toBe(systemOf(name))
  const records = (await read(name, systemOf(name) === 'firebase' ? { hashConfig } : {})).flatMap((item) =>
    'record' in item ? [item.record] : [],
  )
  expect(records.length).toBeGreaterThan(0)
  for (const record of records) expect(readRecord(personRecord, record)).not.toHaveProperty('refusal')
})

test.each(EXPORTS)("%s is refused as anybody else's", (name) => {
  for (const { name: format } of READERS.filter((reader) => reader.name !== systemOf(name))) {
    expect(() => readerFor(format, bytesOf(textOf(name)))).toThrow(`use --format ${systemOf(name)}, or auto`)
  }
})

test("Kith's own records are read as they are", async () => {
  const record = { externalId: 'a1', username: 'zofie', customData: { user_id: 'auth0|1' } }
  expect(await readBytes(bytesOf(`${JSON.stringify(record)}\n`))).toEqual([{ line: 1, record, lost: [] }])
})

test.each([
  ['a byte order mark', (text: string) => bytesOf(`\uFEFF${text}`)],
  ['line ends of Windows', (text: string) => bytesOf(text.replaceAll('\n', '\r\n'))],
  [
    'UTF-16, as PowerShell writes it',
    (text: string) => new Uint8Array(Uint16Array.from(`\uFEFF${text}`, (unit) => unit.charCodeAt(0)).buffer),
  ],
  ['semicolons, as spreadsheets of some countries write it', (text: string) => bytesOf(text.replaceAll(',', ';'))],
])('a table with %s is the same', async (_, rewrite) => {
  const table = 'id,primary_email_address,verified_email_addresses,last_name\nuser_1,z@example.com,z@example.com,Nováková 山\n'
  expect(await readBytes(rewrite(table))).toEqual([
    {
      line: 2,
      record: { externalId: 'user_1', email: 'z@example.com', emailVerified: true, familyName: 'Nováková 山' },
      lost: [],
    },
  ])
})

describe('what cannot be read is said, with the place', () => {
  const user = (more: string) => `{"user_id":"auth0|1","passwordHash":"","email":"a@example.com"${more}}`
  const clerk = (rows: string) => `id,primary_email_address,first_name\n${rows}`

  test.each<[what: string, bytes: Uint8Array, message: string]>([
    ['nothing', bytesOf(' \n'), 'The file is empty'],
    ['a compressed file', Uint8Array.of(0x1f, 0x8b, 8, 0), 'is compressed: unpack it first'],
    ['a workbook', Uint8Array.of(0x50, 0x4b, 3, 4), 'is a ZIP file or a workbook'],
    ['a picture', Uint8Array.of(0x89, 0x50, 0, 0), 'The file is not text'],
    ["somebody's notes", bytesOf('Dear all,\nplease move'), 'is no export that Kith knows (Kith, Auth0, Clerk'],
    ['a dump', bytesOf('--\nINSERT INTO "auth"."users" VALUES (1)'), 'looks like an export of Supabase, but as SQL'],
    ['a table of Auth0', bytesOf('user_id,email\nauth0|1,a@example.com'), 'looks like an export of Auth0, but as CSV'],
    ['the wrong table', bytesOf(textOf('better-auth-account.csv')), 'but of the table account alone'],
    ['password hashes alone', bytesOf(textOf('auth0-hashes.ndjson')), 'but of the password hashes alone: give the export of its users'],
    ['edges', bytesOf('{"type":"follow","from":"a","to":"b"}'), 'has follows and blocks: give it with --edges'],
    [
      'a realm without users',
      bytesOf('{"realm":"shop","accessTokenLifespan":300}'),
      'but without its users: export it with --users realm_file',
    ],
    [
      'a large realm without users',
      bytesOf(`{"realm":"shop","accessTokenLifespan":300,"note":"${'x'.repeat(70_000)}"\n}`),
      'The file has no list "users"',
    ],
    ['hashes without parameters', bytesOf(textOf('firebase.json')), '"Password hash parameters". Copy them into a file'],
    ['half a file', bytesOf(textOf('clerk.json').slice(0, 2900)), 'The file ends in the middle, after 1 people'],
    ['broken JSON', bytesOf(textOf('clerk.json').replace('"banned": true', '"banned": yes')), 'is not valid JSON after 1 people'],
  ])('%s', async (_, bytes, message) => {
    await expect(async () => readBytes(bytes)).rejects.toThrow(message)
  })

  test.each<[what: string, options: ReaderOptions, file: string, message: string]>([
    ['a second file of one that has none', companion('auth0.ndjson'), 'clerk.csv', 'An export of Clerk is one file: leave --with away'],
    ['a second file of another kind', companion('clerk.csv'), 'auth0.ndjson', 'The second file has no password hashes of Auth0'],
    ['some of the parameters', { hashConfig: 'rounds: 8' }, 'firebase.csv', 'The file of --hash-config lacks base64_signer_key'],
    ['parameters of hashes of another system', { hashConfig }, 'clerk.csv', '--hash-config is for exports of Firebase, not of Clerk'],
    ['a second file of accounts that has users', companion('auth0.ndjson'), 'better-auth-user.json', 'is not the table account'],
  ])('%s', async (_, options, file, message) => {
    await expect(read(file, options)).rejects.toThrow(message)
  })

  const SCRIPT = 'import { user } from "./user"\nconst a = user.id || b, id = { "user_id": "auth0|1" }\n'
  const ENCODED = new Uint8Array(Uint16Array.from('{"user_id":"auth0|1"}', (unit) => unit.charCodeAt(0)).buffer)
  test.each(['auto', ...READERS.map(({ name }) => name)])('a file that is no export at all, whatever it is said to be: %s', (format) => {
    const refusalOf = (bytes: Uint8Array) => {
      try {
        return readerFor(format, bytes).name
      } catch (error) {
        return (error as Error).message
      }
    }
    const isNone =
      /^The file is no export (that Kith knows|of [\w-]+, which (has "|is a JSON object a line)).*; it (begins with|is not text)/
    expect(refusalOf(bytesOf(SCRIPT))).toMatch(isNone)
    expect(refusalOf(bytesOf('<!DOCTYPE html>\n<p>auth0|1, 2</p>'))).toMatch(isNone)
    expect(refusalOf(bytesOf('[]'))).toMatch(isNone)
    expect(refusalOf(Uint8Array.of(0x89, 0xd0, 0xfe, 0xa7))).toMatch(isNone)
    expect(refusalOf(bytesOf(''))).toBe('The file is empty')
    expect(refusalOf(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13))).toBe('The file is not text')
    expect(refusalOf(Uint8Array.of(0x1f, 0x8b, 8, 0))).toContain('is compressed')
    expect(refusalOf(ENCODED)).toMatch(/^auth0$|^This looks like an export of Auth0, not of /)
  })

  test.each([
    ['people', '{"externalId":"a"}\n', 'The file has no follows and blocks, which are a JSON object a line with "type", "from" and "to"'],
    ['a table', 'type,from,to\n', 'it begins with "type,from,to"'],
    ['a compressed file', '\x1f\x8b', 'is compressed'],
  ])('%s instead of edges', (_, text, message) => {
    expect(() => requireEdges(Uint8Array.from(text, (char) => char.charCodeAt(0)))).toThrow(message)
  })

  test('no edges at all are fine: an export of Kith may have none', () => {
    expect(() => requireEdges(bytesOf(''))).not.toThrow()
  })

  test('a format that there is not', () => {
    expect(() => readerFor('okta', bytesOf('{}'))).toThrow('--format must be auto or one of kith, auth0, clerk')
  })

  test.each<[what: string, text: string, refusal: string]>([
    ['a broken line', '{"user_id":', 'is not valid JSON'],
    ['a list', '[1]', 'is not a JSON object'],
    ['a line of 10 MB', user(`,"note":"${'x'.repeat(10_000_000)}"`), 'has more than 1000000 characters'],
    ['depth', user(`,"user_metadata":${'['.repeat(200_000)}${']'.repeat(200_000)}`), 'is nested more than 64 deep'],
    ['nobody', '{"email":"a@example.com"}', 'has no user_id'],
  ])('%s among others costs nobody else anything', async (_, text, refusal) => {
    const items = await readBytes(bytesOf(`${user('')}\n${text}\n\n${user(',"name":"B"')}\n`))
    expect(items).toMatchObject([
      { line: 1, record: {} },
      { line: 2, refusal },
      { line: 4, record: { displayName: 'B' } },
    ])
  })

  test.each<[what: string, element: string, refusal: string]>([
    ['a number', '7', 'is not a JSON object'],
    ['a text', '"user"', 'is not a JSON object'],
    ['a list', '[{}]', 'is not a JSON object'],
    ['10 MB', `{"localId":"${'x'.repeat(10_000_000)}"}`, 'has more than 1000000 characters'],
    ['depth', `{"localId":"1","a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`, 'is nested more than 64 deep'],
  ])('%s in an array costs nobody else anything', async (_, element, refusal) => {
    const items = await readBytes(bytesOf(`{"kind":"x","users":[{"localId":"1"},${element},{"localId":"3"}],"more":[{"localId":"4"}]}`))
    expect(items).toMatchObject([{ record: { externalId: '1' } }, { line: 2, refusal }, { line: 3, record: { externalId: '3' } }])
  })

  test('a line of a table with other fields, or in another encoding', async () => {
    const latin = Uint8Array.from(clerk('user_1,a@example.com,Zo\xeb\nuser_2,b@example.com\nuser_3,c@example.com,C\n'), (char) =>
      char.charCodeAt(0),
    )
    expect(await readBytes(latin)).toMatchObject([
      { line: 2, refusal: 'has characters that are not UTF-8' },
      { line: 3, refusal: 'has 2 fields where the table has 3 columns' },
      { line: 4, record: { externalId: 'user_3' } },
    ])
  })

  test('a quote that is never closed does not swallow the rest into memory', async () => {
    const open = clerk(`user_1,a@example.com,A\nuser_2,b@example.com,"B\n${'user_3,c@example.com,C\n'.repeat(100_000)}`)
    await expect(readBytes(bytesOf(open))).rejects.toThrow(/line/i)
  })
})

describe('what a person may not bring along', () => {
  const one = async (more: object, options?: ReaderOptions) => {
    const [item] = await readBytes(bytesOf(JSON.stringify({ user_id: 'auth0|1', passwordHash: `$2b${BCRYPT}`, ...more })), options)
    return item && 'record' in item ? item : expect.fail('was refused')
  }

  test.each<[field: string, more: object, lost: string]>([
    ['customData', { user_metadata: { note: 'x'.repeat(5000) } }, 'customData: must have at most 4096 bytes as JSON'],
    [
      'customData',
      { user_metadata: JSON.parse('{"__proto__":{"admin":true}}') },
      'customData: must not have the keys __proto__, constructor and prototype',
    ],
    ['locale', { locale: 'klingon!' }, 'locale: must be a language tag'],
    ['createdAt', { created_at: 'yesterday' }, 'createdAt: must be a time such as 2020-05-01T12:00:00Z'],
    ['passwordHash', { passwordHash: 'md5:abc' }, 'password: must be a password hash of a kind that Kith can check'],
  ])('%s that breaks a rule stays behind, and the person moves', async (field, more, lost) => {
    const item = await one({ email: 'a@example.com', ...more })
    expect(item.lost).toEqual([lost])
    expect(item.record).not.toHaveProperty(field)
  })

  test('a name with other characters than names have is still shown', async () => {
    expect(await one({ given_name: 'DJ #1', family_name: '<3' })).toMatchObject({ record: { displayName: 'DJ #1 <3' } })
  })
})

test('a file of any size is read as it is needed: an array of 5,000 people is never whole in memory', async () => {
  const PEOPLE = 5_000
  let sent = 0
  async function* file(): Input {
    yield bytesOf('{"users":[')
    for (; sent < PEOPLE; sent++) yield bytesOf(`${sent === 0 ? '' : ','}{"localId":"${sent}","displayName":"${'山'.repeat(50)}"}`)
    yield bytesOf(']}')
  }
  let read = 0
  for await (const item of readerFor('auto', bytesOf('{"users":[{"localId":"0"}]}')).read(file(), {})) {
    expect(item.line).toBe(++read)
    if (sent - read > 2) expect.fail(`${sent} were sent when ${read} were read`)
  }
  expect(read).toBe(PEOPLE)
})
