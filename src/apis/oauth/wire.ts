/**
 * OAuth parameters and replies under their RFC names: RFC 6749 §4.1, OpenID Connect Core, RP-Initiated Logout. Those of
 * the token endpoint are in `http/token-endpoint.ts`. Unknown parameters are ignored, and one without a value counts as
 * omitted (RFC 6749 §3.1).
 */
import * as z from 'zod'
import { clientParameters, parameter, requiredParameter, resources } from '../../http/token-endpoint.ts'

export const AuthorizeParameters = z.object({
  client_id: requiredParameter.meta({
    description: "A registered client's id, or the https URL of a metadata document where the server's metadata say so",
    example: 'demo-spa',
  }),
  redirect_uri: parameter.meta({
    description:
      'Required unless the request is pushed or an object. Exactly as registered; a loopback address may have any port (RFC 8252 §7.3)',
    example: 'https://app.example.com/callback',
  }),
  response_type: parameter.meta({ description: 'Required: code', example: 'code' }),
  response_mode: parameter.meta({ description: 'query (the default) or form_post', example: 'query' }),
  scope: parameter.meta({
    description:
      'Separated by spaces or commas. Default: all scopes of the client except those of OpenID Connect. With openid, the reply has an ID token',
    example: 'openid profile delegated:profile:read',
  }),
  resource: resources.meta({
    description:
      'Each API that is asked for (RFC 8707); may be repeated. Then scope may name its scopes, too; without scope, all that the client may have of it',
  }),
  state: parameter.meta({ description: 'Returned unchanged', example: 'af0ifjsldkj' }),
  nonce: parameter.meta({ description: 'Copied into the ID token unchanged', example: 'n-0S6_WzA2Mj' }),
  prompt: parameter.meta({
    description: 'none, or any of login, consent, select_account and create; others are ignored',
    example: 'login',
  }),
  max_age: parameter.meta({
    description: 'Maximum age of the sign-in in seconds; if it is older, the user signs in again',
    example: '3600',
    documented: { type: 'integer', minimum: 0, example: 3600 },
  }),
  acr_values: parameter.meta({
    description:
      'How strong the sign-in must be: any of the values in acr_values_supported, separated by spaces; others are ignored. If the ' +
      'present sign-in is weaker, the user signs in again. If that is weaker too, the reply is unmet_authentication_requirements',
    example: 'urn:kith:acr:2fa',
  }),
  claims: parameter.meta({
    description:
      'JSON (OpenID Connect Core, section 5.5): single claims for userinfo or the ID token, of those that the client is registered for by ' +
      'its scopes or claims. Values count for sub, and for an essential acr',
    example: '{"userinfo":{"email":{"essential":true}},"id_token":{"locale":null}}',
  }),
  login_hint: parameter.meta({ description: 'Shown on the sign-in page', example: 'john_doe' }),
  id_token_hint: parameter.meta({ description: 'The user that the client expects; may be expired' }),
  ui_locales: parameter.meta({
    description: 'The languages of the pages, as tags in order of preference, separated by spaces; unknown ones are ignored',
    example: 'fr-CA fr en',
  }),
  request: parameter.meta({
    description: 'A request object (RFC 9101), signed by a client of private_key_jwt: then nothing else but client_id counts',
  }),
  request_uri: parameter.meta({
    description: 'The reference from POST /oauth/par, with client_id beside it; any other is refused: request_uri_not_supported',
  }),
  registration: parameter.meta({ description: 'Refused: registration_not_supported' }),
  pushed_request: parameter.meta({ description: 'Internal: added to a request that was pushed' }),
  signed_request: parameter.meta({ description: 'Internal: added to a request that was signed' }),
  reauthentication: parameter.meta({ description: 'Internal: added by Kith' }),
  code_challenge: parameter.meta({
    description: 'Required, except for some confidential clients (RFC 7636)',
    example: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  }),
  code_challenge_method: parameter.meta({ description: 'S256', example: 'S256' }),
  dpop_jkt: parameter.meta({
    description: 'The thumbprint of the key that the tokens will be bound to (RFC 9449 §10)',
    example: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I',
  }),
})

/** RFC 9126 §2.1: what the authorization endpoint takes, with the client's authentication. The client may be named in a header. */
export const PushForm = AuthorizeParameters.omit({ reauthentication: true, pushed_request: true, signed_request: true }).extend(
  clientParameters,
)

/** RFC 9126 §2.2. */
export const PushResponse = z.strictObject({ request_uri: z.string(), expires_in: z.int() }).meta({ id: 'PushedRequest' })

/** RFC 6749 §5.2. */
export const ErrorResponse = z.strictObject({ error: z.string(), error_description: z.string() })

/** RFC 7009 §2.2: clients ignore the body. */
export const RevokeResponse = z.strictObject({})

/** RFC 8628 §3.2. */
export const DeviceAuthorizationResponse = z
  .strictObject({
    device_code: z.string(),
    user_code: z.string(),
    verification_uri: z.url(),
    verification_uri_complete: z.url(),
    expires_in: z.int(),
    interval: z.int(),
  })
  .meta({ id: 'DeviceAuthorization' })

export const LogoutParameters = z.object({
  id_token_hint: parameter.meta({ description: 'An ID token of the user; may be expired' }),
  client_id: parameter.meta({ description: 'The client, if there is no hint', example: 'demo-spa' }),
  post_logout_redirect_uri: parameter.meta({ description: 'Exactly as registered', example: 'https://app.example.com/bye' }),
  state: parameter.meta({ description: 'Returned unchanged', example: 'af0ifjsldkj' }),
  logout_hint: parameter.meta({ description: 'Ignored' }),
  ui_locales: parameter.meta({ description: 'The languages of the pages, in order of preference', example: 'fr-CA fr en' }),
})

/** OpenID Connect Core §5.1: the claims of the granted scopes, where known; `role` and `custom_data` of clients that are registered for them. */
export const Userinfo = z
  .strictObject({
    sub: z.string(),
    name: z.string().optional(),
    given_name: z.string().optional(),
    family_name: z.string().optional(),
    middle_name: z.string().optional(),
    nickname: z.string().optional(),
    preferred_username: z.string().optional(),
    picture: z.url().optional(),
    website: z.string().optional(),
    gender: z.string().optional(),
    birthdate: z.string().optional(),
    zoneinfo: z.string().optional(),
    locale: z.string().optional(),
    updated_at: z.int().optional(),
    email: z.string().optional(),
    email_verified: z.boolean().optional(),
    phone_number: z.string().optional(),
    phone_number_verified: z.boolean().optional(),
    address: z.strictObject({ country: z.string() }).optional(),
    role: z.string().optional(),
    custom_data: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: 'UserInfo' })

export const USERINFO_EXAMPLE = {
  sub: '0000000000000001a2b3c4d5',
  name: 'John Doe',
  given_name: 'John',
  family_name: 'Doe',
  preferred_username: 'john_doe',
  updated_at: 1767225600,
  email: 'john@example.com',
  email_verified: true,
} satisfies z.input<typeof Userinfo>
