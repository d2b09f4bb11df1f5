/** Rules that involve several vars. They are checked on the vars that could be read, so that an operator sees all problems at once. */
import { mailProblems } from './config-mail.ts'
import { signUpProblems } from './config-sign-up.ts'
import { SCRYPT_LN_FLOOR, toOrigin, type Vars } from './config-vars.ts'

/** Vars that could not be read are missing; each has a problem of its own. */
type Read = Partial<Vars>

/** `npm start` and the tests generate keys with these prefixes in their ids. */
const DEVELOPMENT_KID = /^(dev|test)-/

export function problemsAcross(vars: Read): string[] {
  return [
    ...avatarProblems(vars),
    ...hostProblems(vars),
    ...passkeyProblems(vars),
    ...lifetimeProblems(vars),
    ...environmentProblems(vars),
    ...signUpProblems(vars),
    ...mailProblems(vars),
  ]
}

/** What the chosen kind of avatar URL requires. */
function avatarProblems(vars: Read): string[] {
  if (vars.AVATAR_URLS === undefined) return []
  const needed =
    vars.AVATAR_URLS === 'public'
      ? (['AVATARS_BASE_URL'] as const)
      : (['AVATARS_S3_URL', 'AVATARS_S3_ACCESS_KEY_ID', 'AVATARS_S3_SECRET_ACCESS_KEY'] as const)
  return needed.filter((name) => vars[name] === '').map((name) => `${name}: is missing (AVATAR_URLS is ${vars.AVATAR_URLS})`)
}

/** A room at the root of a host leaves no space for pages or files. */
function hostProblems(vars: Read): string[] {
  const isTaken = (origin = '') => origin !== '' && vars.HOST_ROOMS?.has(new URL(origin).host)
  return (['ORIGIN', 'FILES_ORIGIN'] as const)
    .filter((name) => isTaken(vars[name]))
    .map((name) => `HOST_ROOMS contains the host of ${name}`)
}

/** Browsers accept only the host itself, or a parent domain that is not a public suffix such as `com`. */
function passkeyProblems({ ORIGIN, PASSKEY_RP_ID: rpId = '' }: Read): string[] {
  if (ORIGIN === undefined || rpId === '') return []
  const { hostname } = new URL(ORIGIN)
  const isParent = hostname.endsWith(`.${rpId}`) && rpId.includes('.')
  return rpId === hostname || isParent ? [] : ['PASSKEY_RP_ID is neither the host of ORIGIN nor a parent domain of it']
}

/** An idle timeout must not exceed the lifetime. */
function lifetimeProblems(vars: Read): string[] {
  const pairs = [
    ['SESSION_IDLE_SECONDS', 'SESSION_SECONDS'],
    ['REFRESH_TOKEN_IDLE_SECONDS', 'REFRESH_TOKEN_SECONDS'],
  ] as const
  return pairs
    .filter(([idle, life]) => (vars[idle] ?? 0) > (vars[life] ?? Infinity))
    .map(([idle, life]) => `${idle} is longer than ${life}`)
}

/** What production forbids: settings that are convenient in development and unsafe elsewhere. */
function environmentProblems(vars: Read): string[] {
  const problems: string[] = []
  if (vars.ENVIRONMENT !== 'test' && (vars.SCRYPT_LN ?? SCRYPT_LN_FLOOR) < SCRYPT_LN_FLOOR) {
    problems.push(`SCRYPT_LN is below ${SCRYPT_LN_FLOOR}, which only tests may use`)
  }
  if (vars.ENVIRONMENT !== 'production') return problems
  if (vars.ORIGIN !== undefined && !vars.ORIGIN.startsWith('https:')) problems.push('ORIGIN must be https in production')
  if (vars.MAIL === 'capture') problems.push('MAIL=capture sends no mail and is refused in production')
  for (const name of [
    'AVATARS_BASE_URL',
    'AVATARS_S3_URL',
    'FILES_ORIGIN',
    'PASSWORD_RANGE_URL',
    'MAIL_API_URL',
    'TURNSTILE_URL',
  ] as const) {
    if (vars[name]?.startsWith('http:')) problems.push(`${name} must be https in production`)
  }
  if (vars.UPSTREAM_PROVIDERS?.some((provider) => provider.preset === 'oidc' && provider.issuer.startsWith('http:'))) {
    problems.push('UPSTREAM_PROVIDERS: issuers must be https in production')
  }
  if (vars.CLIENT_DOCUMENTS?.some((entry) => entry.includes('://'))) problems.push('CLIENT_DOCUMENTS must be hosts in production')
  if (vars.NETWORK_LIMITS === 'off') problems.push('NETWORK_LIMITS=off is refused in production')
  const keyrings = (['HMAC_KEYS', 'PEPPER_KEYS', 'ENCRYPTION_KEYS', 'PAIRWISE_KEY'] as const).map(
    (name) => [name, [...(vars[name]?.keys.keys() ?? [])]] as const,
  )
  for (const [name, ids] of [['SIGNING_KEYS', vars.SIGNING_KEYS?.map((key) => key.kid) ?? []] as const, ...keyrings]) {
    if (ids.some((kid) => DEVELOPMENT_KID.test(kid))) problems.push(`${name} contains a development secret`)
  }
  return problems
}

/** Problems that affect only some callers: a misspelled origin locks out one page, a missing key some clients. */
export function warningsAbout(vars: Vars): string[] {
  const ignored = vars.CORS_ORIGINS.filter((entry) => toOrigin(entry) === null).map((entry) => {
    const reason = entry.includes('*') ? 'a wildcard, and origins are compared exactly' : 'not an origin such as https://app.example.com'
    return `CORS_ORIGINS: ${entry} is ignored: it is ${reason}`
  })
  if (vars.SIGNING_KEYS.some(({ alg }) => alg === 'RS256')) return ignored
  return [
    ...ignored,
    'SIGNING_KEYS has no RSA key, so ID tokens are ES256 only; many OpenID Connect libraries expect RS256 (npm run keys creates both)',
  ]
}
