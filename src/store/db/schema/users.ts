/** `users`, their roles, and the names they gave up. Secrets are never in `users` itself: see `sign-in.ts`. */
import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'

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
    /** The mark of a person whose identity the operator has verified, not their email address. */
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
