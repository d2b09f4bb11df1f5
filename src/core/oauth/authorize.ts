/**
 * The authorization endpoint's rules (RFC 6749 §4.1.1, RFC 7636, RFC 9207, RFC 9700): a signed-in browser gets an
 * authorization code for a client. Errors go back by redirect only once the client and its redirect URI are known to be
 * right; what goes wrong before is told to the person in front of the browser.
 */
import { randomToken, sha256 } from '../../crypto.ts'
import { codeExists, insertAuthorizationCode } from '../../store/db/authorization-codes.ts'
import { findClient } from '../../store/db/oauth-clients.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { AUTHORIZATION_CODE_MS } from '../figures.ts'
import type { OptionalGate } from '../sessions/gate.ts'
import type { UserPrincipal } from '../sessions/principal.ts'
import { type Client, requireGrantType, toClient } from './clients.ts'
import { narrowedTo, scopesWithin } from './granted-scopes.ts'
import { isCodeChallenge } from './pkce.ts'
import { appendToRedirectUri, isLoopbackRedirectUri, isRegisteredRedirectUri } from './redirect-uri.ts'
import type { Scope } from './scopes.ts'

export const RESPONSE_TYPES = ['code'] as const

export interface AuthorizationRequest {
  readonly clientId: string
  readonly redirectUri: string
  readonly responseType: string | undefined
  readonly state: string | undefined
  readonly scope: string | undefined
  readonly codeChallenge: string | undefined
  readonly codeChallengeMethod: string | undefined
}

type RedirectTarget = Pick<AuthorizationRequest, 'redirectUri' | 'state'>

/** Something went wrong after client and redirect URI were found right: the client may be told by redirect. */
export class AuthorizationError extends Error {
  override readonly name = 'AuthorizationError'
  readonly target: RedirectTarget
  constructor(target: RedirectTarget, cause: unknown) {
    super('The authorization request was refused', { cause })
    this.target = target
  }
}

/** Where the browser goes next, with a code (RFC 6749 §4.1.2). Throws `AuthorizationError`, or an `AppError` that must not be redirected. */
export async function authorize(ctx: Ctx, gate: OptionalGate, request: AuthorizationRequest): Promise<string> {
  const { principal, reads } = await gate(() => [findClient(request.clientId)])
  const client = toClient(reads[0])
  if (!client) throw new AppError('invalid_request', 'The client is unknown')
  if (!isRegisteredRedirectUri(client.redirectUris, request.redirectUri)) {
    throw new AppError('invalid_request', 'The redirect_uri is not registered for the client')
  }
  try {
    const scopes = judgeRequest(client, request)
    const code = await issueCode(ctx, { client, request, scopes, principal })
    return authorizationResponse(ctx, request, { code })
  } catch (cause) {
    throw new AuthorizationError(request, cause)
  }
}

/** RFC 6749 §4.1.2 and §4.1.2.1; `state` as it came, and who answers (RFC 9207 §2), in errors too. */
export function authorizationResponse(ctx: Ctx, target: RedirectTarget, params: Readonly<Record<string, string>>): string {
  return appendToRedirectUri(target.redirectUri, { ...params, state: target.state, iss: ctx.config.origin })
}

/** What is wrong with the request whoever sits in front of the browser. Answers the scopes within the client's. */
function judgeRequest(client: Client, request: AuthorizationRequest): Scope[] {
  if (request.responseType === undefined) throw new AppError('invalid_request', 'response_type is required')
  if (request.responseType !== 'code') throw new AppError('unsupported_response_type', 'The response_type must be code')
  requireGrantType(client, 'authorization_code')
  judgeCodeChallenge(client, request)
  return scopesWithin(request.scope, client.scopes)
}

/** RFC 7636 §4.3 and §4.4.1. A missing method would mean `plain`. */
function judgeCodeChallenge(client: Client, { codeChallenge, codeChallengeMethod }: AuthorizationRequest): void {
  if (codeChallenge === undefined) {
    if (client.requiresPkce) throw new AppError('invalid_request', 'code_challenge is required')
    if (codeChallengeMethod !== undefined) throw new AppError('invalid_request', 'code_challenge_method without code_challenge')
    return
  }
  if (codeChallengeMethod !== 'S256') throw new AppError('invalid_request', 'The code_challenge_method must be S256')
  if (!isCodeChallenge(codeChallenge)) throw new AppError('invalid_request', 'The code_challenge is not a SHA-256 in base64url')
}

async function issueCode(
  ctx: Ctx,
  input: { client: Client; request: AuthorizationRequest; scopes: Scope[]; principal: UserPrincipal | null },
): Promise<string> {
  const { client, request, principal } = input
  // Only a browser may authorize: a token that could get codes would outlive its own scopes and its own end.
  if (!principal || principal.clientId !== null) throw loginRequired()
  if (!maySkipConsent(ctx, client, request.redirectUri)) throw new AppError('consent_required', 'The user has not consented')
  const scopes = narrowedTo(input.scopes, principal.scopes)
  const now = ctx.now()
  const code = randomToken()
  const codeHash = sha256(code)
  const row = {
    codeHash,
    clientId: client.id,
    userId: principal.userId,
    redirectUri: request.redirectUri,
    codeChallenge: request.codeChallenge ?? null,
    scope: scopes.join(' '),
    browserSessionId: principal.sessionId,
    createdAt: now,
    expiresAt: now + AUTHORIZATION_CODE_MS,
  }
  // The session may have ended since the gate, or the gate may have read a replica.
  if (!(await ctx.db.commit([insertAuthorizationCode(row)], codeExists(codeHash)))) throw loginRequired()
  return code
}

/**
 * RFC 9700 §4.16.1, RFC 8252 §8.6: without consent only where the redirect URI proves whose client it is. Any program on
 * the person's machine can listen on loopback, so that counts on developers' machines alone.
 */
function maySkipConsent(ctx: Ctx, client: Client, redirectUri: string): boolean {
  if (!client.isFirstParty) return false
  return redirectUri.startsWith('https://') || (ctx.config.environment !== 'production' && isLoopbackRedirectUri(redirectUri))
}

function loginRequired(): AppError {
  return new AppError('login_required', 'The user is not signed in')
}
