/** A client's registration by itself, under the names of RFC 7591 and RFC 7592. */
import * as z from 'zod'
import { toMetadata } from '../../core/oauth/client-columns.ts'
import { METADATA_NAMES } from '../../core/oauth/client-metadata.ts'
import type { Registered, Sent } from '../../core/oauth/dynamic-registration.ts'
import { SelfRegistration } from '../../core/oauth/self-registration.ts'
import { parseScopes } from '../../core/scopes.ts'

export const RegistrationBody = SelfRegistration.extend({
  software_statement: z
    .string()
    .max(16_384, 'must have at most 16384 characters')
    .optional()
    .meta({ description: 'A JWT whose claims count in place of these fields (RFC 7591 §2.3)' }),
})

/** RFC 7592 §2.2. */
export const ReplacementBody = RegistrationBody.extend({
  client_id: z.string().optional().meta({ description: 'Required: as in the path', example: 'client-0123456789abcdef01234567' }),
  client_secret: z.string().optional().meta({ description: 'The present one, if any' }),
})

export const RegistrationParams = z.object({ clientId: z.string().max(64).meta({ example: 'client-0123456789abcdef01234567' }) })

/** RFC 7592 §3. */
export const RegistrationReply = z
  .strictObject({
    client_id: z.string(),
    client_id_issued_at: z.int(),
    client_secret: z.string().optional().meta({ description: 'Shown only once, when it was just issued' }),
    client_secret_expires_at: z.int().optional().meta({ description: '0: never' }),
    registration_access_token: z.string(),
    registration_client_uri: z.url(),
    software_statement: z.string().optional(),
    client_name: z.string(),
    redirect_uris: z.array(z.string()),
    post_logout_redirect_uris: z.array(z.string()),
    grant_types: z.array(z.string()),
    response_types: z.array(z.string()),
    scope: z.string(),
    token_endpoint_auth_method: z.string(),
    jwks: z.looseObject({}).optional(),
    jwks_uri: z.string().optional(),
    require_pushed_authorization_requests: z.boolean(),
    require_signed_request_object: z.boolean(),
    dpop_bound_access_tokens: z.boolean(),
    id_token_signed_response_alg: z.string(),
    subject_type: z.string(),
    sector_identifier_uri: z.string().optional(),
    backchannel_logout_uri: z.string().optional(),
    frontchannel_logout_uri: z.string().optional(),
    client_uri: z.string().optional(),
    logo_uri: z.string().optional(),
    policy_uri: z.string().optional(),
    tos_uri: z.string().optional(),
  })
  .meta({ id: 'ClientRegistration' })

/** The metadata that such a client may send. */
const FIELDS = Object.entries(METADATA_NAMES).filter(([, name]) => Object.hasOwn(SelfRegistration.shape, name))

export function toRegistration({ row, secret, token }: Registered, origin: string, sent?: Sent): z.output<typeof RegistrationReply> {
  const metadata = toMetadata(row)
  // Those of APIs are judged by each request for a token, not here. Clients ask for what the reply lists.
  const ofApis = sent?.software_statement === undefined ? parseScopes(sent?.scope ?? '').unknown : []
  const values = { ...metadata, scopes: [...metadata.scopes, ...ofApis].join(' ') }
  const fields = FIELDS.map(([field, name]) => [name, values[field as keyof typeof values]]).filter(([, value]) => value !== null)
  return {
    client_id: row.id,
    client_id_issued_at: Math.floor(row.createdAt / 1000),
    ...(secret !== null && { client_secret: secret, client_secret_expires_at: 0 }),
    registration_access_token: token,
    registration_client_uri: `${origin}/oauth/register/${row.id}`,
    ...(sent?.software_statement !== undefined && { software_statement: sent.software_statement }),
    response_types: metadata.grantTypes.includes('authorization_code') ? ['code'] : [],
    ...Object.fromEntries(fields),
  }
}

export const REGISTRATION_EXAMPLE = {
  client_id: 'client-0123456789abcdef01234567',
  client_id_issued_at: 1789228258,
  registration_access_token: 'kith_rt_6esc_11ACC5bwc014ltc14eY22cGmRhmhcxhwAzkoEqiM',
  registration_client_uri: 'https://id.example.com/oauth/register/client-0123456789abcdef01234567',
  client_name: 'My app',
  redirect_uris: ['http://127.0.0.1:33418/callback'],
  post_logout_redirect_uris: [],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  scope: 'openid profile',
  token_endpoint_auth_method: 'none',
  require_pushed_authorization_requests: false,
  require_signed_request_object: false,
  dpop_bound_access_tokens: false,
  id_token_signed_response_alg: 'RS256',
  subject_type: 'public',
} satisfies z.input<typeof RegistrationReply>
