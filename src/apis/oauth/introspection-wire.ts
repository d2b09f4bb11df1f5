/** Introspection requests and replies: RFC 7662 §2.1 and §2.2, and the `tokenInfo` of the original server (wire §3.2, §6.1). */
import * as z from 'zod'
import { acrOf } from '../../core/authentication-methods.ts'
import type { LiveToken } from '../../core/oauth/introspection.ts'
import { isPairwise } from '../../core/oauth/subjects.ts'
import { clientParameters, parameter, requiredParameter } from '../../http/token-endpoint.ts'

export const IntrospectForm = z.object({
  token: requiredParameter.meta({ description: 'An access token or a refresh token', example: 'eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl' }),
  token_type_hint: parameter.meta({ description: 'Ignored: the type is read from the token' }),
  ...clientParameters,
})

export const IntrospectBody = z.object({
  token: z
    .string()
    .min(1, 'is required')
    .meta({ description: 'An access token or a refresh token', example: 'eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl' }),
})

/** RFC 7662 §2.2: for an invalid token, nothing but `active`. Clients' own tokens have no `auth_time` and `acr`; those of APIs have the API's claims, and no `username`. */
export const Introspection = z.union([
  z.strictObject({ active: z.literal(false) }),
  z.strictObject({
    active: z.literal(true),
    scope: z.string(),
    client_id: z.string(),
    username: z.string().optional(),
    token_type: z.string(),
    exp: z.int(),
    iat: z.int(),
    sub: z.string(),
    aud: z.url(),
    iss: z.url(),
    jti: z.string().optional(),
    cnf: z.strictObject({ jkt: z.string() }).optional(),
    act: z.record(z.string(), z.unknown()).optional(),
    auth_time: z.int().optional(),
    acr: z.string().optional(),
    role: z.string().optional(),
    locale: z.string().optional(),
    picture: z.string().optional(),
    custom_data: z.record(z.string(), z.unknown()).optional(),
  }),
])

export const INTROSPECTION_EXAMPLE = {
  active: true,
  scope: 'delegated:profile:read',
  client_id: 'demo-spa',
  username: 'john_doe',
  token_type: 'Bearer',
  exp: 1767225600,
  iat: 1767225000,
  sub: '0000000000000001a2b3c4d5',
  aud: 'https://id.example.com',
  iss: 'https://id.example.com',
  jti: 'n2QZq1r8Yw3o0nXbV5kK2A',
  auth_time: 1767224100,
  acr: 'urn:kith:acr:2fa',
} satisfies z.input<typeof Introspection>

export function toIntrospection(live: LiveToken | null, issuer: string): z.output<typeof Introspection> {
  if (!live) return { active: false }
  return {
    ...live.claims,
    active: true,
    scope: live.scopes.join(' '),
    client_id: live.clientId,
    ...(live.user && mayNameUser(live) ? { username: live.user.username } : {}),
    // Keeps resource servers from taking a refresh token for an access token.
    token_type: live.kind === 'refresh_token' ? 'refresh_token' : live.jkt === null ? 'Bearer' : 'DPoP',
    exp: live.expiresAt,
    iat: live.issuedAt,
    sub: live.subject,
    aud: live.api?.resource ?? issuer,
    iss: issuer,
    ...(live.jti === null ? {} : { jti: live.jti }),
    // RFC 9449 §6.2.
    ...(live.jkt === null ? {} : { cnf: { jkt: live.jkt } }),
    // RFC 8693 §4.1.
    ...(live.actor && { act: { ...live.actor } }),
    // RFC 9470 §6.2.
    ...(live.authentication === null
      ? {}
      : { auth_time: Math.floor(live.authentication.authenticatedAt / 1000), acr: acrOf(live.authentication.amr) }),
  }
}

/** A name is as good as an id: with a pairwise subject it is the scope `profile` that tells it. An API has only what it is registered for. */
function mayNameUser({ api, subject, scopes }: LiveToken): boolean {
  return api === null && (!isPairwise(subject) || scopes.includes('profile'))
}

/** The original server's reply to a JSON body. */
export const TokenInfoReply = z.strictObject({
  ok: z.literal(1),
  data: z.strictObject({
    tokenInfo: z
      .strictObject({
        accessToken: z.string().optional(),
        accessTokenExpiresAt: z.iso.datetime().optional(),
        refreshToken: z.string().optional(),
        refreshTokenExpiresAt: z.iso.datetime().optional(),
        scope: z.array(z.string()),
        client: z.strictObject({ id: z.string() }),
        user: z
          .strictObject({
            _id: z.string(),
            username: z.string(),
            firstName: z.string().nullable(),
            middleName: z.string().nullable(),
            lastName: z.string().nullable(),
            role: z.string(),
            isPrivate: z.boolean(),
          })
          .nullable(),
      })
      .nullable()
      .meta({ description: 'null if the token is invalid' }),
  }),
})

/** Names are the original server's; `scope` is an array, because its client iterates over it. */
export function toTokenInfo(live: LiveToken, token: string) {
  const expiresAt = new Date(live.expiresAt * 1000).toISOString()
  const { user } = live
  return {
    ...(live.kind === 'access_token'
      ? { accessToken: token, accessTokenExpiresAt: expiresAt }
      : { refreshToken: token, refreshTokenExpiresAt: expiresAt }),
    scope: live.scopes,
    client: { id: live.clientId },
    user: user && {
      _id: live.subject,
      username: user.username,
      firstName: user.givenName,
      middleName: user.middleName,
      lastName: user.familyName,
      role: user.role,
      isPrivate: user.isPrivate === 1,
    },
  }
}
