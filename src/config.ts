/**
 * Configuration: the bindings' type, and vars and secrets parsed once into `Config`.
 * An unset ENVIRONMENT is production (design §1.17): development secrets, captured mail and cheap hashes are refused
 * there by name, at the first request. Values never appear in an error, only names.
 */
import * as z from 'zod'
import type { Keyring } from './crypto.ts'

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
}

/** What a user may write of their own profile, in the core's words. `EDITABLE_FIELDS` may narrow it. */
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
  'locale',
  'zoneinfo',
  'currency',
] as const
export type ProfileField = (typeof PROFILE_FIELDS)[number]

export interface SigningKey {
  readonly kid: string
  readonly privateJwk: JsonWebKey
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

const SCRYPT_LN_FLOOR = 15
const KEY_BYTES_MIN = 32
/** Not a number: JavaScript sorts such keys to the front, and the first one is the current one. */
const KID = /^(?!\d+$)[A-Za-z0-9._-]{1,32}$/
/** Keys made by `npm start` and by the tests carry these prefixes in their ids. */
const DEVELOPMENT_KID = /^(dev|test)-/

const onOff = (fallback: boolean) =>
  z
    .enum(['on', 'off', 'true', 'false', ''])
    .default('')
    .transform((v) => (v === '' ? fallback : v === 'on' || v === 'true'))

/** A whole number; unset and empty are the fallback. */
const whole = (fallback: number, min: number, max: number) =>
  z.preprocess((v) => (v === '' ? undefined : v), z.coerce.number().int().min(min).max(max).default(fallback))

const list = z
  .string()
  .default('')
  .transform((v) => v.split(/[\s,]+/).filter(Boolean))

const json = z
  .string({ error: 'is missing' })
  .min(1, 'is missing')
  .transform((text, refine) => {
    try {
      return JSON.parse(text) as unknown
    } catch {
      refine.addIssue({ code: 'custom', message: 'is not JSON' })
      return z.NEVER
    }
  })

const keyring = json.pipe(
  z.record(z.string().regex(KID), z.base64url()).transform((record, refine): Keyring => {
    const keys = new Map(Object.entries(record).map(([kid, key]) => [kid, Buffer.from(key, 'base64url')]))
    const current = [...keys.keys()][0]
    if (current === undefined || [...keys.values()].some((key) => key.length < KEY_BYTES_MIN)) {
      refine.addIssue({ code: 'custom', message: `needs keys of ${KEY_BYTES_MIN} bytes or more` })
      return z.NEVER
    }
    return { current, keys }
  }),
)

const signingKeys = json.pipe(
  z
    .object({
      keys: z
        .array(
          z.looseObject({
            kid: z.string().min(1),
            kty: z.literal('EC'),
            crv: z.literal('P-256'),
            d: z.base64url(),
          }),
        )
        .min(1),
    })
    .transform(({ keys }): SigningKey[] => keys.map((key) => ({ kid: key.kid, privateJwk: key as JsonWebKey }))),
)

const httpOrigin = z
  .string({ error: 'is missing' })
  .refine((v) => URL.canParse(v) && new URL(v).origin === v, 'must be an origin such as https://id.example.com')

const schema = z.object({
  ENVIRONMENT: z
    .enum(['production', 'development', 'test'])
    .or(z.literal('').transform(() => 'production' as const))
    .default('production'),
  ORIGIN: httpOrigin,
  MAIL: z.enum(['email-service', 'capture']).default('email-service'),
  MAIL_FROM: z.string({ error: 'is missing' }).regex(/^[^\r\n]*@[^\r\n]+$/, 'must hold an e-mail address'),
  CORS_ORIGINS: list.pipe(z.array(httpOrigin)),
  REQUIRE_EMAIL_VERIFICATION: onOff(true),
  EDITABLE_FIELDS: list.pipe(z.array(z.enum(PROFILE_FIELDS))),
  INVITE_ONLY: onOff(false),
  INVITES_PER_PERSON: whole(5, 0, 100),
  INVITE_CODE_WINDOW_SECONDS: whole(10, 0, 31_536_000),
  GATE: z.enum(['primary', 'replica']).default('primary'),
  NETWORK_LIMITS: z.enum(['on', 'off', '']).default(''),
  SCRYPT_LN: z.coerce.number().int().min(1).max(15).default(SCRYPT_LN_FLOOR),
  SIGNING_KEYS: signingKeys,
  HMAC_KEYS: keyring,
  PEPPER_KEYS: keyring,
})

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
  const problems = [...missing, ...environmentProblems(vars)]
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
  }
}

/** What the environment forbids: everything that makes development comfortable and production unsafe. */
function environmentProblems(vars: z.output<typeof schema>): string[] {
  const problems: string[] = []
  if (vars.ENVIRONMENT !== 'test' && vars.SCRYPT_LN < SCRYPT_LN_FLOOR) {
    problems.push(`SCRYPT_LN is below ${SCRYPT_LN_FLOOR}, which only tests may use`)
  }
  if (vars.ENVIRONMENT !== 'production') return problems
  if (!vars.ORIGIN.startsWith('https:')) problems.push('ORIGIN must be https in production')
  if (vars.MAIL === 'capture') problems.push('MAIL=capture sends no mail and is refused in production')
  if (vars.NETWORK_LIMITS === 'off') problems.push('NETWORK_LIMITS=off is refused in production')
  const kids = {
    SIGNING_KEYS: vars.SIGNING_KEYS.map((key) => key.kid),
    HMAC_KEYS: [...vars.HMAC_KEYS.keys.keys()],
    PEPPER_KEYS: [...vars.PEPPER_KEYS.keys.keys()],
  }
  for (const [name, ids] of Object.entries(kids)) {
    if (ids.some((kid) => DEVELOPMENT_KID.test(kid))) problems.push(`${name} holds a development secret`)
  }
  return problems
}
