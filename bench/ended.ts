/**
 * `npm run bench -- --ended`: what a busy deployment leaves behind. Writes a week of refreshes at 50 a second into D1's
 * file with the store's own statements, then hundreds of thousands of expired rows, and measures what they cost a
 * request and how fast the sweep removes them.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { always } from '../src/store/db/database.ts'
import { rotateRefreshToken } from '../src/store/db/refresh-tokens.ts'
import { bundleWorker } from './bundle.ts'
import { findDatabaseFile } from './graph/store.ts'
import { Lanes, quantile, type Subject } from './load.ts'
import { type Account, benchVars, prepareKith } from './prepare.ts'
import { type KithAlone, startKithAlone } from './runtime.ts'

const HOUR_MS = 3_600_000
const HOURS = 7 * 24
const REFRESHES_PER_SECOND = 50
const SECONDS_BETWEEN_RUNS = 300
const SWEPT_PER_SECOND_MIN = 150
/**
 * Time of a read with all the expired rows present, over one without them. A lookup by key goes a page or two deeper.
 */
const SLOWER_MAX = 1.5

export interface Size {
  /**
   * The fraction of that week's people to simulate. Each refreshes every hour, so rows and refreshes scale with them.
   */
  readonly share: number
  /** Expired rows per table. */
  readonly ended: number
  readonly seconds: number
}
export const FULL: Size = { share: 0.01, ended: 500_000, seconds: 3 }
export const QUICK: Size = { share: 0.0001, ended: 50_000, seconds: 0.3 }

