// A deployment that is configured wrongly serves nothing, and says which name is wrong (design §1.17).
/// <reference types="vite/types/importMeta.d.ts" />
import { describe, expect, test } from 'vitest'
import { type Bindings, ConfigError, getConfig } from '../../src/config.ts'
import { vars } from '../../src/config-vars.ts'
import { Client, platform } from '../support/kith.ts'

const texts = import.meta.glob<string>(['../../docs/deploy.md', '../../wrangler.toml'], { query: '?raw', import: 'default', eager: true })
const { '../../docs/deploy.md': deploy = '', '../../wrangler.toml': wrangler = '' } = texts

const key = (length: number) => 'A'.repeat(Math.ceil((length * 4) / 3))
const SECRET = 'c2VjcmV0LXRoYXQtbXVzdC1uZXZlci1iZS1zaG93bi1hbnl3aGVyZQ'
const SIGNING = {
  kty: 'EC',
  crv: 'P-256',
  x: 'FP2mdq53H02CFQFC8bj5_YM2brrRLksHbaB2wENdyRE',
  y: 'ibVtheR06gSjGD2XpoKNqCTfInZ7kcuer1jlS720ChI',
  d: '6Kj0Cyh9YBZqwVAD6n5V4AQDbdelo4z2bECtVFKOPCM',
}
const RSA = JSON.parse(platform.env.SIGNING_KEYS ?? '').keys[1] as Record<string, string>
const ec = (kid: string) => ({ kid, ...SIGNING })
const keySet = (...keys: object[]) => JSON.stringify({ keys })

/** A correct deployment. */
const PRODUCTION: Partial<Bindings> = {
  ENVIRONMENT: 'production',
  ORIGIN: 'https://id.example.com',
  MAIL: 'email-service',
  MAIL_FROM: 'Kith <no-reply@example.com>',
  // On in the other tests.
  EMAIL_SIGN_IN: '',
  CORS_ORIGINS: 'https://app.example.com, https://www.example.com',
  SCRYPT_LN: '15',
  SIGNING_KEYS: keySet(ec('2026-01')),
  HMAC_KEYS: JSON.stringify({ '2026-01': SECRET }),
  ENCRYPTION_KEYS: JSON.stringify({ '2026-01': key(32) }),
  AVATARS_BASE_URL: 'https://avatars.example.com',
  PEPPER_KEYS: JSON.stringify({ '2026-01': SECRET }),
  PAIRWISE_KEY: JSON.stringify({ '2026-01': key(32) }),
}

type Changes = Partial<Record<keyof Bindings, unknown>>

function configured(changes: Changes) {
  return getConfig({ ...platform.env, ...PRODUCTION, ...changes } as Bindings)
}

function problemsOf(changes: Changes): readonly string[] {
  try {
    configured(changes)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    expect(error.message).not.toContain(SECRET)
    expect(error.message).not.toContain(SIGNING.d)
    return error.problems
  }
}

