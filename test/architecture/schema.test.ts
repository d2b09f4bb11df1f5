// The migrated database is the one that the code expects (design §4). A generated table rebuild would silently drop triggers and
// cascade through foreign keys; this test would show it.
import { getTableName, is } from 'drizzle-orm'
import { CasingCache } from 'drizzle-orm/casing'
import { getTableConfig, type SQLiteColumn, SQLiteSyncDialect, SQLiteTable } from 'drizzle-orm/sqlite-core'
import { describe, expect, test } from 'vitest'
import * as schema from '../../src/store/db/schema/index.ts'
import { rows } from '../support/actors.ts'
import { tableNames } from '../support/tables.ts'

const casing = new CasingCache('snake_case')
const tables = (Object.values(schema) as unknown[]).filter((value) => is(value, SQLiteTable)) as SQLiteTable[]
const TABLES = tables.map((table) => getTableName(table)).sort()
/** Tables stored in their primary key's index (WITHOUT ROWID), without a second copy of the rows. */
const WITHOUT_ROWID = ['attempt_counters', 'daily_counts', 'known_sources', 'search_strings', 'spent_tokens']
/** Whatever may exist only once is decided by one of these (security row 7). */
const UNIQUE = [
  'blocks_pair: UNIQUE blocks (blocker_id, blocked_id)',
  'challenges_code_hash: UNIQUE challenges (code_hash)',
  'challenges_token_hash: UNIQUE challenges (token_hash)',
  'device_codes_user_hash: UNIQUE device_codes (user_hash)',
  'external_identities_external_id: UNIQUE external_identities (credential_id, external_id)',
  'external_ids_external_id: UNIQUE external_ids (source, external_id)',
  'files_object_key: UNIQUE files (object_key)',
  'folders_name: UNIQUE folders (user_id, name)',
  'follows_pair: UNIQUE follows (follower_id, followed_id)',
  'invite_codes_slot: UNIQUE invite_codes (owner_id, slot)',
  'logout_notices_session: UNIQUE logout_notices (session_id) WHERE next_attempt_at IS NOT NULL',
  "machine_credentials_robot: UNIQUE machine_credentials (name) WHERE kind = 'robot' AND revoked_at IS NULL",
  'machine_credentials_secret_hash: UNIQUE machine_credentials (secret_hash)',
  'passkeys_credential_id: UNIQUE passkeys (credential_id)',
  'provisioned_users_external_id: UNIQUE provisioned_users (client_id, external_id) WHERE external_id IS NOT NULL',
  'provisioned_users_user_name: UNIQUE provisioned_users (client_id, user_name_key)',
  'refresh_tokens_family_hash: UNIQUE refresh_tokens (family_hash)',
  'upstream_identities_subject: UNIQUE upstream_identities (issuer, subject)',
  'upstream_identities_user: UNIQUE upstream_identities (user_id, issuer)',
  'users_username_key: UNIQUE users (username_key)',
  'users_verified_email_key: UNIQUE users (email_key) WHERE email_verified_at IS NOT NULL',
]
const TRIGGERS = [
  'audit_events_count_insert',
  'blocks_event_delete',
  'blocks_event_insert',
  'consents_event_delete',
  'consents_event_insert',
  'consents_event_update',
  'credentials_event_password',
  'event_deliveries_end',
  'events_deliver',
  'events_wanted',
  'files_delete',
  'files_event_created',
  'files_event_deleted',
  'files_fixed',
  'files_insert',
  'files_move',
  'folders_delete',
  'folders_insert',
  'follows_approve',
  'follows_delete_approved',
  'follows_delete_request',
  'follows_event_approve',
  'follows_event_delete',
  'follows_event_insert',
  'follows_fixed',
  'follows_insert_approved',
  'follows_insert_request',
  'follows_not_self',
  'mail_outbox_count_failed',
  'mail_outbox_count_sent',
  'media_usage_total_delete',
  'media_usage_total_insert',
  'media_usage_total_update',
  'sessions_active_insert',
  'sessions_active_use',
  'sessions_end_browser',
  'sessions_end_grant',
  'sessions_event_created',
  'sessions_event_revoked',
  'users_active_begin',
  'users_active_day',
  'users_active_day_delete',
  'users_active_delete',
  'users_active_end',
  'users_active_insert',
  'users_count_insert',
  'users_delete_edges',
  'users_end_sessions',
  'users_event_insert',
  'users_event_update',
]
/**
 * Tables that refer to users without foreign keys, because partial indexes cannot serve those; the trigger `users_delete_edges`
 * does that work.
 */
