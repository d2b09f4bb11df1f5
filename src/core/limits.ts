/** Limits and periods that are rules: each with its unit in the name and its reason (design §6). What an operator may change is in Config. */

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** More are forgotten devices; the oldest is ended. */
export const BROWSER_SESSIONS_MAX = 50
/** `last_used_at` is a hint for people; one write in this time keeps reads read-only. */
export const SESSION_TOUCH_MS = 15 * MINUTE_MS
/** A lost reply is retried within seconds; after that a second use is a theft. */
export const REFRESH_GRACE_MS = 30 * SECOND_MS
/** Sensitive acts need a sign-in that is younger than this. */
export const FRESH_SIGN_IN_MS = 10 * MINUTE_MS
/** The same of a session under an API key, whose protocol has no other way to ask than to sign in anew. */
export const FRESH_KEY_SIGN_IN_MS = HOUR_MS

/** Six digits are typed from a mail into the app that has just asked for them. */
export const EMAIL_DIGITS_MS = 10 * MINUTE_MS
/** As long as someone may be away from a mailbox while a thief is at work. */
export const EMAIL_CHANGE_UNDO_MS = 7 * DAY_MS
export const SECOND_FACTOR_UNDO_MS = 7 * DAY_MS
/** Passwords that may be tried with the code that undoes a second factor. */
export const SECOND_FACTOR_UNDO_TRIES = 10

export const LOGIN_TRIES = 10
export const LOGIN_WINDOW_MS = 15 * MINUTE_MS
export const LOGIN_DAY_MS = DAY_MS
/** Wrong passwords for one account from all strangers together. Few, for past them the owner still comes in (docs/limits.md). */
export const LOGIN_TRIES_PER_DAY = 30
/** The same from one browser or network that the account knows. */
export const LOGIN_TRIES_PER_DAY_OF_KNOWN = 20
/** The present password, sent with a change by a signed-in caller: right or wrong, each costs a hash. */
export const PASSWORD_PROOFS_PER_DAY = 30
/**
 * What one account may ask of other people in a day, from the first request on. All are far above what a person or an app does,
 * and far below what reading everybody takes. Fifty names, typed with a request for each letter, are some 400 searches; what
 * they find is 20 people at most.
 */
export const SEARCHES_PER_DAY = 1_000
/** Counted by the person: an app that refreshes 500 contacts at each of ten starts reads 5,000. */
export const PEOPLE_READ_PER_DAY = 10_000
export const FOLLOWS_PER_DAY = 400
/** A list of unwanted people, from elsewhere, goes in at once. */
export const BLOCKS_PER_DAY = 1_000
export const ACCOUNT_WINDOW_MS = DAY_MS
/** As long as browsers keep a cookie. */
export const KNOWN_DEVICE_MS = 400 * DAY_MS
/** Networks change hands. */
export const KNOWN_NETWORK_MS = 90 * DAY_MS
/** A network that has less than this before it is forgotten counts as new, and is remembered anew. */
export const KNOWN_NETWORK_RENEWED_MS = 30 * DAY_MS
/** Networks that an account knows. */
export const KNOWN_NETWORKS_MAX = 10
/** The owner is told of strangers who use up their tries, and not each day anew. */
export const LOCK_NOTICE_PAUSE_MS = 7 * DAY_MS
export const CHALLENGE_TRIES = 5
/** Over all pending log-ins of an account, so that opening many of them gains nothing. */
export const SECOND_FACTOR_TRIES = 10
export const SECOND_FACTOR_WINDOW_MS = 15 * MINUTE_MS
/** Wrong digits in 30 days from all strangers together, all known networks together, or one known browser. */
export const SECOND_FACTOR_FAILURES_MAX = 100
export const SECOND_FACTOR_FAILURES_MS = 30 * DAY_MS
/** Wrong codes at which the owner gets a mail; at the last of them no digits are taken from there any more. */
export const SECOND_FACTOR_FAILURES_TOLD: ReadonlySet<number> = new Set([5, 20, 50, SECOND_FACTOR_FAILURES_MAX])
/** RFC 4226 §4: at least 128 bits, 160 recommended. */
export const TOTP_SECRET_BYTES = 20
/** RFC 6238 §5.2: one step for a clock that is off or a code that is typed slowly, and no more. */
export const TOTP_STEPS_AROUND = 1
/** Long enough to find the app and scan; an enrolment that was left alone is nothing that anybody may finish. */
export const TOTP_ENROLMENT_MS = 15 * MINUTE_MS
export const RECOVERY_CODES = 10

export const MAIL_PAUSE_MS = 30 * SECOND_MS
/** Mails of one sort to one address that one network, or one known browser, may cause. */
export const MAILS_PER_DAY = 10
/** The same of all networks together. */
export const MAILS_PER_DAY_OF_ADDRESS = 20
/** Past those, the next mail goes after this: whoever floods a mailbox does not shut its owner out. */
export const MAIL_OVER_PAUSE_MS = HOUR_MS
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

/** Monitors ask more often than a database falls ill. */
export const HEALTH_KNOWN_MS = 10 * SECOND_MS
/** A database that takes longer serves nobody, and monitors do not wait much longer. */
export const HEALTH_WAIT_MS = 2 * SECOND_MS

