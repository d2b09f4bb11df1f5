/** Limits and periods of sign-in through other providers. */
const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS

/** One request to another provider, and all requests of one sign-in: a person waits for them. */
export const UPSTREAM_REQUEST_MS = 5 * SECOND_MS
export const UPSTREAM_SIGN_IN_MS = 12 * SECOND_MS
/** The largest answers are key sets, of some 30 KB. */
export const UPSTREAM_ANSWER_BYTES_MAX = 256 * 1_024
/** How long a discovery document or key set is used without asking, and how long while the provider does not answer. */
export const UPSTREAM_DOCUMENT_MS = HOUR_MS
export const UPSTREAM_DOCUMENT_STALE_MS = 24 * HOUR_MS
/** Documents that an isolate keeps in memory. */
export const UPSTREAM_DOCUMENTS_MAX = 500
/** How often an isolate asks again for a document that seems out of date. */
export const UPSTREAM_RENEWAL_MS = MINUTE_MS
/** How long an isolate leaves a provider alone that has just failed. */
export const UPSTREAM_FAILURE_MS = 5 * SECOND_MS
/** How long a person may take at another provider. */
export const UPSTREAM_STATE_MS = 10 * MINUTE_MS
/** Browsers keep cookies up to 4,096 bytes, with their name and attributes. */
export const UPSTREAM_COOKIE_LENGTH_MAX = 3_800
/** Apple allows half a year; the token request follows at once. */
export const APPLE_SECRET_SECONDS = 5 * 60
/** OpenID Connect Core §2. */
export const UPSTREAM_SUBJECT_LENGTH_MAX = 255
