/**
 * RP-Initiated Logout 1.0: a client sends the browser here to be signed out. An ID token of the signed-in user is proof
 * enough that the client may ask; without one, the user is asked. The browser is redirected only to a URI registered
 * for the client (§3), compared like redirect URIs.
 */
import { fromHex, type SessionId, toHex } from '../../ids.ts'
import { type FrontchannelGrant, listFrontchannelGrants } from '../../store/db/logout-notices.ts'
import { findClient } from '../../store/db/oauth-clients.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { OptionalGate } from '../gate.ts'
import { PAGE_TICKET_MS } from '../limits.ts'
import type { UserPrincipal } from '../principal.ts'
import { endOwnSession } from '../sessions/sessions.ts'
import { type Client, toClient } from './clients.ts'
import { type IdTokenHint, readAudience, readIdTokenHint } from './id-token.ts'
import { appendToRedirectUri, compareUris, isRegisteredRedirectUri } from './redirect-uri.ts'
import { issueTicket, readTicket } from './tickets.ts'

const PARAMETERS = {
  id_token_hint: 'idTokenHint',
  client_id: 'clientId',
  post_logout_redirect_uri: 'postLogoutRedirectUri',
  state: 'state',
  ui_locales: 'uiLocales',
  /** Our own: proof that a session has just been ended. */
  ended: 'ended',
} as const

const GRANTS_LOOKED_AT = 50

/** §2. `logout_hint` is ignored. */
export type LogoutRequest = { readonly [F in (typeof PARAMETERS)[keyof typeof PARAMETERS]]?: string | undefined }

export function readLogoutRequest(params: Readonly<Record<string, unknown>>): LogoutRequest {
  const pairs = Object.entries(PARAMETERS).map(([name, field]) => [field, params[name]])
  return Object.fromEntries(pairs.filter(([, value]) => typeof value === 'string' && value !== ''))
}

export function toLogoutQuery(request: LogoutRequest): string {
  return new URLSearchParams(
    Object.entries(PARAMETERS).flatMap(([name, field]) => (request[field] === undefined ? [] : [[name, request[field]]])),
  ).toString()
}

export interface SignedOut {
  /** Where the client wants the browser; null if it did not say. */
  readonly location: string | null
  /** The query of the page that tells clients in frames before the browser goes on; null if there are none to tell. */
  readonly frames: string | null
}

export type LogoutOutcome = ({ readonly kind: 'signed_out' } & SignedOut) | { readonly kind: 'confirmation_required' }

/** Throws an `AppError`, which is for the user and never for the client. */
export async function judgeLogout(ctx: Ctx, gate: OptionalGate, request: LogoutRequest): Promise<LogoutOutcome> {
  const { principal, hint, location, clientId } = await read(ctx, gate, request)
  if (principal && hint?.userId !== principal.userId) return { kind: 'confirmation_required' }
  return { kind: 'signed_out', location, frames: principal && (await signOut(ctx, principal, { ...request, clientId })) }
}

/** What the confirmation page shows. */
export interface LogoutQuestion {
  /** The client, if the request names it. */
  readonly client: { readonly id: string; readonly name: string } | null
  /** Null if nobody is signed in: there is nothing to ask. */
  readonly ticket: string | null
  readonly location: string | null
  /** Once signed out: the pages of clients to be loaded in frames. */
  readonly frames: readonly string[]
}

export async function describeLogout(ctx: Ctx, gate: OptionalGate, request: LogoutRequest): Promise<LogoutQuestion> {
  const { principal, client, location, frames } = await read(ctx, gate, request)
  return {
    frames,
    client: client && { id: client.id, name: client.name },
    ticket: principal && issueTicket(ctx, 'sign-out', [String(principal.sessionId)]),
    location,
  }
}

/** The user agreed. Returns the redirect; null if the request has none. */
export async function performLogout(
  ctx: Ctx,
  gate: OptionalGate,
  request: LogoutRequest,
  answer: { readonly ticket: string },
): Promise<SignedOut> {
  const { principal, location, clientId } = await read(ctx, gate, request)
  if (!principal) return { location, frames: null }
  const about = [String(principal.sessionId)]
  if (readTicket(ctx, 'sign-out', answer.ticket, { about, lifeMs: PAGE_TICKET_MS }) === null) {
    throw new AppError('cross_site_request', 'This page has expired: start again')
  }
  return { location, frames: await signOut(ctx, principal, { ...request, clientId }) }
}

