/**
 * The rules of the authorization endpoint (RFC 6749 §4.1.1, RFC 7636, RFC 9207, RFC 9700, OpenID Connect Core §3.1.2):
 * a signed-in browser gets an authorization code for a client, after a sign-in or consent where needed. Errors go to
 * the client only once it and its redirect URI are known to be valid; earlier ones are shown to the user.
 */
import { randomToken, sha256 } from '../../crypto.ts'
import { codeExists, insertAuthorizationCode } from '../../store/db/authorization-codes.ts'
import { findConsent, isConsentGiven } from '../../store/db/consents.ts'
import { always, type Fragment, type Statement } from '../../store/db/database.ts'
import { findClient } from '../../store/db/oauth-clients.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { OptionalGate } from '../gate.ts'
import type { UserPrincipal } from '../principal.ts'
import { coveredBy, isScope, powersOf, storedScopes } from '../scopes.ts'
import { apiReads, type Granted, grantedBy, toGrantText } from './api-grants.ts'
import { type AuthorizationRequest, toAuthorizationPath } from './authorization-request.ts'
import { ensureDocumentClient } from './client-documents.ts'
import type { Client } from './clients.ts'
import { isFapi } from './fapi.ts'
import { isClaimWithin } from './granted-claims.ts'
import { FAPI_CODE_MS } from './limits.ts'
import { isReference, takePushedRequest } from './pushed-requests.ts'
import { isLoopbackRedirectUri } from './redirect-uri.ts'
import { requireMarks } from './request-marks.ts'
import { openRequestObject } from './request-objects.ts'
import { type Judged, judgeClient, judgeRequest, type ResponseMode, toResponseMode } from './request-rules.ts'
import { needsSignIn } from './sign-in-rules.ts'

/** What goes back to the client through the browser. */
export interface AuthorizationResponse {
  readonly redirectUri: string
  readonly params: Readonly<Record<string, string>>
  readonly mode: ResponseMode
}

export type AuthorizationOutcome =
  | { readonly kind: 'response'; readonly response: AuthorizationResponse }
  /**
   * `returnTo`: path and query of the request, with the ticket that keeps a forced sign-in from being requested twice.
   * `isNewUser`: the client expects the user to create an account first.
   */
  | { readonly kind: 'sign_in_required'; readonly loginHint: string | null; readonly returnTo: string; readonly isNewUser: boolean }
  | { readonly kind: 'consent_required'; readonly request: AuthorizationRequest }

/** An error after client and redirect URI were validated: the client may be told. */
export class AuthorizationError extends Error {
  override readonly name = 'AuthorizationError'
  readonly request: AuthorizationRequest
  constructor(request: AuthorizationRequest, cause: unknown) {
    super('The authorization request was refused', { cause })
    this.request = request
  }
}

/** Throws `AuthorizationError`, or an `AppError` that must not be sent to the client. */
export async function judgeAuthorization(ctx: Ctx, gate: OptionalGate, sent: AuthorizationRequest): Promise<AuthorizationOutcome> {
  await ensureDocumentClient(ctx, sent.clientId)
  const request = await receive(ctx, sent)
  const { principal, reads } = await gate((claimed) => [
    findClient(request.clientId),
    findConsent(claimed?.userId ?? null, request.clientId),
    ...apiReads(request.resources),
  ])
  const client = judgeClient(reads[0], request)
  return redirecting(request, async () => {
    requireMarks(ctx, client, request)
    const judged = judgeRequest(ctx.config, client, request, reads[2])
    const signIn = await needsSignIn(ctx, principal, { client, request, judged })
    if (signIn) {
      const [loginHint, isNewUser] = [request.loginHint ?? null, judged.prompts.has('create')]
      return { kind: 'sign_in_required', loginHint, returnTo: toAuthorizationPath(signIn.request), isNewUser }
    }
    if (!isBrowser(principal)) throw loginRequired()
    const granted = grantedBy(judged, principal.scopes)
    const consent = reads[1]
    if (needsConsent(ctx, { ...granted, client, request, judged, agreed: consent?.scopes ?? '' })) {
      if (judged.prompts.has('none')) throw new AppError('consent_required', 'The user has not consented')
      return { kind: 'consent_required', request }
    }
    // If consent is withdrawn between the read and the code, there is no code.
    const condition = isTrusted(ctx, { ...granted, client, request }) ? always : isConsentGiven(principal.userId, client.id, consent)
    return { kind: 'response', response: await issueCode(ctx, { ...granted, client, request, principal }, { condition }) }
  })
}

/** The request itself, whichever way it came. Of an object that is not valid, the client is told at the `redirect_uri` beside it. */
async function receive(ctx: Ctx, sent: AuthorizationRequest): Promise<AuthorizationRequest> {
  if (isReference(sent)) return takePushedRequest(ctx, sent)
  if (sent.requestObject === undefined) return sent
  try {
    return await openRequestObject(ctx, sent)
  } catch (cause) {
    if (sent.redirectUri === '') throw cause
    judgeClient(await ctx.db.one(findClient(sent.clientId)), sent)
    throw new AuthorizationError(sent, cause)
  }
}

