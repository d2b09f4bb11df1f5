/**
 * How an authorization request came: pushed (RFC 9126), or signed by the client (RFC 9101). While the user signs in and
 * consents, it goes through the browser like any other, with a ticket for each that no other request has: so its
 * parameters stay as they came.
 */
import { sha256 } from '../../crypto.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { type AuthorizationRequest, toTicketText } from './authorization-request.ts'
import type { Client } from './clients.ts'
import { MARKED_REQUEST_MS } from './limits.ts'
import { issueTicket, readTicket } from './tickets.ts'

const PURPOSES = { pushed: 'pushed-request', signed: 'signed-request' } as const
type Mark = keyof typeof PURPOSES

export function marked(ctx: Ctx, request: AuthorizationRequest, mark: Mark): AuthorizationRequest {
  return { ...request, [mark]: issueTicket(ctx, PURPOSES[mark], subjectOf(request)) }
}

/** Throws if the client must push or sign its requests, and this one was not, or has been changed since. */
export function requireMarks(ctx: Ctx, client: Client, request: AuthorizationRequest): void {
  if (client.requiresPushedRequests && !isMarked(ctx, request, 'pushed'))
    throw new AppError('invalid_request', 'This client must push its authorization requests')
  requireSigned(ctx, client, request)
}

/** RFC 9101 §10.5. */
export function requireSigned(ctx: Ctx, client: Client, request: AuthorizationRequest): void {
  if (client.requiresSignedRequests && !isMarked(ctx, request, 'signed'))
    throw new AppError('invalid_request', 'This client must send its authorization requests as signed request objects')
}

function isMarked(ctx: Ctx, request: AuthorizationRequest, mark: Mark): boolean {
  const options = { about: subjectOf(request), lifeMs: MARKED_REQUEST_MS }
  return readTicket(ctx, PURPOSES[mark], request[mark] ?? '', options) !== null
}

function subjectOf(request: AuthorizationRequest): string[] {
  return [sha256(toTicketText(request))]
}
