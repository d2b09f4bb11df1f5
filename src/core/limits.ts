/**
 * Limits and periods that are rules: each with its unit in the name and its reason (design §6). What an operator may
 * change is in Config.
 */

export const SECOND_MS = 1_000
export const MINUTE_MS = 60 * SECOND_MS
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

/** More are forgotten devices; the oldest is ended. */
export const BROWSER_SESSIONS_MAX = 50
/** `last_used_at` is a hint for people; one write per interval keeps reads read-only. */
export const SESSION_TOUCH_MS = 15 * MINUTE_MS
/** Sensitive acts need a sign-in younger than this. */
export const FRESH_SIGN_IN_MS = 10 * MINUTE_MS
/** The same for a session under an API key, whose protocol can only ask for a new sign-in. */
export const FRESH_KEY_SIGN_IN_MS = HOUR_MS

/** Six digits are typed from a mail into the app or browser that has just requested them. */
export const EMAIL_DIGITS_MS = 10 * MINUTE_MS
/** As long as someone may be away from their mailbox while a thief is at work. */
export const EMAIL_CHANGE_UNDO_MS = 7 * DAY_MS
export const SECOND_FACTOR_UNDO_MS = 7 * DAY_MS
/** Passwords that may be tried with the code that undoes a second factor. */
export const SECOND_FACTOR_UNDO_TRIES = 10

/** The period of all rate limiting bindings (wrangler.toml). */
export const NETWORK_LIMIT_PERIOD_MS = MINUTE_MS
/** Failed tries of a name from one network before the page asks for a check of bots, where that is set up. */
export const LOGIN_TRIES_WITHOUT_BOT_CHECK = 3
export const LOGIN_TRIES = 10
export const LOGIN_WINDOW_MS = 15 * MINUTE_MS
/** What one network may spend within that window on wrong passwords for costly imported hashes: as ten sign-ins a minute do on our own. */
export const LOGIN_WORK_OF_NETWORK = 150
export const LOGIN_DAY_MS = DAY_MS
/** Wrong passwords for one account from all strangers together. Few, because the owner can still sign in beyond them (docs/limits.md). */
export const LOGIN_TRIES_PER_DAY = 30
/** The same from one browser or network that the account knows. */
export const LOGIN_TRIES_PER_DAY_OF_KNOWN = 20
/** The current password, sent with a change by a signed-in caller: right or wrong, each costs a hash. */
export const PASSWORD_PROOFS_PER_DAY = 30
/** A person waits for the range query; its largest answers are some 60 KB. */
export const PASSWORD_RANGE_MS = SECOND_MS
export const PASSWORD_RANGE_BYTES_MAX = 256 * 1_024
/**
 * What one account may request about other people in a day, from the first request on. Far above what a person or an
 * app needs, and far below what reading everyone takes. Typing fifty names with a request per letter makes some 400
 * searches, which find 20 people each at most.
 */
export const SEARCHES_PER_DAY = 1_000
/** Counted per user read: an app that refreshes 500 contacts at each of ten starts reads 5,000. */
export const PEOPLE_READ_PER_DAY = 10_000
export const FOLLOWS_PER_DAY = 400
/** An imported block list goes in at once. */
export const BLOCKS_PER_DAY = 1_000
export const ACCOUNT_WINDOW_MS = DAY_MS
/** Second factors enabled or replaced, sets of recovery codes made, and passkeys added: each sends a mail. */
export const FACTOR_CHANGES_PER_DAY = 20
/** More devices and password managers than a person has; each entry is part of every request to a browser. */
export const PASSKEYS_MAX = 20
/** The browser's own time limit for a passkey, which it is told (WebAuthn Level 3 §15.1). */
export const PASSKEY_CHALLENGE_MS = 5 * MINUTE_MS
/** An attestation with a chain of certificates has some 6 KB; it is not used. */
export const PASSKEY_FIELD_LENGTH_MAX = 16 * 1024
/** WebAuthn Level 3 §5.1: 1,023 bytes, as base64url. */
export const CREDENTIAL_ID_LENGTH_MAX = 1_364
/** Exports per user: enough for interrupted downloads, few enough to read a celebrity's followers each time. */
export const EXPORTS_PER_DAY = 3
/** Entries in one page of an exported list: some 200 KB in memory. */
export const EXPORT_PAGE = 2_000
/**
 * Pages of one export, of all lists together: 300,000 entries, which take about a second of the CPU time in wrangler.toml.
 * Each page is two or three queries (the gate's and the list's), of the 1,000 that D1 allows one invocation of a Worker.
 */
