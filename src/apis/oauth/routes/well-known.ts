/**
 * Discovery: the key set (RFC 7517) and the server's metadata (RFC 8414, OpenID Connect Discovery §3), one document at
 * two paths. It lists only what works.
 */
import { Hono } from 'hono'
import type * as z from 'zod'
import type { Config } from '../../../config.ts'
import { ACRS } from '../../../core/authentication-methods.ts'
import { CLIENT_AUTHENTICATION_METHODS } from '../../../core/oauth/client-authentication.ts'
import { PRIVATE_KEY_ALGORITHMS, SECRET_ALGORITHMS } from '../../../core/oauth/client-keys.ts'
import { GRANT_TYPES, SUBJECT_TYPES, type SubjectType } from '../../../core/oauth/clients.ts'
import { DPOP_ALGORITHMS } from '../../../core/oauth/dpop.ts'
import { CODE_CHALLENGE_METHODS } from '../../../core/oauth/pkce.ts'
import { PROMPTS, RESPONSE_MODES, RESPONSE_TYPES, UI_LOCALES } from '../../../core/oauth/request-rules.ts'
import { getPublicJwks, SIGNING_ALGORITHMS, type SigningAlgorithm, signingAlgorithms } from '../../../core/oauth/signing-keys.ts'
import { USER_CLAIMS } from '../../../core/oauth/user-claims.ts'
import { SCOPES } from '../../../core/scopes.ts'
import { anyone } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { describe } from '../../../http/tags.ts'
import { JWKS_EXAMPLE, Jwks, RelatedOrigins, ResourceMetadata, ServerMetadata } from '../metadata-wire.ts'

/** To rotate keys, publish the new one as the second for longer than this before it signs (ASVS 11.1.1). */
const KEPT_FOR_A_WHILE = { 'cache-control': 'public, max-age=300' }

/** Besides `sub`. */
const ID_TOKEN_CLAIMS = ['iss', 'aud', 'exp', 'iat', 'auth_time', 'nonce', 'acr', 'amr', 'sid', 'at_hash']

const example = toMetadata('https://id.example.com', SIGNING_ALGORITHMS, SUBJECT_TYPES)

export const wellKnownRoutes = new Hono<AppEnv>()
  .get(
    '/jwks.json',
    anyone(),
    describe('getJwks', {
      summary: 'The public keys that verify access tokens and ID tokens',
      response: { status: 200, schema: Jwks, example: JWKS_EXAMPLE },
    }),
    (c) => c.json(getPublicJwks(c.var.ctx.config), 200, KEPT_FOR_A_WHILE),
  )
  .get(
    '/oauth-authorization-server',
    anyone(),
    describe('getServerMetadata', { summary: 'Authorization server metadata', response: { status: 200, schema: ServerMetadata, example } }),
    (c) => c.json(metadataOf(c.var.ctx.config), 200, KEPT_FOR_A_WHILE),
  )
  .get(
    '/openid-configuration',
    anyone(),
    describe('getOpenidConfiguration', { summary: 'OpenID provider metadata', response: { status: 200, schema: ServerMetadata, example } }),
    (c) => c.json(metadataOf(c.var.ctx.config), 200, KEPT_FOR_A_WHILE),
  )
  .get(
    '/oauth-protected-resource',
    anyone(),
    describe('getResourceMetadata', {
      summary: "Metadata of Kith's API as a resource (RFC 9728)",
      response: { status: 200, schema: ResourceMetadata, example: toResourceMetadata('https://id.example.com') },
    }),
    (c) => c.json(toResourceMetadata(c.var.ctx.config.origin), 200, KEPT_FOR_A_WHILE),
  )
  .get(
    '/webauthn',
    anyone(),
    describe('getRelatedOrigins', {
      summary: 'Other origins where the passkeys of this service may be used (WebAuthn Level 3 §5.11)',
      response: { status: 200, schema: RelatedOrigins, example: { origins: ['https://id.example.com', 'https://app.example.org'] } },
    }),
    // Browsers ask only for those that are not of the same site.
    (c) => c.json({ origins: c.var.ctx.config.passkeys.origins.filter(isHttps) }, 200, KEPT_FOR_A_WHILE),
  )

