/** The social graph: follows (in Mastodon's terms), blocks, search strings, invite codes. Triggers keep the counters on `users`. */
import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { users } from './users.ts'

/**
 * One edge: approved, or (`approved_at` null) a pending request. No foreign keys: SQLite would not use the partial
 * indexes to find a deleted user's edges and would scan the table. A trigger removes them instead.
 */
export const follows = sqliteTable(
  'follows',
  {
    id: integer().primaryKey(),
    followerId: integer().notNull(),
    followedId: integer().notNull(),
    approvedAt: integer(),
  },
  (t) => [
    // Makes the edge of a pair unique; tells whether one follows the other.
    uniqueIndex('follows_pair').on(t.followerId, t.followedId),
    // Followers, newest first: the rowid is the last column of every index.
    index('follows_followers').on(t.followedId).where(sql`approved_at IS NOT NULL`),
    // Following.
    index('follows_following').on(t.followerId).where(sql`approved_at IS NOT NULL`),
    // Requests to a user, and by a user.
    index('follows_requests').on(t.followedId).where(sql`approved_at IS NULL`),
    index('follows_requested').on(t.followerId).where(sql`approved_at IS NULL`),
  ],
)

export const blocks = sqliteTable(
  'blocks',
  {
    id: integer().primaryKey(),
    blockerId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    blockedId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    createdAt: integer().notNull(),
  },
  (t) => [
    uniqueIndex('blocks_pair').on(t.blockerId, t.blockedId),
    // The blocker's own list, newest first.
    index('blocks_blocker').on(t.blockerId),
    // The end of an account.
    index('blocks_blocked').on(t.blockedId),
  ],
)

/** The folded strings a user can be found by. Created WITHOUT ROWID by a migration of its own: the key is the row. */
export const searchStrings = sqliteTable(
  'search_strings',
  {
    string: text().notNull(),
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
  },
  (t) => [primaryKey({ columns: [t.string, t.userId] }), index('search_strings_user').on(t.userId)],
)

export const inviteCodes = sqliteTable(
  'invite_codes',
  {
    code: text().primaryKey(),
    ownerId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** 0 up to the number of codes per user: two parallel requests create the same ones. */
    slot: integer().notNull(),
    createdAt: integer().notNull(),
    updatedAt: integer().notNull(),
    usedBy: integer(),
    /** By an administrator. The row keeps its slot, so that its owner gets no other code for it. */
    revokedAt: integer(),
  },
  (t) => [
    uniqueIndex('invite_codes_slot').on(t.ownerId, t.slot),
    // Who invited a user.
    index('invite_codes_used_by').on(t.usedBy).where(sql`used_by IS NOT NULL`),
  ],
)

/** Operations on very many edges that continue in chunks (design §2): one row while work is left. */
export const edgeWork = sqliteTable(
  'edge_work',
  {
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** `accept_requests`: the account went public. `remove_edges`: it was banned for good, or deleted. */
    kind: text().notNull(),
    createdAt: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.userId, t.kind] })],
)
