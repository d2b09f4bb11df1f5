/**
 * What `npm run doctor` checks in the database: pure data, so that a test can run it in workerd as well. Each `find` is
 * one SELECT that returns a bounded number of differences (`subject`, and where it makes sense `found` and `expected`).
 * `repair` turns such rows into statements; each is bounded and checks again whether it still applies, so that
 * concurrent traffic does no harm. Checks are in the order of the repairs: counters last.
 */
import { searchStringsOf } from '../../src/core/profiles/search.ts'
import { listOverdueTombstones, listOverdueUploads } from '../../src/store/db/overdue.ts'

export interface Difference {
  readonly subject: string | number
  readonly found?: string | number | null
  readonly expected?: string | number | null
  readonly [column: string]: unknown
}

export interface Check {
  readonly name: string
  readonly find: string
  /** Null if the repair needs a person's judgement. */
  readonly repair: ((differences: readonly Difference[]) => readonly string[]) | null
}

/** The most differences per round, and rows repaired per statement. */
export const ROUND_MAX = 1_000

/** A text as an SQL literal: wrangler's command line takes no parameters. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

const noUser = (column: string) => `NOT EXISTS (SELECT 1 FROM users u WHERE u.id = ${column})`

/** Rows of `table` for which `wrong` holds of the alias `t`; the repair deletes them by key. */
function wrongRows(name: string, table: string, pair: readonly [string, string], wrong: string): Check {
  const rows = `SELECT t.id FROM ${table} t WHERE ${wrong} LIMIT ${ROUND_MAX}`
  return {
    name,
    find: `SELECT t.id AS subject, t.${pair[0]} || ' -> ' || t.${pair[1]} AS found FROM ${table} t WHERE ${wrong} LIMIT ${ROUND_MAX}`,
    // The triggers on `follows` update the counters of both sides.
    repair: () => [`DELETE FROM ${table} WHERE id IN (${rows})`],
  }
}

const FOLLOW = ['follower_id', 'followed_id'] as const
const BLOCK = ['blocker_id', 'blocked_id'] as const

/** Of several edges between a pair the approved one stays, otherwise the oldest. */
const DUPLICATES = `SELECT id FROM (
  SELECT id, ROW_NUMBER() OVER (PARTITION BY follower_id, followed_id ORDER BY approved_at IS NULL, id) AS place FROM follows)
  WHERE place > 1`

const ACROSS_BLOCK = `EXISTS (SELECT 1 FROM blocks b WHERE b.blocker_id = t.follower_id AND b.blocked_id = t.followed_id)
  OR EXISTS (SELECT 1 FROM blocks b WHERE b.blocker_id = t.followed_id AND b.blocked_id = t.follower_id)`

const WAITING = `FROM users u WHERE u.is_private = 0 AND EXISTS (SELECT 1 FROM follows f WHERE f.followed_id = u.id AND f.approved_at IS NULL)
  AND NOT EXISTS (SELECT 1 FROM edge_work w WHERE w.user_id = u.id)`

function orphanStrings(name: string, wrong: string): Check {
  return {
    name,
    find: `SELECT s.user_id AS subject, COUNT(*) AS found, 0 AS expected FROM search_strings s WHERE ${wrong} GROUP BY s.user_id LIMIT ${ROUND_MAX}`,
    repair: (differences) => [
      `DELETE FROM search_strings AS s WHERE s.user_id IN (${differences.map(({ subject }) => Number(subject)).join(', ')}) AND (${wrong})`,
    ],
  }
}

const UNFINDABLE = `u.deleted_reason IS NOT 'purged' AND NOT EXISTS (SELECT 1 FROM search_strings s WHERE s.user_id = u.id)`

interface Names {
  readonly username: string
  readonly givenName: string | null
  readonly middleName: string | null
  readonly familyName: string | null
}

/** The core makes search strings, not SQL. The names must still be those that were read. */
function giveStrings(difference: Difference): string[] {
  const names = difference as unknown as Names
  const same = Object.entries({
    username: names.username,
    given_name: names.givenName,
    middle_name: names.middleName,
    family_name: names.familyName,
  })
    .map(([column, value]) => `u.${column} IS ${value === null ? 'NULL' : quote(value)}`)
    .join(' AND ')
  const values = searchStringsOf(names).map((string) => `(${quote(string)})`)
  if (values.length === 0) return []
  return [
    `INSERT INTO search_strings (string, user_id) SELECT v.column1, u.id FROM users u, (VALUES ${values.join(', ')}) v
     WHERE u.id = ${Number(difference.subject)} AND ${same} ON CONFLICT (string, user_id) DO NOTHING`,
  ]
}

function counter(column: string, edges: string): Check {
  const count = `(SELECT COUNT(*) FROM follows f WHERE ${edges})`
  const rows = `SELECT id AS subject, found, expected FROM (SELECT u.id, u.${column} AS found, ${count} AS expected FROM users u)
    WHERE found <> expected LIMIT ${ROUND_MAX}`
  return {
    name: column,
    find: rows,
    // Recounted in the statement that writes; a trigger counts any edge that arrives in between.
    repair: () => [`UPDATE users AS u SET ${column} = ${count} WHERE u.id IN (SELECT subject FROM (${rows}))`],
  }
}

/** A check whose repair needs a person's judgement. */
function looked(name: string, rows: string): Check {
  return { name, find: `${rows} LIMIT ${ROUND_MAX}`, repair: null }
}

function usage(column: string, sum: string): Check {
  return looked(
    `media usage: ${column}`,
    `SELECT subject, found, expected FROM (
       SELECT u.id AS subject, COALESCE((SELECT m.${column} FROM media_usage m WHERE m.user_id = u.id), 0) AS found, (${sum}) AS expected
       FROM users u) WHERE found <> expected`,
  )
}

