/**
 * What a person weighs in the database, and how long SQLite takes for what most requests ask: the real schema with its indexes and
 * triggers, and the store's own statements, on a database in memory.
 */
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { searchStringsOf } from '../../src/core/profiles/search.ts'
import { idAt, type UserId } from '../../src/ids.ts'
import { always, type Statement } from '../../src/store/db/database.ts'
import { listFollows } from '../../src/store/db/follows.ts'
import { findSeenUser } from '../../src/store/db/people.ts'
import { ROOT } from '../bundle.ts'
import { seededRandom } from '../graph/shape.ts'

/** The person that the figures are for. */
export const EACH = { follows: 20, sessions: 2, auditEvents: 20, files: 5, knownSources: 2, blocks: 1, consents: 1 }

export interface Weight {
  readonly table: string
  readonly rows: number
  /** Of a person, with all indexes, in whole pages. */
  readonly bytes: number
}

export interface Timing {
  readonly what: string
  readonly microseconds: number
}

type Insert = (table: string, row: Record<string, SQLInputValue>) => void

const DAY_MS = 86_400_000
const RUNS = 2_000
const PAGE = 20

export function measurePeople(people: number): { weights: Weight[]; timings: Timing[] } {
  const store = new DatabaseSync(':memory:')
  try {
    const migrations = join(ROOT, 'migrations')
    for (const name of readdirSync(migrations).sort()) if (name.endsWith('.sql')) store.exec(readFileSync(join(migrations, name), 'utf8'))
    store.exec('PRAGMA foreign_keys = OFF; BEGIN')
    const ids = fill(store, people)
    store.exec('COMMIT')
    return { weights: weigh(store, people), timings: time(store, ids) }
  } finally {
    store.close()
  }
}

/** In the order of time, as people come and act: neighbours are unrelated, and pages are as full as in real life. */
function fill(store: DatabaseSync, people: number): UserId[] {
  const insert = inserter(store)
  const random = seededRandom(3)
  const since = Date.now() - 400 * DAY_MS
  let counter = 0
  const at = (part: number) => since + Math.floor(part * 300 * DAY_MS)
  const id = (time: number) => (idAt(time) + (counter++ % 4096)) as UserId
  const ids = Array.from({ length: people }, (_, n) => id(at(n / people)))
  for (const [n, userId] of ids.entries()) insertPerson(insert, userId, n)
  for (let round = 0; round < EACH.auditEvents; round++)
    for (const [n, userId] of ids.entries()) insertHistory(insert, userId, round, { now: at(1 + (round + n / people) / 100), id })
  for (let n = 0; n < people * EACH.follows; n++) {
    const now = at(1 + n / (people * EACH.follows * 10))
    const follower = ids[Math.floor(people * random())] as UserId
    // The cube: few people have very many followers.
    const followed = ids[Math.floor(people * random() ** 3)] as UserId
    if (follower !== followed) insert('follows', { id: id(now), follower_id: follower, followed_id: followed, approved_at: now })
  }
  return ids
}

function inserter(store: DatabaseSync): Insert {
  const prepared = new Map<string, ReturnType<DatabaseSync['prepare']>>()
  return (table, row) => {
    const columns = Object.keys(row)
    // Some follow the same person twice.
    const sql = `INSERT ${table === 'follows' ? 'OR IGNORE ' : ''}INTO ${table} (${columns.join()}) VALUES (${columns.map(() => '?').join()})`
    const statement = prepared.get(sql) ?? store.prepare(sql)
    prepared.set(sql, statement)
    statement.run(...Object.values(row))
  }
}

const secret = (bytes: number) => randomBytes(bytes).toString('base64url')

