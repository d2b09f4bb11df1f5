/** The Worker's vars and secrets as text: their names, formats and defaults. `config.ts` turns them into `Config`. */
import * as z from 'zod'
import './config-words.ts'
import { json, keyring, publicKeys, signingKeys } from './config-keys.ts'
import { mailVars } from './config-mail.ts'
import { metricsVars } from './config-metrics.ts'
import { upstreamProviders } from './config-upstream.ts'

export type { SigningKey } from './config-keys.ts'

/** Profile fields that users may write, under the core's names. `EDITABLE_FIELDS` may narrow them. */
export const PROFILE_FIELDS = [
  'givenName',
  'middleName',
  'familyName',
  'username',
  'gender',
  'bio',
  'designation',
  'organization',
  'pronouns',
  'customLink',
  'phoneCountryCode',
  'phone',
  'birthdate',
  'country',
  'locale',
  'zoneinfo',
  'currency',
  'displayName',
  'title',
  'about',
  'relationshipStatus',
  'whereAmI',
] as const
export type ProfileField = (typeof PROFILE_FIELDS)[number]

export const SCRYPT_LN_FLOOR = 15
/** The only key length of AES-256. */
const ENCRYPTION_KEY_BYTES = 32
const encryptionKeyring = keyring.refine(
  ({ keys }) => [...keys.values()].every((key) => key.length === ENCRYPTION_KEY_BYTES),
  `needs keys of ${ENCRYPTION_KEY_BYTES} bytes`,
)
const onOff = (fallback: boolean) =>
  z
    .enum(['on', 'off', 'true', 'false', ''])
    .default('')
    .transform((v) => (v === '' ? fallback : v === 'on' || v === 'true'))

/** A whole number; unset or empty means the fallback. */
const whole = (fallback: number, min: number, max: number) =>
  z.preprocess((v) => (v === '' ? undefined : v), z.coerce.number().int().min(min).max(max).default(fallback))

const list = z
  .string()
  .default('')
  .transform((v) => v.split(/[\s,]+/).filter(Boolean))

const HOUR = 3_600
const DAY = 24 * HOUR

const httpOrigin = z
  .string({ error: 'is missing' })
  .refine((v) => URL.canParse(v) && new URL(v).origin === v, 'must be an origin such as https://id.example.com')

/** Origins of web views in native shells: `capacitor://localhost`, `app://-`, `chrome-extension://…`. */
const SHELL_ORIGIN = /^(?!file:|ftp:|ws:|wss:)[a-z][a-z0-9+.-]*:\/\/[a-z0-9._-]+(:\d{1,5})?$/

/** Normalizes an entry of `CORS_ORIGINS` to what a browser sends in `Origin`; null if no browser can send it. */
export function toOrigin(entry: string): string | null {
  const text = entry.toLowerCase().replace(/\/$/, '')
  if (!/^https?:/.test(text)) return SHELL_ORIGIN.test(text) ? text : null
  const url = URL.canParse(text) && !text.includes('*') ? new URL(text) : null
  return url && url.href === `${url.origin}/` ? url.origin : null
}

/** Rooms that may have a host of their own. */
export type HostRoom = 'mxit' | 'movida' | 'epixel' | 'mirrorfly'

/** `host=room`, separated by commas or spaces: the room is at the root of that host. */
const hostRooms = list.pipe(
  z
    .array(
      z
        .string()
        .regex(/^[a-z0-9.-]+(:\d{1,5})?=(mxit|movida|epixel|mirrorfly)$/, 'must be host=room with room mxit, movida, epixel or mirrorfly'),
    )
    .refine((pairs) => new Set(pairs.map((pair) => pair.split('=')[0])).size === pairs.length, 'must list each host once')
    .transform((pairs) => new Map(pairs.map((pair) => pair.split('=') as [string, HostRoom]))),
)

/** Where passkeys may be used besides `ORIGIN`: other sites, and Android apps by the hash of their signing key. */
const PASSKEY_ORIGIN = /^(https:\/\/[a-z0-9.-]+(:\d{1,5})?|android:apk-key-hash:[\w-]{43})$/

/** Where clients may describe themselves: `*`, hosts, or single documents on this machine. */
const CLIENT_DOCUMENT = /^(\*|([a-z0-9_-]+\.)+[a-z0-9-]+(:\d{1,5})?|https?:\/\/(localhost|127\.0\.0\.1)(:\d{1,5})?\/[!-~]+)$/

const MEBIBYTE = 1024 * 1024

