/** Bounds of webhooks (docs/webhooks.md). */

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** Each change asks every live endpoint whether it wants the event. */
export const ENDPOINTS_MAX = 20
export const ENDPOINT_URL_LENGTH_MAX = 2_000
export const DESCRIPTION_LENGTH_MAX = 200

/** Standard Webhooks: 24 to 64 bytes. */
export const SECRET_BYTES = 32
/** How long the secret before signs as well. */
export const ROTATION_HOURS_DEFAULT = 24
export const ROTATION_HOURS_MAX = 7 * 24

export const SEND_MS = 10 * SECOND
/** Requests that are under way: below the six connections that a worker may have open at a time. */
export const SENT_AT_A_TIME = 4
/** So that one slow endpoint does not keep all others waiting. */
export const ENDPOINTS_AT_A_TIME = 2
/** Of different users, for an endpoint that works, and for one that fails. */
export const LEASED_AT_A_TIME = 12
export const LEASED_OF_FAILING = 4
/** Of one user in a row, once the first has arrived: whoever deletes a folder has very many. */
export const CHAIN_MAX = 50
/** No more of a user begin after that. */
export const CHAIN_MS = 40 * SECOND
/** More than all of one lease take: `CHAIN_MS`, and `LEASED_AT_A_TIME` of an endpoint whose every answer takes `SEND_MS`. */
export const LEASE_MS = 2 * MINUTE
/** After a reply a worker lives for 30 seconds: then it has recorded what it has sent, however slow an endpoint is. */
export const LEASED_AFTER_REPLY = 4
export const LEASES_AFTER_REPLY = 3
export const AFTER_REPLY_MS = 5 * SECOND
/** Of all endpoints, in a run of cron: ten queries each at most, of the 1,000 that the whole run has. */
export const LEASES_PER_RUN = 24
/** A run of cron begins nothing new after that. */
export const RUN_MS = 60 * SECOND
/** An endpoint that has been failing for longer is left to cron: no request ends with waiting for it. */
export const LEFT_TO_CRON_MS = 5 * MINUTE

/** Delays after the first, second, ... try: ten tries within three days. */
export const RETRY_AFTER_MS = [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR]

/** An endpoint at which nothing has arrived for so long is switched off. */
export const FAILING_MAX_MS = 72 * HOUR

/** How long events can be looked up and sent again. */
export const EVENTS_KEPT_MS = 14 * 24 * HOUR
export const REPLAYED_AT_A_TIME = 1_000
export const GIVEN_UP_AT_A_TIME = 4_000
/** Of the log of an endpoint that is deleted. */
export const DELETED_AT_A_TIME = 4_000
/** How long an isolate takes it for granted that there are endpoints, or none. */
export const KNOWN_MS = MINUTE
