/**
 * The rules of the token endpoint (RFC 6749 §3.2): which client uses which grant. Each grant is a file of its own.
 */
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { TokenSet } from './access-token.ts'
import type { Asked } from './api-grants.ts'
import { exchangeAuthorizationCode } from './authorization-code.ts'
import type { ClientCredentials } from './client-authentication.ts'
import { grantClientCredentials } from './client-credentials.ts'
import { noteClientUse } from './client-uses.ts'
import { DEVICE_GRANT, isGrantType, TOKEN_EXCHANGE } from './clients.ts'
import { exchangeDeviceCode } from './device-grant.ts'
import type { MoreClaims } from './id-token.ts'
import { refreshTokens } from './refresh.ts'
import { exchangeToken, type TokenExchange } from './token-exchange.ts'

export interface TokenRequest extends Asked {
  readonly grantType: string
  readonly code: string | undefined
  readonly redirectUri: string | undefined
  readonly codeVerifier: string | undefined
  readonly refreshToken: string | undefined
  readonly deviceCode: string | undefined
  readonly exchange: Omit<{ readonly [F in keyof TokenExchange]: TokenExchange[F] | undefined }, keyof Asked>
  readonly moreClaims?: MoreClaims | undefined
}

export async function issueTokens(ctx: Ctx, credentials: ClientCredentials, request: TokenRequest): Promise<TokenSet> {
  const tokens = await tokensFor(ctx, credentials, request)
  noteClientUse(ctx, credentials.clientId)
  return tokens
}

async function tokensFor(ctx: Ctx, credentials: ClientCredentials, request: TokenRequest): Promise<TokenSet> {
  const { grantType, code, redirectUri, codeVerifier, refreshToken, deviceCode, scope, resources, moreClaims } = request
  if (!isGrantType(grantType)) throw new AppError('unsupported_grant_type', 'The grant type is not supported')
  switch (grantType) {
    case 'authorization_code':
      return exchangeAuthorizationCode(ctx, credentials, {
        code: required(code, 'code'),
        redirectUri: required(redirectUri, 'redirect_uri'),
        codeVerifier,
        resources,
        moreClaims,
      })
    case 'refresh_token':
      return refreshTokens(ctx, credentials, { refreshToken: required(refreshToken, 'refresh_token'), scope, resources, moreClaims })
    case DEVICE_GRANT:
      return exchangeDeviceCode(ctx, credentials, { deviceCode: required(deviceCode, 'device_code'), resources, moreClaims })
    case TOKEN_EXCHANGE:
      return exchangeToken(ctx, credentials, {
        ...request.exchange,
        subjectToken: required(request.exchange.subjectToken, 'subject_token'),
        subjectTokenType: required(request.exchange.subjectTokenType, 'subject_token_type'),
        scope,
        resources,
      })
    case 'client_credentials':
      return grantClientCredentials(ctx, credentials, { scope, resources })
  }
}

function required(value: string | undefined, name: string): string {
  if (value === undefined) throw new AppError('invalid_request', `${name} is required`)
  return value
}
