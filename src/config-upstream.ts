/**
 * Other providers that people may sign in with: the format of `UPSTREAM_PROVIDERS`, and one secret for each provider.
 * What Kith knows about each preset is in `core/upstream/presets.ts`.
 */
import * as z from 'zod'
import { isP256PrivateKey } from './crypto.ts'

const label = z
  .string()
  .trim()
  .regex(/^[^\p{Cc}\p{Cf}]{1,40}$/u, 'must have 1 to 40 characters')
const appleId = z.string().regex(/^[A-Z0-9]{10}$/, 'must have 10 capital letters or digits')

/** Only a provider on the same machine may do without TLS, and not in production. */
const LOOPBACK = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?(\/|$)/
export const isLoopback = (url: string) => LOOPBACK.test(url)

const issuer = z
  .string()
  .max(512)
  .refine((v) => URL.canParse(v) && (/^https:\/\/[^?#@\s]+$/.test(v) || isLoopback(v)), 'must be an https URL without a query')

const common = {
  /** Part of the redirect URI, and of the secret's name. */
  id: z.string().regex(/^[a-z][a-z0-9_]{0,31}$/, 'must begin with a letter and have up to 32 of a-z, 0-9 and _'),
  clientId: z.string().regex(/^[\x21-\x7E]{1,255}$/, 'must be printable ASCII'),
  scopes: z
    .array(z.string().regex(/^[\x21\x23-\x5B\x5D-\x7E]{1,128}$/, 'must be a scope'))
    .min(1)
    .max(20)
    .optional(),
  /** `false`: no address of this provider counts as verified, whatever the provider says. */
  trustsEmail: z.boolean().default(true),
}

const entry = z.preprocess(
  (value) => (typeof value === 'object' && value !== null && !Array.isArray(value) ? { preset: 'oidc', ...value } : value),
  z.discriminatedUnion(
    'preset',
    [
      z.strictObject({
        ...common,
        preset: z.literal('oidc'),
        name: label,
        issuer,
        /** OpenID Connect Core §9. Unset: as the provider's metadata says. `none`: a public client, without a secret. */
        tokenEndpointAuthMethod: z.enum(['client_secret_basic', 'client_secret_post', 'none']).optional(),
      }),
      z.strictObject({ ...common, preset: z.literal('google'), name: label.default('Google') }),
      z.strictObject({
        ...common,
        preset: z.literal('microsoft'),
        name: label.default('Microsoft'),
        tenant: z
          .union([z.enum(['common', 'organizations', 'consumers']), z.guid().transform((v) => v.toLowerCase())], {
            error: 'must be common, organizations, consumers or the id of a tenant',
          })
          .default('common'),
      }),
      z.strictObject({ ...common, preset: z.literal('apple'), name: label.default('Apple'), teamId: appleId, keyId: appleId }),
      z.strictObject({ ...common, preset: z.literal('github'), name: label.default('GitHub') }),
    ],
    { error: ({ code }) => (code === 'invalid_union' ? 'must be google, microsoft, apple or github, or unset' : undefined) },
  ),
)
type Entry = z.output<typeof entry>

/** A provider with its secret; null for a public client. */
export type UpstreamProvider = Entry & { readonly secret: string | null }
export type Upstream<Preset extends Entry['preset']> = Extract<UpstreamProvider, { preset: Preset }>

/** Of entries that are right in themselves. */
function repetitionsOf(ids: readonly (string | undefined)[]): string[] {
  return ids.flatMap((id, index) => {
    const first = ids.indexOf(id)
    return id === undefined || first === index ? [] : [`entry ${index + 1}: id: ${id} is also the id of entry ${first + 1}`]
  })
}

/** Names each wrong entry by its position and field, and shows no value except a repeated id. */
export const upstreamProviders = z
  .array(z.unknown(), 'must be a JSON array')
  .max(20)
  .transform((values, refine): Entry[] => {
    const results = values.map((value) => entry.safeParse(value))
    const problems = results.flatMap(({ error }, index) =>
      (error?.issues ?? []).map((issue) => [`entry ${index + 1}`, ...issue.path.map(String), issue.message].join(': ')),
    )
    problems.push(...repetitionsOf(results.map(({ data }) => data?.id)))
    const entries = results.flatMap(({ data }) => (data ? [data] : []))
    for (const message of problems) refine.addIssue({ code: 'custom', message })
    return problems.length > 0 ? z.NEVER : entries
  })

export type UpstreamSecretName = `UPSTREAM_SECRET_${string}`

/** Adds the secrets, each of which is a secret of its own. */
export function readSecrets(env: object, entries: readonly Entry[]): { upstream: UpstreamProvider[]; problems: string[] } {
  const problems: string[] = []
  const upstream = entries.map((provider) => {
    const name: UpstreamSecretName = `UPSTREAM_SECRET_${provider.id.toUpperCase()}`
    const text = (env as Record<string, unknown>)[name]
    // A PEM on one line has its line breaks as \\n.
    const secret =
      typeof text === 'string' && text !== '' ? (provider.preset === 'apple' ? text.replaceAll('\\n', '\n').trim() : text) : null
    const isPublic = provider.preset === 'oidc' && provider.tokenEndpointAuthMethod === 'none'
    if (isPublic && secret !== null) problems.push(`${name}: is set, but the client authenticates with none`)
    if (!isPublic && secret === null) problems.push(`${name}: is missing`)
    if (provider.preset === 'apple' && secret !== null && !isP256PrivateKey(secret)) {
      problems.push(`${name}: must be Apple's private key (P-256, PKCS #8) as PEM`)
    }
    return { ...provider, secret }
  })
  return { upstream, problems }
}