describe('configuration', () => {
  test('a right one is taken as it is', () => {
    const config = configured({})
    expect(config).toMatchObject({
      environment: 'production',
      origin: 'https://id.example.com',
      corsOrigins: ['https://app.example.com', 'https://www.example.com'],
      requireEmailVerification: true,
      emailSignIn: false,
      networkLimits: true,
      gate: 'primary',
      scryptLn: 15,
    })
    expect(config.editableFields.size).toBe(22)
  })

  test('the older rooms have defaults, and take what they are given', () => {
    expect(configured({})).toMatchObject({
      digestRealm: 'Production Movida',
      exposeUsers: true,
      epixelPath: '/epixel/v1',
      epixelChangesPerDay: 20,
      hostRooms: new Map(),
    })
    const given = {
      DIGEST_REALM: 'My realm',
      EXPOSE_USERS: 'off',
      EPIXEL_PATH: '/api/v2',
      EPIXEL_CHANGES_PER_DAY: '3',
      HOST_ROOMS: 'old.example.com=mxit, api.example.com:8443=movida',
    }
    expect(configured(given)).toMatchObject({
      digestRealm: 'My realm',
      exposeUsers: false,
      epixelPath: '/api/v2',
      epixelChangesPerDay: 3,
      hostRooms: new Map([
        ['old.example.com', 'mxit'],
        ['api.example.com:8443', 'movida'],
      ]),
    })
  })

  test('CLIENT_DOCUMENTS: none by default; hosts or *, and outside of production single documents on this machine', () => {
    expect(configured({}).clientDocuments).toEqual([])
    expect(configured({ CLIENT_DOCUMENTS: 'app.example.com, tools.example.com:8443 *' }).clientDocuments).toEqual([
      'app.example.com',
      'tools.example.com:8443',
      '*',
    ])
    for (const wrong of [
      'https://app.example.com',
      'localhost',
      '*.example.com',
      '10.0.0.1.',
      'http://10.0.0.1/c.json',
      'http://localhost:8080',
    ]) {
      expect(problemsOf({ CLIENT_DOCUMENTS: wrong }), wrong).toEqual([expect.stringMatching(/^CLIENT_DOCUMENTS: must be hosts/)])
    }
    const local = { CLIENT_DOCUMENTS: 'http://localhost:8080/client.json' }
    expect(problemsOf(local)).toEqual(['CLIENT_DOCUMENTS must be hosts in production'])
    expect(configured({ ...local, ENVIRONMENT: 'development' }).clientDocuments).toEqual([local.CLIENT_DOCUMENTS])
  })

  test('PASSKEY_RP_ID: the host of ORIGIN, or a parent domain; PASSKEY_ORIGINS: https, or an Android app', () => {
    expect(configured({}).passkeys).toEqual({ rpId: 'id.example.com', origins: ['https://id.example.com'] })
    const app = `android:apk-key-hash:${'A'.repeat(43)}`
    const given = { PASSKEY_RP_ID: 'example.com', PASSKEY_ORIGINS: `https://app.example.com, ${app}` }
    expect(configured(given).passkeys).toEqual({ rpId: 'example.com', origins: ['https://id.example.com', 'https://app.example.com', app] })
    for (const wrong of ['com', 'ample.com', 'app.example.com', 'evil.example']) {
      expect(problemsOf({ PASSKEY_RP_ID: wrong }), wrong).toEqual(['PASSKEY_RP_ID is neither the host of ORIGIN nor a parent domain of it'])
    }
    expect(problemsOf({ PASSKEY_RP_ID: 'https://example.com' })).toEqual(['PASSKEY_RP_ID: must be a domain such as example.com'])
    for (const wrong of [
      'http://app.example.com',
      'https://*.example.com',
      'https://a.example/',
      'android:apk-key-hash:short',
      'capacitor://localhost',
    ]) {
      expect(problemsOf({ PASSKEY_ORIGINS: wrong }), wrong).toEqual([expect.stringMatching(/^PASSKEY_ORIGINS: must be https origins/)])
    }
  })

  test('PASSWORD_RANGE_URL: off unless set; a URL that a prefix can follow, https in production', () => {
    expect(configured({}).passwordRangeUrl).toBe('')
    const url = 'https://api.pwnedpasswords.com/range/'
    expect(configured({ PASSWORD_RANGE_URL: url }).passwordRangeUrl).toBe(url)
    for (const wrong of ['https://api.pwnedpasswords.com/range', 'api.pwnedpasswords.com/', 'https://a.example/?q=/', 'ftp://a.example/'])
      expect(problemsOf({ PASSWORD_RANGE_URL: wrong })).toEqual(['PASSWORD_RANGE_URL: must be a URL with a slash at the end'])
    expect(problemsOf({ PASSWORD_RANGE_URL: 'http://a.example/' })).toEqual(['PASSWORD_RANGE_URL must be https in production'])
  })

  test('lifetimes have defaults, take what they are given, and empty is the default', () => {
    const DAY_MS = 86_400_000
    const defaults = {
      sessionMs: 30 * DAY_MS,
      sessionIdleMs: DAY_MS,
      accessTokenSeconds: 600,
      refreshTokenMs: 90 * DAY_MS,
      refreshTokenIdleMs: 14 * DAY_MS,
      authorizationCodeMs: 60_000,
      verifyCodeMs: 3_600_000,
      resetCodeMs: 900_000,
      signInCodeMs: 600_000,
    }
    expect(configured({}).lifetimes).toEqual(defaults)
    expect(configured({ SESSION_SECONDS: '' }).lifetimes).toEqual(defaults)
    const given = { SESSION_SECONDS: '7200', SESSION_IDLE_SECONDS: '3600', ACCESS_TOKEN_SECONDS: '300', RESET_CODE_SECONDS: '1800' }
    expect(configured(given).lifetimes).toMatchObject({
      sessionMs: 7_200_000,
      sessionIdleMs: 3_600_000,
      accessTokenSeconds: 300,
      resetCodeMs: 1_800_000,
    })
  })

  test.each([
    ['SESSION_SECONDS', '3599'],
    ['SESSION_SECONDS', '31536001'],
    ['SESSION_IDLE_SECONDS', '60'],
    ['ACCESS_TOKEN_SECONDS', '59'],
    ['ACCESS_TOKEN_SECONDS', '3601'],
    ['REFRESH_TOKEN_SECONDS', '1.5'],
    ['REFRESH_TOKEN_IDLE_SECONDS', 'a fortnight'],
    ['AUTHORIZATION_CODE_SECONDS', '601'],
    ['VERIFY_CODE_SECONDS', '86401'],
    ['RESET_CODE_SECONDS', '0'],
    ['SIGN_IN_CODE_SECONDS', '-600'],
    ['HSTS_INCLUDE_SUBDOMAINS', 'always'],
  ])('%s=%s is out of bounds and refused by name', (name, value) => {
    const problems = problemsOf({ [name]: value })
    expect(problems.length).toBeGreaterThanOrEqual(1)
    for (const problem of problems) expect(problem).toContain(name)
  })

  test('an idle lifetime does not exceed the lifetime that it is part of', () => {
    expect(problemsOf({ SESSION_SECONDS: '3600', REFRESH_TOKEN_SECONDS: '3600' })).toEqual([
      'SESSION_IDLE_SECONDS is longer than SESSION_SECONDS',
      'REFRESH_TOKEN_IDLE_SECONDS is longer than REFRESH_TOKEN_SECONDS',
    ])
  })

  test('CORS_ORIGINS: what people write becomes what browsers send', () => {
    const CORS_ORIGINS = [
      'https://App.Example.com/ https://bücher.example:443 http://localhost:5173 http://tauri.localhost',
      'capacitor://localhost ionic://localhost tauri://localhost chrome-extension://abcdefghijklmnop',
    ].join(',')
    expect(configured({ CORS_ORIGINS }).corsOrigins).toEqual([
      'https://app.example.com',
      'https://xn--bcher-kva.example',
      'http://localhost:5173',
      'http://tauri.localhost',
      'capacitor://localhost',
      'ionic://localhost',
      'tauri://localhost',
      'chrome-extension://abcdefghijklmnop',
    ])
  })

  test('CORS_ORIGINS: an entry that no browser ever sends is named and ignored, and the others count', () => {
    const wrong = [
      'https://*.vercel.app',
      '*',
      'null',
      'app.example.com',
      'https://app.example.com/path',
      'file://',
      'https://a@b.example',
      'https://:443',
    ]
    const { corsOrigins, warnings } = configured({ CORS_ORIGINS: [...wrong, 'https://app.example.com'].join(' ') })
    expect(corsOrigins).toEqual(['https://app.example.com'])
    for (const entry of wrong)
      expect(warnings, entry).toContainEqual(
        expect.stringMatching(new RegExp(`^CORS_ORIGINS: ${entry.replace(/[*/.]/g, '\\$&')} is ignored: it is `)),
      )
    expect(warnings.filter((warning) => warning.startsWith('CORS_ORIGINS'))).toHaveLength(wrong.length)
  })

  test('SIGNING_KEYS: one key for ES256 is enough, and Kith says what is missing', () => {
    expect(configured({}).warnings).toEqual([expect.stringMatching(/^SIGNING_KEYS has no RSA key/)])
    expect(configured({ SIGNING_KEYS: keySet(ec('a'), { ...RSA, kid: 'b' }) })).toMatchObject({
      warnings: [],
      signingKeys: [{ alg: 'ES256' }, { alg: 'RS256' }],
    })
  })

  test('an unset or empty ENVIRONMENT is production', () => {
    for (const ENVIRONMENT of [undefined, '']) {
      expect(configured({ ENVIRONMENT }).environment).toBe('production')
      expect(problemsOf({ ENVIRONMENT, MAIL: 'capture' })).toEqual(['MAIL=capture sends no mail and is refused in production'])
    }
  })

  test.each<[string, Changes, RegExp]>([
    ['an http origin', { ORIGIN: 'http://id.example.com' }, /^ORIGIN\b/],
    ['an origin with a path', { ORIGIN: 'https://id.example.com/kith' }, /^ORIGIN\b/],
    ['an origin with a slash', { ORIGIN: 'https://id.example.com/' }, /^ORIGIN\b/],
    ['no origin', { ORIGIN: undefined }, /^ORIGIN: is missing/],
    ['an empty origin', { ORIGIN: '' }, /^ORIGIN\b/],
    ['captured mail', { MAIL: 'capture' }, /^MAIL=capture\b/],
    ['an unknown mailer', { MAIL: 'smtp' }, /^MAIL:/],
    ['a provider without its key', { MAIL: 'resend' }, /^MAIL_API_KEY: is missing \(MAIL is resend\)$/],
    ['a relay without its address', { MAIL: 'relay', MAIL_API_KEY: SECRET }, /^MAIL_API_URL: is missing/],
    [
      'a relay without TLS',
      { MAIL: 'relay', MAIL_API_KEY: SECRET, MAIL_API_URL: 'http://relay.example.com' },
      /^MAIL_API_URL must be https/,
    ],
    ['SES without a region', { MAIL: 'ses', MAIL_API_KEY: SECRET, MAIL_SES_ACCESS_KEY_ID: 'AKIA' }, /^MAIL_SES_REGION: is missing/],
    ['a region that leads elsewhere', { MAIL_SES_REGION: 'evil.example/' }, /^MAIL_SES_REGION: must be a region/],
    ['a mail key that no header takes', { MAIL_API_KEY: 'a\nb' }, /^MAIL_API_KEY: must be printable/],
    ['no sender', { MAIL_FROM: undefined }, /^MAIL_FROM: is missing/],
    ['a sender without an address', { MAIL_FROM: 'Kith' }, /^MAIL_FROM\b/],
    ['a sender with a line break', { MAIL_FROM: 'a@b.example\r\nBcc: c@d.example' }, /^MAIL_FROM\b/],
    ['a cheap hash', { SCRYPT_LN: '14' }, /^SCRYPT_LN\b/],
    ['a hash that the runtime refuses', { SCRYPT_LN: '16' }, /^SCRYPT_LN\b/],
    ['a hash cost that is no number', { SCRYPT_LN: 'high' }, /^SCRYPT_LN\b/],
    ['network limits off', { NETWORK_LIMITS: 'off' }, /^NETWORK_LIMITS\b/],
    ['an unknown gate', { GATE: 'open' }, /^GATE\b/],
    ['an unknown environment', { ENVIRONMENT: 'prod' }, /^ENVIRONMENT\b/],
    ['an editable field that does not exist', { EDITABLE_FIELDS: 'role' }, /^EDITABLE_FIELDS\b/],
    ['no signing keys', { SIGNING_KEYS: undefined }, /^SIGNING_KEYS: is missing/],
    ['an empty list of signing keys', { SIGNING_KEYS: '{"keys":[]}' }, /^SIGNING_KEYS\b/],
    ['a signing key for RS256 alone', { SIGNING_KEYS: keySet({ ...RSA, kid: 'b' }) }, /^SIGNING_KEYS: needs a key/],
    [
      'an RSA key of 1024 bits',
      { SIGNING_KEYS: keySet(ec('a'), { ...RSA, kid: 'b', n: 'A'.repeat(171) }) },
      /^SIGNING_KEYS: has fewer than 2048 bits/,
    ],
    ['a symmetric signing key', { SIGNING_KEYS: keySet(ec('a'), { kid: 'b', kty: 'oct', k: SECRET }) }, /^SIGNING_KEYS\b/],
    ['two signing keys of one id', { SIGNING_KEYS: keySet(ec('a'), { ...RSA, kid: 'a' }) }, /^SIGNING_KEYS: must not repeat a key id/],
    ['signing keys that are no JSON', { SIGNING_KEYS: SECRET }, /^SIGNING_KEYS: is not JSON/],
    ['a public key as a signing key', { SIGNING_KEYS: keySet({ ...ec('a'), d: undefined }) }, /^SIGNING_KEYS\b/],
    ["a developer's signing key", { SIGNING_KEYS: keySet(ec('dev-1')) }, /^SIGNING_KEYS contains a development secret/],
    ['the signing key of the tests', { SIGNING_KEYS: keySet(ec('test-1')) }, /^SIGNING_KEYS contains a development secret/],
    ['no HMAC keys', { HMAC_KEYS: undefined }, /^HMAC_KEYS: is missing/],
    ['an empty HMAC keyring', { HMAC_KEYS: '{}' }, /^HMAC_KEYS\b/],
    ['a short HMAC key', { HMAC_KEYS: JSON.stringify({ a: key(31) }) }, /^HMAC_KEYS\b/],
    ['an HMAC key that is no base64url', { HMAC_KEYS: JSON.stringify({ a: `${SECRET}!` }) }, /^HMAC_KEYS\b/],
    ["a developer's HMAC key", { HMAC_KEYS: JSON.stringify({ 'dev-1': SECRET }) }, /^HMAC_KEYS contains a development secret/],
    [
      'an old key of a developer',
      { PEPPER_KEYS: JSON.stringify({ a: SECRET, 'dev-1': SECRET }) },
      /^PEPPER_KEYS contains a development secret/,
    ],
    ['a short encryption key', { ENCRYPTION_KEYS: JSON.stringify({ a: key(31) }) }, /^ENCRYPTION_KEYS\b/],
    ['a long encryption key', { ENCRYPTION_KEYS: JSON.stringify({ a: key(48) }) }, /^ENCRYPTION_KEYS: needs keys of 32 bytes/],
    ['two pairwise keys', { PAIRWISE_KEY: JSON.stringify({ a: key(32), b: key(32) }) }, /^PAIRWISE_KEY: takes one key/],
    ['a short pairwise key', { PAIRWISE_KEY: JSON.stringify({ a: key(31) }) }, /^PAIRWISE_KEY\b/],
    ["a developer's pairwise key", { PAIRWISE_KEY: JSON.stringify({ 'dev-1': key(32) }) }, /^PAIRWISE_KEY contains a development secret/],
    ['a realm that ends its quotes', { DIGEST_REALM: 'My "realm"' }, /^DIGEST_REALM\b/],
    ['a realm beyond ASCII', { DIGEST_REALM: 'Réalm' }, /^DIGEST_REALM\b/],
    ['a realm of two lines', { DIGEST_REALM: 'a\r\nb' }, /^DIGEST_REALM\b/],
    ['a switch that is neither on nor off', { EXPOSE_USERS: 'some' }, /^EXPOSE_USERS\b/],
    ['the root as the path of a room', { EPIXEL_PATH: '/' }, /^EPIXEL_PATH\b/],
    ['a path with a slash at the end', { EPIXEL_PATH: '/epixel/' }, /^EPIXEL_PATH\b/],
    ['a path with a parameter', { EPIXEL_PATH: '/:user' }, /^EPIXEL_PATH\b/],
    ['no changes a day', { EPIXEL_CHANGES_PER_DAY: '0' }, /^EPIXEL_CHANGES_PER_DAY\b/],
    ['a host for no room', { HOST_ROOMS: 'old.example.com' }, /^HOST_ROOMS\b/],
    ['a host for a room that there is not', { HOST_ROOMS: 'old.example.com=user' }, /^HOST_ROOMS\b/],
    ['an origin for a host', { HOST_ROOMS: 'https://old.example.com=mxit' }, /^HOST_ROOMS\b/],
    ['a host in upper case, as no request has it', { HOST_ROOMS: 'OLD.example.com=mxit' }, /^HOST_ROOMS\b/],
    ['a host for two rooms', { HOST_ROOMS: 'old.example.com=mxit old.example.com=movida' }, /^HOST_ROOMS: must list each host once/],
    ['a room at the root of our own host', { HOST_ROOMS: 'id.example.com=mxit' }, /^HOST_ROOMS contains the host of ORIGIN$/],
    [
      'a room at the root of the host of files',
      { FILES_ORIGIN: 'https://files.example.com', HOST_ROOMS: 'files.example.com=mxit' },
      /^HOST_ROOMS contains the host of FILES_ORIGIN$/,
    ],
    ['no peppers', { PEPPER_KEYS: undefined }, /^PEPPER_KEYS: is missing/],
  ])('%s is refused by name', (_what, changes, wanted) => {
    const problems = problemsOf(changes)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(wanted)
  })

  test.each(['DB', 'KV', 'AVATARS', 'MEDIA', 'IMAGES', 'EMAIL', 'LIMIT_CREATE', 'LIMIT_LOGIN', 'LIMIT_CODE', 'LIMIT_OTHER'] as const)(
    'a missing binding %s is refused by name',
    (name) => {
      expect(problemsOf({ [name]: undefined })).toEqual([`the binding ${name} is missing`])
    },
  )

  test('every problem is reported at once, whatever kind of rule it breaks', () => {
    const wrong = {
      ORIGIN: '',
      HMAC_KEYS: undefined,
      DB: undefined,
      MAIL: 'capture',
      AVATARS_BASE_URL: '',
      SIGNING_KEYS: keySet(ec('dev-1')),
    }
    expect(problemsOf(wrong)).toEqual([
      'the binding DB is missing',
      'ORIGIN: is missing',
      'HMAC_KEYS: is missing',
      'AVATARS_BASE_URL: is missing (AVATAR_URLS is public)',
      'MAIL=capture sends no mail and is refused in production',
      'SIGNING_KEYS contains a development secret',
    ])
  })

  test('cheap hashes are for tests alone: development refuses them too', () => {
    const development = { ENVIRONMENT: 'development', ORIGIN: 'http://localhost:8787', MAIL: 'capture' }
    expect(problemsOf({ ...development, SCRYPT_LN: '4' })).toEqual(['SCRYPT_LN is below 15, which only tests may use'])
    expect(configured(development).environment).toBe('development')
  })
})

