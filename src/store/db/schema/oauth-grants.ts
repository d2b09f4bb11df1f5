/** What users grant to OAuth clients: consents, codes, refresh tokens. Codes and tokens are stored as SHA-256 only. */
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { oauthClients } from './oauth.ts'
import { sessions } from './sessions.ts'
import { users } from './users.ts'

export const authorizationCodes = sqliteTable(
  'authorization_codes',
  {
    codeHash: text().primaryKey(),
    clientId: text()
      .notNull()
      .references(() => oauthClients.id, { onDelete: 'cascade' }),
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    redirectUri: text().notNull(),
    /** S256; null only for a confidential client that is registered without PKCE. */
    codeChallenge: text(),
    scope: text().notNull(),
    epoch: integer().notNull(),
    /** The browser session that granted it; the code ends with it. */
    browserSessionId: integer().notNull(),
    authenticatedAt: integer().notNull(),
    amr: text().notNull(),
    /** Copied into the ID token unchanged (OpenID Connect Core §3.1.2.1). */
    nonce: text(),
    /** RFC 9449 §10: the thumbprint of the key that must prove itself at the exchange. */
    dpopJkt: text(),
    createdAt: integer().notNull(),
    expiresAt: integer().notNull(),
    consumedAt: integer(),
    /** The session created by the exchange: revoked when the code is replayed (RFC 6749 §4.1.2). */
    sessionId: integer(),
  },
  (t) => [
    index('authorization_codes_expires_at').on(t.expiresAt),
    // The end of a client.
    index('authorization_codes_client').on(t.clientId),
    // Deleting a user.
    index('authorization_codes_user').on(t.userId),
  ],
)

/** What a user has allowed a client to do: remembered, and withdrawn by deleting the row. */
export const consents = sqliteTable(
  'consents',
  {
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    clientId: text()
      .notNull()
      .references(() => oauthClients.id, { onDelete: 'cascade' }),
    /** Space separated; everything agreed to so far. */
    scopes: text().notNull(),
    createdAt: integer().notNull(),
    updatedAt: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.clientId] }),
    // The end of a client.
    index('consents_client').on(t.clientId),
  ],
)

/** One row per family of refresh tokens, which is its session: rewritten at each rotation. */
export const refreshTokens = sqliteTable(
  'refresh_tokens',
  {
    /** Of the current token. */
    tokenHash: text().primaryKey(),
    /** Of the part that all tokens of the family share. Null: from before families had one row, and not used since. */
    familyHash: text(),
    /** Of the previous token: it may be presented again for a short time. */
    previousHash: text(),
    sessionId: integer()
      .notNull()
      .references(() => sessions.id, { onDelete: 'cascade' }),
    createdAt: integer().notNull(),
    expiresAt: integer().notNull(),
    rotatedAt: integer(),
    /** The key under which the current token was derived from the previous one. */
    successorKid: text(),
  },
  (t) => [
    uniqueIndex('refresh_tokens_family_hash').on(t.familyHash),
    index('refresh_tokens_session_id').on(t.sessionId),
    index('refresh_tokens_expires_at').on(t.expiresAt),
  ],
)

/** A device's request for access (RFC 8628): the person who enters its short code decides on another device. */
export const deviceCodes = sqliteTable(
  'device_codes',
  {
    /** Of the `device_code`. */
    deviceHash: text().primaryKey(),
    /** Of the `user_code`: its few bits are valid for minutes, and only in a signed-in browser. */
    userHash: text().notNull(),
    clientId: text()
      .notNull()
      .references(() => oauthClients.id, { onDelete: 'cascade' }),
    /** Requested, and once it is allowed: granted. */
    scope: text().notNull(),
    /** Of the device, for the person who decides. Untrusted text. */
    userAgent: text().notNull(),
    place: text().notNull(),
    createdAt: integer().notNull(),
    expiresAt: integer().notNull(),
    /** The pause that the device keeps; raised whenever it does not. */
    intervalMs: integer().notNull(),
    polledAt: integer(),
    decidedAt: integer(),
    /** Who allowed it, with the browser session it ends with; null: denied, or undecided. */
    userId: integer().references(() => users.id, { onDelete: 'cascade' }),
    epoch: integer(),
    browserSessionId: integer(),
    authenticatedAt: integer(),
    amr: text(),
    consumedAt: integer(),
    /** The session created by the exchange. */
    sessionId: integer(),
  },
  (t) => [
    uniqueIndex('device_codes_user_hash').on(t.userHash),
    index('device_codes_expires_at').on(t.expiresAt),
    // The end of a client.
    index('device_codes_client').on(t.clientId),
    // Deleting a user.
    index('device_codes_user').on(t.userId),
  ],
)

/** An authorization request that the client has pushed (RFC 9126): the browser brings only a reference, once. */
export const pushedRequests = sqliteTable(
  'pushed_requests',
  {
    /** Of the `request_uri`. */
    uriHash: text().primaryKey(),
    clientId: text()
      .notNull()
      .references(() => oauthClients.id, { onDelete: 'cascade' }),
    /** The parameters, as a query string. */
    params: text().notNull(),
    expiresAt: integer().notNull(),
    consumedAt: integer(),
    /** The request that used it: tells a winner from a loser. */
    consumedBy: integer(),
  },
  (t) => [
    index('pushed_requests_expires_at').on(t.expiresAt),
    // The end of a client.
    index('pushed_requests_client').on(t.clientId),
  ],
)

/** When a client last used a scope for a user, accurate to 15 minutes. */
export const scopeUses = sqliteTable(
  'scope_uses',
  {
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    clientId: text()
      .notNull()
      .references(() => oauthClients.id, { onDelete: 'cascade' }),
    scope: text().notNull(),
    lastUsedAt: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.clientId, t.scope] }),
    // The end of a client.
    index('scope_uses_client').on(t.clientId),
  ],
)
