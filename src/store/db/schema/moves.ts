/** Moving in and out: who a user is in other systems, whom a client provisions, pictures that an import still has to fetch, and archives. */
import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { oauthClients } from './oauth.ts'
import { users } from './users.ts'

/** Who a user is in the system that they were imported from. */
export const externalIds = sqliteTable(
  'external_ids',
  {
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** Empty for an import. */
    source: text().notNull(),
    externalId: text().notNull(),
    createdAt: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.source] }),
    // Makes an import repeatable.
    uniqueIndex('external_ids_external_id').on(t.source, t.externalId),
  ],
)

/** Users that a client provisions (SCIM), as the client knows them (docs/decisions/060). */
export const provisionedUsers = sqliteTable(
  'provisioned_users',
  {
    clientId: text()
      .notNull()
      .references(() => oauthClients.id, { onDelete: 'cascade' }),
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** The client's name for the user, often an address. Kith's own user name is another. */
    userName: text().notNull(),
    userNameKey: text().notNull(),
    externalId: text(),
    /** What the client calls the one address and the one number that Kith keeps: `work`, `mobile`. */
    emailType: text(),
    phoneType: text(),
    createdAt: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.clientId, t.userId] }),
    uniqueIndex('provisioned_users_user_name').on(t.clientId, t.userNameKey),
    uniqueIndex('provisioned_users_external_id').on(t.clientId, t.externalId).where(sql`external_id IS NOT NULL`),
    // The purge of an account.
    index('provisioned_users_user').on(t.userId),
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
    /** Each try writes an object of its own. */
    attempts: integer().notNull().default(0),
    /** R2's id of the upload of the latest try, so that what it has left can be removed. */
    uploadId: text(),
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
