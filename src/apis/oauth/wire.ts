/**
 * The OAuth parameters and replies by their names in the RFCs: RFC 6749 §4 to §6, RFC 7636 §4, RFC 8414, RFC 7517.
 * Unknown parameters are ignored, and one without a value counts as left out (RFC 6749 §3.1, §3.2).
 */
import * as z from 'zod'
import type { TokenSet } from '../../core/oauth/token.ts'

const parameter = z
  .string()
  .optional()
  .transform((value) => (value === '' ? undefined : value))
const requiredParameter = z.string().min(1, 'is required')

export const AuthorizeQuery = z.object({
  client_id: requiredParameter.meta({ example: 'demo-spa' }),
  redirect_uri: requiredParameter.meta({
    description: 'Exactly as registered; for a loopback address the port may be any (RFC 8252 §7.3)',
    example: 'https://app.example.com/callback',
  }),
  response_type: parameter.meta({ description: 'Required: code', example: 'code' }),
  state: parameter.meta({ description: 'Comes back as it is', example: 'af0ifjsldkj' }),
  scope: parameter.meta({
    description: 'Space or comma separated; default: all that the client may have',
    example: 'delegated:profile:read',
  }),
  code_challenge: parameter.meta({
    description: 'Required of all but a few confidential clients (RFC 7636)',
    example: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  }),
  code_challenge_method: parameter.meta({ description: 'S256', example: 'S256' }),
})

export const TokenForm = z.object({
  grant_type: requiredParameter.meta({
    description: 'authorization_code, refresh_token or client_credentials',
    example: 'authorization_code',
  }),
  client_id: parameter.meta({ description: 'Required unless the Authorization header names the client', example: 'demo-spa' }),
  client_secret: parameter.meta({ description: 'For client_secret_post' }),
  code: parameter.meta({ description: 'authorization_code', example: 'SplxlOBeZQQYbYS6WxSbIA' }),
  redirect_uri: parameter.meta({
    description: 'authorization_code: as in the authorization request',
    example: 'https://app.example.com/callback',
  }),
  code_verifier: parameter.meta({ description: 'authorization_code', example: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk' }),
  refresh_token: parameter.meta({ description: 'refresh_token' }),
  scope: parameter.meta({ description: 'refresh_token: less than was granted; client_credentials: client scopes' }),
})

export const TokenResponse = z.strictObject({
  access_token: z.string(),
  token_type: z.literal('Bearer'),
  expires_in: z.int(),
  refresh_token: z.string().optional(),
  scope: z.string(),
})

export const TOKEN_RESPONSE_EXAMPLE = {
  access_token: 'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6IjEifQ.e30.c2lnbmF0dXJl',
  token_type: 'Bearer',
  expires_in: 600,
  refresh_token: 'tGzv3JOkF0XG5Qx2TlKWIAvI5YQ8VfRc5yV0dQK4m1s',
  scope: 'delegated:profile:read',
} satisfies z.input<typeof TokenResponse>

export function toTokenResponse(tokens: TokenSet): z.output<typeof TokenResponse> {
  return {
    access_token: tokens.accessToken,
    token_type: 'Bearer',
    expires_in: tokens.expiresIn,
    ...(tokens.refreshToken === null ? {} : { refresh_token: tokens.refreshToken }),
    scope: tokens.scopes.join(' '),
  }
}

/** RFC 6749 §5.2. */
export const ErrorResponse = z.strictObject({ error: z.string(), error_description: z.string() })

export const Jwks = z.object({
  keys: z.array(
    z.strictObject({
      kty: z.literal('EC'),
      crv: z.literal('P-256'),
      x: z.string(),
      y: z.string(),
      kid: z.string(),
      alg: z.literal('ES256'),
      use: z.literal('sig'),
    }),
  ),
})

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
  ],
} satisfies z.input<typeof Jwks>

export const ServerMetadata = z.strictObject({
  issuer: z.url(),
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
  jwks_uri: z.url(),
  scopes_supported: z.array(z.string()),
  response_types_supported: z.array(z.string()),
  response_modes_supported: z.array(z.string()),
  grant_types_supported: z.array(z.string()),
  token_endpoint_auth_methods_supported: z.array(z.string()),
  code_challenge_methods_supported: z.array(z.string()),
  authorization_response_iss_parameter_supported: z.boolean(),
})
