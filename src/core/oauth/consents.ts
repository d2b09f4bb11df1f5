/**
 * Consent (OpenID Connect Core §3.1.2.4, RFC 9700 §4.16): what a user is asked on behalf of a client, and the effect of
 * the answer. A ticket proves that this session was shown this question within the last minutes, so no answer counts
 * for a page that the user never saw.
 */
import type { UserId } from '../../ids.ts'
import type { ApiRow } from '../../store/db/apis.ts'
import { codeWasMade } from '../../store/db/authorization-codes.ts'
import { addConsent, findConsent } from '../../store/db/consents.ts'
import { findClient } from '../../store/db/oauth-clients.ts'
import { findUser, type UserRow } from '../../store/db/users.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { OptionalGate } from '../gate.ts'
import { PAGE_TICKET_MS } from '../limits.ts'
import { apiReads, grantedBy, toGrantText } from './api-grants.ts'
import { toApi } from './apis.ts'
import type { AuthorizationRequest } from './authorization-request.ts'
import {
  type AuthorizationResponse,
  type CodeGrant,
  isAgreed,
  isBrowser,
  issueCode,
  loginRequired,
  redirecting,
  toAuthorizationResponse,
} from './authorize.ts'
import { ensureDocumentClient } from './client-documents.ts'
import type { Client } from './clients.ts'
import { type GrantLifetime, grantLifetime } from './grant-session.ts'
import { oncePerClaim } from './granted-claims.ts'
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
  const { grant, agreed, user, apis } = await question(ctx, gate, request)
  const { client } = grant
  const [before, after] = [isAgreed(agreed), (item: string) => !isAgreed(agreed)(item)]
  const items = oncePerClaim(toGrantText(grant).split(' '))
  const { id, username, displayName, givenName, familyName, email } = user
  return {
    client,
    redirectUri: request.redirectUri,
    user: { id, username, displayName, givenName, familyName, email },
    newScopes: inWords(items.filter(after), apis.map(toApi)),
    grantedScopes: inWords(items.filter(before), apis.map(toApi)),
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
  const { client, principal } = grant
  const { userId, sessionId } = principal
  const text = toGrantText(grant)
  if (!answer.allow) {
    return toAuthorizationResponse(ctx, request, { error: 'access_denied', error_description: 'The user denied access' })
  }
  return redirecting(request, () =>
    issueCode(ctx, grant, {
      writes: (codeHash) => {
        const condition = codeWasMade(codeHash)
        return [
          addConsent({ userId, clientId: client.id, scopes: text.split(' '), now: ctx.now() }, condition),
          audit(ctx, { type: 'consent_given', userId, sessionId, clientId: client.id, detail: text, condition }),
        ]
      },
    }),
  )
}

async function question(
  ctx: Ctx,
  gate: OptionalGate,
  request: AuthorizationRequest,
): Promise<{ grant: CodeGrant; agreed: string; user: UserRow; apis: readonly ApiRow[] }> {
  await ensureDocumentClient(ctx, request.clientId)
  const { principal, reads } = await gate((claimed) => [
    findClient(request.clientId),
    findConsent(claimed?.userId ?? null, request.clientId),
    findUser(claimed?.userId ?? (0 as UserId)),
    ...apiReads(request.resources),
  ])
  const client = judgeClient(reads[0], request)
  return redirecting(request, async () => {
    requireMarks(ctx, client, request)
    const judged = judgeRequest(ctx.config, client, request, reads[3])
    const user = reads[2]
    // A user who opens the page directly has not yet been through a sign-in that the client may require.
    if (!isBrowser(principal) || !user || (await needsSignIn(ctx, principal, { client, request, judged }))) throw loginRequired()
    const grant = { ...grantedBy(judged, principal.scopes), client, request, principal }
    return { grant, agreed: reads[1]?.scopes ?? '', user, apis: reads[3] ?? [] }
  })
}

function subjectOf(grant: CodeGrant): string[] {
  const { client, request, principal } = grant
  return [String(principal.sessionId), client.id, request.redirectUri, toGrantText(grant)]
}
