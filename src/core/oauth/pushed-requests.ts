/**
 * Pushed authorization requests (RFC 9126): the client sends its request here, authenticated, and the browser brings
 * only a reference. It is used once, at the authorization endpoint.
 */
import { randomToken, sha256 } from '../../crypto.ts'
import type { AnyId } from '../../ids.ts'
import { claimPushedRequest, findClaimedRequest, findPushedRequest, insertPushedRequest } from '../../store/db/pushed-requests.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { apiReads } from './api-grants.ts'
import { type AuthorizationRequest, readAuthorizationQuery, toAuthorizationQuery, withoutTickets } from './authorization-request.ts'
import { proveClient } from './client-assertion.ts'
import type { ClientCredentials } from './client-authentication.ts'
import { ensureDocumentClient } from './client-documents.ts'
import { invalidProof, keyToBind } from './dpop.ts'
import { PUSHED_REQUEST_MS } from './limits.ts'
import { marked, requireSigned } from './request-marks.ts'
import { openRequestObject } from './request-objects.ts'
import { judgeClient, judgeRequest } from './request-rules.ts'

/** RFC 9126 §2.2. */
const PREFIX = 'urn:ietf:params:oauth:request_uri:'
/** The reason of its refusal, for pages: most often a page was reloaded. */
export const REQUEST_SPENT = 'request_spent'

/** Whether the request refers to a pushed one; any other `request_uri` is refused by `judgeRequest`. */
export function isReference({ requestUri }: AuthorizationRequest): boolean {
  return requestUri?.startsWith(PREFIX) === true
}

/**
 * Throws what the authorization endpoint would report about the request (§2.3). A DPoP proof stands for `dpop_jkt` (RFC 9449 §10.1).
 * Two round trips, and one more each for an assertion, a request object, and the APIs that an object names.
 */
export async function pushRequest(
  ctx: Ctx,
  credentials: ClientCredentials,
  sent: AuthorizationRequest,
): Promise<{ requestUri: string; expiresIn: number }> {
  await ensureDocumentClient(ctx, credentials.clientId, 'invalid_client')
  const { client, row, reads } = await proveClient(ctx, credentials, apiReads(sent.resources))
  if (sent.requestUri !== undefined) throw new AppError('invalid_request', 'request_uri must not be sent here')
  const own = withoutTickets({ ...sent, clientId: client.id })
  const opened = own.requestObject === undefined ? own : await openRequestObject(ctx, own)
  requireSigned(ctx, client, opened)
  const request = boundTo(ctx, opened, credentials.proof && keyToBind(client, credentials.proof))
  const [read] = apiReads(request.resources)
  const apis = opened === own || !read ? reads[0] : await ctx.db.one(read)
  judgeRequest(ctx.config, judgeClient(row, request), request, apis)
  const requestUri = `${PREFIX}${randomToken()}`
  const uriHash = sha256(requestUri)
  const { repeated: _, ...params } = request
  const expiresAt = ctx.now() + PUSHED_REQUEST_MS
  const write = insertPushedRequest({ uriHash, clientId: client.id, params: toAuthorizationQuery(params), expiresAt })
  await ctx.db.commit([write], findPushedRequest(uriHash))
  return { requestUri, expiresIn: PUSHED_REQUEST_MS / 1000 }
}

/** The request with the key that was proved. */
function boundTo(ctx: Ctx, request: AuthorizationRequest, jkt: string | null | undefined): AuthorizationRequest {
  if (jkt == null || jkt === request.dpopJkt) return request
  if (request.dpopJkt !== undefined) throw invalidProof('The dpop_jkt is that of another key')
  const bound = { ...request, dpopJkt: jkt }
  return request.signed === undefined ? bound : marked(ctx, bound, 'signed')
}

/**
 * The request behind a reference, with its ticket; what else the browser sent is ignored (RFC 9101 §5). Throws
 * `invalid_request`, for the user, if it is unknown, used, expired or another client's. One round trip.
 */
export async function takePushedRequest(ctx: Ctx, { clientId, requestUri = '' }: AuthorizationRequest): Promise<AuthorizationRequest> {
  const uriHash = sha256(requestUri)
  const claimedBy = ctx.newId<AnyId>()
  const claim = claimPushedRequest({ uriHash, clientId, claimedBy, now: ctx.now() })
  const claimed = await ctx.db.commit([claim], findClaimedRequest(uriHash, claimedBy))
  if (!claimed) throw new AppError('invalid_request', 'The request_uri is unknown, already used or expired', { reason: REQUEST_SPENT })
  const request = readAuthorizationQuery(claimed.params)
  return marked(ctx, request, 'pushed')
}