/** Ends the session. Returns the query of the page with frames. One round trip. */
async function signOut(ctx: Ctx, principal: UserPrincipal, request: LogoutRequest): Promise<string | null> {
  const { sessionId } = principal
  const results = await ctx.db.batch([...endOwnSession(ctx, principal), listFrontchannelGrants(sessionId, 1)])
  if ((results.at(-1) as unknown[]).length === 0) return null
  const { clientId, postLogoutRedirectUri, state } = request
  const ended = `${toHex(sessionId)}.${issueTicket(ctx, 'signed-out', [String(sessionId)])}`
  return toLogoutQuery({ clientId, postLogoutRedirectUri, state, ended })
}

interface ReadLogout {
  readonly principal: UserPrincipal | null
  readonly hint: IdTokenHint | null
  readonly clientId: string | undefined
  readonly client: Client | null
  readonly location: string | null
  readonly frames: readonly string[]
}

async function read(ctx: Ctx, gate: OptionalGate, request: LogoutRequest): Promise<ReadLogout> {
  const hint = request.idTokenHint === undefined ? null : await readIdTokenHint(ctx, request.idTokenHint)
  // A token that can no longer be verified, because keys have changed, proves nothing. It still tells which client to
  // look up, as client_id would, and the browser is redirected only to registered URIs.
  const clientId = request.clientId ?? hint?.clientId ?? (request.idTokenHint && readAudience(request.idTokenHint))
  const ended = endedSessionOf(ctx, request)
  const { principal, reads } = await gate(() => [
    findClient(clientId ?? ''),
    ...(ended === null ? [] : [listFrontchannelGrants(ended, GRANTS_LOOKED_AT)]),
  ])
  const client = toClient(reads[0])
  // §2: the client of the request and of the token must be the same.
  if (hint && clientId !== hint.clientId) throw new AppError('invalid_request', 'The id_token_hint belongs to another client')
  const browser = principal?.clientId === null ? principal : null
  const frames = framesOf(ctx, reads[1] ?? [])
  return { principal: browser, hint, clientId, client, location: locationOf(clientId, client, request), frames }
}

/** The session that has just been ended, by the ticket of `signOut`. */
function endedSessionOf(ctx: Ctx, { ended }: LogoutRequest): SessionId | null {
  const [, hex = '', ticket = ''] = /^([0-9a-f]{24})\.(.+)$/.exec(ended ?? '') ?? []
  const id = fromHex<SessionId>(hex)
  return id !== null && readTicket(ctx, 'signed-out', ticket, { about: [String(id)], lifeMs: PAGE_TICKET_MS }) !== null ? id : null
}

/** Front-Channel Logout 1.0 §2. Each client is told of its newest grant, which is what its cookie in this browser is about. */
function framesOf(ctx: Ctx, grants: readonly FrontchannelGrant[]): string[] {
  const newest = grants.filter(({ clientId }, index) => grants.findIndex((other) => other.clientId === clientId) === index)
  return newest.map(({ uri, sessionId }) => appendToRedirectUri(uri, { iss: ctx.config.origin, sid: toHex(sessionId) }))
}

function locationOf(clientId: string | undefined, client: Client | null, request: LogoutRequest): string | null {
  const { postLogoutRedirectUri: uri, state } = request
  if (uri === undefined) return null
  if (clientId === undefined) throw new AppError('invalid_request', 'With post_logout_redirect_uri, send client_id or an id_token_hint')
  if (!client) throw new AppError('invalid_request', 'The client is unknown')
  if (!isRegisteredRedirectUri(client.postLogoutRedirectUris, uri, { nativeDevelopment: client.isNativeDevelopment })) {
    const hint = compareUris(uri, client.postLogoutRedirectUris)
    throw new AppError('invalid_request', 'The post_logout_redirect_uri is not registered for the client', { hint })
  }
  return state === undefined ? uri : appendToRedirectUri(uri, { state })
}
