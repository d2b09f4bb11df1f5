/**
 * Consent (OpenID Connect Core §3.1.2.4, RFC 9700 §4.16): what a user is asked on behalf of a client, and the effect of
 * the answer. A ticket proves that this session was shown this question within the last minutes, so no answer counts
 * for a page that the user never saw.
 */
import type { UserId } from '../../ids.ts'
import { codeWasMade } from '../../store/db/authorization-codes.ts'
import { addConsent, findConsent } from '../../store/db/consents.ts'
import { findClient } from '../../store/db/oauth-clients.ts'
import { findUser, type UserRow } from '../../store/db/users.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { OptionalGate } from '../gate.ts'
import { PAGE_TICKET_MS } from '../limits.ts'
import { coveredBy, type Scope, storedScopes } from '../scopes.ts'
import type { AuthorizationRequest } from './authorization-request.ts'
import {
  type AuthorizationResponse,
  type CodeGrant,
  isBrowser,
  issueCode,
  loginRequired,
  redirecting,
  toAuthorizationResponse,
} from './authorize.ts'
import type { Client } from './clients.ts'
import { type GrantLifetime, grantLifetime } from './grant-session.ts'
import { grantedByPerson } from './granted-scopes.ts'
import { requireMarks } from './request-marks.ts'
import { judgeClient, judgeRequest } from './request-rules.ts'
import { inWords, type ScopeInWords } from './scope-words.ts'
import { needsSignIn } from './sign-in-rules.ts'
import { issueTicket, readTicket } from './tickets.ts'

/** Who asks. */
export type AskingClient = Pick<Client, 'id' | 'name' | 'source' | 'clientUri' | 'policyUri' | 'tosUri'>

/** What the page shows. */
export interface ConsentRequest {
  readonly client: AskingClient
  readonly redirectUri: string
  readonly user: Pick<UserRow, 'id' | 'username' | 'displayName' | 'givenName' | 'familyName' | 'email'>
  readonly newScopes: readonly ScopeInWords[]
  /** Those that the user has agreed to before. */
  readonly grantedScopes: readonly ScopeInWords[]
  readonly lifetime: GrantLifetime
  /** Returned with the answer. */
  readonly ticket: string
}

/** Throws `AuthorizationError`, or an `AppError` that must not be sent to the client. */
export async function describeConsent(ctx: Ctx, gate: OptionalGate, request: AuthorizationRequest): Promise<ConsentRequest> {
  const { grant, agreed, user } = await question(ctx, gate, request)
  const { client, scopes } = grant
  const isAgreed = (scope: Scope) => coveredBy(agreed, scope)
  const { id, username, displayName, givenName, familyName, email } = user
  return {
    client,
    redirectUri: request.redirectUri,
    user: { id, username, displayName, givenName, familyName, email },
    newScopes: inWords(scopes.filter((scope) => !isAgreed(scope))),
    grantedScopes: inWords(scopes.filter(isAgreed)),
    lifetime: grantLifetime(ctx.config, client),
    ticket: issueTicket(ctx, 'consent', subjectOf(grant)),
  }
}

/** The user's answer. A yes is stored and yields a code, in one batch; a no is reported to the client (RFC 6749 §4.1.2.1). */
export async function decideConsent(
  ctx: Ctx,
  gate: OptionalGate,
  request: AuthorizationRequest,
  answer: { readonly ticket: string; readonly allow: boolean },
): Promise<AuthorizationResponse> {
  const { grant } = await question(ctx, gate, request)
  if (readTicket(ctx, 'consent', answer.ticket, { about: subjectOf(grant), lifeMs: PAGE_TICKET_MS }) === null) {
    throw new AppError('cross_site_request', 'This page has expired: start again')
  }
  const { client, scopes, principal } = grant
  const { userId, sessionId } = principal
  if (!answer.allow) {
    return toAuthorizationResponse(ctx, request, { error: 'access_denied', error_description: 'The user denied access' })
  }
  return redirecting(request, () =>
    issueCode(ctx, grant, {
      writes: (codeHash) => {
        const condition = codeWasMade(codeHash)
        return [
          addConsent({ userId, clientId: client.id, scopes, now: ctx.now() }, condition),
          audit(ctx, { type: 'consent_given', userId, sessionId, clientId: client.id, detail: scopes.join(' '), condition }),
        ]
      },
    }),
  )
}

async function question(
  ctx: Ctx,
  gate: OptionalGate,
  request: AuthorizationRequest,
): Promise<{ grant: CodeGrant; agreed: Scope[]; user: UserRow }> {
  const { principal, reads } = await gate((claimed) => [
    findClient(request.clientId),
    findConsent(claimed?.userId ?? null, request.clientId),
    findUser(claimed?.userId ?? (0 as UserId)),
  ])
  const client = judgeClient(reads[0], request)
  return redirecting(request, async () => {
    requireMarks(ctx, client, request)
    const judged = judgeRequest(ctx.config, client, request)
    const user = reads[2]
    // A user who opens the page directly has not yet been through a sign-in that the client may require.
    if (!isBrowser(principal) || !user || (await needsSignIn(ctx, principal, request, judged))) throw loginRequired()
    const scopes = grantedByPerson(judged.scopes, principal.scopes)
    return { grant: { client, request, scopes, principal }, agreed: storedScopes(reads[1]?.scopes ?? ''), user }
  })
}

function subjectOf({ client, request, scopes, principal }: CodeGrant): string[] {
  return [String(principal.sessionId), client.id, request.redirectUri, scopes.join(' ')]
}
