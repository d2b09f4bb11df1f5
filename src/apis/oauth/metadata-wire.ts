/** The documents under `/.well-known`: the key set (RFC 7517) and the metadata (RFC 8414, OpenID Connect Discovery §3). */
import * as z from 'zod'

const common = { kid: z.string(), use: z.literal('sig') }

export const Jwks = z
  .object({
    keys: z.array(
      z.union([
        z.strictObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: z.string(), y: z.string(), alg: z.literal('ES256'), ...common }),
        z.strictObject({ kty: z.literal('RSA'), n: z.string(), e: z.string(), alg: z.literal('RS256'), ...common }),
      ]),
    ),
  })
  .meta({ id: 'JsonWebKeySet' })

export const JWKS_EXAMPLE = {
  keys: [
    {
      kty: 'EC',
      crv: 'P-256',
      x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
      y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
      kid: '1',
      alg: 'ES256',
      use: 'sig',
    },
    {
      kty: 'RSA',
      n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86z',
      e: 'AQAB',
      kid: '1-rs256',
      alg: 'RS256',
      use: 'sig',
    },
  ],
} satisfies z.input<typeof Jwks>

export const ServerMetadata = z
  .strictObject({
    issuer: z.url(),
    authorization_endpoint: z.url(),
    token_endpoint: z.url(),
    userinfo_endpoint: z.url(),
    revocation_endpoint: z.url(),
    introspection_endpoint: z.url(),
    end_session_endpoint: z.url(),
    backchannel_logout_supported: z.boolean(),
    backchannel_logout_session_supported: z.boolean(),
    frontchannel_logout_supported: z.boolean(),
    frontchannel_logout_session_supported: z.boolean(),
    device_authorization_endpoint: z.url(),
    pushed_authorization_request_endpoint: z.url(),
    registration_endpoint: z.url().optional(),
    require_pushed_authorization_requests: z.boolean(),
    jwks_uri: z.url(),
    scopes_supported: z.array(z.string()),
    response_types_supported: z.array(z.string()),
    response_modes_supported: z.array(z.string()),
    grant_types_supported: z.array(z.string()),
    prompt_values_supported: z.array(z.string()),
    subject_types_supported: z.array(z.string()),
    id_token_signing_alg_values_supported: z.array(z.string()),
    claims_supported: z.array(z.string()),
    acr_values_supported: z.array(z.string()),
    ui_locales_supported: z.array(z.string()),
    token_endpoint_auth_methods_supported: z.array(z.string()),
    revocation_endpoint_auth_methods_supported: z.array(z.string()),
    introspection_endpoint_auth_methods_supported: z.array(z.string()),
    token_endpoint_auth_signing_alg_values_supported: z.array(z.string()),
    revocation_endpoint_auth_signing_alg_values_supported: z.array(z.string()),
    introspection_endpoint_auth_signing_alg_values_supported: z.array(z.string()),
    code_challenge_methods_supported: z.array(z.string()),
    dpop_signing_alg_values_supported: z.array(z.string()),
    authorization_response_iss_parameter_supported: z.boolean(),
    claims_parameter_supported: z.boolean(),
    request_parameter_supported: z.boolean(),
    request_object_signing_alg_values_supported: z.array(z.string()),
    require_signed_request_object: z.boolean(),
    request_uri_parameter_supported: z.boolean(),
    client_id_metadata_document_supported: z.literal(true).optional(),
  })
  .meta({ id: 'ServerMetadata' })

export const RelatedOrigins = z.strictObject({ origins: z.array(z.string()) })

/** RFC 9728 §2. */
export const ResourceMetadata = z
  .strictObject({
    resource: z.url(),
    authorization_servers: z.array(z.url()),
    scopes_supported: z.array(z.string()),
    bearer_methods_supported: z.array(z.string()),
    dpop_signing_alg_values_supported: z.array(z.string()),
    resource_documentation: z.url(),
  })
  .meta({ id: 'ResourceMetadata' })
