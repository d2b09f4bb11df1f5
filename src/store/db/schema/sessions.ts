/** Sessions, and what leads to one or guards it: challenges (mailed codes, pending log-ins) and attempt counters. */
import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { users } from './users.ts'

/** One lineage of sign-in: a browser log-in (`client_id` null, `token_hash` set), or an OAuth grant to a client. */
export const sessions = sqliteTable(
  'sessions',
  {
    id: integer().primaryKey(),
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    clientId: text(),
    tokenHash: text(),
    scope: text().notNull(),
    epoch: integer().notNull(),
    createdAt: integer().notNull(),
    expiresAt: integer().notNull(),
    idleExpiresAt: integer().notNull(),
    lastUsedAt: integer().notNull(),
    revokedAt: integer(),
    /** When the user last authenticated, and how (RFC 8176, space separated). */
    authenticatedAt: integer().notNull(),
    amr: text().notNull(),
    /** The factor that completed the sign-in: passkey, totp, recovery_code or email; null for a single factor. */
    secondFactor: text(),
    /** Of a grant: the browser session that it was given in. Null for a browser, and for grants from before. */
    browserSessionId: integer(),
    /** Of a grant: the thumbprint of the key that its refresh tokens are bound to (RFC 9449 §5). */
    dpopJkt: text(),
    /** The administrator who looks at the account in this session; null: it is the user's own. */
    impersonatorId: integer(),
    /** Of such a session: `read` or `write`. */
    impersonation: text(),
  },
  (t) => [
    // A user's own list, without reading sessions that ended or that a logout-all invalidated.
    index('sessions_live').on(t.userId, t.epoch, t.id).where(sql`revoked_at IS NULL`),
    // The same for browser sessions only: their cap.
    index('sessions_browsers').on(t.userId, t.epoch, t.id).where(sql`revoked_at IS NULL AND client_id IS NULL`),
    // Looked up when a user is deleted.
    index('sessions_user').on(t.userId),
    // The grants that a sign-out in the browser tells of.
    index('sessions_browser').on(t.browserSessionId).where(sql`browser_session_id IS NOT NULL`),
    // The sweep.
    index('sessions_expires_at').on(t.expiresAt),
  ],
)

/** Something that a user must answer once: a mailed code, or a log-in that waits for its second factor. */
export const challenges = sqliteTable(
  'challenges',
  {
    id: integer().primaryKey(),
    purpose: text().notNull(),
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    epoch: integer().notNull(),
    /** The code is derived from these three and the purpose (design §1.11). */
    codeId: integer().notNull(),
    random: text().notNull(),
    kid: text().notNull(),
    /** SHA-256 of a code long enough to be looked up by; null for six digits. */
    codeHash: text(),
    /** For a change of address: the new address, or the old one that an undo restores. */
    email: text(),
    /** JSON: password hashes, one of which must match along with the code. */
    passwordHashes: text(),
    /** Where the user continues after using the code: a path of ours. */
    returnTo: text(),
    /** SHA-256 of the pending log-in's `sessionHash`. */
    tokenHash: text(),
    /** Of a pending log-in: how its first factor was proved (RFC 8176, space separated); null for a password. */
    amr: text(),
    attempts: integer().notNull().default(0),
    createdAt: integer().notNull(),
    expiresAt: integer().notNull(),
    consumedAt: integer(),
    /** The session or event whose claim consumed it. Tells a winner from a loser. */
    consumedBy: integer(),
  },
  (t) => [
    uniqueIndex('challenges_code_hash').on(t.codeHash),
    uniqueIndex('challenges_token_hash').on(t.tokenHash),
    // The live code of a purpose, to be sent again or invalidated. Not partial: deleting a user looks here as well.
    index('challenges_user').on(t.userId, t.purpose, t.id),
    // The sweep.
    index('challenges_expires_at').on(t.expiresAt),
  ],
)

/**
 * Counters that guard secrets. Keys are keyed hashes: no address or name in clear. WITHOUT ROWID (written into the
 * migration by hand because drizzle-kit does not support it): each log-in looks up two of them, and the key is the row.
 */
export const attemptCounters = sqliteTable(
  'attempt_counters',
  {
    key: text().primaryKey(),
    count: integer().notNull(),
    windowEndsAt: integer().notNull(),
    lastAt: integer().notNull(),
    /** The id of the last allowed attempt: later statements of its batch depend on it. */
    stamp: integer().notNull(),
  },
  (t) => [index('attempt_counters_window_ends_at').on(t.windowEndsAt)],
)

/**
 * The networks from which the owner of an account has signed in, as keyed hashes: attempts from elsewhere do not use up
 * their limits. WITHOUT ROWID, like the counters.
 */
export const knownSources = sqliteTable(
  'known_sources',
  {
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    sourceHash: text().notNull(),
    expiresAt: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.sourceHash] }),
    // The sweep.
    index('known_sources_expires_at').on(t.expiresAt),
  ],
)

/**
 * What could be used once and has been: digests of challenges and states that are themselves signed, so nothing is
 * stored until their use. WITHOUT ROWID, like the counters.
 */
export const spentTokens = sqliteTable(
  'spent_tokens',
  {
    /** SHA-256. */
    digest: text().primaryKey(),
    /** The session or event whose claim it was: tells a winner from a loser. */
    claimedBy: integer().notNull(),
    /** When the token itself expires, and the row is of no more use. */
    expiresAt: integer().notNull(),
  },
  (t) => [
    // The sweep.
    index('spent_tokens_expires_at').on(t.expiresAt),
  ],
)
