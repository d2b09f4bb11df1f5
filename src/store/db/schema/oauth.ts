/** OAuth: clients, consents, authorization codes, refresh tokens. Secrets, codes and tokens lie here as SHA-256 only. */
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { sessions } from './sessions.ts'
import { users } from './users.ts'

export const oauthClients = sqliteTable('oauth_clients', {
  /** The `client_id`. */
  id: text().primaryKey(),
  name: text().notNull(),
  /** Null: a public client. */
  secretHash: text(),
  /** RFC 7591: none, client_secret_basic, client_secret_post. */
  tokenEndpointAuthMethod: text().notNull(),
  /** JSON array of exact URIs. */
  redirectUris: text().notNull(),
  /** JSON array of exact URIs: where a sign-out may lead (OpenID Connect RP-Initiated Logout 1.0 §2.1). */
  postLogoutRedirectUris: text().notNull().default('[]'),
  /** Space separated. */
  grantTypes: text().notNull(),
  scopes: text().notNull(),
  firstParty: integer().notNull().default(0),
  /** 1: a confidential client whose fresh tokens may start a change of the person's e-mail address. */
  mayChangeAddresses: integer().notNull().default(0),
  requirePkce: integer().notNull().default(1),
  accessTokenSeconds: integer().notNull().default(600),
  /** RFC 7591, OpenID Connect Dynamic Client Registration §2. The default is that of rows older than RS256. */
  idTokenSignedResponseAlg: text().notNull().default('ES256'),
  /** Whether ID tokens carry what userinfo answers. */
  claimsInIdToken: integer().notNull().default(0),
  /** A native app on its developers' devices, whose redirect URIs may have a scheme without a domain. */
  nativeDevelopment: integer().notNull().default(0),
  epoch: integer().notNull().default(0),
  /** What people have agreed to before counts no longer: codes may go to an address that they did not know of. */
  consentsSince: integer().notNull().default(0),
  disabledAt: integer(),
  createdAt: integer().notNull(),
  updatedAt: integer().notNull(),
})

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
    /** The browser session that granted it; the code dies with it. */
    browserSessionId: integer().notNull(),
    authenticatedAt: integer().notNull(),
    amr: text().notNull(),
    /** Goes into the ID token as it came (OpenID Connect Core §3.1.2.1). */
    nonce: text(),
    createdAt: integer().notNull(),
    expiresAt: integer().notNull(),
    consumedAt: integer(),
    /** The session that the one exchange made: revoked when the code comes again (RFC 6749 §4.1.2). */
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

/** What a person has agreed that a client may do: remembered, and taken back by deleting the row. */
export const consents = sqliteTable(
  'consents',
  {
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    clientId: text()
      .notNull()
      .references(() => oauthClients.id, { onDelete: 'cascade' }),
    /** Space separated; all that was ever agreed to. */
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
    /** Of the present token. */
    tokenHash: text().primaryKey(),
    /** Of what all tokens of the family share. Null: from before families had one row, and not used since. */
    familyHash: text(),
    /** Of the token before the present one: it may be asked for again for a moment. */
    previousHash: text(),
    sessionId: integer()
      .notNull()
      .references(() => sessions.id, { onDelete: 'cascade' }),
    createdAt: integer().notNull(),
    expiresAt: integer().notNull(),
    rotatedAt: integer(),
    /** The key under which the present token was derived from the one before. */
    successorKid: text(),
  },
  (t) => [
    uniqueIndex('refresh_tokens_family_hash').on(t.familyHash),
    index('refresh_tokens_session_id').on(t.sessionId),
    index('refresh_tokens_expires_at').on(t.expiresAt),
  ],
)