describe('a Worker that is configured wrongly', () => {
  const broken = { env: { ENVIRONMENT: 'production', PEPPER_KEYS: JSON.stringify({ 'dev-1': SECRET }) } }

  test('answers 503 with the names and no value, on every path', async () => {
    for (const path of ['/health', '/user/me', '/oauth/token', '/nowhere']) {
      const reply = await new Client().get(path, broken)
      expect(reply.status).toBe(503)
      expect(reply.json.error).toBe('not_configured')
      expect(reply.json.problems).toContain('PEPPER_KEYS contains a development secret')
      expect(reply.text).not.toContain(SECRET)
      expect(reply.headers.get('cache-control')).toBe('no-store')
    }
  })

  test('points to npm start where it runs on localhost, and nowhere else', async () => {
    for (const origin of ['http://localhost:8787', 'http://127.0.0.1:8787']) {
      expect((await new Client().get('/', { ...broken, origin })).json.hint).toContain('`npm start`')
    }
    expect((await new Client().get('/', broken)).json).not.toHaveProperty('hint')
  })

  test('still gives its reply a request id and the headers of every reply', async () => {
    const reply = await new Client().get('/health', broken)
    expect(reply.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/)
    expect(reply.headers.get('x-content-type-options')).toBe('nosniff')
  })
})