function insertPerson(insert: Insert, id: UserId, n: number): void {
  const names = { username: `person_${n}`, givenName: `Maria${n % 500}`, middleName: null, familyName: `Kowalski${n % 3_000}` }
  const email = `${names.username}@mail.example.com`
  const made = { created_at: n, updated_at: n }
  insert('users', {
    ...{ id, username: names.username, username_key: names.username, email, email_key: email, email_verified_at: 1_764_000_000_000 },
    ...{ given_name: names.givenName, family_name: names.familyName, role: 'user', locale: 'en', zoneinfo: 'Europe/Berlin' },
    ...{ bio: 'Walks, reads, and takes pictures of bridges.', birth_date: '1990-05-17', avatar_key: secret(32) },
    ...{ created_at: 1_764_000_000_000, updated_at: 1_764_000_000_000, active_day: 20_400 },
  })
  insert('credentials', { user_id: id, password_hash: `$scrypt$ln=15,r=8,p=3,keyid=k1$${secret(16)}$${secret(32)}`, updated_at: n })
  for (const string of searchStringsOf(names)) insert('search_strings', { string, user_id: id })
  insert('consents', { user_id: id, client_id: 'app', scopes: 'openid profile delegated:profile:read', ...made })
  for (let i = 0; i < EACH.knownSources; i++) insert('known_sources', { user_id: id, source_hash: secret(32), expires_at: n })
}

function insertHistory(insert: Insert, userId: UserId, round: number, { now, id }: { now: number; id: (now: number) => UserId }): void {
  const sessionId = id(now)
  if (round < EACH.sessions) {
    const isBrowser = round === 0
    insert('sessions', {
      ...{ id: sessionId, user_id: userId, client_id: isBrowser ? null : 'app', token_hash: isBrowser ? secret(32) : null, epoch: 0 },
      ...{ scope: 'openid profile delegated:profile:read', created_at: now, expires_at: now, idle_expires_at: now, last_used_at: now },
      ...{ authenticated_at: now, amr: 'pwd otp' },
    })
    if (!isBrowser)
      insert('refresh_tokens', { family_hash: secret(32), token_hash: secret(32), session_id: sessionId, created_at: now, expires_at: now })
  }
  if (round < EACH.blocks) insert('blocks', { id: id(now), blocker_id: userId, blocked_id: userId - 4096, created_at: now })
  if (round < EACH.files)
    insert('files', {
      ...{ id: id(now), user_id: userId, name: `picture-${round}.jpg`, content_type: 'image/jpeg', size: 2_000_000, digest: secret(32) },
      ...{ object_key: secret(24), created_at: now, updated_at: now, committed_at: now },
    })
  insert('audit_events', {
    ...{ id: id(now), user_id: userId, type: round % 4 === 0 ? 'sign_in' : 'refreshed', session_id: sessionId, device_hash: secret(32) },
    ...{ user_agent: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0', place: 'Berlin, DE', created_at: now },
  })
}

function weigh(store: DatabaseSync, people: number): Weight[] {
  const sizes = store
    .prepare(`
      SELECT m.tbl_name AS name, SUM(d.pgsize) AS bytes FROM dbstat d JOIN sqlite_master m ON m.name = d.name
      WHERE d.aggregate = TRUE GROUP BY m.tbl_name ORDER BY bytes DESC`)
    .all() as { name: string; bytes: number }[]
  const weights = sizes.map(({ name, bytes }) => {
    const { rows } = store.prepare(`SELECT COUNT(*) AS rows FROM ${name}`).get() as { rows: number }
    return { table: name, rows: rows / people, bytes: bytes / people }
  })
  return weights.filter(({ rows }) => rows > 0.1)
}

function time(store: DatabaseSync, ids: readonly UserId[]): Timing[] {
  const now = Date.now()
  const someone = seededRandom(4)
  const anybody = () => ids[Math.floor(ids.length * someone())] as UserId
  const statements: [string, () => Statement<unknown>][] = [
    ['another profile', () => findSeenUser({ userId: anybody(), viewerId: anybody(), now })],
    [`a page of ${PAGE} followers`, () => listFollows({ ...page(ids[0] as UserId, anybody()), now })],
  ]
  return statements.map(([what, next]) => {
    const { sql } = next()
    const prepared = store.prepare(sql)
    const params = Array.from({ length: RUNS }, () => next().params as SQLInputValue[])
    const began = performance.now()
    for (const values of params) prepared.all(...values)
    return { what, microseconds: ((performance.now() - began) * 1000) / RUNS }
  })
}

function page(userId: UserId, viewerId: UserId) {
  return {
    list: 'followers',
    userId,
    viewerId,
    before: Number.MAX_SAFE_INTEGER,
    limit: PAGE,
    lookedAt: 3 * PAGE,
    condition: always,
  } as const
}
