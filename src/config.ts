/**
 * Configuration: the bindings' type, and vars and secrets parsed once into `Config`.
 * An unset ENVIRONMENT is production (design §1.17): development secrets, captured mail and cheap hashes are refused
 * there by name, at the first request. Values never appear in an error, only names.
 */
import type * as z from 'zod'
import { type HostRoom, PROFILE_FIELDS, type ProfileField, SCRYPT_LN_FLOOR, type SigningKey, vars as schema } from './config-vars.ts'
import type { Keyring } from './crypto.ts'

export type { HostRoom, ProfileField, SigningKey } from './config-vars.ts'
export { PROFILE_FIELDS } from './config-vars.ts'

export interface Bindings {
  DB: D1Database
  KV: KVNamespace
  AVATARS: R2Bucket
  MEDIA: R2Bucket
  IMAGES: ImagesBinding
  EMAIL: SendEmail
  LIMIT_CREATE: RateLimit
  LIMIT_LOGIN: RateLimit
  LIMIT_CODE: RateLimit
  LIMIT_OTHER: RateLimit
  ENVIRONMENT?: string
  ORIGIN?: string
  MAIL?: string
  MAIL_FROM?: string
  CORS_ORIGINS?: string
  REQUIRE_EMAIL_VERIFICATION?: string
  EDITABLE_FIELDS?: string
  INVITE_ONLY?: string
  INVITES_PER_PERSON?: string
  INVITE_CODE_WINDOW_SECONDS?: string
  GATE?: string
  NETWORK_LIMITS?: string
  SCRYPT_LN?: string
  SIGNING_KEYS?: string
  HMAC_KEYS?: string
  PEPPER_KEYS?: string
  ENCRYPTION_KEYS?: string
  AVATAR_URLS?: string
  AVATARS_BASE_URL?: string
  AVATARS_S3_URL?: string
  AVATARS_S3_ACCESS_KEY_ID?: string
  AVATARS_S3_SECRET_ACCESS_KEY?: string
  AVATAR_URL_SECONDS?: string
  AVATAR_BYTES_MAX?: string
  AVATAR_SIDE_MAX?: string
  AVATAR_CHANGES_PER_DAY?: string
  DIGEST_REALM?: string
  EXPOSE_USERS?: string
  EPIXEL_PATH?: string
  EPIXEL_CHANGES_PER_DAY?: string
  HOST_ROOMS?: string
  FILES_ORIGIN?: string
  MEDIA_UPLOAD_BYTES_MAX?: string
  MEDIA_FORM_BYTES_MAX?: string
  MEDIA_BYTES_PER_USER?: string
  MEDIA_FILES_PER_USER?: string
  MEDIA_FOLDERS_PER_USER?: string
}

export interface Config {
  readonly environment: 'production' | 'development' | 'test'
  /** The public origin: issuer, links in mails, cookies. Never taken from a request. */
  readonly origin: string
  readonly mail: { readonly kind: 'email-service' | 'capture'; readonly from: string }
  readonly corsOrigins: readonly string[]
  readonly requireEmailVerification: boolean
  readonly editableFields: ReadonlySet<ProfileField>
  /**
   * `INVITE_ONLY`: whether a new account needs an invite code (off by default). Whoever has an account finds codes to give
   * away, `INVITES_PER_PERSON` of them (5; 0 to 100), once the account is `INVITE_CODE_WINDOW_SECONDS` old (10): long
   * enough that a program cannot run from account to account. A lower number takes no code back.
   */
  readonly invites: { readonly only: boolean; readonly perPerson: number; readonly windowSeconds: number }
  /** `primary`: a logout-all acts on the very next request. `replica`: within replica lag (design §1.8). */
  readonly gate: 'primary' | 'replica'
  readonly networkLimits: boolean
  /** log2 of scrypt's N; r and p are fixed (design §1.10). */
  readonly scryptLn: number
  /** ES256, the signing one first; all are published. */
  readonly signingKeys: readonly SigningKey[]
  readonly hmacKeys: Keyring
  readonly pepperKeys: Keyring
  /** What must be read again and may not lie in clear: the secrets of authenticator apps. AES-256-GCM. */
  readonly encryptionKeys: Keyring
  readonly avatars: AvatarConfig
  readonly media: MediaConfig
  /** HTTP Digest's realm; robots' secrets are bound to it. */
  readonly digestRealm: string
  /** Whether robots may list people (Movida's "accounts configured for User Permissions"). */
  readonly exposeUsers: boolean
  /** Where the room `epixel` lies. */
  readonly epixelPath: string
  readonly epixelChangesPerDay: number
  /** Rooms that lie at the root of a host of their own. */
  readonly hostRooms: ReadonlyMap<string, HostRoom>
}

export interface AvatarConfig {
  /** Where a picture is downloaded, without this Worker: from a public bucket, or by a URL that is signed for a while. */
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
  /** Pixels. */
  readonly sideMax: number
  readonly changesPerDay: number
}

export interface MediaConfig {
  /** Files come from there and nothing else does; `origin` where no other one is configured. */
  readonly filesOrigin: string
  /** A raw body, streamed, and a form, which is held in memory. */
  readonly uploadBytesMax: number
  readonly formBytesMax: number
  readonly bytesPerUser: number
  readonly filesPerUser: number
  readonly foldersPerUser: number
}