const isHttps = (origin: string) => origin.startsWith('https:')

function metadataOf(config: Config): z.output<typeof ServerMetadata> {
  const { origin, pairwiseKey, clientDocuments, dynamicRegistration } = config
  return {
    ...toMetadata(origin, signingAlgorithms(config), pairwiseKey === null ? ['public'] : SUBJECT_TYPES),
    ...(dynamicRegistration !== 'off' && { registration_endpoint: `${origin}/oauth/register` }),
    ...(clientDocuments.length > 0 && { client_id_metadata_document_supported: true as const }),
  }
}

function toMetadata(
  issuer: string,
  idTokenAlgorithms: readonly SigningAlgorithm[],
  subjectTypes: readonly SubjectType[],
): z.output<typeof ServerMetadata> {
  const confidential = CLIENT_AUTHENTICATION_METHODS.filter((method) => method !== 'none')
  const assertionAlgorithms = [...SECRET_ALGORITHMS, ...PRIVATE_KEY_ALGORITHMS]
  return {
    issuer,
    authorization_endpoint: `${issuer}/oauth/authorize`,
    token_endpoint: `${issuer}/oauth/token`,
    userinfo_endpoint: `${issuer}/oauth/userinfo`,
    revocation_endpoint: `${issuer}/oauth/revoke`,
    introspection_endpoint: `${issuer}/oauth/introspect`,
    end_session_endpoint: `${issuer}/oauth/logout`,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    frontchannel_logout_supported: true,
    frontchannel_logout_session_supported: true,
    device_authorization_endpoint: `${issuer}/oauth/device_authorization`,
    pushed_authorization_request_endpoint: `${issuer}/oauth/par`,
    require_pushed_authorization_requests: false,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    scopes_supported: Object.keys(SCOPES),
    response_types_supported: [...RESPONSE_TYPES],
    response_modes_supported: [...RESPONSE_MODES],
    grant_types_supported: [...GRANT_TYPES],
    prompt_values_supported: [...PROMPTS],
    subject_types_supported: [...subjectTypes],
    id_token_signing_alg_values_supported: [...idTokenAlgorithms],
    claims_supported: [...USER_CLAIMS, ...ID_TOKEN_CLAIMS],
    acr_values_supported: [...ACRS],
    ui_locales_supported: [...UI_LOCALES],
    token_endpoint_auth_methods_supported: [...CLIENT_AUTHENTICATION_METHODS],
    revocation_endpoint_auth_methods_supported: [...CLIENT_AUTHENTICATION_METHODS],
    introspection_endpoint_auth_methods_supported: confidential,
    token_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
    revocation_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
    introspection_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
    code_challenge_methods_supported: [...CODE_CHALLENGE_METHODS],
    dpop_signing_alg_values_supported: [...DPOP_ALGORITHMS],
    authorization_response_iss_parameter_supported: true,
    claims_parameter_supported: true,
    request_parameter_supported: true,
    request_object_signing_alg_values_supported: [...PRIVATE_KEY_ALGORITHMS],
    require_signed_request_object: false,
    request_uri_parameter_supported: false,
  }
}

/** RFC 9728 §2. Tokens come in the header; userinfo alone takes them in a form, too. */
function toResourceMetadata(origin: string): z.output<typeof ResourceMetadata> {
  return {
    resource: origin,
    authorization_servers: [origin],
    scopes_supported: Object.keys(SCOPES),
    bearer_methods_supported: ['header'],
    dpop_signing_alg_values_supported: [...DPOP_ALGORITHMS],
    resource_documentation: `${origin}/docs`,
  }
}
