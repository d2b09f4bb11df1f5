/**
 * What Kith knows about providers: where they are, what to ask for, how Kith authenticates there, and when an address
 * that they send counts as verified.
 */
import { importPKCS8, SignJWT } from 'jose'
import type { AuthorizationServer } from 'oauth4webapi'
import type { Upstream, UpstreamProvider } from '../../config.ts'
import { APPLE_SECRET_SECONDS } from './limits.ts'

export type Claims = Readonly<Record<string, unknown>>

interface Preset {
  /** Of a provider without a discovery document, or with one that contradicts its tokens. */
  readonly metadata?: AuthorizationServer
  readonly scopes: readonly string[]
  /** Of the authorization request, beside those of the standard. */
  readonly parameters?: Readonly<Record<string, string>>
  readonly hasVerifiedEmail: (claims: Claims) => boolean
}

const OIDC_SCOPES = ['openid', 'profile', 'email']

const PRESETS: Readonly<Record<UpstreamProvider['preset'], Preset>> = {
  oidc: { scopes: OIDC_SCOPES, hasVerifiedEmail: ({ email_verified }) => email_verified === true },
  google: {
    scopes: OIDC_SCOPES,
    // Google answers only for its own addresses; it verified others when the account was made, perhaps years ago.
    hasVerifiedEmail: ({ email, email_verified, hd }) =>
      email_verified === true && (typeof hd === 'string' || (typeof email === 'string' && /@gmail\.com$/i.test(email))),
  },
  microsoft: {
    scopes: OIDC_SCOPES,
    // Administrators of a tenant write any address; only this optional claim says that its domain is theirs.
    hasVerifiedEmail: ({ xms_edov }) => xms_edov === true || xms_edov === 1 || xms_edov === '1' || xms_edov === 'true',
  },
  apple: {
    metadata: {
      issuer: 'https://appleid.apple.com',
      authorization_endpoint: 'https://appleid.apple.com/auth/authorize',
      token_endpoint: 'https://appleid.apple.com/auth/token',
      jwks_uri: 'https://appleid.apple.com/auth/keys',
      id_token_signing_alg_values_supported: ['RS256'],
      token_endpoint_auth_methods_supported: ['client_secret_post'],
    },
    scopes: ['openid', 'name', 'email'],
    // Apple requires it of requests with scopes.
    parameters: { response_mode: 'form_post' },
    hasVerifiedEmail: ({ email_verified }) => email_verified === true || email_verified === 'true',
  },
  github: {
    metadata: {
      // The `iss` of its authorization responses (RFC 9207); `GITHUB_ISSUER` is that of identities.
      issuer: 'https://github.com/login/oauth',
      authorization_endpoint: 'https://github.com/login/oauth/authorize',
      token_endpoint: 'https://github.com/login/oauth/access_token',
      token_endpoint_auth_methods_supported: ['client_secret_post'],
    },
    scopes: ['read:user', 'user:email'],
    hasVerifiedEmail: ({ email_verified }) => email_verified === true,
  },
}

export const presetOf = ({ preset }: UpstreamProvider): Preset => PRESETS[preset]

/** GitHub has no ID tokens: its API says who signed in. */
export const isOpenIdConnect = ({ preset }: UpstreamProvider) => preset !== 'github'
export const GITHUB_ISSUER = 'https://github.com'

export function scopeOf(provider: UpstreamProvider): string {
  const scopes = provider.scopes ?? presetOf(provider).scopes
  return [...new Set(isOpenIdConnect(provider) ? ['openid', ...scopes] : scopes)].join(' ')
}

const MICROSOFT = 'https://login.microsoftonline.com'
/** In the metadata of tenants together, and in that of their keys, instead of the tenant's id. */
export const TENANT = '{tenantid}'
/** The tenant of personal accounts. */
const CONSUMERS = '9188040d-6c67-4c5b-b112-36a304b66dad'

/** Where the discovery document is, and the issuer that it names. */
export function issuersOf(provider: UpstreamProvider): { readonly discoveredAt: string; readonly issuer: string } {
  if (provider.preset === 'microsoft') {
    const { tenant } = provider
    const named = tenant === 'common' || tenant === 'organizations' ? TENANT : tenant === 'consumers' ? CONSUMERS : tenant
    return { discoveredAt: `${MICROSOFT}/${tenant}/v2.0`, issuer: `${MICROSOFT}/${named}/v2.0` }
  }
  const issuer = provider.preset === 'oidc' ? provider.issuer : 'https://accounts.google.com'
  return { discoveredAt: issuer, issuer }
}

/** Whether accounts of this tenant may sign in. */
export function admitsTenant(provider: UpstreamProvider, tenant: unknown): tenant is string {
  if (provider.preset !== 'microsoft' || typeof tenant !== 'string' || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(tenant))
    return false
  return provider.tenant !== 'organizations' || tenant !== CONSUMERS
}

/** Apple's client secret: a JWT that Kith signs with the key from Apple, anew for each request. */
export async function appleClientSecret({ teamId, keyId, clientId, secret }: Upstream<'apple'>, now: number): Promise<string> {
  const issuedAt = Math.floor(now / 1000)
  return new SignJWT()
    .setProtectedHeader({ alg: 'ES256', kid: keyId })
    .setIssuer(teamId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + APPLE_SECRET_SECONDS)
    .setAudience('https://appleid.apple.com')
    .setSubject(clientId)
    .sign(await importPKCS8(secret ?? '', 'ES256'))
}