export const EXPORT_PAGES_MAX = 150
/** As long as browsers keep a cookie. */
export const KNOWN_DEVICE_MS = 400 * DAY_MS
/** Networks change hands. */
export const KNOWN_NETWORK_MS = 90 * DAY_MS
/** A known network closer to expiry than this counts as new, and is stored again. */
export const KNOWN_NETWORK_RENEWED_MS = 30 * DAY_MS
/** Networks that an account knows. */
export const KNOWN_NETWORKS_MAX = 10
/** The owner is notified of strangers who use up their tries, but not every day. */
export const LOCK_NOTICE_PAUSE_MS = 7 * DAY_MS
export const CHALLENGE_TRIES = 5
/** Across all pending log-ins of an account, so that opening many gains nothing. */
export const SECOND_FACTOR_TRIES = 10
export const SECOND_FACTOR_WINDOW_MS = 15 * MINUTE_MS
/** Wrong digits in 30 days from all strangers together, all known networks together, the networks of resets, or one known browser. */
export const SECOND_FACTOR_FAILURES_MAX = 100
export const SECOND_FACTOR_FAILURES_MS = 30 * DAY_MS
/** How long after a reset guesses from its network count apart. */
export const SECOND_FACTOR_AFTER_RESET_MS = DAY_MS
/** Wrong codes at which the owner gets a mail; at the last of them no digits are taken from there any more. */
export const SECOND_FACTOR_FAILURES_TOLD: ReadonlySet<number> = new Set([5, 20, 50, SECOND_FACTOR_FAILURES_MAX])
/** RFC 4226 §4: at least 128 bits, 160 recommended. */
export const TOTP_SECRET_BYTES = 20
/** RFC 6238 §5.2: one step for clock drift or slow typing, and no more. */
export const TOTP_STEPS_AROUND = 1
/** Long enough to find the app and scan; an abandoned enrolment must not be left for anyone to finish. */
export const TOTP_ENROLMENT_MS = 15 * MINUTE_MS
export const RECOVERY_CODES = 10

export const MAIL_PAUSE_MS = 30 * SECOND_MS
/** Mails of one kind to one address that one network, or one known browser, may cause. */
export const MAILS_PER_DAY = 10
/** The same of all networks together. */
export const MAILS_PER_DAY_OF_ADDRESS = 20
/** Beyond those, one more mail per interval: flooding a mailbox does not lock its owner out. */
export const MAIL_OVER_PAUSE_MS = HOUR_MS
export const MAIL_WINDOW_MS = DAY_MS

/** Unverified accounts are deleted after this, which frees their user names. */
export const UNVERIFIED_ACCOUNT_MS = DAY_MS

/** The grace period after deleting one's own account; then personal data is removed. */
export const ACCOUNT_RETURN_MS = 14 * DAY_MS
/** Accounts in one batch of the purge. */
export const PURGED_ACCOUNTS_AT_A_TIME = 20
/** Rows of a table in one batch of the purge. */
export const PURGE_CHUNK = 1_000
/** With the mails and edges of the same run, within the 1,000 queries of one invocation of a Worker. */
export const PURGE_CHUNKS_PER_RUN = 5
/** Sessions in one batch of the purge: each also costs an operation on KV. */
export const PURGED_SESSIONS_AT_A_TIME = 50

/** Monitors ask more often than databases fail. */
export const HEALTH_KNOWN_MS = 10 * SECOND_MS
/** A slower database serves nobody, and monitors do not wait much longer. */
export const HEALTH_WAIT_MS = 2 * SECOND_MS
/** How long a verdict on readiness counts, whichever it is. */
export const READY_KNOWN_MS = 2 * SECOND_MS

export const PAGE_LIMIT_DEFAULT = 10
export const PAGE_LIMIT_MAX = 100
/** For protocols that page by offset: each skipped entry is read. */
export const PAGE_SKIP_MAX = 10_000
export const BODY_BYTES_MAX = 64 * 1024
export const BODY_DEPTH_MAX = 32
export const USER_AGENT_LENGTH_MAX = 512
export const HASH_RETRY_AFTER_SECONDS = 2
/** The platform ends a request within 30 s of the client disconnecting, and all hashes of a full queue take less. */
export const HASH_TURN_LOST_MS = 30 * SECOND_MS
/** No request works this long: a slower one is waiting for its client, or was terminated by the platform. */
export const PLACE_LOST_MS = MINUTE_MS
/** Files in memory, over all requests: an isolate has 128 MB, and an inspected picture is in memory three times. */
export const HELD_BYTES_MAX = 32 * 1024 * 1024
export const OVERLOAD_RETRY_AFTER_SECONDS = 1