/** Only a browser may authorize: a token that could get codes would outlive its own scopes and expiry. */
export function isBrowser(principal: UserPrincipal | null): principal is UserPrincipal {
  return principal !== null && principal.clientId === null
}

/** From here on errors may be reported to the client. */
export async function redirecting<T>(request: AuthorizationRequest, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw new AuthorizationError(request, cause)
  }
}

/** RFC 6749 §4.1.2 and §4.1.2.1; `state` unchanged, and the issuer (RFC 9207 §2), in errors too. */
export function toAuthorizationResponse(
  ctx: Ctx,
  request: AuthorizationRequest,
  params: Readonly<Record<string, string>>,
): AuthorizationResponse {
  const state = request.state === undefined ? {} : { state: request.state }
  return {
    redirectUri: request.redirectUri,
    params: { ...params, ...state, iss: ctx.config.origin },
    mode: toResponseMode(request.responseMode) ?? 'query',
  }
}

interface ConsentQuestion extends Granted {
  readonly client: Client
  readonly request: AuthorizationRequest
  readonly judged: Judged
  /** What the user has consented to before, as stored. */
  readonly agreed: string
}

function needsConsent(ctx: Ctx, question: ConsentQuestion): boolean {
  const { client, request, judged, scopes, agreed } = question
  if (judged.prompts.has('consent') || powersOf(scopes).length > 0) return true
  if (isTrusted(ctx, question)) return false
  if (client.source !== 'operator' && new Set(client.redirectUris.map(placeOf)).size > 1) return true
  // Consent given to a client does not extend to a program that may merely use its name.
  return (client.isPublic && !provesClient(ctx, request.redirectUri)) || !toGrantText(question).split(' ').every(isAgreed(agreed))
}

/**
 * What the page names as the place that the browser returns to. Nobody vouches for a client that registered itself: consent
 * given where the page named one place must not send a code to another.
 */
const placeOf = (redirectUri: string) => (redirectUri.startsWith('https://') ? new URL(redirectUri).host : redirectUri.split(':')[0])

/** Whether an item of a grant is within what a user has consented to, as stored. */
export function isAgreed(agreed: string): (item: string) => boolean {
  const [scopes, items] = [storedScopes(agreed), agreed.split(' ')]
  return (item) => (isScope(item) ? coveredBy(scopes, item) : items.includes(item) || isClaimWithin(items, item))
}

/**
 * A first-party client, and certainly no impostor: users are not asked. Administrators are, each time: opening a link
 * must not give away their power over others.
 */
function isTrusted(ctx: Ctx, { client, request, scopes }: Pick<ConsentQuestion, 'client' | 'request' | 'scopes'>): boolean {
  return client.isFirstParty && powersOf(scopes).length === 0 && provesClient(ctx, request.redirectUri)
}

/**
 * RFC 9700 §4.16.1, RFC 8252 §8.6: consent is skipped only if the redirect URI proves whose client it is. Any program
 * on the machine can listen on loopback, so loopback counts only on developers' machines.
 */
function provesClient(ctx: Ctx, redirectUri: string): boolean {
  return redirectUri.startsWith('https://') || (ctx.config.environment !== 'production' && isLoopbackRedirectUri(redirectUri))
}

export interface CodeGrant extends Granted {
  readonly client: Client
  readonly request: AuthorizationRequest
  readonly principal: UserPrincipal
}

interface Alongside {
  /** What must hold besides the session. */
  readonly condition?: Fragment
  /** What is written in the same batch. */
  readonly writes?: (codeHash: string) => Statement<unknown>[]
}

/** Commits a code where `condition` holds, with the other writes in the same batch. */
export async function issueCode(
  ctx: Ctx,
  grant: CodeGrant,
  { condition = always, writes = () => [] }: Alongside = {},
): Promise<AuthorizationResponse> {
  const { client, request, principal } = grant
  const now = ctx.now()
  const code = randomToken()
  const codeHash = sha256(code)
  const row = {
    codeHash,
    clientId: client.id,
    userId: principal.userId,
    redirectUri: request.redirectUri,
    codeChallenge: request.codeChallenge ?? null,
    scope: toGrantText(grant),
    nonce: request.nonce ?? null,
    dpopJkt: request.dpopJkt ?? null,
    browserSessionId: principal.sessionId,
    createdAt: now,
    expiresAt: now + Math.min(ctx.config.lifetimes.authorizationCodeMs, isFapi(client) ? FAPI_CODE_MS : Number.POSITIVE_INFINITY),
  }
  // The session, or the consent, may have ended since the gate, or the gate may have read a replica.
  if (!(await ctx.db.commit([insertAuthorizationCode(row, condition), ...writes(codeHash)], codeExists(codeHash)))) throw loginRequired()
  return toAuthorizationResponse(ctx, request, { code })
}

export function loginRequired(): AppError {
  return new AppError('login_required', 'The user is not signed in')
}