export async function benchEnded(size: Size): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'kith-bench-ended-'))
  const stores = join(folder, 'stores')
  const vars = benchVars()
  const kith = { bundle: await bundleWorker(join(folder, 'bundle')), vars }
  const lanes = new Lanes(8, new URL(vars.ORIGIN).host)
  try {
    const preparing = await startKithAlone({ kith, stores })
    const people = await prepareKith({ base: preparing.base, lanes, connections: 4, database: preparing.database }).finally(preparing.stop)
    const missed = simulateWeek(stores, size.share)
    const running = await startKithAlone({ kith, stores })
    try {
      return [...missed, ...(await measureEnded({ running, lanes, people: people.signedIn, size }))]
    } finally {
      await running.stop()
    }
  } finally {
    lanes.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Everybody refreshes once an hour for the week, with the statements that the Worker would send. */
function simulateWeek(stores: string, share: number): string[] {
  const grants = Math.max(1, Math.round(REFRESHES_PER_SECOND * 3600 * share))
  const store = new DatabaseSync(findDatabaseFile(stores))
  store.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000')
  const began = Date.now()
  const startedAt = performance.now()
  makeGrants(store, grants, began)
  const before = rowsOf(store)
  let rotated = 0
  for (let hour = 1; hour <= HOURS; hour++) {
    store.exec('BEGIN')
    for (let n = 1; n <= grants; n++) rotated += rotate(store, n, hour, began + hour * HOUR_MS)
    store.exec('COMMIT')
  }
  const after = rowsOf(store)
  store.exec(
    "DELETE FROM refresh_tokens WHERE family_hash GLOB 'week:*'; DELETE FROM sessions WHERE scope = 'week'; PRAGMA wal_checkpoint(TRUNCATE)",
  )
  store.close()
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  console.log(
    `a week at ${REFRESHES_PER_SECOND} refreshes a second, ${share * 100} % of its people: ${rotated} refreshes in ${seconds} s, rows before ${before}, after ${after}`,
  )
  const missed = rotated === grants * HOURS ? [] : [`${grants * HOURS - rotated} refreshes were refused`]
  return after === before ? missed : [...missed, `the week left ${after - before} rows behind`]
}

function makeGrants(store: DatabaseSync, grants: number, now: number): void {
  const many = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${grants})`
  const end = now + 90 * 24 * HOUR_MS
  store.exec(`${many} INSERT INTO sessions (id, user_id, scope, epoch, created_at, expires_at, idle_expires_at, last_used_at, authenticated_at, amr)
    SELECT n.i, u.id, 'week', u.epoch, ${now}, ${end}, ${end}, ${now}, ${now}, 'pwd' FROM n, (SELECT id, epoch FROM users LIMIT 1) u`)
  store.exec(`${many} INSERT INTO refresh_tokens (family_hash, token_hash, session_id, created_at, expires_at)
    SELECT 'week:' || i, 'week:' || i || ':0', i, ${now}, ${end} FROM n`)
}

const prepared = new Map<string, ReturnType<DatabaseSync['prepare']>>()

/** 1 if the token was rotated. */
function rotate(store: DatabaseSync, n: number, hour: number, now: number): number {
  const hashes = { familyHash: `week:${n}`, tokenHash: `week:${n}:${hour - 1}`, successorHash: `week:${n}:${hour}` }
  const writes = rotateRefreshToken({ ...hashes, idleUntil: now + 14 * 24 * HOUR_MS, kid: 'bench', jkt: null, now }, always)
  let changes = 0
  for (const { sql, params } of writes) {
    const statement = prepared.get(sql) ?? store.prepare(sql)
    prepared.set(sql, statement)
    changes = Number(statement.run(...(params as SQLInputValue[])).changes)
  }
  return changes
}

function rowsOf(store: DatabaseSync): number {
  const { n } = store.prepare('SELECT (SELECT COUNT(*) FROM refresh_tokens) + (SELECT COUNT(*) FROM sessions) AS n').get() as { n: number }
  return n
}

/** Expired rows of the tables that grow with use. */
const TABLES: Readonly<Record<string, string>> = {
  'attempt_counters (key, count, window_ends_at, last_at, stamp)': "'ended:' || i, 1, 1, 1, 1",
  'digest_nonces (nonce, count, expires_at)': "'ended:' || i, 1, 1",
  'challenges (id, purpose, user_id, epoch, code_id, random, kid, created_at, expires_at)':
    "i, 'sign_in', (SELECT id FROM users LIMIT 1), 0, i, 'x', 'x', 1, 1",
}

async function measureEnded(input: { running: KithAlone; lanes: Lanes; people: Account[]; size: Size }): Promise<string[]> {
  const { running, lanes, people, size } = input
  const reading: Subject = {
    name: 'GET /user/me',
    base: running.base,
    lanes: people.length,
    next: (lane) => ({
      method: 'GET',
      path: '/user/me',
      headers: { authorization: `Bearer ${people[lane]?.accessToken}`, 'cf-connecting-ip': '198.51.100.1' },
    }),
  }
  const p50 = async () =>
    quantile(
      (await lanes.run(reading, size.seconds)).latencies.sort((a, b) => a - b),
      0.5,
    )
  await p50()
  const without = await p50()
  for (const [into, row] of Object.entries(TABLES)) await fill(running, into, row, size.ended)
  const withThem = await p50()
  const before = await endedRows(running)
  const startedAt = performance.now()
  const [during] = await Promise.all([lanes.run({ ...reading }, size.seconds), running.cron()])
  const seconds = (performance.now() - startedAt) / 1000
  const after = await endedRows(running)
  const swept = Object.keys(before).map((table) => ({ table, rows: (before[table] ?? 0) - (after[table] ?? 0) }))
  for (const { table, rows } of swept)
    console.log(`${table}: ${rows} of ${before[table]} ended rows in one run, ${(rows / SECONDS_BETWEEN_RUNS).toFixed(0)} a second`)
  const slowest = quantile(
    during.latencies.sort((a, b) => a - b),
    0.99,
  )
  console.log(
    `the run and what was asked meanwhile took ${seconds.toFixed(1)} s; GET /user/me p50 ${without.toFixed(1)} ms without ended rows, ${withThem.toFixed(1)} ms with them; p99 ${slowest.toFixed(0)} ms during the run`,
  )
  const missed = swept
    .filter(({ table, rows }) => rows < Math.min(before[table] ?? 0, SWEPT_PER_SECOND_MIN * SECONDS_BETWEEN_RUNS))
    .map(({ table, rows }) => `${table}: ${rows} rows in a run`)
  return withThem / without > SLOWER_MAX
    ? [...missed, `reads are ${(withThem / without).toFixed(2)} times as slow with ended rows`]
    : missed
}

const CHUNK = 50_000

async function fill({ database }: KithAlone, into: string, row: string, count: number): Promise<void> {
  for (let from = 1; from <= count; from += CHUNK) {
    await database
      .prepare(
        `WITH RECURSIVE n (i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM n WHERE i < ${Math.min(count, from + CHUNK - 1)}) INSERT INTO ${into} SELECT ${row} FROM n`,
      )
      .run()
  }
}

async function endedRows({ database }: KithAlone): Promise<Record<string, number>> {
  const found: Record<string, number> = {}
  for (const into of Object.keys(TABLES)) {
    const table = into.split(' ')[0] ?? ''
    const end = table === 'attempt_counters' ? 'window_ends_at' : 'expires_at'
    found[table] = (await database.prepare(`SELECT COUNT(*) AS n FROM ${table} WHERE ${end} = 1`).first<number>('n')) ?? 0
  }
  return found
}