export const PAGE_LIMIT_DEFAULT = 10
export const PAGE_LIMIT_MAX = 100
/** Protocols whose pages are found by a number to skip: each one that is skipped is read. */
export const PAGE_SKIP_MAX = 10_000
export const BODY_BYTES_MAX = 64 * 1024
export const BODY_DEPTH_MAX = 32
export const USER_AGENT_LENGTH_MAX = 512
export const HASH_RETRY_AFTER_SECONDS = 2
/** The platform ends a request within 30 s of its client's going, and all hashes of a full queue take less. */
export const HASH_TURN_LOST_MS = 30 * SECOND_MS
/** No request is at work for so long: what takes longer waits for its client, or was ended by the platform. */
export const PLACE_LOST_MS = MINUTE_MS
/** Files in memory, all requests' together: an isolate has 128 MB, and a picture that is looked at is in it three times. */
export const HELD_BYTES_MAX = 32 * 1024 * 1024
export const OVERLOAD_RETRY_AFTER_SECONDS = 1

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
/** Changes of a user name: enough for second thoughts, too few to go through names. */
export const RENAMES_MAX = 3
export const RENAME_WINDOW_MS = 30 * DAY_MS
/** However many people a prefix means: this many strings are looked at, and one answer has so many people. */
export const SEARCH_STRINGS_LOOKED_AT = 100
export const SEARCH_QUERY_LENGTH_MAX = 128
export const SEARCH_RESULTS_DEFAULT = 10
export const SEARCH_RESULTS_MAX = 20
/** Ids in one request: one statement, one parameter. */
export const IDS_MAX = 100
/** Read with every row of a user: a page of 100 stays small. */
export const CUSTOM_DATA_BYTES_MAX = 4 * 1024

/** An upload from which nothing has come for so long is given up: no phone in a tunnel waits longer. */
export const UPLOAD_IDLE_MS = 30 * SECOND_MS
/** What an upload has reserved is free again so long after the last word of it; while it goes on, it says so every now and then. */
export const UPLOAD_RESERVED_MS = 30 * SECOND_MS
export const UPLOAD_RENEWED_EVERY_MS = 10 * SECOND_MS
/** No upload takes longer: an object without a row that is older has none coming. */
export const UPLOAD_GIVEN_UP_MS = HOUR_MS
/** A link is for opening, not for keeping (security row 69). */
export const FILE_LINK_SECONDS_MAX = 5 * 60
/** A removal that failed is tried again after this. */
export const TOMBSTONE_RETRY_MS = 10 * MINUTE_MS
/** R2 takes 1,000 keys in one call; one call per bucket and run. */
export const TOMBSTONES_PER_RUN = 500
export const UPLOADS_GIVEN_UP_PER_RUN = 200
/** Objects of a bucket that a run compares with the rows: one page of R2's list. */
export const OBJECTS_COMPARED_PER_RUN = 500
/** Life of an access token: an API that verifies by itself learns of a logout when it ends. The old rooms expect an hour. */
export const ACCESS_TOKEN_SECONDS_MIN = 60
export const ACCESS_TOKEN_SECONDS_DEFAULT = 600
export const ACCESS_TOKEN_SECONDS_MAX = 3_600
/** Redirect URIs of a client: read with each of its requests. */
export const CLIENT_URIS_MAX = 20
export const REDIRECT_URI_LENGTH_MAX = 2_000
/** A request that had begun when its client was deleted is over by then. */
export const CLIENT_REMOVAL_AFTER_MS = 2 * MINUTE_MS
/** Sessions looked at in one batch of a deleted client's removal. */
export const CLIENT_REMOVAL_CHUNK = 5_000
export const CLIENT_REMOVAL_CHUNKS_PER_RUN = 20
export const DELETED_CLIENTS_AT_A_TIME = 20
/** An end that is further away is a slip of the pen; what shall not end by itself is made without one. */
export const MACHINE_LIFE_MS_MAX = 10 * 365 * DAY_MS
/** Grants that the list of connected apps is made of, the newest. */
export const APP_SESSIONS_LOOKED_AT = 1_000
/** Sides of the two squares that an avatar is drawn as: for screens of today, and for lists and clients that know no WebP. */
export const AVATAR_SIDE = 512
export const AVATAR_SMALL_SIDE = 128
/** Changes of a picture or a profile are limited by the day, from the first of them on. */
export const CHANGES_WINDOW_MS = DAY_MS
/** An upload that has not ended by then never will: what it has stored is removed. */
export const AVATAR_RESERVATION_MS = HOUR_MS
/** Where a picture is, a moment later: a client that asks again after a change sees the new one within a minute. */
export const AVATAR_REDIRECT_SECONDS = 60
/** Boundaries, part headers and small fields around the file of a form. */
export const FORM_OVERHEAD_BYTES = 64 * 1024
/** As long as a person may think about a page that asks for an answer. */
export const PAGE_TICKET_MS = 10 * MINUTE_MS
/** A forced sign-in may take a forgotten password on its way; then it is asked for anew. */
export const REAUTHENTICATION_MS = HOUR_MS
/** HTTP Digest (RFC 7616 §5.4): programs that keep a nonce keep it for minutes; Movida's did for five. */
export const DIGEST_NONCE_MS = 5 * MINUTE_MS
/** A request that was under way when its nonce expired has claimed it by then. */
export const DIGEST_NONCE_KEPT_MS = MINUTE_MS
/** Movida's own quota: its clients are written to it. */
export const ROBOT_REQUESTS = 150
export const ROBOT_WINDOW_MS = 30 * SECOND_MS
/** Pages of a robot's list of people, as Movida has them. */
export const ACTIVE_USERS_PAGE_DEFAULT = 50
export const ACTIVE_USERS_PAGE_MAX = 200
/** A nonce lies in the database until the code is exchanged; clients send 43 characters or so. */
export const NONCE_LENGTH_MAX = 1_024
/** Path and query that a person comes back to after signing in. It goes along in addresses, encoded once more. */
export const RETURN_TO_LENGTH_MAX = 8_192
/** An authorization request has to come back so, with a ticket on it. */
export const AUTHORIZATION_REQUEST_LENGTH_MAX = RETURN_TO_LENGTH_MAX - 128
