/**
 * Requests of token and revocation endpoints (RFC 6749 §4 to §6, RFC 7636 §4, RFC 7009), for every room. Clients
 * authenticate here. Unknown parameters are ignored, and one without a value counts as omitted (RFC 6749 §3.2).
 */
import type { Context } from 'hono'
import * as z from 'zod'
import type { Ctx } from '../core/ctx.ts'
import { AppError, type ErrorCode } from '../core/errors.ts'
import type { TokenSet } from '../core/oauth/access-token.ts'
import { ASSERTION_TYPE, type ClientCredentials, readClientCredentials } from '../core/oauth/client-authentication.ts'
import { DEVICE_GRANT, TOKEN_EXCHANGE } from '../core/oauth/clients.ts'
import { type DeviceAuthorization, startDeviceGrant } from '../core/oauth/device-grant.ts'
import { revokeToken } from '../core/oauth/revocation.ts'
import { issueTokens, type TokenRequest } from '../core/oauth/token.ts'
import { ACCESS_TOKEN_TYPE } from '../core/oauth/token-exchange.ts'
import type { AppEnv } from './app-env.ts'
import { readProof } from './dpop.ts'
import { countOf, countOfNetwork } from './rate-limit.ts'

export const parameter = z
  .string()
  .optional()
  .transform((value) => (value === '' ? undefined : value))
/** RFC 8707: may be repeated. */
export const resources = z
  .array(z.string())
  .optional()
  .transform((sent) => (sent?.some(Boolean) ? sent.filter(Boolean) : undefined))
  .meta({ description: 'An API that the tokens are for (RFC 8707)', example: ['https://orders.example.com/'] })
export const requiredParameter = z.string().min(1, 'is required')

/** How a client names and authenticates itself in the body. */
export const clientParameters = {
  client_id: parameter.meta({ description: 'Required unless the Authorization header names the client', example: 'demo-spa' }),
  client_secret: parameter.meta({ description: 'For client_secret_post' }),
  client_assertion_type: parameter.meta({ description: 'With client_assertion', example: ASSERTION_TYPE }),
  client_assertion: parameter.meta({ description: 'For private_key_jwt and client_secret_jwt: a signed JWT (RFC 7523)' }),
}
type ClientParameters = { readonly [Name in keyof typeof clientParameters]?: string | undefined }