/** A URL, possibly with a path. Empty if unset. */
const optionalUrl = (end: RegExp, must: string) =>
  z
    .string()
    .default('')
    .refine((v) => v === '' || (/^https?:\/\/[^?#\s]+$/.test(v) && end.test(v) && URL.canParse(v)), must)

/** A URL that pages link to or load. Empty if unset. */
const linkedUrl = (schemes: readonly string[]) =>
  z
    .string()
    .max(500, 'must have at most 500 characters')
    .default('')
    .refine(
      (v) => v === '' || (!/[\s"'<>\\;,]/.test(v) && URL.canParse(v) && schemes.includes(new URL(v).protocol)),
      `must be a URL that begins with ${schemes.join(' or ')}`,
    )
const bucketUrl = optionalUrl(/[^/]$/, 'must be a URL without a slash at the end')

export const vars = z.object({
  ENVIRONMENT: z
    .enum(['production', 'development', 'test'])
    .or(z.literal('').transform(() => 'production' as const))
    .default('production'),
  ORIGIN: z.string({ error: 'is missing' }).min(1, { error: 'is missing', abort: true }).pipe(httpOrigin),
  ...mailVars,
  BRAND_NAME: z
    .string()
    .regex(/^[^\p{Cc}]{0,60}$/u, 'must have at most 60 characters')
    .default(''),
  BRAND_LOGO_URL: linkedUrl(['https:', 'http:']),
  BRAND_FAVICON_URL: linkedUrl(['https:', 'http:']),
  BRAND_ACCENT: z
    .string()
    .regex(/^(#[0-9a-f]{6})?$/i, 'must be a colour such as #2954c8')
    .default(''),
  BRAND_BACKGROUND: linkedUrl(['https:', 'http:']).or(z.string().regex(/^#[0-9a-f]{6}$/i, 'must be a colour such as #f5f6f8, or a URL')),
  TERMS_URL: linkedUrl(['https:', 'http:']),
  PRIVACY_URL: linkedUrl(['https:', 'http:']),
  SUPPORT_URL: linkedUrl(['https:', 'http:', 'mailto:']),
  SIGN_UP_NAMES: z.preprocess((v) => v || 'required', z.enum(['required', 'optional', 'off'], 'must be required, optional or off')),
  SIGN_UP_USERNAMES: z.preprocess((v) => v || 'asked', z.enum(['asked', 'proposed'], 'must be asked or proposed')),
  USERNAME_LENGTH_MIN: whole(8, 3, 20),
  PASSWORD_LENGTH_MIN: whole(8, 8, 64),
  TERMS_VERSION: z
    .string()
    .regex(/^[\w.-]{0,40}$/, 'must have at most 40 letters, digits, ., _ or -')
    .default(''),
  TURNSTILE_SITE_KEY: z
    .string()
    .regex(/^[\w.-]*$/, 'must be a site key of Turnstile')
    .default(''),
  TURNSTILE_SECRET_KEY: z.string().default(''),
  TURNSTILE_ON_API: onOff(false),
  TURNSTILE_URL: z.preprocess((v) => v || 'https://challenges.cloudflare.com/turnstile/v0/siteverify', linkedUrl(['https:', 'http:'])),
  CORS_ORIGINS: list,
  PASSKEY_RP_ID: z
    .string()
    .regex(/^([a-z0-9-]+(\.[a-z0-9-]+)*)?$/, 'must be a domain such as example.com')
    .default(''),
  PASSKEY_ORIGINS: list.pipe(
    z.array(z.string().regex(PASSKEY_ORIGIN, 'must be https origins such as https://app.example.com, or android:apk-key-hash:...')),
  ),
  CLIENT_DOCUMENTS: list.pipe(z.array(z.string().regex(CLIENT_DOCUMENT, 'must be hosts such as app.example.com, or *'))),
  REQUIRE_EMAIL_VERIFICATION: onOff(true),
  EDITABLE_FIELDS: list.pipe(z.array(z.enum(PROFILE_FIELDS))),
  EMAIL_SIGN_IN: onOff(false),
  INVITE_ONLY: onOff(false),
  INVITES_PER_PERSON: whole(5, 0, 100),
  INVITE_CODE_WINDOW_SECONDS: whole(10, 0, 31_536_000),
  USERNAME_HELD_DAYS: whole(30, 0, 3650),
  AUDIT_KEPT_DAYS: whole(400, 30, 36_500),
  GATE: z.enum(['primary', 'replica']).default('primary'),
  ADMIN_REQUIRES_SECOND_FACTOR: z.enum(['on', 'off', '']).default(''),
  NETWORK_LIMITS: z.enum(['on', 'off', '']).default(''),
  SCRYPT_LN: z.coerce.number().int().min(1).max(15).default(SCRYPT_LN_FLOOR),
  HASH_QUEUE_MAX: whole(4, 1, 64),
  PASSWORD_RANGE_URL: optionalUrl(/\/$/, 'must be a URL with a slash at the end'),
  REQUESTS_MAX: whole(128, 8, 10_000),
  SIGNING_KEYS: signingKeys,
  HMAC_KEYS: keyring,
  PEPPER_KEYS: keyring,
  ENCRYPTION_KEYS: encryptionKeyring,
  PAIRWISE_KEY: z.preprocess(
    (v) => (v === '' ? undefined : v),
    encryptionKeyring.refine(({ keys }) => keys.size === 1, 'takes one key, which never changes').optional(),
  ),
  // OWASP: idle sessions end within a day; no session lasts more than a month.
  SESSION_SECONDS: whole(30 * DAY, HOUR, 365 * DAY),
  // Use is recorded every 15 minutes, so a shorter timeout would end sessions in use.
  SESSION_IDLE_SECONDS: whole(DAY, HOUR, 365 * DAY),
  ACCESS_TOKEN_SECONDS: whole(600, 60, HOUR),
  // RFC 9700 §4.14.2: an idle and an absolute limit.
  REFRESH_TOKEN_SECONDS: whole(90 * DAY, HOUR, 730 * DAY),
  REFRESH_TOKEN_IDLE_SECONDS: whole(14 * DAY, HOUR, 730 * DAY),
  // RFC 6749 §4.1.2 allows 10 minutes; a redirect takes seconds.
  AUTHORIZATION_CODE_SECONDS: whole(60, 10, 600),
  // Accounts with an unverified address are removed after a day.
  VERIFY_CODE_SECONDS: whole(HOUR, 300, DAY),
  RESET_CODE_SECONDS: whole(900, 300, DAY),
  SIGN_IN_CODE_SECONDS: whole(600, 120, HOUR),
  HSTS_INCLUDE_SUBDOMAINS: onOff(false),
  AVATAR_URLS: z.enum(['public', 'presigned']).default('public'),
  AVATARS_BASE_URL: bucketUrl,
  AVATARS_S3_URL: bucketUrl,
  AVATARS_S3_ACCESS_KEY_ID: z.string().default(''),
  AVATARS_S3_SECRET_ACCESS_KEY: z.string().default(''),
  AVATAR_URL_SECONDS: whole(4 * 3600, 60, 24 * 3600),
  AVATAR_BYTES_MAX: whole(16 * MEBIBYTE, 1, 20 * MEBIBYTE),
  AVATAR_PIXELS_MAX: whole(50 * 1024 * 1024, 128 * 128, 100_000_000),
  AVATAR_CHANGES_PER_DAY: whole(20, 1, 10_000),
  DIGEST_REALM: z
    .string()
    // No comma: Movida clients split the challenge at commas, even between quotes.
    .regex(/^[\x20\x21\x23-\x2B\x2D-\x5B\x5D-\x7E]{1,64}$/, 'must be printable ASCII without quotes and commas')
    .default('Production Movida'),
  EXPOSE_USERS: onOff(true),
  EPIXEL_PATH: z
    .string()
    .regex(/^(\/[A-Za-z0-9._-]+)+$/, 'must be a path such as /epixel/v1')
    .default('/epixel/v1'),
  EPIXEL_CHANGES_PER_DAY: whole(20, 1, 10_000),
  HOST_ROOMS: hostRooms,
  DYNAMIC_REGISTRATION: z.preprocess((v) => v || 'off', z.enum(['off', 'token', 'open'], 'must be off, token or open')),
  SOFTWARE_STATEMENT_JWKS: z.preprocess((v) => v || undefined, publicKeys.optional()),
  UPSTREAM_PROVIDERS: z.preprocess((v) => v || '[]', json.pipe(upstreamProviders)),
  ...metricsVars,
  FILES_ORIGIN: httpOrigin.or(z.literal('')).default(''),
  MEDIA_UPLOAD_BYTES_MAX: whole(100 * MEBIBYTE, 1, 5_000 * MEBIBYTE),
  MEDIA_FORM_BYTES_MAX: whole(10 * MEBIBYTE, 1, 50 * MEBIBYTE),
  MEDIA_BYTES_PER_USER: whole(1024 * MEBIBYTE, 0, Number.MAX_SAFE_INTEGER),
  MEDIA_FILES_PER_USER: whole(10_000, 0, 1_000_000),
  MEDIA_FOLDERS_PER_USER: whole(200, 0, 10_000),
})

export type Vars = z.output<typeof vars>

/** Reads each var separately, so that one wrong var hides no other. Returns the readable vars and the problems of the rest. */
export function readVars(env: object): { read: Partial<Vars>; problems: string[] } {
  const results = Object.entries(vars.shape).map(
    ([name, field]) => [name, field.safeParse((env as Record<string, unknown>)[name])] as const,
  )
  return {
    read: Object.fromEntries(results.flatMap(([name, { success, data }]) => (success ? [[name, data]] : []))),
    problems: results.flatMap(([name, { error }]) => error?.issues.map(({ message }) => `${name}: ${message}`) ?? []),
  }
}
