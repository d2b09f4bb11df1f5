/**
 * Configuration: the type of the bindings, and vars and secrets parsed once into `Config`. Without ENVIRONMENT, Kith
 * runs as production (design §1.17), where the first request reports development secrets, captured mail and cheap
 * hashes by name. Errors never contain values, only names.
 */
import { type Brand, brandOf } from './config-brand.ts'
import { type Lifetimes, lifetimesOf } from './config-lifetimes.ts'
import { type MailConfig, mailOf } from './config-mail.ts'
import { type MetricsConfig, metricsOf } from './config-metrics.ts'
import { problemsAcross, warningsAbout } from './config-problems.ts'
import { type BotCheckConfig, botCheckOf, type SignUpConfig, signUpOf } from './config-sign-up.ts'
import { readSecrets, type UpstreamProvider, type UpstreamSecretName } from './config-upstream.ts'
import { type HostRoom, PROFILE_FIELDS, type ProfileField, readVars, type SigningKey, toOrigin, type Vars } from './config-vars.ts'
import type { Keyring } from './crypto.ts'

export type { Lifetimes } from './config-lifetimes.ts'
export type { Upstream, UpstreamProvider } from './config-upstream.ts'
export { type HostRoom, PROFILE_FIELDS, type ProfileField, type SigningKey } from './config-vars.ts'

/** The Worker's bindings: stores and limits, and the vars and secrets of `config-vars.ts` as text. */
export interface Bindings extends Partial<Record<keyof Vars, string>> {
  DB: D1Database
  KV: KVNamespace
  AVATARS: R2Bucket
  MEDIA: R2Bucket
  IMAGES: ImagesBinding
  EMAIL: SendEmail
  /** For webhook endpoints of the kind `queue` (docs/webhooks.md). */
  EVENTS?: Queue
  LIMIT_CREATE: RateLimit
  LIMIT_LOGIN: RateLimit
  LIMIT_CODE: RateLimit
  LIMIT_OTHER: RateLimit
  /** Optional: where metrics go (docs/watching.md). */
  METRICS?: AnalyticsEngineDataset
  [secret: UpstreamSecretName]: string | undefined
}

export interface Config {
  readonly environment: 'production' | 'development' | 'test'
  /** The public origin for issuer, links in mails, and cookies. Never taken from a request. */
  readonly origin: string
  readonly mail: MailConfig
  readonly brand: Brand
  readonly signUp: SignUpConfig
  /** Null: not set up. */
  readonly botCheck: BotCheckConfig | null
  readonly metrics: MetricsConfig | null
  readonly corsOrigins: readonly string[]
  readonly passkeys: PasskeySite
  /** Hosts whose documents may be a client's id, or `*`; and such documents on this machine, outside of production. */
  readonly clientDocuments: readonly string[]
  /** Problems that do not keep Kith from serving; each names a var or secret. */
  readonly warnings: readonly string[]
  readonly requireEmailVerification: boolean
  /** A mailed code or link can be the first factor of a sign-in. */
  readonly emailSignIn: boolean
  readonly editableFields: ReadonlySet<ProfileField>
  /**
   * `only`: new accounts need an invite code (off by default). Each account has `perPerson` codes to give away (5; 0 to
   * 100), visible once it is `windowSeconds` old (10), which keeps programs from creating accounts in chains. A lower
   * number revokes no existing code.
   */
  readonly invites: { readonly only: boolean; readonly perPerson: number; readonly windowSeconds: number }
  /** How long a released user name stays reserved for its former owner. */
  readonly usernameHeldMs: number
  readonly auditKeptMs: number
  /** `primary`: a logout-all takes effect with the very next request. `replica`: within replica lag (design §1.8). */
  readonly gate: 'primary' | 'replica'
  /** Admin acts require a second factor. */
  readonly adminRequiresSecondFactor: boolean
  readonly networkLimits: boolean
  /** log2 of scrypt's N; r and p are fixed (design §1.10). */
  readonly scryptLn: number
  /** Where known passwords are looked up, by the first digits of their hash; empty if nowhere. */
  readonly passwordRangeUrl: string
  /** Requests per isolate that hash a password or wait for it; further ones are refused. */
  readonly hashQueueMax: number
  /** Requests per isolate at once; further ones are refused. */
  readonly requestsMax: number
  /** At least one for ES256. The first of each algorithm signs; all are published. */
  readonly signingKeys: readonly SigningKey[]
  readonly hmacKeys: Keyring
  readonly pepperKeys: Keyring
  /** For secrets that must be readable, such as those of authenticator apps. AES-256-GCM. */
  readonly encryptionKeys: Keyring
  /** One key, for pairwise subjects (`core/oauth/subjects.ts`); null: clients cannot have them. */
  readonly pairwiseKey: Keyring | null
  readonly lifetimes: Lifetimes
  /** Adds `includeSubDomains` to HSTS. */
  readonly hstsIncludesSubdomains: boolean
  readonly avatars: AvatarConfig
  readonly media: MediaConfig
  /** HTTP Digest's realm. Robots' secrets are bound to it. */
  readonly digestRealm: string
  /** Whether robots may list users (Movida's "accounts configured for User Permissions"). */
  readonly exposeUsers: boolean
  /** The path of the room `epixel`. */
  readonly epixelPath: string
  readonly epixelChangesPerDay: number
  /** Rooms at the root of a host of their own. */
  readonly hostRooms: ReadonlyMap<string, HostRoom>
  /** Who may register clients (RFC 7591): nobody, holders of an initial access token or a software statement, or everybody. */
  readonly dynamicRegistration: 'off' | 'token' | 'open'
  /** They verify software statements. */
  readonly softwareStatementKeys: { readonly keys: readonly JsonWebKey[] }
  /** Other providers that people may sign in with, in the order in which they are offered. */
  readonly upstream: readonly UpstreamProvider[]
  /** As they are written, for the list of settings. */
  readonly vars: Vars
}