export const TokenForm = z.object({
  grant_type: requiredParameter.meta({
    description: `authorization_code, refresh_token, client_credentials, ${DEVICE_GRANT} or ${TOKEN_EXCHANGE}`,
    example: 'authorization_code',
  }),
  ...clientParameters,
  code: parameter.meta({ description: 'authorization_code', example: 'SplxlOBeZQQYbYS6WxSbIA' }),
  redirect_uri: parameter.meta({
    description: 'authorization_code: as in the authorization request',
    example: 'https://app.example.com/callback',
  }),
  code_verifier: parameter.meta({ description: 'authorization_code', example: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk' }),
  refresh_token: parameter.meta({ description: 'refresh_token' }),
  device_code: parameter.meta({ description: DEVICE_GRANT }),
  subject_token: parameter.meta({ description: 'Token exchange (RFC 8693): the access token of a user' }),
  subject_token_type: parameter.meta({ description: 'Token exchange', example: ACCESS_TOKEN_TYPE }),
  requested_token_type: parameter.meta({
    description: 'Token exchange: an access token, which is the default',
    example: ACCESS_TOKEN_TYPE,
  }),
  actor_token: parameter.meta({ description: 'Refused: the client itself is who acts' }),
  audience: parameter.meta({ description: 'Token exchange: another name for resource' }),
  scope: parameter.meta({ description: 'refresh_token: a subset of the granted scopes; client_credentials: client scopes' }),
  resource: resources.meta({
    description:
      'The audience of the access token (RFC 8707): an API of the grant, or this server. Default: the API, if the grant is for exactly one',
  }),
})

/** RFC 8628 §3.1. */
export const DeviceAuthorizationForm = z.object({
  ...clientParameters,
  scope: parameter.meta({ description: 'Defaults to what the client is registered for', example: 'openid profile' }),
  resource: resources,
})

export const RevokeForm = z.object({
  token: requiredParameter.meta({ description: 'An access token or a refresh token of the client', example: 'tGzv3JOkF0XG5Qx2TlKWIA' }),
  token_type_hint: parameter.meta({ description: 'Ignored: the type is read from the token' }),
  ...clientParameters,
})

/** Clients compare `token_type` exactly and send it back, so each room keeps its spelling. */
export type TokenType = 'Bearer' | 'bearer'
/** RFC 9449 §5, of a token that is bound to a key. */
const BOUND = 'DPoP'

export const tokenResponse = (type: TokenType) =>
  z
    .strictObject({
      access_token: z.string(),
      token_type: z.enum([type, BOUND]),
      expires_in: z.int(),
      refresh_token: z.string().optional(),
      issued_token_type: z.string().optional().meta({ description: 'Token exchange (RFC 8693)' }),
      id_token: z.string().optional(),
      scope: z.string(),
    })
    .meta({ id: 'TokenResponse' })

export const exampleTokenResponse = (type: TokenType, scope: string) => ({
  access_token: 'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6IjEifQ.e30.c2lnbmF0dXJl',
  token_type: type,
  expires_in: 600,
  refresh_token: 'tGzv3JOkF0XG5Qx2TlKWIAvI5YQ8VfRc5yV0dQK4m1s',
  scope,
})

/** RFC 6749 §5.1: never cached. */
export function answerTokens(c: Context, tokens: TokenSet, type: TokenType, scope: string): Response {
  const reply: z.output<ReturnType<typeof tokenResponse>> = {
    access_token: tokens.accessToken,
    token_type: tokens.isBound ? BOUND : type,
    expires_in: tokens.expiresIn,
    ...(tokens.refreshToken === null ? {} : { refresh_token: tokens.refreshToken }),
    ...(tokens.idToken === null ? {} : { id_token: tokens.idToken }),
    ...(tokens.issuedTokenType && { issued_token_type: tokens.issuedTokenType }),
    scope,
  }
  return c.json(reply, 200, { 'cache-control': 'no-store', pragma: 'no-cache' })
}

/** The tokens for a grant. `changes`: parameters as a dialect reinterprets them. */
export function grantTokens(
  c: Context,
  params: z.output<typeof TokenForm>,
  changes: Partial<Pick<TokenRequest, 'scope' | 'moreClaims'>> = {},
): Promise<TokenSet> {
  return countingFailures(c, params, async (ctx, credentials) => {
    const tokens = await issueTokens(ctx, await provingKey(c, credentials), {
      grantType: params.grant_type,
      code: params.code,
      redirectUri: params.redirect_uri,
      codeVerifier: params.code_verifier,
      refreshToken: params.refresh_token,
      deviceCode: params.device_code,
      exchange: {
        subjectToken: params.subject_token,
        subjectTokenType: params.subject_token_type,
        requestedTokenType: params.requested_token_type,
        actorToken: params.actor_token,
        audience: params.audience,
      },
      scope: params.scope,
      resources: params.resource,
      ...changes,
    })
    ctx.caller.kind = params.grant_type === 'client_credentials' ? 'service' : 'app'
    ctx.caller.clientId = credentials.clientId
    return tokens
  })
}

/** The same credentials, with the request's DPoP proof. */
export async function provingKey(c: Context, credentials: ClientCredentials): Promise<ClientCredentials> {
  return { ...credentials, proof: (await readProof(c)) ?? undefined }
}

export function startSentDevice(c: Context, params: z.output<typeof DeviceAuthorizationForm>): Promise<DeviceAuthorization> {
  return countingFailures(c, params, (ctx, credentials) =>
    startDeviceGrant(ctx, credentials, { scope: params.scope, resources: params.resource }),
  )
}

export function revokeSentToken(c: Context, params: z.output<typeof RevokeForm>): Promise<void> {
  return countingFailures(c, params, (ctx, credentials) => revokeToken(ctx, credentials, params.token))
}

function credentialsOf(c: Context, params: ClientParameters) {
  return readClientCredentials({
    authorization: c.req.header('authorization'),
    clientId: params.client_id,
    clientSecret: params.client_secret,
    assertionType: params.client_assertion_type,
    assertion: params.client_assertion,
  })
}

/**
 * A poll for a decision that is still open is as it should be, and so is a first request without a nonce; a refusal for too many
 * requests was counted already.
 */
const NO_FAILURES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'temporarily_unavailable',
  'authorization_pending',
  'use_dpop_nonce',
  'rate_limited',
])

/**
 * Counts only failures, because many clients share a network. Failures of a client that has authenticated count
 * against the client, all others against the network.
 */
export async function countingFailures<T>(
  context: Context,
  params: ClientParameters,
  work: (ctx: Ctx, credentials: ClientCredentials) => Promise<T>,
): Promise<T> {
  const c = context as Context<AppEnv>
  let proven = null as string | null
  try {
    const credentials = credentialsOf(c, params)
    const onProven = () => {
      proven = credentials.clientId
    }
    return await work(c.get('ctx'), { ...credentials, onProven })
  } catch (error) {
    if (!(error instanceof AppError) || NO_FAILURES.has(error.code)) throw error
    await (proven === null ? countOfNetwork(c, 'other', 'client failures') : countOf(c, 'other', `client ${proven}`))
    throw error
  }
}
