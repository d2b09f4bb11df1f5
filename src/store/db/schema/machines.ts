/** Machine clients: robots, API keys and license keys; and the user data that only their rooms use. */
import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { oauthClients } from './oauth.ts'
import { users } from './users.ts'

/**
 * A machine credential: `robot` (HTTP Digest), `api_key` or `license_key`. Each key has an OAuth client of its own,
 * whose scopes cap the tokens issued under it; both are revoked together.
 */
export const machineCredentials = sqliteTable(
  'machine_credentials',
  {
    id: integer().primaryKey(),
    kind: text().notNull(),
    /** A robot's user name, or the purpose of a key. */
    name: text().notNull(),
    /** SHA-256 of a key. */
    secretHash: text(),
    /** RFC 7616 §3.4.2: MD5 of user name, realm and secret. Equivalent to the secret, so encrypted. */
    ha1: text(),
    realm: text(),
    clientId: text().references(() => oauthClients.id, { onDelete: 'cascade' }),
    /** Space separated. */
    scopes: text().notNull(),
    createdBy: integer(),
    createdAt: integer().notNull(),
    expiresAt: integer(),
    lastUsedAt: integer(),
    revokedAt: integer(),
  },
  (t) => [
    uniqueIndex('machine_credentials_secret_hash').on(t.secretHash),
    // Makes robot names unique; looked up at their log-in.
    uniqueIndex('machine_credentials_robot').on(t.name).where(sql`kind = 'robot' AND revoked_at IS NULL`),
    // The end of a client.
    index('machine_credentials_client').on(t.clientId),
  ],
)

/** The highest nonce count used with a nonce (RFC 7616 §3.4): each may be used once. */
export const digestNonces = sqliteTable(
  'digest_nonces',
  {
    nonce: text().primaryKey(),
    count: integer().notNull(),
    expiresAt: integer().notNull(),
  },
  (t) => [index('digest_nonces_expires_at').on(t.expiresAt)],
)

/** Who a person is to the holder of a license key (MirrorFly's `userIdentifier`). */
export const externalIdentities = sqliteTable(
  'external_identities',
  {
    id: integer().primaryKey(),
    credentialId: integer()
      .notNull()
      .references(() => machineCredentials.id, { onDelete: 'cascade' }),
    externalId: text().notNull(),
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** SHA-256 of the password that we generated: 128 bits or more, so no slow hash is needed. */
    passwordHash: text().notNull(),
    /** JSON: up to three pairs of strings. */
    metadata: text().notNull().default('{}'),
    createdAt: integer().notNull(),
    updatedAt: integer().notNull(),
  },
  (t) => [uniqueIndex('external_identities_external_id').on(t.credentialId, t.externalId), index('external_identities_user').on(t.userId)],
)

/** A user's push devices. Stored for apps; Kith sends no pushes. */
export const pushDevices = sqliteTable(
  'push_devices',
  {
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** web, ios or android. */
    deviceType: text().notNull(),
    osVersion: text(),
    deviceToken: text(),
    voipDeviceToken: text(),
    /** 0 production, 1 sandbox. */
    mode: integer(),
    updatedAt: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.userId, t.deviceType] })],
)

/**
 * Counts that would otherwise need a scan, kept by triggers: `active_users` (verified, not banned, not deleted), and `media_files` and
 * `media_bytes` of all users.
 */
export const totals = sqliteTable('totals', {
  name: text().primaryKey(),
  value: integer().notNull(),
})
