/**
 * Describes a client in a sentence, with the settings that an OpenID Connect or OAuth library needs: what the operator
 * hands to the app's developers. Names are those of RFC 6749, RFC 7591 and OpenID Connect.
 */
import type { ClientAuthenticationMethod } from '../../src/core/oauth/client-authentication.ts'
import { toMetadata } from '../../src/core/oauth/client-columns.ts'
import type { ClientMetadata } from '../../src/core/oauth/client-metadata.ts'
import { DEVICE_GRANT } from '../../src/core/oauth/clients.ts'
import { isFapi } from '../../src/core/oauth/fapi.ts'
import type { ClientRow } from '../../src/store/db/client-registration.ts'
import { findOrigin } from '../settings.ts'
import { apiTexts } from './client-apis.ts'

const WIDTH = 37

const EITHER_WAY = 'it sends its secret by HTTP Basic or in the body, one of them per request'
const PROOFS = {
  client_secret_basic: EITHER_WAY,
  client_secret_post: EITHER_WAY,
  client_secret_jwt: 'it signs an assertion with its secret (HS256) for each request',
  private_key_jwt: 'it signs an assertion with its private key for each request',
} as const

const isSecretSent = (method: ClientAuthenticationMethod) => method === 'client_secret_basic' || method === 'client_secret_post'

/** `secret`: only when it was just created; it cannot be read again. */
export function describeClient(row: ClientRow, secret: string | null, remote: boolean): string {
  const metadata = toMetadata(row)
  const settings = settingsOf(row.id, metadata, { secret, origin: findOrigin(remote) ?? '<ORIGIN>' })
  const lines = settings.map(([name, value]) => `  ${name.padEnd(WIDTH)} ${value}`)
  return [
    ...sentencesOf(row.id, metadata, remote),
    '',
    'Settings for the app (docs/clients.md has them library by library):',
    '',
    ...lines,
  ].join('\n')
}

function sentencesOf(id: string, metadata: ClientMetadata, remote: boolean): string[] {
  const { authMethod, requiresPkce, idTokenAlg, claimsInIdToken, isNativeDevelopment } = metadata
  const { requiresPushedRequests, requiresSignedRequests, isDpopBound } = metadata
  const { hasPeople, hasBrowser } = reachOf(metadata)
  const kind =
    authMethod === 'none'
      ? `${id} is a public client: it has no secret${hasBrowser ? ', and PKCE (S256) is required' : ''}.`
      : `${id} is a confidential client: ${PROOFS[authMethod]}.`
  const pkce = requiresPkce ? 'PKCE (S256) is required.' : 'PKCE (S256) is not required: only for libraries that cannot do it.'
  const rsa = remote && idTokenAlg === 'RS256' ? ' SIGNING_KEYS of the deployment needs an RSA key for that (npm run keys).' : ''
  return [
    kind,
    ...(hasBrowser && authMethod !== 'none' ? [pkce] : []),
    ...(hasBrowser && requiresPushedRequests ? ['Its authorization requests must be pushed (RFC 9126).'] : []),
    ...(hasBrowser && requiresSignedRequests ? ['Its authorization requests must be signed request objects (RFC 9101).'] : []),
    ...(isFapi(metadata) ? ['It follows the FAPI 2.0 Security Profile (docs/fapi.md).'] : []),
    ...(isDpopBound ? ['It must prove a key of its own for each request (DPoP, RFC 9449).'] : []),
    ...(hasPeople
      ? [`Its ID tokens are signed with ${idTokenAlg}${claimsInIdToken ? ' and carry the claims of userinfo' : ''}.${rsa}`]
      : []),
    ...(hasPeople ? [consentOf(metadata)] : []),
    ...(isNativeDevelopment ? ['It is for development: any app on a device can claim its redirect URIs. Do not release it.'] : []),
  ]
}

/** Whether people use it, and whether through a browser of its own. */
function reachOf({ grantTypes }: ClientMetadata) {
  const hasBrowser = grantTypes.includes('authorization_code')
  const hasDevice = grantTypes.includes(DEVICE_GRANT)
  return { hasBrowser, hasDevice, hasPeople: hasBrowser || hasDevice }
}

function consentOf(metadata: ClientMetadata): string {
  const { hasBrowser, hasDevice } = reachOf(metadata)
  if (!metadata.isFirstParty || !hasBrowser) return 'People are asked for their consent.'
  return `People are not asked for consent: it is yours.${hasDevice ? ' With a device code they are always asked.' : ''}`
}

function settingsOf(id: string, metadata: ClientMetadata, given: { secret: string | null; origin: string }): [string, string][] {
  const { authMethod, redirectUris, postLogoutRedirectUris, grantTypes, scopes, idTokenAlg } = metadata
  const { secret, origin } = given
  const { hasPeople, hasBrowser, hasDevice } = reachOf(metadata)
  const all: [string, string | null][] = [
    ['issuer', origin],
    ['discovery', `${origin}/.well-known/openid-configuration`],
    ['client_id', id],
    ['client_secret', secret],
    ['token_endpoint_auth_method', isSecretSent(authMethod) ? 'client_secret_basic or client_secret_post' : authMethod],
    ['grant_types', grantTypes.join(' ')],
    ['response_type', hasBrowser ? 'code' : null],
    ['code_challenge_method', hasBrowser ? 'S256' : null],
    ['device_authorization_endpoint', hasDevice ? `${origin}/oauth/device_authorization` : null],
    ['pushed_authorization_request_endpoint', hasBrowser && metadata.requiresPushedRequests ? `${origin}/oauth/par` : null],
    ['redirect_uri', redirectUris.join(' or ') || null],
    ['post_logout_redirect_uri', postLogoutRedirectUris.join(' or ') || null],
    ['backchannel_logout_uri', metadata.backchannelLogoutUri],
    ['frontchannel_logout_uri', metadata.frontchannelLogoutUri],
    ['scope', scopes.join(' ') || null],
    ...apiTexts(metadata.apiScopes).map((text): [string, string] => ['resource, with its scopes', text]),
    ['id_token_signed_response_alg', hasPeople ? idTokenAlg : null],
  ]
  return all.filter((entry): entry is [string, string] => entry[1] !== null)
}
