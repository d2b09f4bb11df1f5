/** Moving in and out: who a user is in other systems, pictures that an import still has to fetch, and archives of a user's data. */
import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { users } from './users.ts'

/** Who a user is elsewhere: in the system that they were imported from, or to a client that provisions users (SCIM's `externalId`). */
export const externalIds = sqliteTable(
  'external_ids',
  {
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** The OAuth client that provisions the user; empty for an import. */
    source: text().notNull(),
    externalId: text().notNull(),
    createdAt: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.source] }),
    // Makes an import repeatable; SCIM's filter.
    uniqueIndex('external_ids_external_id').on(t.source, t.externalId),
  ],
)

/** Pictures that an import gave by URL. Cron fetches them. */
export const importedPictures = sqliteTable(
  'imported_pictures',
  {
    userId: integer()
      .primaryKey()
      .references(() => users.id, { onDelete: 'cascade' }),
    url: text().notNull(),
    attempts: integer().notNull().default(0),
    /** When it may be tried (again); NULL once it was given up. */
    nextAttemptAt: integer(),
    /** Why the last try failed. */
    lastResult: text(),
  },
  (t) => [index('imported_pictures_due').on(t.nextAttemptAt).where(sql`next_attempt_at IS NOT NULL`)],
)

/** A user's archive: everything about them and their files, as one ZIP in the bucket of files. */
export const accountArchives = sqliteTable(
  'account_archives',
  {
    id: integer().primaryKey(),
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    createdAt: integer().notNull(),
    attempts: integer().notNull().default(0),
    /** When it may be made (again); whoever makes it moves this forward first. NULL once it is made or given up. */
    nextAttemptAt: integer(),
    readyAt: integer(),
    /** When the archive is removed. */
    expiresAt: integer().notNull(),
    bytes: integer(),
    files: integer(),
    lastResult: text(),
  },
  (t) => [
    // A user's own list.
    index('account_archives_user').on(t.userId, t.id),
    index('account_archives_due').on(t.nextAttemptAt).where(sql`next_attempt_at IS NOT NULL`),
    // The sweep.
    index('account_archives_expires_at').on(t.expiresAt),
  ],
)
