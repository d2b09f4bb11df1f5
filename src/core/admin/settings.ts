/**
 * The settings as an administrator reads them: those in force, whether each is the default, and of a secret only which keys it
 * has, by their ids and the first digits of a hash. A new setting does not compile until it has its group here.
 */
import { createHash } from 'node:crypto'
import type { Config } from '../../config.ts'
import { type Vars, vars } from '../../config-vars.ts'
import type { Keyring } from '../../crypto.ts'
import type { Ctx } from '../ctx.ts'
import type { Gate } from '../gate.ts'

export type SettingGroup = 'service' | 'brand' | 'accounts' | 'lifetimes' | 'limits' | 'oauth' | 'media' | 'rooms' | 'secrets'

/** Everything in `secrets` is one. */
const GROUPS = {
  service: [
    'ENVIRONMENT',
    'ORIGIN',
    'MAIL',
    'MAIL_FROM',
    'MAIL_API_URL',
    'MAIL_SES_REGION',
    'MAIL_SES_ACCESS_KEY_ID',
    'CORS_ORIGINS',
    'GATE',
    'HSTS_INCLUDE_SUBDOMAINS',
    'AUDIT_KEPT_DAYS',
    'METRICS_ACCOUNT_ID',
    'METRICS_DATASET',
    'METRICS_API_URL',
  ],
  brand: [
    ...['BRAND_NAME', 'BRAND_LOGO_URL', 'BRAND_FAVICON_URL', 'BRAND_ACCENT', 'BRAND_BACKGROUND'],
    ...['TERMS_URL', 'PRIVACY_URL', 'SUPPORT_URL'],
  ],
  accounts: [
    ...['REQUIRE_EMAIL_VERIFICATION', 'EDITABLE_FIELDS', 'EMAIL_SIGN_IN', 'PASSKEY_RP_ID', 'PASSKEY_ORIGINS', 'INVITE_ONLY'],
    ...['INVITES_PER_PERSON', 'INVITE_CODE_WINDOW_SECONDS', 'USERNAME_HELD_DAYS', 'ADMIN_REQUIRES_SECOND_FACTOR'],
    ...['SIGN_UP_NAMES', 'SIGN_UP_USERNAMES', 'USERNAME_LENGTH_MIN', 'PASSWORD_LENGTH_MIN', 'TERMS_VERSION'],
  ],
  lifetimes: [
    ...['SESSION_SECONDS', 'SESSION_IDLE_SECONDS', 'ACCESS_TOKEN_SECONDS', 'REFRESH_TOKEN_SECONDS', 'REFRESH_TOKEN_IDLE_SECONDS'],
    ...['AUTHORIZATION_CODE_SECONDS', 'VERIFY_CODE_SECONDS', 'RESET_CODE_SECONDS', 'SIGN_IN_CODE_SECONDS'],
  ],
  limits: [
    'NETWORK_LIMITS',
    'SCRYPT_LN',
    'HASH_QUEUE_MAX',
    'PASSWORD_RANGE_URL',
    'REQUESTS_MAX',
    'TURNSTILE_SITE_KEY',
    'TURNSTILE_ON_API',
    'TURNSTILE_URL',
  ],
  oauth: ['CLIENT_DOCUMENTS', 'DYNAMIC_REGISTRATION', 'SOFTWARE_STATEMENT_JWKS', 'UPSTREAM_PROVIDERS'],
  media: [
    ...['AVATAR_URLS', 'AVATARS_BASE_URL', 'AVATARS_S3_URL', 'AVATARS_S3_ACCESS_KEY_ID', 'AVATAR_URL_SECONDS', 'AVATAR_BYTES_MAX'],
    ...['AVATAR_PIXELS_MAX', 'AVATAR_CHANGES_PER_DAY', 'FILES_ORIGIN', 'MEDIA_UPLOAD_BYTES_MAX', 'MEDIA_FORM_BYTES_MAX'],
    ...['MEDIA_BYTES_PER_USER', 'MEDIA_FILES_PER_USER', 'MEDIA_FOLDERS_PER_USER'],
  ],
  rooms: ['DIGEST_REALM', 'EXPOSE_USERS', 'EPIXEL_PATH', 'EPIXEL_CHANGES_PER_DAY', 'HOST_ROOMS'],
  secrets: [
    'SIGNING_KEYS',
    'HMAC_KEYS',
    'PEPPER_KEYS',
    'ENCRYPTION_KEYS',
    'PAIRWISE_KEY',
    'AVATARS_S3_SECRET_ACCESS_KEY',
    'TURNSTILE_SECRET_KEY',
    'MAIL_API_KEY',
    'METRICS_API_TOKEN',
  ],
} as const satisfies Record<SettingGroup, readonly (keyof Vars)[]>