const WITHOUT_FOREIGN_KEYS = ['follows']
/** Foreign keys whose parent rows the code never deletes, so nothing is looked up from that side. */
const PARENT_STAYS = ['users.role -> roles']

interface Index {
  name: string
  unique: number
  origin: string
  partial: number
}

const spellIndex = (name: string, unique: unknown, table: string, columns: readonly string[], where?: string) =>
  `${name}: ${unique ? 'UNIQUE ' : ''}${table} (${columns.join(', ')})${where ? ` WHERE ${where}` : ''}`

/** Name, uniqueness, columns, condition, as the schema in the code has them. Primary keys have their own. */
const INDEXES = tables
  .flatMap((table) =>
    getTableConfig(table).indexes.map(({ config: { name, unique, columns, where } }) =>
      spellIndex(
        name,
        unique,
        getTableName(table),
        columns.map((column) => casing.getColumnCasing(column as SQLiteColumn)),
        where && new SQLiteSyncDialect().sqlToQuery(where).sql,
      ),
    ),
  )
  .sort()

async function columnsOf(index: string): Promise<string[]> {
  return (await rows<{ name: string }>('SELECT name FROM pragma_index_info(?) ORDER BY seqno', index)).map(({ name }) => name)
}

const UNMIGRATED = 'migrations/ and src/store/db/schema differ; after a change of the schema: npm run db:generate -- <what>'

