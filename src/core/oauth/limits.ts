/** Limits and periods of the authorization server, like those of `core/limits.ts`. */
import { DAY_MS, HOUR_MS, MINUTE_MS, RETURN_TO_LENGTH_MAX, SECOND_MS } from '../limits.ts'

/** A lost reply is retried within seconds; a later second use is treated as theft, unless the token is bound to a key. */
export const REFRESH_GRACE_MS = 30 * SECOND_MS
/** RFC 9126 §2.2: a browser is sent on at once. */
export const PUSHED_REQUEST_MS = MINUTE_MS
/** From then on, or once a signed one has come, it may take as long as to create an account first. */
export const MARKED_REQUEST_MS = DAY_MS
/** RFC 8628 §3.2: as long as it takes to find a phone and sign in. */
export const DEVICE_CODE_MS = 10 * MINUTE_MS
/** RFC 8628 §3.5: the pause between two polls, and what a poll that comes too early adds to it. */
export const DEVICE_POLL_MS = 5 * SECOND_MS
/** A network's jitter is no impatience. */
export const DEVICE_POLL_SLACK_MS = SECOND_MS
/** Wrong codes of devices that an account may enter: a chance of 1 in a billion for each request that is open. */
export const DEVICE_CODE_TRIES = 20
export const DEVICE_CODE_WINDOW_MS = 15 * MINUTE_MS
/** Lifetime of an access token: an API that validates tokens by itself learns of a logout when it expires. The old rooms expect an hour. */
export const ACCESS_TOKEN_SECONDS_MIN = 60
export const ACCESS_TOKEN_SECONDS_DEFAULT = 600
export const ACCESS_TOKEN_SECONDS_MAX = 3_600
/** Redirect URIs of a client: read with each of its requests. */
export const CLIENT_URIS_MAX = 20
export const REDIRECT_URI_LENGTH_MAX = 2_000
/** Public keys of a client: some of each kind, while they are replaced. */
export const CLIENT_KEYS_MAX = 10
export const CLIENT_URI_LENGTH_MAX = 2_000
/** APIs that one request may name. */
export const RESOURCES_MAX = 10
/** Scopes of an API: all of them are read whenever a client asks for one. */
export const API_SCOPES_MAX = 100
/** A grant names the resource with each of its scopes. */
export const API_RESOURCE_LENGTH_MAX = 256
export const API_SCOPE_LENGTH_MAX = 64
/** What a client may be registered for, in all APIs together. */
export const CLIENT_API_SCOPES_MAX = 100
/** The parameter `claims`: part of a request that must survive a sign-in. */
export const CLAIMS_PARAMETER_LENGTH_MAX = 2_000
/** One value of `customData`, as JSON: tokens travel with each request. */
export const CUSTOM_CLAIM_LENGTH_MAX = 1_000
/** A client's `sector_identifier_uri`, while somebody waits. */
export const SECTOR_DOCUMENT_MS = 2 * SECOND_MS
/** Client ID Metadata Documents §8: small, and a person waits for it. */
export const CLIENT_DOCUMENT_BYTES_MAX = 5 * 1_024
export const CLIENT_DOCUMENT_REQUEST_MS = 2 * SECOND_MS
export const CLIENT_DOCUMENT_URL_LENGTH_MAX = 256
/** How long one is used without asking: one sign-in asks several times, and a client that changes waits for it. */
export const CLIENT_DOCUMENT_MS_MIN = MINUTE_MS
export const CLIENT_DOCUMENT_MS_DEFAULT = 5 * MINUTE_MS
/** Nobody has used a client that registered itself for so long: it goes. */
export const UNUSED_CLIENT_MS = 30 * DAY_MS
/** Clients read per statement, and statements per run, by the sweep of unused ones. */
export const UNUSED_CLIENTS_CHUNK = 500
/** NIST SP 800-131A; each verification with a longer key takes longer. */
export const RSA_BITS_MIN = 2_048
export const RSA_BITS_MAX = 8_192
/** How far away the end of a client's assertion may be: its `jti` is kept for so long. */
export const ASSERTION_MS = 10 * MINUTE_MS
/** FAPI 2.0 Security Profile §5.3.2.1: clocks of clients may be 10 seconds ahead. */
export const CLIENT_CLOCK_TOLERANCE_MS = 10 * SECOND_MS
/** FAPI 2.0 Security Profile §5.3.2.1, of its clients' codes. */
export const FAPI_CODE_MS = MINUTE_MS
export const ASSERTION_ID_LENGTH_MAX = 256
/** FAPI 2.0 Message Signing §5.3.1: how far away the end of a request object may be. */
export const REQUEST_OBJECT_MS = HOUR_MS
/** As long as the longest request in base64url, with a signature by the longest key. */
export const REQUEST_OBJECT_LENGTH_MAX = 12_288
/** Clients that are registered in a day by one holder of an initial access token, by software statements, or by strangers: unused ones stay 30 days. */
export const REGISTRATIONS_PER_DAY = 200
/** The metadata of one of them, as JSON. */
export const REGISTRATION_LENGTH_MAX = 8_192
/** A nonce of DPoP counts in the period in which it is handed out and in the next: 5 minutes at most. */
export const DPOP_NONCE_PERIOD_MS = 2.5 * MINUTE_MS
/** How far a client's clock may be off, either way. The nonce says how old a proof can be. */
export const DPOP_CLOCK_MS = MINUTE_MS
export const DPOP_ID_LENGTH_MAX = 256
/** An RSA key of 8,192 bits and its signature take 3,000. */
export const DPOP_PROOF_LENGTH_MAX = 6_000
/** RFC 8693 §4.1: clients that act for a user one after the other. */
export const ACTORS_MAX = 3
/**
 * A request that was running when its client was deleted is over by then, and the last token has expired: a new client may
 * have the id, and must not find tokens in the world that count as its own.
 */
export const CLIENT_REMOVAL_AFTER_MS = ACCESS_TOKEN_SECONDS_MAX * 1_000 + 2 * MINUTE_MS
/** Sessions read in one batch of a deleted client's removal. */
export const CLIENT_REMOVAL_CHUNK = 5_000
export const CLIENT_REMOVAL_CHUNKS_PER_RUN = 20
export const DELETED_CLIENTS_AT_A_TIME = 20
/** Grants that the list of connected apps is built from, the newest. */
export const APP_SESSIONS_LOOKED_AT = 1_000
/** A forced sign-in may include a password reset; after that it is requested again. */
export const REAUTHENTICATION_MS = HOUR_MS
/** A sign-in that `max_age` has asked for counts for so long at least: the way back, and a consent, take longer than a `max_age` of 0. */
export const MAX_AGE_MS_MIN = 5 * MINUTE_MS
/** A nonce is stored until the code is exchanged; clients send about 43 characters. */
export const NONCE_LENGTH_MAX = 1_024
/** An authorization request must survive the way back from a sign-in, with three tickets added. */
export const AUTHORIZATION_REQUEST_LENGTH_MAX = RETURN_TO_LENGTH_MAX - 384