/** An error here names a setting that is in no group. */
type Forgotten = Exclude<keyof Vars, (typeof GROUPS)[SettingGroup][number]>
export const EVERY_SETTING_HAS_A_GROUP: Forgotten extends never ? true : Forgotten = true

/** Of a key or another secret: enough to tell it from another one. */
export interface Fingerprint {
  /** Null for a secret that is one text. */
  readonly kid: string | null
  readonly digest: string
}

export interface Setting {
  readonly name: string
  readonly group: SettingGroup
  /** Null for a secret. */
  readonly value: string | null
  readonly fingerprints: readonly Fingerprint[]
  readonly isDefault: boolean
}

const DIGITS = 8
const fingerprint = (kid: string | null, secret: string | Uint8Array): Fingerprint => ({
  kid,
  digest: createHash('sha256').update(secret).digest('hex').slice(0, DIGITS),
})

const ofRing = (ring: Keyring | null): Fingerprint[] => [...(ring?.keys ?? [])].map(([kid, key]) => fingerprint(kid, key))
const ofText = (text: string | null): Fingerprint[] => (text ? [fingerprint(null, text)] : [])

/** Those that are not in force as they are written. */
function derived(config: Config): Partial<Record<keyof Vars, unknown>> {
  return {
    BRAND_NAME: config.brand.name,
    EDITABLE_FIELDS: [...config.editableFields],
    PASSKEY_RP_ID: config.passkeys.rpId,
    FILES_ORIGIN: config.media.filesOrigin,
    NETWORK_LIMITS: config.networkLimits,
    ADMIN_REQUIRES_SECOND_FACTOR: config.adminRequiresSecondFactor,
    SOFTWARE_STATEMENT_JWKS: config.softwareStatementKeys.keys.map((key) => (key as { kid?: string }).kid ?? 'a key without an id'),
    UPSTREAM_PROVIDERS: config.upstream.map(({ id, preset, clientId }) => `${id} (${preset}, ${clientId})`),
  }
}

/** A URL may carry a user and a password, or a key in its query. */
const withoutSecrets = (text: string) => text.replace(/(:\/\/)[^/?#\s]*@/, '$1…@').replace(/^(https?:[^?\s]*\?).*/, '$1…')

function shown(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  if (Array.isArray(value)) return value.join(', ')
  if (value instanceof Map) return [...value].map((pair) => pair.join('=')).join(', ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function secretsOf(config: Config): Record<(typeof GROUPS)['secrets'][number], Fingerprint[]> {
  return {
    SIGNING_KEYS: config.signingKeys.map(({ kid, privateJwk }) => fingerprint(kid, JSON.stringify(privateJwk))),
    HMAC_KEYS: ofRing(config.hmacKeys),
    PEPPER_KEYS: ofRing(config.pepperKeys),
    ENCRYPTION_KEYS: ofRing(config.encryptionKeys),
    PAIRWISE_KEY: ofRing(config.pairwiseKey),
    AVATARS_S3_SECRET_ACCESS_KEY: ofText(config.vars.AVATARS_S3_SECRET_ACCESS_KEY),
    MAIL_API_KEY: ofText(config.vars.MAIL_API_KEY),
    TURNSTILE_SECRET_KEY: ofText(config.vars.TURNSTILE_SECRET_KEY),
    METRICS_API_TOKEN: ofText(config.vars.METRICS_API_TOKEN),
  }
}

export function listSettings(config: Config): Setting[] {
  const read = config.vars
  const inForce = derived(config)
  const secrets: Readonly<Record<string, Fingerprint[]>> = secretsOf(config)
  const plain = (Object.keys(GROUPS) as SettingGroup[]).flatMap((group) =>
    GROUPS[group].map((name: keyof Vars) => {
      const { success, data } = vars.shape[name].safeParse(undefined)
      const isDefault = success && shown(data) === shown(read[name])
      const value = name in inForce ? inForce[name] : read[name]
      const of = { name, group, isDefault }
      return group === 'secrets'
        ? { ...of, value: null, fingerprints: secrets[name] ?? [] }
        : { ...of, value: withoutSecrets(shown(value)), fingerprints: [] }
    }),
  )
  const upstream = config.upstream.map(({ id, secret }) => ({
    ...{ name: `UPSTREAM_SECRET_${id.toUpperCase()}`, group: 'secrets' as const, value: null, isDefault: false },
    fingerprints: ofText(secret),
  }))
  return [...plain, ...upstream]
}

export async function readSettings(ctx: Ctx, gate: Gate): Promise<{ settings: readonly Setting[]; warnings: readonly string[] }> {
  await gate()
  return { settings: listSettings(ctx.config), warnings: ctx.config.warnings }
}