/** What passkeys are bound to (WebAuthn Level 3 §13.4.9). */
export interface PasskeySite {
  /** The relying party's id, a domain: `origin`'s host or a parent of it. A passkey is of no use under another one. */
  readonly rpId: string
  /** Where passkeys may be used: `origin` first. */
  readonly origins: readonly string[]
}

export interface AvatarConfig {
  /** Where pictures are downloaded without this Worker: from a public bucket, or with a presigned URL. */
  readonly urls:
    | { readonly kind: 'public'; readonly baseUrl: string }
    | {
        readonly kind: 'presigned'
        readonly url: string
        readonly accessKeyId: string
        readonly secretAccessKey: string
        readonly seconds: number
      }
  readonly bytesMax: number
  /** Width times height. */
  readonly pixelsMax: number
  readonly changesPerDay: number
}

export interface MediaConfig {
  /** Serves files and nothing else; equals `origin` unless configured. */
  readonly filesOrigin: string
  /** Limits of a raw body, which is streamed, and of a form, which is held in memory. */
  readonly uploadBytesMax: number
  readonly formBytesMax: number
  readonly bytesPerUser: number
  readonly filesPerUser: number
  readonly foldersPerUser: number
}

/** Kith is misconfigured and serves nothing. `problems` name vars and secrets, never values. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(`Kith is not configured: ${problems.join('; ')}`)
    this.problems = problems
  }
}

const BINDINGS = ['DB', 'KV', 'AVATARS', 'MEDIA', 'IMAGES', 'EMAIL', 'LIMIT_CREATE', 'LIMIT_LOGIN', 'LIMIT_CODE', 'LIMIT_OTHER'] as const

const parsed = new WeakMap<object, Config>()

/** The configuration, parsed at the first request. Throws `ConfigError`. */
export function getConfig(env: Bindings): Config {
  const config = parsed.get(env) ?? parseConfig(env)
  parsed.set(env, config)
  return config
}

