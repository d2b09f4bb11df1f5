/** `users` and what belongs to a user: roles, credentials, second factors. Secrets are never in `users` itself. */
import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'

export const roles = sqliteTable('roles', {
  id: text().primaryKey(),
  displayName: text().notNull(),
  /** 1 is the highest. Nobody acts on a rank at or above their own. */
  ranking: integer().notNull(),
  description: text().notNull(),
  /** Space separated: the scopes that a user with this role may hold at most. */
  scopes: text().notNull(),
  /** 1: created by a migration, neither changed nor deleted. */
  system: integer().notNull().default(0),
  /** The client that has made the role as a group (SCIM), and may rename and delete it. */
  clientId: text(),
  createdAt: integer().notNull(),
  updatedAt: integer().notNull(),
})

export const users = sqliteTable(
  'users',
  {
    id: integer().primaryKey(),
    username: text().notNull(),
    usernameKey: text().notNull(),
    email: text(),
    emailKey: text(),
    emailVerifiedAt: integer(),
    givenName: text(),
    middleName: text(),
    familyName: text(),
    displayName: text(),
    nickname: text(),
    title: text(),
    about: text(),
    gender: text(),
    birthDate: text(),
    relationshipStatus: text(),
    bio: text(),
    designation: text(),
    organization: text(),
    pronouns: text(),
    customLink: text(),
    phoneCountryCode: text(),
    phone: text(),
    countryCode: text(),
    role: text()
      .notNull()
      .default('user')
      .references(() => roles.id),
    isPrivate: integer().notNull().default(0),
    /** The mark of a person whose identity the operator has verified, not their e-mail address. */
    verifiedAt: integer(),
    bannedAt: integer(),
    bannedUntil: integer(),
    bannedReason: text(),
    restrictedAt: integer(),
    restrictedUntil: integer(),
    restrictedReason: text(),
    deletedAt: integer(),
    deletedReason: text(),
    subscriptionTier: text(),
    subscriptionExpiresAt: integer(),
    followerCount: integer().notNull().default(0),
    followingCount: integer().notNull().default(0),
    /** Pending requests to this user. */
    requestCount: integer().notNull().default(0),
    statusMessage: text(),
    statusUpdatedAt: integer(),
    statusExpiresAt: integer(),
    availability: integer(),
    mood: integer(),
    whereAmI: text(),
    lastSeenAt: integer(),
    locale: text(),
    zoneinfo: text(),
    currency: text(),
    avatarKey: text(),
    profileUrl: text(),
    customData: text(),
    /** The last day (since 1970, UTC) on which the user was active, by a trigger on `sessions`. */
    activeDay: integer(),
    /** The version of the terms that the user has accepted, and when. */
    termsVersion: text(),
    termsAcceptedAt: integer(),
    /** Copied into sessions, challenges and codes; a lower one there is invalid (design §1.7). */
    epoch: integer().notNull().default(0),
    createdAt: integer().notNull(),
    updatedAt: integer().notNull(),
  },
  (t) => [
    // Makes user names unique; log-in by user name.
    uniqueIndex('users_username_key').on(t.usernameKey),
    // Makes verified addresses unique. Unverified rows do not count (design §1.12).
    uniqueIndex('users_verified_email_key').on(t.emailKey).where(sql`email_verified_at IS NOT NULL`),
    // Log-in and codes by address, verified or not.
    index('users_email_key').on(t.emailKey),
    // Whether a role is in use; an administrator's list of its users, newest first.
    index('users_role').on(t.role),
    // An administrator's lists of the banned and the restricted.
    index('users_banned').on(t.id).where(sql`banned_at IS NOT NULL`),
    index('users_restricted').on(t.id).where(sql`restricted_at IS NOT NULL`),
    // The same of the deleted, and of those whose identity was verified.
    index('users_deleted').on(t.id).where(sql`deleted_at IS NOT NULL`),
    index('users_identity_verified').on(t.id).where(sql`verified_at IS NOT NULL`),
    // The sweep of accounts that never verified their address.
    index('users_unverified').on(t.id).where(sql`email_verified_at IS NULL`),
    // Users that robots may list, by id.
    index('users_active').on(t.id).where(sql`email_verified_at IS NOT NULL AND banned_at IS NULL AND deleted_at IS NULL`),
    // Which user an object of the bucket belongs to.
    index('users_avatar_key').on(t.avatarKey).where(sql`avatar_key IS NOT NULL`),
    // Deleted accounts whose grace period is over.
    index('users_to_be_purged').on(t.deletedAt).where(sql`deleted_at IS NOT NULL`),
  ],
)

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

/** A user name that was given up: for a while only the user who had it may take it. */
export const usernameHolds = sqliteTable(
  'username_holds',
  {
    /** As SHA-256. */
    usernameKey: text().primaryKey(),
    /** Null once that user is gone. Not a foreign key: a hold outlives the account. */
    userId: integer(),
    heldUntil: integer().notNull(),
  },
  // The sweep.
  (t) => [index('username_holds_held_until').on(t.heldUntil)],
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
