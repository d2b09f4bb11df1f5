/** Events for other systems (Standard Webhooks): what happened, who wants to hear of it, and what was delivered. */
import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** Where events go: an address, or the queue that is bound to the Worker. */
export const webhookEndpoints = sqliteTable(
  'webhook_endpoints',
  {
    id: integer().primaryKey(),
    /** `https` or `queue`; `deleted` while deliveries of a deleted one are left. */
    kind: text().notNull().default('https'),
    /** Empty for the queue. */
    url: text().notNull(),
    description: text().notNull().default(''),
    /** Types of events, space separated; `*`: all. */
    events: text().notNull(),
    /** `thin`: ids only; `full`: with what `scope` shows of the user. */
    payload: text().notNull().default('thin'),
    /** Space separated. */
    scope: text().notNull().default(''),
    /** AES-GCM with the endpoint's id as additional data. */
    secret: text().notNull(),
    /** The one before, which signs as well until `previousSecretUntil`. */
    previousSecret: text(),
    previousSecretUntil: integer(),
    createdBy: integer(),
    createdAt: integer().notNull(),
    updatedAt: integer().notNull(),
    disabledAt: integer(),
    /** Why: an administrator's act is empty. */
    disabledReason: text(),
    /** The first failure since the last success. */
    failingSince: integer(),
    lastSuccessAt: integer(),
  },
  (t) => [
    // Whether anybody is to be told at all: a change costs little while nobody is.
    index('webhook_endpoints_live').on(t.id).where(sql`disabled_at IS NULL`),
  ],
)

/** The outbox, written by triggers in the transaction of the change. It names the user by id alone, and outlives them. */
export const events = sqliteTable(
  'events',
  {
    /** In the order of the changes. Not AUTOINCREMENT: every statement whose triggers may write would read `sqlite_sequence`. */
    id: integer().primaryKey(),
    type: text().notNull(),
    userId: integer().notNull(),
    /** JSON: ids, and names of fields. */
    data: text().notNull(),
    createdAt: integer().notNull(),
  },
  (t) => [
    // The sweep.
    index('events_created_at').on(t.createdAt),
  ],
)

/** An event on its way to an endpoint, written by a trigger with the event. */
export const eventDeliveries = sqliteTable(
  'event_deliveries',
  {
    id: integer().primaryKey(),
    endpointId: integer()
      .notNull()
      .references(() => webhookEndpoints.id, { onDelete: 'cascade' }),
    eventId: integer()
      .notNull()
      .references(() => events.id, { onDelete: 'cascade' }),
    userId: integer().notNull(),
    createdAt: integer().notNull(),
    attempts: integer().notNull().default(0),
    /**
     * When it may be tried (again), 0 at first; whoever tries it moves this forward first. While an earlier one for the same endpoint
     * and user waits: 2^53-1. NULL once it is delivered or given up.
     */
    nextAttemptAt: integer(),
    deliveredAt: integer(),
    /** The status of the answer, or why there was none. */
    lastResult: text(),
  },
  (t) => [
    index('event_deliveries_due').on(t.endpointId, t.nextAttemptAt).where(sql`next_attempt_at IS NOT NULL`),
    // The order per user: the first that waits goes first.
    index('event_deliveries_waiting').on(t.endpointId, t.userId, t.id).where(sql`next_attempt_at IS NOT NULL`),
    // An endpoint's log, newest first; its end.
    index('event_deliveries_endpoint').on(t.endpointId, t.id),
    // Those that were given up, among very many that have arrived.
    index('event_deliveries_failed').on(t.endpointId, t.id).where(sql`next_attempt_at IS NULL AND delivered_at IS NULL`),
    // The end of an event.
    index('event_deliveries_event').on(t.eventId),
  ],
)

/** While it has a row, nothing is written to the outbox: an import puts one in its batch, and takes it out again. */
export const eventPauses = sqliteTable('event_pauses', { id: integer().primaryKey() })