/** For the media library. objects.ts checks the contents of the buckets. */
const MEDIA_CHECKS: readonly Check[] = [
  usage('files', 'SELECT COUNT(*) FROM files f WHERE f.user_id = u.id'),
  usage('bytes', 'SELECT COALESCE(SUM(f.size), 0) FROM files f WHERE f.user_id = u.id'),
  usage('folders', 'SELECT COUNT(*) FROM folders d WHERE d.user_id = u.id'),
  looked(
    'file_count',
    `SELECT subject, found, expected FROM (
       SELECT d.id AS subject, d.file_count AS found, (SELECT COUNT(*) FROM files f WHERE f.folder_id = d.id) AS expected
       FROM folders d) WHERE found <> expected`,
  ),
  looked('overdue uploads', listOverdueUploads().sql),
  looked('overdue tombstones', listOverdueTombstones().sql),
  looked(
    'files marked for removal',
    `SELECT f.id AS subject, t.due_at AS found FROM files f JOIN object_tombstones t ON t.bucket = 'media' AND t.key = f.object_key
     WHERE f.committed_at IS NOT NULL`,
  ),
]

const ACTIVE = '(SELECT COUNT(*) FROM users WHERE email_verified_at IS NOT NULL AND banned_at IS NULL AND deleted_at IS NULL)'

/** Recounted in the statement that writes, like the other counters. */
const ACTIVE_USERS: Check = {
  name: 'active_users',
  find: `SELECT 'active_users' AS subject, found, expected FROM (
    SELECT (SELECT value FROM totals WHERE name = 'active_users') AS found, ${ACTIVE} AS expected) WHERE found IS NOT expected`,
  repair: () => [
    `INSERT INTO totals (name, value) VALUES ('active_users', ${ACTIVE}) ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
  ],
}

/** A key and its client live and end together. robots.ts checks whether robots can authenticate. */
const MACHINE_CHECKS: readonly Check[] = [
  looked(
    'keys without their client',
    `SELECT m.id AS subject, m.client_id AS found FROM machine_credentials m WHERE m.kind <> 'robot' AND m.revoked_at IS NULL
       AND NOT EXISTS (
         SELECT 1 FROM oauth_clients c WHERE c.id = m.client_id AND c.token_endpoint_auth_method = 'machine_key' AND c.disabled_at IS NULL)`,
  ),
  looked(
    'clients without their key',
    `SELECT c.id AS subject FROM oauth_clients c WHERE c.token_endpoint_auth_method = 'machine_key'
       AND NOT EXISTS (SELECT 1 FROM machine_credentials m WHERE m.client_id = c.id AND m.revoked_at IS NULL)`,
  ),
]

export const CHECKS: readonly Check[] = [
  { name: 'quick_check', find: "SELECT quick_check AS subject FROM pragma_quick_check WHERE quick_check <> 'ok'", repair: null },
  {
    name: 'foreign_key_check',
    find: `SELECT "table" || ' ' || COALESCE(rowid, '') AS subject, parent AS expected FROM pragma_foreign_key_check LIMIT ${ROUND_MAX}`,
    repair: null,
  },
  {
    // Within a batch alone: outside of one, nobody would be told of anything any more.
    name: 'events that are paused',
    find: 'SELECT id AS subject FROM event_pauses',
    repair: () => ['DELETE FROM event_pauses'],
  },
  wrongRows('edges without a user', 'follows', FOLLOW, `${noUser('t.follower_id')} OR ${noUser('t.followed_id')}`),
  wrongRows('blocks without a user', 'blocks', BLOCK, `${noUser('t.blocker_id')} OR ${noUser('t.blocked_id')}`),
  wrongRows('self edges', 'follows', FOLLOW, 't.follower_id = t.followed_id'),
  wrongRows('duplicate edges', 'follows', FOLLOW, `t.id IN (${DUPLICATES})`),
  wrongRows('edges across a block', 'follows', FOLLOW, ACROSS_BLOCK),
  {
    name: 'requests to a public account',
    find: `SELECT u.id AS subject, u.request_count AS found, 0 AS expected ${WAITING} LIMIT ${ROUND_MAX}`,
    // Like going public: the sweep accepts them in chunks.
    repair: () => [
      `INSERT INTO edge_work (user_id, kind, created_at)
       SELECT u.id, 'accept_requests', CAST(unixepoch('subsec') * 1000 AS INTEGER) ${WAITING} LIMIT ${ROUND_MAX}
       ON CONFLICT (user_id, kind) DO NOTHING`,
    ],
  },
  orphanStrings('search strings without a user', noUser('s.user_id')),
  orphanStrings(
    'search strings of an erased account',
    `EXISTS (SELECT 1 FROM users u WHERE u.id = s.user_id AND u.deleted_reason = 'purged')`,
  ),
  {
    name: 'users without search strings',
    find: `SELECT u.id AS subject, 0 AS found, u.username, u.given_name AS givenName, u.middle_name AS middleName,
      u.family_name AS familyName FROM users u WHERE ${UNFINDABLE} LIMIT ${ROUND_MAX}`,
    repair: (differences) => differences.flatMap(giveStrings),
  },
  counter('follower_count', 'f.followed_id = u.id AND f.approved_at IS NOT NULL'),
  counter('following_count', 'f.follower_id = u.id AND f.approved_at IS NOT NULL'),
  counter('request_count', 'f.followed_id = u.id AND f.approved_at IS NULL'),
  ACTIVE_USERS,
  ...MEDIA_CHECKS,
  ...MACHINE_CHECKS,
]
