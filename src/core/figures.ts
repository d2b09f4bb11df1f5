/** Figures that are rules: each with its unit in the name and its reason (design §6). What an operator may change is in Config. */

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** OWASP: a browser that is left alone is signed out within a day; nobody stays signed in for more than a month. */
export const BROWSER_SESSION_IDLE_MS = DAY_MS
export const BROWSER_SESSION_ABSOLUTE_MS = 30 * DAY_MS
/** More are forgotten devices; the oldest is ended. */
export const BROWSER_SESSIONS_MAX = 50
/** `last_used_at` is a hint for people; one write in this time keeps reads read-only. */
export const SESSION_TOUCH_MS = 15 * MINUTE_MS
/** RFC 9700 §4.14: idle and absolute ends for refresh tokens. */
export const REFRESH_TOKEN_IDLE_MS = 14 * DAY_MS
export const REFRESH_TOKEN_ABSOLUTE_MS = 90 * DAY_MS
/** A lost reply is retried within seconds; after that a second use is a theft. */
export const REFRESH_GRACE_MS = 30 * SECOND_MS
/** RFC 6749 §4.1.2 allows 10 minutes; a redirect takes seconds. */
export const AUTHORIZATION_CODE_MS = 60 * SECOND_MS
/** Sensitive acts need a sign-in that is younger than this. */
export const FRESH_SIGN_IN_MS = 10 * MINUTE_MS

export const VERIFY_CODE_MS = HOUR_MS
export const RESET_CODE_MS = 15 * MINUTE_MS
export const SIGN_IN_CHALLENGE_MS = 10 * MINUTE_MS
export const EMAIL_CHANGE_MS = HOUR_MS
/** As long as someone may be away from a mailbox while a thief is at work. */
export const EMAIL_CHANGE_UNDO_MS = 7 * DAY_MS

export const LOGIN_TRIES = 10
export const LOGIN_WINDOW_MS = 15 * MINUTE_MS
/** NIST 800-63B §3.2.2: no more than 100 failures in a row; a reset of the password starts anew. */
export const LOGIN_CONSECUTIVE_MAX = 100
export const CHALLENGE_TRIES = 5
/** Over all pending log-ins of an account, so that opening many of them gains nothing. */
export const SECOND_FACTOR_TRIES = 10
export const SECOND_FACTOR_WINDOW_MS = 15 * MINUTE_MS

export const MAIL_PAUSE_MS = 30 * SECOND_MS
export const MAILS_PER_DAY = 10
export const MAIL_WINDOW_MS = DAY_MS

/** Unverified accounts give their user name back after this. */
export const UNVERIFIED_ACCOUNT_MS = DAY_MS

/** Who has deleted their account may come back for as long; after that personal data is removed. */
export const ACCOUNT_RETURN_MS = 14 * DAY_MS
/** Accounts in one batch of the purge. */
export const PURGED_ACCOUNTS_AT_A_TIME = 20
/** Rows of a table in one batch of the purge. */
export const PURGE_CHUNK = 1_000
/** With the mails and edges of the same run, within the 1,000 queries of one invocation of a Worker. */
export const PURGE_CHUNKS_PER_RUN = 5
/** Sessions in one batch of the purge: each is an operation on KV as well. */
export const PURGED_SESSIONS_AT_A_TIME = 50

export const PAGE_LIMIT_DEFAULT = 10
export const PAGE_LIMIT_MAX = 100
export const BODY_BYTES_MAX = 64 * 1024
export const BODY_DEPTH_MAX = 32
export const USER_AGENT_LENGTH_MAX = 512
/** Requests that wait for a password hash in one isolate: 8 times 250 ms is as long as anyone waits. */
export const HASH_QUEUE_MAX = 8
export const HASH_RETRY_AFTER_SECONDS = 2

/** One batch of edges: well under D1's 30 s, and other requests get on between two. */
export const EDGE_CHUNK = 1_000
/** Work after a reply ends at 30 s; cron does the rest. */
export const EDGE_CHUNKS_AFTER_REPLY = 10
export const EDGE_CHUNKS_PER_RUN = 100
/** Suggestions look at 20 people's newest 10 edges: 200, however large the graph. */
export const SUGGESTION_PEOPLE = 20
export const SUGGESTION_EDGES_PER_PERSON = 10
export const SUGGESTIONS_MAX = 20
/** A person is found by a few names; more would be a way to be found by everything. Longer ones are found by their beginning. */
export const SEARCH_STRINGS_PER_USER = 12
export const SEARCH_STRING_LENGTH_MAX = 64
/** However many people a prefix means: this many strings are looked at, and one answer has so many people. */
export const SEARCH_STRINGS_LOOKED_AT = 100
export const SEARCH_QUERY_LENGTH_MAX = 128
export const SEARCH_RESULTS_DEFAULT = 10
export const SEARCH_RESULTS_MAX = 20
/** Ids in one request: one statement, one parameter. */
export const IDS_MAX = 100
/** Read with every row of a user: a page of 100 stays small. */
export const CUSTOM_DATA_BYTES_MAX = 4 * 1024
/** As long as a person may think about a page that asks for an answer. */
export const PAGE_TICKET_MS = 10 * MINUTE_MS
/** A forced sign-in may take a forgotten password on its way; then it is asked for anew. */
export const REAUTHENTICATION_MS = HOUR_MS
/** A nonce lies in the database until the code is exchanged; clients send 43 characters or so. */
export const NONCE_LENGTH_MAX = 1_024