describe('the migrated database', () => {
  test('has the tables of the schema', async () => {
    expect(await tableNames(), UNMIGRATED).toEqual(TABLES)
  })

  test('has the indexes of the schema, and among them those that let a thing exist only once', async () => {
    const found: string[] = []
    for (const table of TABLES) {
      const indexes = await rows<Index>('SELECT name, "unique", origin, partial FROM pragma_index_list(?)', table)
      for (const { name, unique, origin } of indexes) {
        if (origin === 'pk') continue
        const [made] = await rows<{ sql: string }>("SELECT sql FROM sqlite_master WHERE type = 'index' AND name = ?", name)
        const where = /\bWHERE (.*)$/is.exec(made?.sql ?? '')?.[1]
        found.push(spellIndex(name, unique, table, await columnsOf(name), where))
      }
    }
    expect(found.sort(), UNMIGRATED).toEqual(INDEXES)
    expect(found.filter((index) => index.includes(': UNIQUE '))).toEqual(UNIQUE)
  })

  test('has the expected triggers', async () => {
    const found = await rows<{ name: string }>("SELECT name FROM sqlite_master WHERE type IN ('trigger', 'view') ORDER BY name")
    expect(found.map(({ name }) => name)).toEqual(TRIGGERS)
  })

  // The plan of a statement does not show what its triggers do.
  test('has triggers that scan nothing when a session ends', async () => {
    const found = await rows<{ name: string; sql: string }>(
      "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%\\_end\\_%' ESCAPE '\\'",
    )
    expect(found.map(({ name }) => name).sort()).toEqual(['sessions_end_browser', 'sessions_end_grant', 'users_end_sessions'])
    for (const { name, sql } of found) {
      const [, when = '', insert = ''] =
        /WHEN ([\s\S]*?) BEGIN([\s\S]*?)ON CONFLICT DO NOTHING;/.exec(sql.replace(/\b(NEW|OLD)\.\w+/g, '1')) ?? []
      for (const statement of [`SELECT 1 WHERE ${when}`, insert]) {
        const plan = await rows<{ detail: string }>(`EXPLAIN QUERY PLAN ${statement}`)
        expect(plan.length, name).toBeGreaterThan(0)
        const scans = plan.filter(({ detail }) => detail.startsWith('SCAN') && !detail.startsWith('SCAN CONSTANT'))
        // Its first entry: whether there is any.
        expect(
          scans.filter(({ detail }) => !detail.endsWith('INDEX oauth_clients_backchannel')),
          name,
        ).toEqual([])
      }
    }
  })

  test('keeps in one copy what is looked up by its key alone', async () => {
    const found = await rows<{ name: string }>("SELECT name FROM pragma_table_list WHERE type = 'table' AND wr = 1 ORDER BY name")
    expect(found.map(({ name }) => name).filter((name) => TABLES.includes(name))).toEqual(WITHOUT_ROWID)
  })

  test('has no virtual tables, which d1 export cannot take', async () => {
    expect(await rows("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL%'")).toEqual([])
  })

  test('holds the roles that every deployment has', async () => {
    const roles = await rows('SELECT id, ranking, scopes, system FROM roles ORDER BY ranking, id')
    expect(roles).toEqual([
      { id: 'super_admin', ranking: 1, scopes: '*', system: 1 },
      { id: 'admin', ranking: 2, scopes: 'admin:all delegated:all', system: 1 },
      { id: 'internal_client', ranking: 2, scopes: 'client:all', system: 1 },
      { id: 'owner', ranking: 10, scopes: 'delegated:all', system: 1 },
      { id: 'external_client', ranking: 100, scopes: 'client:profile:read', system: 1 },
      { id: 'user', ranking: 100, scopes: 'delegated:all', system: 1 },
    ])
  })

  test('leaves no edges behind for want of foreign keys', async () => {
    for (const table of WITHOUT_FOREIGN_KEYS) {
      expect(await rows('SELECT "table" FROM pragma_foreign_key_list(?)', table)).toEqual([])
      const [trigger] = await rows<{ sql: string }>("SELECT sql FROM sqlite_master WHERE name = 'users_delete_edges'")
      expect(trigger?.sql.match(new RegExp(`DELETE FROM ${table} WHERE`, 'g'))).toHaveLength(4)
    }
  })

  // SQLite looks up the children of each deleted row. Without an index that begins with the column it reads the whole table for
  // every row that the sweep deletes, and no query plan shows it.
  test('finds the children of a deleted row by an index, for every foreign key', async () => {
    const unindexed: string[] = []
    for (const table of TABLES) {
      const keys = await rows<{ table: string; from: string }>('SELECT "table", "from" FROM pragma_foreign_key_list(?)', table)
      const indexes = await rows<Index>('SELECT name, "unique", origin, partial FROM pragma_index_list(?)', table)
      const columns = await rows<{ name: string; pk: number; type: string }>('SELECT name, pk, type FROM pragma_table_info(?)', table)
      for (const key of keys) {
        const isRowid = columns.some(({ name, pk, type }) => name === key.from && pk === 1 && type.toUpperCase() === 'INTEGER')
        const leading = await Promise.all(indexes.filter(({ partial }) => !partial).map(async ({ name }) => (await columnsOf(name))[0]))
        if (!isRowid && !leading.includes(key.from)) unindexed.push(`${table}.${key.from} -> ${key.table}`)
      }
    }
    expect(unindexed.filter((key) => !PARENT_STAYS.includes(key))).toEqual([])
  })
})

describe('the schema in the code', () => {
  test.each(tables.map((table) => [getTableName(table), table] as const))('says of %s what the database says', async (name, table) => {
    const found = await rows<{ name: string; type: string; notnull: number; pk: number; dflt_value: string | null }>(
      'SELECT name, type, "notnull", pk, dflt_value FROM pragma_table_info(?) ORDER BY name',
      name,
    )
    const config = getTableConfig(table)
    const composite = config.primaryKeys.flatMap(({ columns }) => columns.map((column) => casing.getColumnCasing(column)))
    const expected = config.columns
      .map((column) => {
        const columnName = casing.getColumnCasing(column)
        return {
          name: columnName,
          type: column.getSQLType().toUpperCase(),
          notNull: column.notNull || column.primary,
          primary: column.primary || composite.includes(columnName),
          byDefault:
            column.default === undefined ? null : typeof column.default === 'string' ? `'${column.default}'` : String(column.default),
        }
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1))
    const seen = found.map((column) => ({
      name: column.name,
      type: column.type.toUpperCase(),
      notNull: column.notnull === 1,
      primary: column.pk > 0,
      byDefault: column.dflt_value,
    }))
    expect(seen, UNMIGRATED).toEqual(expected)
  })
})
