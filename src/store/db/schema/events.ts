/** What happened and whom to notify: audit events and the mail outbox. */
import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { users } from './users.ts'

export const auditEvents = sqliteTable(
  'audit_events',
  {
    id: integer().primaryKey(),
    /** The user it is about; null for an attempt on an account that does not exist. */
    userId: integer().references(() => users.id, { onDelete: 'cascade' }),
    /** The actor, if not the user. */
    actorId: integer(),
    type: text().notNull(),
    clientId: text(),
    sessionId: integer(),
    /** Keyed hash of user agent and country: tells a new device. */
    deviceHash: text(),
    userAgent: text(),
    place: text(),
    detail: text(),
    createdAt: integer().notNull(),
  },
  (t) => [
    index('audit_events_user').on(t.userId, t.id),
    // The log-in history.
    index('audit_events_sign_ins').on(t.userId, t.id).where(sql`type IN ('sign_in', 'sign_in_failed')`),
    // Whether a device was seen before.
    index('audit_events_device').on(t.userId, t.deviceHash).where(sql`type = 'sign_in'`),
    // What an administrator has done.
    index('audit_events_actor').on(t.actorId, t.id).where(sql`actor_id IS NOT NULL`),
  ],
)

/** What administrators tell each other about a user. The user never sees it. */
export const adminNotes = sqliteTable(
  'admin_notes',
  {
    id: integer().primaryKey(),
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** The administrator; stays when their account is purged. */
    authorId: integer().notNull(),
    text: text().notNull(),
    createdAt: integer().notNull(),
  },
  (t) => [index('admin_notes_user').on(t.userId, t.id)],
)

/**
 * Figures by day (since 1970, UTC), kept by triggers: `sign_ups`, `sign_ins`, `sign_in_failures`, `mails_sent`, `mails_failed`, `active`
 * (people who were), and `last_active` (people whose last active day it is: their sum over days is how many were active in them).
 */
export const dailyCounts = sqliteTable(
  'daily_counts',
  { day: integer().notNull(), name: text().notNull(), value: integer().notNull() },
  (t) => [primaryKey({ columns: [t.day, t.name] })],
)

export const mailOutbox = sqliteTable(
  'mail_outbox',
  {
    id: integer().primaryKey(),
    kind: text().notNull(),
    userId: integer().references(() => users.id, { onDelete: 'cascade' }),
    /** Cleared once the mail is sent; one that was given up keeps it, for a retry. */
    toAddress: text(),
    /** The challenge whose code the mail carries. */
    challengeId: integer(),
    /** JSON: the other parameters of the message. */
    params: text().notNull().default('{}'),
    createdAt: integer().notNull(),
    attempts: integer().notNull().default(0),
    /** When it may be tried (again); a sender moves it forward before sending. */
    nextAttemptAt: integer().notNull(),
    sentAt: integer(),
    failedAt: integer(),
    /** The code of the last failure. */
    error: text(),
    /** The language of the mail, where the recipient's account does not say: that of the page it was asked for on. */
    locale: text(),
  },
  (t) => [
    index('mail_outbox_due').on(t.nextAttemptAt).where(sql`sent_at IS NULL AND failed_at IS NULL`),
    // Those that were given up: the same.
    index('mail_outbox_failed').on(t.id).where(sql`failed_at IS NOT NULL`),
    // Deleting a user.
    index('mail_outbox_user').on(t.userId),
    // The sweep, and an administrator's list. Ids are in the order of time.
    index('mail_outbox_sent').on(t.id).where(sql`sent_at IS NOT NULL`),
  ],
)
