/** Files: the media library, its usage by trigger, and objects still to be removed from the buckets. */
import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { users } from './users.ts'

/** A user's folder. `Default` is everyone's and has no row: its files have no folder. */
export const folders = sqliteTable(
  'folders',
  {
    id: integer().primaryKey(),
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** Unicode NFC. */
    name: text().notNull(),
    /** Files in it, by trigger, including those being uploaded. */
    fileCount: integer().notNull().default(0),
    createdAt: integer().notNull(),
    updatedAt: integer().notNull(),
  },
  (t) => [
    // Makes folder names unique per user; a user's list, by name.
    uniqueIndex('folders_name').on(t.userId, t.name),
  ],
)

/** A file, from its reservation (`committed_at` null) on. The object's key contains nothing of its name. */
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
    /** Bytes: the reserved size first, then the stored size. */
    size: integer().notNull(),
    /** SHA-256 of the bytes, base64url; null until known. */
    digest: text(),
    objectKey: text().notNull(),
    /** `user`, or `system` if created for them. */
    origin: text().notNull().default('user'),
    /** The owner's wish that apps do not offer to share the file. Stored and shown. */
    preventShare: integer().notNull().default(0),
    /** Signed links contain it; raising it invalidates them. */
    linkVersion: integer().notNull().default(0),
    createdAt: integer().notNull(),
    updatedAt: integer().notNull(),
    committedAt: integer(),
    /** When a reservation expires: the uploader keeps renewing it, so a cancelled upload ends soon. */
    reservedUntil: integer(),
  },
  (t) => [
    uniqueIndex('files_object_key').on(t.objectKey),
    // A folder's files, newest first.
    index('files_folder').on(t.userId, t.folderId, t.id).where(sql`committed_at IS NOT NULL`),
    // All files of a person, newest first.
    index('files_user').on(t.userId, t.id).where(sql`committed_at IS NOT NULL`),
    // The end of an account or a folder, including pending files.
    index('files_of_user').on(t.userId),
    index('files_of_folder').on(t.folderId),
    // The sweep of unfinished uploads; also a user's own, which their next upload gives up.
    index('files_pending').on(t.createdAt).where(sql`committed_at IS NULL`),
    index('files_pending_of_user').on(t.userId, t.reservedUntil).where(sql`committed_at IS NULL`),
  ],
)

/** What counts against a user's quotas: kept by triggers on `files` and `folders`, including uploads in progress. */
export const mediaUsage = sqliteTable('media_usage', {
  userId: integer()
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  files: integer().notNull().default(0),
  bytes: integer().notNull().default(0),
  folders: integer().notNull().default(0),
})

/**
 * Objects to be removed from a bucket. Written in the batch that orphans them or, for an avatar being uploaded, before
 * the object itself: then `due_at` is when the upload counts as abandoned.
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

/** Where a sweep over a bucket continues in its next run. */
export const sweepCursors = sqliteTable('sweep_cursors', {
  sweep: text().primaryKey(),
  cursor: text().notNull(),
  updatedAt: integer().notNull(),
})
