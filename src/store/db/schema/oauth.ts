/** OAuth: clients, and the APIs that they call. Secrets are stored as SHA-256 only. */
import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'

export const oauthClients = sqliteTable(
  'oauth_clients',
  {
    /** The `client_id`. */
    id: text().primaryKey(),
    name: text().notNull(),
    /** Who registered it: `operator`, `dynamic` (RFC 7591), or `document` (its id is the URL of its metadata). */
    source: text().notNull().default('operator'),
    /** RFC 7592: of the token that manages a dynamically registered client. */
    registrationTokenHash: text(),
    /** Null: a public client. */
    secretHash: text(),
    /** RFC 7591 §2: one of `CLIENT_AUTHENTICATION_METHODS`. */
    tokenEndpointAuthMethod: text().notNull(),
    /** The same secret under ENCRYPTION_KEYS; only for client_secret_jwt, whose HMAC key it is. */
    sealedSecret: text(),
    /** RFC 7517: public keys, only for private_key_jwt; or where they are published. */
    jwks: text(),
    jwksUri: text(),
    /** JSON array of exact URIs. */
    redirectUris: text().notNull(),
    /** JSON array of exact URIs: allowed targets after sign-out (OpenID Connect RP-Initiated Logout 1.0 §2.1). */
    postLogoutRedirectUris: text().notNull().default('[]'),
    /** Space separated. */
    grantTypes: text().notNull(),
    scopes: text().notNull(),
    firstParty: integer().notNull().default(0),
    /** 1: a confidential client whose fresh tokens may start a change of the user's email address. */
    mayChangeAddresses: integer().notNull().default(0),
    requirePkce: integer().notNull().default(1),
    /** 1: its authorization requests must be pushed (RFC 9126 §6). */
    requirePushedRequests: integer().notNull().default(0),
    /** 1: its authorization requests must be signed (RFC 9101 §10.5). */
    requireSignedRequests: integer().notNull().default(0),
    /** 1: its tokens are always bound to a key (RFC 9449 §5.2). */
    dpopBound: integer().notNull().default(0),
    /** `none` or `fapi2`. */
    securityProfile: text().notNull().default('none'),
    accessTokenSeconds: integer().notNull().default(600),
    /** RFC 7591, OpenID Connect Dynamic Client Registration §2. The default is for rows older than RS256. */
    idTokenSignedResponseAlg: text().notNull().default('ES256'),
    /** Whether ID tokens contain the userinfo claims. */
    claimsInIdToken: integer().notNull().default(0),
    /** Space separated: what it learns beyond the standard's claims, from the list in `core/oauth/client-claims.ts`. */
    claims: text().notNull().default(''),
    /** OpenID Connect Core §8: `public` or `pairwise`. */
    subjectType: text().notNull().default('public'),
    sectorIdentifierUri: text(),
    /** OpenID Connect Back-Channel Logout 1.0 §2.2, Front-Channel Logout 1.0 §2. */
    backchannelLogoutUri: text(),
    frontchannelLogoutUri: text(),
    /** RFC 7591 §2: shown to users. */
    clientUri: text(),
    logoUri: text(),
    policyUri: text(),
    tosUri: text(),
    /** A native app on its developers' devices, whose redirect URIs may have a scheme without a domain. */
    nativeDevelopment: integer().notNull().default(0),
    epoch: integer().notNull().default(0),
    /** Earlier consents no longer count: codes may go to an address that those users did not know of. */
    consentsSince: integer().notNull().default(0),
    /** When it last got a token, accurate to a day. */
    lastUsedAt: integer(),
    disabledAt: integer(),
    createdAt: integer().notNull(),
    updatedAt: integer().notNull(),
  },
  (t) => [
    // Whether anybody is to be told of a sign-out at all: an end of sessions costs little while nobody is.
    index('oauth_clients_backchannel').on(t.id).where(sql`backchannel_logout_uri IS NOT NULL`),
  ],
)

/** An API of the team's own, which Kith issues tokens for (RFC 8707). */
export const apis = sqliteTable('apis', {
  /** The resource indicator, and the audience of its tokens. */
  resource: text().primaryKey(),
  name: text().notNull(),
  /** JSON array of `{ name, description }`. */
  scopes: text().notNull().default('[]'),
  /** Space separated: what its tokens say of the user, from the list in `core/oauth/client-claims.ts`. */
  claims: text().notNull().default(''),
  /** Null: as long as the client's. */
  accessTokenSeconds: integer(),
  /** 1: clients that registered themselves may ask for it. */
  openToAll: integer().notNull().default(0),
  /** The API's own client, which may introspect and exchange the tokens that it receives. */
  serverClientId: text(),
  disabledAt: integer(),
  createdAt: integer().notNull(),
  updatedAt: integer().notNull(),
})

/** A logout token that a client is to get (OpenID Connect Back-Channel Logout 1.0): the outbox, and the record. */
export const logoutNotices = sqliteTable(
  'logout_notices',
  {
    id: integer().primaryKey(),
    clientId: text()
      .notNull()
      .references(() => oauthClients.id, { onDelete: 'cascade' }),
    userId: integer().notNull(),
    /** The client's session that has ended. */
    sessionId: integer().notNull(),
    createdAt: integer().notNull(),
    attempts: integer().notNull().default(0),
    /** Null once it is delivered or given up. */
    nextAttemptAt: integer(),
    deliveredAt: integer(),
    /** HTTP status, or the reason why there was none. */
    lastResult: text(),
  },
  (t) => [
    index('logout_notices_due').on(t.nextAttemptAt).where(sql`next_attempt_at IS NOT NULL`),
    // One that waits is enough, however many things end the session.
    uniqueIndex('logout_notices_session').on(t.sessionId).where(sql`next_attempt_at IS NOT NULL`),
    // The end of a client.
    index('logout_notices_client').on(t.clientId),
    // The sweep.
    index('logout_notices_created_at').on(t.createdAt),
  ],
)