describe('names of settings', () => {
  const names = Object.keys(vars.shape).sort()

  test('docs/deploy.md has each one once, and no other', () => {
    const cells = [...deploy.matchAll(/^\| (`[A-Z].*?) \| (?:var|secret) \|/gm)].map(([, cell]) => cell ?? '')
    const told = cells.flatMap((cell) => [...cell.matchAll(/`([A-Z0-9_]+)`/g)].map(([, name]) => name))
    expect(told.sort()).toEqual(names)
  })

  test('wrangler.toml sets none that does not exist', () => {
    const [, section = ''] = /^\[vars\]\n([\s\S]*?)^\[/m.exec(wrangler) ?? []
    const set = [...section.matchAll(/^([A-Z0-9_]+) *=/gm)].map(([, name]) => name)
    expect(set).toContain('ORIGIN')
    expect(names).toEqual(expect.arrayContaining(set))
  })
})

describe('dynamic registration', () => {
  const jwks = (key: object) => JSON.stringify({ keys: [key] })
  const publicKey = (({ d: _, ...key }) => key)(ec('vendor'))

  test('is off unless it is switched on, and takes the public keys of others', () => {
    for (const DYNAMIC_REGISTRATION of [undefined, '', 'off']) expect(configured({ DYNAMIC_REGISTRATION }).dynamicRegistration).toBe('off')
    expect(configured({ DYNAMIC_REGISTRATION: 'token' }).dynamicRegistration).toBe('token')
    expect(configured({ SOFTWARE_STATEMENT_JWKS: '' }).softwareStatementKeys.keys).toEqual([])
    expect(configured({ SOFTWARE_STATEMENT_JWKS: jwks(publicKey) }).softwareStatementKeys.keys).toEqual([publicKey])
  })

  test.each([
    ['DYNAMIC_REGISTRATION', 'on', 'must be off, token or open'],
    ['SOFTWARE_STATEMENT_JWKS', '{', 'is not JSON'],
    ['SOFTWARE_STATEMENT_JWKS', '{"keys":[]}', 'must have a key'],
    ['SOFTWARE_STATEMENT_JWKS', jwks({ kty: 'oct', k: 'AAAA' }), 'must be RSA, EC or OKP'],
    ['SOFTWARE_STATEMENT_JWKS', jwks({ ...publicKey, d: 'AAAA' }), 'must be public keys'],
  ])('%s as %s is named', (name, value, problem) => {
    expect(problemsOf({ [name]: value })).toEqual([`${name}: ${problem}`])
  })
})
