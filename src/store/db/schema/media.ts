/** Files: the media library, its usage by trigger, and what is still to be removed from the buckets. */
import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { users } from './users.ts'

/** A folder that a person has made. `Default` is everybody's and has no row: its files have no folder. */
export const folders = sqliteTable(
  'folders',
  {
    id: integer().primaryKey(),
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** Unicode NFC. */
    name: text().notNull(),
    /** Files in it, by trigger; those on their way included. */
    fileCount: integer().notNull().default(0),
    createdAt: integer().notNull(),
    updatedAt: integer().notNull(),
  },
  (t) => [
    // Decides that a person has one folder of a name; their list, by name.
    uniqueIndex('folders_name').on(t.userId, t.name),
  ],
)

/** A file, from the reservation of its place (`committed_at` null) on. The object's key has no part of its name. */
export const files = sqliteTable(
  'files',
  {
    id: integer().primaryKey(),
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** Null: `Default`. */
    folderId: integer().references(() => folders.id),
    name: text().notNull(),
    contentType: text().notNull(),
    /** Bytes: reserved at first, and what was stored in the end; never anything else. */
    size: integer().notNull(),
    /** SHA-256 of the bytes, base64url; null until it is known. */
    digest: text(),
    objectKey: text().notNull(),
    /** `user`, or `system` for what was made for them. */
    origin: text().notNull().default('user'),
    /** The owner's wish that an app offers no way to pass it on. Kept and shown. */
    preventShare: integer().notNull().default(0),
    /** Signed links name it; a higher one makes them void. */
    linkVersion: integer().notNull().default(0),
    createdAt: integer().notNull(),
    updatedAt: integer().notNull(),
    committedAt: integer(),
    /** Until when a reservation counts: whoever uploads renews it, so that an upload that was cancelled ends soon. */
    reservedUntil: integer(),
  },
  (t) => [
    uniqueIndex('files_object_key').on(t.objectKey),
    // A folder's files, newest first.
    index('files_folder').on(t.userId, t.folderId, t.id).where(sql`committed_at IS NOT NULL`),
    // All files of a person, newest first.
    index('files_user').on(t.userId, t.id).where(sql`committed_at IS NOT NULL`),
    // The end of an account or a folder: pending ones as well.
    index('files_of_user').on(t.userId),
    index('files_of_folder').on(t.folderId),
    // The sweep of uploads that never ended; a person's own, which their next upload gives up.
    index('files_pending').on(t.createdAt).where(sql`committed_at IS NULL`),
    index('files_pending_of_user').on(t.userId, t.reservedUntil).where(sql`committed_at IS NULL`),
  ],
)

/** What counts against the quotas of a person: kept by triggers on `files` and `folders`, uploads on their way included. */
export const mediaUsage = sqliteTable('media_usage', {
  userId: integer()
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  files: integer().notNull().default(0),
  bytes: integer().notNull().default(0),
  folders: integer().notNull().default(0),
})

/**
 * Objects that are to be removed from a bucket. Written in the batch that makes them nobody's, or, for an avatar on its
 * way, before the object itself: then `due_at` is when the upload counts as given up.
 */
export const objectTombstones = sqliteTable(
  'object_tombstones',
  {
    /** `avatars` or `media`. */
    bucket: text().notNull(),
    key: text().notNull(),
    createdAt: integer().notNull(),
    dueAt: integer().notNull(),
    attempts: integer().notNull().default(0),
  },
  (t) => [primaryKey({ columns: [t.bucket, t.key] }), index('object_tombstones_due').on(t.dueAt)],
)

/** Where a sweep over a bucket goes on in its next run. */
export const sweepCursors = sqliteTable('sweep_cursors', {
  sweep: text().primaryKey(),
  cursor: text().notNull(),
  updatedAt: integer().notNull(),
})
