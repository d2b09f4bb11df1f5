/**
 * People and edges in the format of `import`: for another system, or for a Kith that is in use. Deleted accounts are left out.
 * Whoever was imported keeps their external id; everybody else's is their id in Kith, which tokens have as `sub`.
 */
import type { EdgeRecord, PersonRecord } from '../../../src/core/imports/person-record.ts'
import { timeOf, toHex } from '../../../src/ids.ts'
import { type Row, readRows, type Table } from './tables.ts'

const PEOPLE_PAGE = 2_000
/** Fields under the names of their columns. */
const TEXTS = {
  username: 'username',
  email: 'email',
  givenName: 'given_name',
  middleName: 'middle_name',
  familyName: 'family_name',
  displayName: 'display_name',
  nickname: 'nickname',
  title: 'title',
  about: 'about',
  bio: 'bio',
  gender: 'gender',
  pronouns: 'pronouns',
  birthDate: 'birth_date',
  relationshipStatus: 'relationship_status',
  designation: 'designation',
  organization: 'organization',
  phoneCountryCode: 'phone_country_code',
  phone: 'phone',
  countryCode: 'country_code',
  whereAmI: 'where_am_i',
  customLink: 'custom_link',
  profileUrl: 'profile_url',
  locale: 'locale',
  zoneinfo: 'zoneinfo',
  currency: 'currency',
  role: 'role',
  passwordHash: 'password_hash',
} as const
const TIMES = { createdAt: 'created_at', updatedAt: 'updated_at', lastSeenAt: 'last_seen_at' } as const

const EXTERNAL_ID = (user: string) => `(SELECT external_id FROM external_ids e WHERE e.user_id = ${user} AND e.source = '')`
const PEOPLE = `SELECT u.*, c.password_hash, ${EXTERNAL_ID('u.id')} AS external_id,
    (SELECT json_group_array(json_object('issuer', i.issuer, 'subject', i.subject, 'label', i.label))
     FROM upstream_identities i WHERE i.user_id = u.id AND i.issuer LIKE 'https://%') AS identities
  FROM users u LEFT JOIN credentials c ON c.user_id = u.id
  WHERE u.id > ?1 AND u.deleted_at IS NULL ORDER BY u.id LIMIT ?2`

const iso = (ms: Row[string] | undefined) => (typeof ms === 'number' ? new Date(ms).toISOString() : undefined)
const words = (value: Row[string] | undefined) => (typeof value === 'string' && value !== '' ? value : undefined)

function toPerson(row: Row): PersonRecord {
  const pick = (columns: Readonly<Record<string, string>>, read: (value: Row[string] | undefined) => string | undefined) =>
    Object.fromEntries(Object.entries(columns).map(([field, column]) => [field, read(row[column])]))
  const sanction = (kind: 'banned' | 'restricted') =>
    row[`${kind}_at`] === null
      ? undefined
      : { since: iso(row[`${kind}_at`]), until: iso(row[`${kind}_until`]), reason: words(row[`${kind}_reason`]) }
  const identities = JSON.parse(String(row.identities)) as unknown[]
  return {
    ...pick(TEXTS, words),
    ...pick(TIMES, iso),
    id: toHex(Number(row.id)),
    externalId: words(row.external_id) ?? toHex(Number(row.id)),
    emailVerified: iso(row.email_verified_at) ?? false,
    verified: iso(row.verified_at),
    isPrivate: row.is_private === 1 ? true : undefined,
    banned: sanction('banned'),
    restricted: sanction('restricted'),
    subscription: words(row.subscription_tier)
      ? { tier: String(row.subscription_tier), expiresAt: iso(row.subscription_expires_at) }
      : undefined,
    terms: words(row.terms_version) ? { version: String(row.terms_version), acceptedAt: iso(row.terms_accepted_at) ?? '' } : undefined,
    customData: typeof row.custom_data === 'string' ? JSON.parse(row.custom_data) : undefined,
    identities: identities.length > 0 ? identities : undefined,
  } as PersonRecord
}

export async function* personRecords(db: D1Database): AsyncGenerator<PersonRecord[]> {
  for (let last = -1; ; ) {
    const { results } = await db.prepare(PEOPLE).bind(last, PEOPLE_PAGE).all<Row>()
    if (results.length > 0) yield results.map(toPerson)
    const end = results.at(-1)
    if (!end) return
    last = Number(end.id)
  }
}

/** The name of one side; null for an account that was deleted. */
const SIDE_OF = (id: string) =>
  `(SELECT COALESCE(${EXTERNAL_ID('u.id')}, printf('%024x', u.id)) FROM users u WHERE u.id = ${id} AND u.deleted_at IS NULL)`

/** A row of an edge reads both names by their keys. */
const edges = (name: string, from: string, to: string, more: readonly string[]): Table => ({
  name,
  columns: [from, to, ...more],
  key: ['id'],
})

export async function* edgeRecords(db: D1Database): AsyncGenerator<EdgeRecord[]> {
  yield* edgesOf(db, 'follow', edges('follows', 'follower_id', 'followed_id', ['approved_at']))
  yield* edgesOf(db, 'block', edges('blocks', 'blocker_id', 'blocked_id', ['created_at']))
}

async function* edgesOf(db: D1Database, type: EdgeRecord['type'], table: Table): AsyncGenerator<EdgeRecord[]> {
  const [from = '', to = ''] = table.columns
  const names = `WITH f AS (SELECT * FROM json_each(?)) SELECT f.key, ${SIDE_OF('f.value ->> 0')} AS a, ${SIDE_OF('f.value ->> 1')} AS b FROM f`
  for await (const page of readRows(db, { ...table, columns: ['id', ...table.columns] })) {
    const pairs = JSON.stringify(page.map((row) => [row[from], row[to]]))
    const { results } = await db.prepare(names).bind(pairs).all<{ key: number; a: string | null; b: string | null }>()
    yield results.flatMap(({ key, a, b }) => {
      const row = page[key]
      if (!row || a === null || b === null) return []
      const approved = type === 'follow' ? { approved: row.approved_at !== null } : {}
      return [{ type, from: a, to: b, ...approved, createdAt: iso(type === 'follow' ? timeOf(Number(row.id)) : row.created_at) }]
    })
  }
}