function parseConfig(env: Bindings): Config {
  const missing = BINDINGS.filter((name) => !env[name]).map((name) => `the binding ${name} is missing`)
  const { read, problems } = readVars(env)
  const { upstream, problems: ofSecrets } = readSecrets(env, read.UPSTREAM_PROVIDERS ?? [])
  const all = [...missing, ...problems, ...ofSecrets, ...problemsAcross(read)]
  if (all.length > 0) throw new ConfigError(all)
  // Without problems, every var was readable.
  const vars = read as Vars
  return {
    environment: vars.ENVIRONMENT,
    origin: vars.ORIGIN,
    mail: mailOf(vars),
    brand: brandOf(vars),
    signUp: signUpOf(vars),
    botCheck: botCheckOf(vars),
    metrics: metricsOf(vars),
    corsOrigins: [...new Set(vars.CORS_ORIGINS.map(toOrigin).filter((origin) => origin !== null))],
    passkeys: { rpId: vars.PASSKEY_RP_ID || new URL(vars.ORIGIN).hostname, origins: [vars.ORIGIN, ...vars.PASSKEY_ORIGINS] },
    clientDocuments: vars.CLIENT_DOCUMENTS,
    warnings: warningsAbout(vars),
    requireEmailVerification: vars.REQUIRE_EMAIL_VERIFICATION,
    emailSignIn: vars.EMAIL_SIGN_IN,
    editableFields: new Set(vars.EDITABLE_FIELDS.length > 0 ? vars.EDITABLE_FIELDS : PROFILE_FIELDS),
    invites: { only: vars.INVITE_ONLY, perPerson: vars.INVITES_PER_PERSON, windowSeconds: vars.INVITE_CODE_WINDOW_SECONDS },
    usernameHeldMs: vars.USERNAME_HELD_DAYS * 86_400_000,
    auditKeptMs: vars.AUDIT_KEPT_DAYS * 86_400_000,
    gate: vars.GATE,
    adminRequiresSecondFactor: isOnInProduction(vars.ADMIN_REQUIRES_SECOND_FACTOR, vars),
    networkLimits: isOnInProduction(vars.NETWORK_LIMITS, vars),
    scryptLn: vars.SCRYPT_LN,
    passwordRangeUrl: vars.PASSWORD_RANGE_URL,
    hashQueueMax: vars.HASH_QUEUE_MAX,
    requestsMax: vars.REQUESTS_MAX,
    signingKeys: vars.SIGNING_KEYS,
    hmacKeys: vars.HMAC_KEYS,
    pepperKeys: vars.PEPPER_KEYS,
    encryptionKeys: vars.ENCRYPTION_KEYS,
    pairwiseKey: vars.PAIRWISE_KEY ?? null,
    lifetimes: lifetimesOf(vars),
    hstsIncludesSubdomains: vars.HSTS_INCLUDE_SUBDOMAINS,
    avatars: {
      urls: avatarUrls(vars),
      bytesMax: vars.AVATAR_BYTES_MAX,
      pixelsMax: vars.AVATAR_PIXELS_MAX,
      changesPerDay: vars.AVATAR_CHANGES_PER_DAY,
    },
    media: {
      filesOrigin: vars.FILES_ORIGIN || vars.ORIGIN,
      uploadBytesMax: vars.MEDIA_UPLOAD_BYTES_MAX,
      formBytesMax: vars.MEDIA_FORM_BYTES_MAX,
      bytesPerUser: vars.MEDIA_BYTES_PER_USER,
      filesPerUser: vars.MEDIA_FILES_PER_USER,
      foldersPerUser: vars.MEDIA_FOLDERS_PER_USER,
    },
    digestRealm: vars.DIGEST_REALM,
    exposeUsers: vars.EXPOSE_USERS,
    epixelPath: vars.EPIXEL_PATH,
    epixelChangesPerDay: vars.EPIXEL_CHANGES_PER_DAY,
    hostRooms: vars.HOST_ROOMS,
    dynamicRegistration: vars.DYNAMIC_REGISTRATION,
    softwareStatementKeys: vars.SOFTWARE_STATEMENT_JWKS ?? { keys: [] },
    upstream,
    vars,
  }
}

/** An unset setting is on in production only. */
function isOnInProduction(value: 'on' | 'off' | '', { ENVIRONMENT }: Vars): boolean {
  return value === 'on' || (value === '' && ENVIRONMENT === 'production')
}

function avatarUrls(vars: Vars): AvatarConfig['urls'] {
  if (vars.AVATAR_URLS === 'public') return { kind: 'public', baseUrl: vars.AVATARS_BASE_URL }
  return {
    kind: 'presigned',
    url: vars.AVATARS_S3_URL,
    accessKeyId: vars.AVATARS_S3_ACCESS_KEY_ID,
    secretAccessKey: vars.AVATARS_S3_SECRET_ACCESS_KEY,
    seconds: vars.AVATAR_URL_SECONDS,
  }
}
