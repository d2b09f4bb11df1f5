/** What a user signs in with: the password, passkeys, accounts at other providers, and second factors. */
import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { users } from './users.ts'

export const credentials = sqliteTable(
  'credentials',
  {
    userId: integer()
      .primaryKey()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** PHC string: scrypt with its cost, the pepper's key id and the salt; or another system's hash (decision 057). Empty: there is no password. */
    passwordHash: text().notNull(),
    /** The oldest password of the last days that was replaced by the owner or a thief while signed in, not through a mail. */
    formerHash: text(),
    formerUntil: integer(),
    /** When a second factor was last disabled: browsers that had signed in before then count as strangers for guesses at another factor. */
    factorRemovedAt: integer(),
    /** The network from which the password was set with a mailed code, as a keyed hash; NULL if it was set otherwise. */
    resetNetwork: text(),
    updatedAt: integer().notNull(),
  },
  // A decoy for a sign-in to an account that does not exist: some account, in an order that has nothing to do with its age.
  () => [index('credentials_scattered').on(sql`user_id % 1000003 * 611953 % 1000003`)],
)

export const secondFactors = sqliteTable(
  'second_factors',
  {
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    kind: text().notNull(),
    createdAt: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.userId, t.kind] })],
)

/** The secret of an authenticator app (RFC 6238), encrypted; `second_factors` says whether it is enabled. */
export const totpCredentials = sqliteTable('totp_credentials', {
  userId: integer()
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  /** AES-GCM with the user's id as additional data; null until the first app is confirmed. */
  secret: text(),
  confirmedAt: integer(),
  /** The time step of the last accepted code: no step is accepted twice. */
  lastStep: integer().notNull().default(0),
  /** A secret that is not confirmed yet; the other stays valid until then. */
  pendingSecret: text(),
  pendingAt: integer(),
})

export const recoveryCodes = sqliteTable(
  'recovery_codes',
  {
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    codeHash: text().notNull(),
    createdAt: integer().notNull(),
    usedAt: integer(),
    /** The claim that used it: tells a winner from a loser. */
    usedBy: integer(),
  },
  (t) => [primaryKey({ columns: [t.userId, t.codeHash] })],
)

/** Passkeys (WebAuthn Level 3 §4, credential record): public keys only. */
export const passkeys = sqliteTable(
  'passkeys',
  {
    id: integer().primaryKey(),
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** base64url. */
    credentialId: text().notNull(),
    /** COSE key, base64url. */
    publicKey: text().notNull(),
    /** The highest signature counter seen; 0 for authenticators that do not count. */
    signCount: integer().notNull(),
    /** Space separated: hints for the browser. */
    transports: text().notNull(),
    /** The authenticator's model, as a UUID; all zeros if it does not say. */
    aaguid: text().notNull(),
    /** 1: a synced passkey. 0: it cannot leave its device. */
    backupEligible: integer().notNull(),
    backedUp: integer().notNull(),
    /** The owner's name for it. */
    name: text().notNull(),
    createdAt: integer().notNull(),
    lastUsedAt: integer(),
  },
  (t) => [
    uniqueIndex('passkeys_credential_id').on(t.credentialId),
    // A user's own list.
    index('passkeys_user').on(t.userId, t.id),
  ],
)

/** Accounts at other providers that sign in a user here. The address is for display: nothing is matched by it. */
export const upstreamIdentities = sqliteTable(
  'upstream_identities',
  {
    id: integer().primaryKey(),
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** As in the ID token (`iss`); for a provider without OpenID Connect, its origin. */
    issuer: text().notNull(),
    subject: text().notNull(),
    /** The address or name that the provider showed last. */
    label: text(),
    createdAt: integer().notNull(),
    lastUsedAt: integer(),
  },
  (t) => [
    uniqueIndex('upstream_identities_subject').on(t.issuer, t.subject),
    // A user's own list; one account of each provider.
    uniqueIndex('upstream_identities_user').on(t.userId, t.issuer),
  ],
)