/** One batch of edges: well under D1's 30 s, and other requests run between two batches. */
export const EDGE_CHUNK = 1_000
/** Work after a reply ends at 30 s; cron does the rest. */
export const EDGE_CHUNKS_AFTER_REPLY = 10
export const EDGE_CHUNKS_PER_RUN = 100
/** Suggestions look at the newest 10 edges of 20 users: 200, however large the graph. */
export const SUGGESTION_PEOPLE = 20
export const SUGGESTION_EDGES_PER_PERSON = 10
export const SUGGESTIONS_MAX = 20
/** A few names suffice to find a user; more would allow being found by everything. Longer ones are matched by their beginning. */
export const SEARCH_STRINGS_PER_USER = 12
export const SEARCH_STRING_LENGTH_MAX = 64
/** Changes of a user name: enough for second thoughts, too few to enumerate names. */
export const RENAMES_MAX = 3
export const RENAME_WINDOW_MS = 30 * DAY_MS
/** Other spellings, and one's own former name, do not count as changes, but all of them are recorded up to this number. */
export const RENAMES_RECORDED_PER_DAY = 20
/** However many users match a prefix: this many strings are read, and this many users returned. */
export const SEARCH_STRINGS_LOOKED_AT = 100
/** How many users a page of an administrator's list looks at, where few match. */
export const USERS_LOOKED_AT = 500
export const SEARCH_QUERY_LENGTH_MAX = 128
export const SEARCH_RESULTS_DEFAULT = 10
export const SEARCH_RESULTS_MAX = 20
/** Ids in one request: one statement, one parameter. */
export const IDS_MAX = 100
/** Read with every row of a user: a page of 100 stays small. */
export const CUSTOM_DATA_BYTES_MAX = 4 * 1024

/** An upload that has sent nothing for this long is abandoned: no phone in a tunnel waits longer. */
export const UPLOAD_IDLE_MS = 30 * SECOND_MS
/** An upload's reservation expires this long after its last renewal; a running upload renews it regularly. */
export const UPLOAD_RESERVED_MS = 30 * SECOND_MS
export const UPLOAD_RENEWED_EVERY_MS = 10 * SECOND_MS
/** No upload takes longer: an older object without a row will not get one. */
export const UPLOAD_GIVEN_UP_MS = HOUR_MS
/** A link is for opening, not for keeping (security row 69). */
export const FILE_LINK_SECONDS_MAX = 5 * 60
/** To be followed at once: whoever sees an account as its owner gets nothing that outlives that. */
export const SUPPORT_LINK_SECONDS = 10
/** A failed removal is retried after this. */
export const TOMBSTONE_RETRY_MS = 10 * MINUTE_MS
/** R2 takes 1,000 keys in one call; one call per bucket and run. */
export const TOMBSTONES_PER_RUN = 500
export const UPLOADS_GIVEN_UP_PER_RUN = 200
/** Objects of a bucket that a run compares with the rows: one page of R2's list. */
export const OBJECTS_COMPARED_PER_RUN = 500
/** A later expiry is a typing mistake; a credential that should not expire is created without one. */
export const MACHINE_LIFE_MS_MAX = 10 * 365 * DAY_MS
/** Sides of the two squares of an avatar: for current screens, and for lists and clients without WebP. */
export const AVATAR_SIDE = 512
export const AVATAR_SMALL_SIDE = 128
/** Changes of a picture or a profile are limited per day, from the first of them on. */
export const CHANGES_WINDOW_MS = DAY_MS
/** Pictures that were refused, after work that costs as much as a change. Enough for somebody who tries all of an album. */
export const REFUSED_PICTURES_PER_DAY = 100
/** An upload unfinished by then never will be: what it has stored is removed. */
export const AVATAR_RESERVATION_MS = HOUR_MS
/** Caching of a picture's location: a client that asks again after a change sees the new one within a minute. */
export const AVATAR_REDIRECT_SECONDS = 60
/** Boundaries, part headers and small fields around the file of a form. */
export const FORM_OVERHEAD_BYTES = 64 * 1024
/** How long a person may think about a page that asks for an answer. */
export const PAGE_TICKET_MS = 10 * MINUTE_MS
/** HTTP Digest (RFC 7616 §5.4): programs that keep a nonce keep it for minutes; Movida's did for five. */
export const DIGEST_NONCE_MS = 5 * MINUTE_MS
/** A request in progress when its nonce expired has claimed it by then. */
export const DIGEST_NONCE_KEPT_MS = MINUTE_MS
/** Movida's own quota: its clients are written for it. */
export const ROBOT_REQUESTS = 150
export const ROBOT_WINDOW_MS = 30 * SECOND_MS
/** Pages of a robot's user list, as in Movida. */
export const ACTIVE_USERS_PAGE_DEFAULT = 50
export const ACTIVE_USERS_PAGE_MAX = 200
/** Path and query that a user returns to after signing in. It is carried in URLs, encoded once more. */
export const RETURN_TO_LENGTH_MAX = 8_192
/**
 * Of an import, in one batch: well within D1's 30 s and the CPU time of a request, and few enough that other requests run in
 * between. Its body is one parameter of D1 at most, which takes 2 MB.
 */
export const IMPORTED_PEOPLE_MAX = 500
export const IMPORTED_EDGES_MAX = 5_000
export const IMPORT_BODY_BYTES_MAX = 1_500_000
/** How long the console waits for the metrics, and how long an answer may be. */
export const METRICS_MS = 5 * SECOND_MS
export const METRICS_BYTES_MAX = 1024 * 1024
