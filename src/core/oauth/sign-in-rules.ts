/**
 * Whether a user has to sign in, or sign in again, before an authorization request is answered (OpenID Connect Core
 * §3.1.2.1 and §3.1.2.3: `prompt`, `max_age`, `acr_values`, `id_token_hint`, and `claims` with values of `sub`). A forced sign-in is requested once: the
 * returning request carries a ticket with the time of that, and a later sign-in satisfies it, unless it has become older than
 * `max_age` since. If that sign-in is weaker than `acr_values` require, the client is told so (RFC 9470 §5, decision 032).
 */
import { sha256 } from '../../crypto.ts'
import { isAsStrongAs } from '../authentication-methods.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { UNVERIFIED_ACCOUNT_MS } from '../limits.ts'
import type { UserPrincipal } from '../principal.ts'
import { type AuthorizationRequest, toAuthorizationQuery } from './authorization-request.ts'
import type { Client } from './clients.ts'
import { readIdTokenHint } from './id-token.ts'
import { MAX_AGE_MS_MIN, REAUTHENTICATION_MS } from './limits.ts'
import type { Judged } from './request-rules.ts'
import { subjectFor } from './subjects.ts'
import { issueTicket, readTicket } from './tickets.ts'

/** In place of a ticket: the user goes back to the app without the sign-in that it requires. */
export const DECLINED = 'declined'

interface Asked {
  readonly client: Client
  readonly request: AuthorizationRequest
  readonly judged: Judged
}

/** The request to return with after a sign-in; null if the current sign-in suffices. */
export async function needsSignIn(
  ctx: Ctx,
  principal: UserPrincipal | null,
  { client, request, judged }: Asked,
): Promise<{ readonly request: AuthorizationRequest } | null> {
  const isSilent = judged.prompts.has('none')
  const isWanted = await isWantedPerson(ctx, principal, { client, request, judged })
  const askedAt = readAskedAt(ctx, request, judged.prompts.has('create') ? UNVERIFIED_ACCOUNT_MS : REAUTHENTICATION_MS)
  const isAskedAndSignedIn = principal !== null && askedAt !== null && principal.authenticatedAt > askedAt
  const isSignedInAnew = isAskedAndSignedIn && isNewEnough(ctx, principal, judged)
  const isStrong = judged.acr === null || (principal !== null && isAsStrongAs(judged.acr, principal.amr))
  if (principal && isWanted && isStrong && (isSignedInAnew || !isSignInForced(ctx, principal, judged))) return null
  if (isSilent) throw loginRequired()
  if (judged.acr !== null && request.reauthentication === DECLINED) throw unmet()
  if (isSignedInAnew && isWanted) throw unmet()
  // Signed in as requested, but not as the user that the client expects: asking again would loop.
  if (isSignedInAnew) throw loginRequired()
  return { request: askedAt === null || isAskedAndSignedIn ? { ...request, reauthentication: askNow(ctx, request) } : request }
}

/** Whether a sign-in that was asked for still satisfies `max_age`. */
function isNewEnough(ctx: Ctx, principal: UserPrincipal, { maxAgeMs }: Judged): boolean {
  return maxAgeMs === null || ctx.now() - principal.authenticatedAt <= Math.max(maxAgeMs, MAX_AGE_MS_MIN)
}

function isSignInForced(ctx: Ctx, principal: UserPrincipal, { prompts, maxAgeMs }: Judged): boolean {
  if (prompts.has('login') || prompts.has('select_account') || prompts.has('create')) return true
  return maxAgeMs !== null && ctx.now() - principal.authenticatedAt > maxAgeMs
}

/**
 * A hint that is not one of our tokens names nobody: it neither blocks a user who is asked nor admits one unasked. Subjects are
 * compared as the client knows them: it must not learn whose another client's are.
 */
async function isWantedPerson(ctx: Ctx, principal: UserPrincipal | null, { client, request, judged }: Asked): Promise<boolean> {
  const { idTokenHint } = request
  if (!principal || (idTokenHint === undefined && judged.subjects.length === 0)) return true
  const subject = subjectFor(ctx.config, client, principal.userId)
  if (!judged.subjects.every((wanted) => wanted.includes(subject))) return false
  if (idTokenHint === undefined) return true
  const hint = await readIdTokenHint(ctx, idTokenHint)
  return hint ? hint.subject === subject : !judged.prompts.has('none')
}

/** The ticket is bound to this very request, whose challenge and nonce are new each time: no other can borrow it. */
function subjectOf(request: AuthorizationRequest): string[] {
  // The language of the pages may change meanwhile.
  return [sha256(toAuthorizationQuery({ ...request, reauthentication: undefined, uiLocales: undefined }))]
}

function askNow(ctx: Ctx, request: AuthorizationRequest): string {
  return issueTicket(ctx, 'reauthentication', subjectOf(request))
}

/** A user who creates an account first gets as long as an address may stay unverified. */
function readAskedAt(ctx: Ctx, request: AuthorizationRequest, lifeMs: number): number | null {
  if (request.reauthentication === undefined) return null
  return readTicket(ctx, 'reauthentication', request.reauthentication, { about: subjectOf(request), lifeMs })
}

function unmet(): AppError {
  return new AppError('unmet_authentication_requirements', 'The user did not sign in as acr_values require')
}

function loginRequired(): AppError {
  return new AppError('login_required', 'The user is not signed in as the client requires')
}