/** Kith is configured wrongly and does not serve. `problems` name vars and secrets, never values. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(`Kith is not configured: ${problems.join('; ')}`)
    this.problems = problems
  }
}

/** Keys made by `npm start` and by the tests carry these prefixes in their ids. */
const DEVELOPMENT_KID = /^(dev|test)-/

const BINDINGS = ['DB', 'KV', 'AVATARS', 'MEDIA', 'IMAGES', 'EMAIL', 'LIMIT_CREATE', 'LIMIT_LOGIN', 'LIMIT_CODE', 'LIMIT_OTHER'] as const

const parsed = new WeakMap<object, Config>()

/** The configuration of this deployment, parsed at the first request. Throws `ConfigError`. */
export function getConfig(env: Bindings): Config {
  const known = parsed.get(env)
  if (known) return known
  const config = parseConfig(env)
  parsed.set(env, config)
  return config
}

function parseConfig(env: Bindings): Config {
  const missing = BINDINGS.filter((name) => !env[name]).map((name) => `the binding ${name} is missing`)
  const result = schema.safeParse(env)
  if (!result.success) {
    throw new ConfigError([...missing, ...result.error.issues.map((issue) => `${String(issue.path[0])}: ${issue.message}`)])
  }
  const vars = result.data
  const problems = [...missing, ...avatarProblems(vars), ...hostProblems(vars), ...environmentProblems(vars)]
  if (problems.length > 0) throw new ConfigError(problems)
  return {
    environment: vars.ENVIRONMENT,
    origin: vars.ORIGIN,
    mail: { kind: vars.MAIL, from: vars.MAIL_FROM },
    corsOrigins: vars.CORS_ORIGINS,
    requireEmailVerification: vars.REQUIRE_EMAIL_VERIFICATION,
    editableFields: new Set(vars.EDITABLE_FIELDS.length > 0 ? vars.EDITABLE_FIELDS : PROFILE_FIELDS),
    invites: { only: vars.INVITE_ONLY, perPerson: vars.INVITES_PER_PERSON, windowSeconds: vars.INVITE_CODE_WINDOW_SECONDS },
    gate: vars.GATE,
    networkLimits: vars.NETWORK_LIMITS === 'on' || (vars.NETWORK_LIMITS === '' && vars.ENVIRONMENT === 'production'),
    scryptLn: vars.SCRYPT_LN,
    signingKeys: vars.SIGNING_KEYS,
    hmacKeys: vars.HMAC_KEYS,
    pepperKeys: vars.PEPPER_KEYS,
    encryptionKeys: vars.ENCRYPTION_KEYS,
    avatars: {
      urls: avatarUrls(vars),
      bytesMax: vars.AVATAR_BYTES_MAX,
      sideMax: vars.AVATAR_SIDE_MAX,
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
  }
}

type Vars = z.output<typeof schema>

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

/** Whatever the way of downloading avatars needs. */
function avatarProblems(vars: Vars): string[] {
  const needed =
    vars.AVATAR_URLS === 'public'
      ? (['AVATARS_BASE_URL'] as const)
      : (['AVATARS_S3_URL', 'AVATARS_S3_ACCESS_KEY_ID', 'AVATARS_S3_SECRET_ACCESS_KEY'] as const)
  return needed.filter((name) => vars[name] === '').map((name) => `${name}: is missing (AVATAR_URLS is ${vars.AVATAR_URLS})`)
}

/** A room at the root of a host leaves no place there for pages, or for files. */
function hostProblems(vars: Vars): string[] {
  const isTaken = (origin: string) => origin !== '' && vars.HOST_ROOMS.has(new URL(origin).host)
  return (['ORIGIN', 'FILES_ORIGIN'] as const).filter((name) => isTaken(vars[name])).map((name) => `HOST_ROOMS names the host of ${name}`)
}

/** What the environment forbids: everything that makes development comfortable and production unsafe. */
function environmentProblems(vars: Vars): string[] {
  const problems: string[] = []
  if (vars.ENVIRONMENT !== 'test' && vars.SCRYPT_LN < SCRYPT_LN_FLOOR) {
    problems.push(`SCRYPT_LN is below ${SCRYPT_LN_FLOOR}, which only tests may use`)
  }
  if (vars.ENVIRONMENT !== 'production') return problems
  if (!vars.ORIGIN.startsWith('https:')) problems.push('ORIGIN must be https in production')
  if (vars.MAIL === 'capture') problems.push('MAIL=capture sends no mail and is refused in production')
  for (const name of ['AVATARS_BASE_URL', 'AVATARS_S3_URL', 'FILES_ORIGIN'] as const) {
    if (vars[name].startsWith('http:')) problems.push(`${name} must be https in production`)
  }
  if (vars.NETWORK_LIMITS === 'off') problems.push('NETWORK_LIMITS=off is refused in production')
  const keyrings = (['HMAC_KEYS', 'PEPPER_KEYS', 'ENCRYPTION_KEYS'] as const).map((name) => [name, [...vars[name].keys.keys()]] as const)
  for (const [name, ids] of [['SIGNING_KEYS', vars.SIGNING_KEYS.map((key) => key.kid)] as const, ...keyrings]) {
    if (ids.some((kid) => DEVELOPMENT_KID.test(kid))) problems.push(`${name} holds a development secret`)
  }
  return problems
}
