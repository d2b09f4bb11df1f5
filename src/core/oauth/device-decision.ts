/**
 * What a signed-in person decides about a device's request (RFC 8628 §3.3): they enter its short code, see who asks for
 * what and from where, and answer. The code may have come from a stranger (§5.4), so opening a link decides nothing.
 */
import type { AnyId, UserId } from '../../ids.ts'
import { type Attempt, countAttempt, findCounter, justCounted, takeBackAttempt, wasCounted } from '../../store/db/attempt-counters.ts'
import { addConsent } from '../../store/db/consents.ts'
import { both } from '../../store/db/database.ts'
import {
  allowDevice,
  denyDevice,
  findClientOfDevice,
  findDeviceDecision,
  findOpenDeviceCode,
  isDeviceCodeOpen,
  type OpenDeviceCode,
  wasDeviceAllowed,
} from '../../store/db/device-codes.ts'
import type { UserRow } from '../../store/db/users.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { OptionalGate } from '../gate.ts'
import { PAGE_TICKET_MS } from '../limits.ts'
import type { UserPrincipal } from '../principal.ts'
import { rateLimited } from '../sessions/password-attempts.ts'
import { type Granted, grantedBy, narrowedGrant, toGrantText, toRows } from './api-grants.ts'
import { toApi } from './apis.ts'
import { isBrowser } from './authorize.ts'
import { type Client, DEVICE_GRANT, toClient } from './clients.ts'
import type { AskingClient } from './consents.ts'
import { readUserCode, userCodeHash } from './device-code.ts'
import { type GrantLifetime, grantLifetime } from './grant-session.ts'
import { claimsOfDevice } from './granted-claims.ts'
import { DEVICE_CODE_TRIES, DEVICE_CODE_WINDOW_MS } from './limits.ts'
import { inWords, type ScopeInWords } from './scope-words.ts'
import { issueTicket, readTicket } from './tickets.ts'

/** What the page shows. */
export interface DeviceQuestion {
  readonly userCode: string
  readonly client: AskingClient
  readonly scopes: readonly ScopeInWords[]
  readonly lifetime: GrantLifetime
  readonly user: UserRow
  /** Of the device, as it says itself. */
  readonly userAgent: string
  readonly place: string
  readonly askedAt: number
  /** Returned with the answer. */
  readonly ticket: string
}

/** Throws `code_invalid` for a code that is wrong, decided or expired; `rate_limited` after too many wrong ones. Two round trips. */
export async function describeDevice(ctx: Ctx, gate: OptionalGate, typed: string): Promise<DeviceQuestion> {
  const { request, client, granted, principal, user, userCode } = await question(ctx, gate, typed)
  return {
    userCode,
    client,
    scopes: inWords(toGrantText(granted).split(' '), toRows(request.apis).map(toApi)),
    lifetime: grantLifetime(ctx.config, client),
    user,
    userAgent: request.userAgent,
    place: request.place,
    askedAt: request.createdAt,
    ticket: issueTicket(ctx, 'device', subjectOf(principal, request, granted)),
  }
}

/** One answer counts; a later one, or one for a page that was never shown, is refused. */
export async function decideDevice(
  ctx: Ctx,
  gate: OptionalGate,
  answer: { readonly userCode: string; readonly ticket: string; readonly allow: boolean },
): Promise<{ readonly client: string }> {
  const { request, client, granted, principal } = await question(ctx, gate, answer.userCode)
  const about = subjectOf(principal, request, granted)
  if (readTicket(ctx, 'device', answer.ticket, { about, lifeMs: PAGE_TICKET_MS }) === null) {
    throw new AppError('cross_site_request', 'This page has expired: start again')
  }
  const { userId, sessionId } = principal
  const decision = { deviceHash: request.deviceHash, userId, browserSessionId: sessionId, now: ctx.now() }
  const condition = wasDeviceAllowed(decision)
  const scope = toGrantText(granted)
  const allowed = [
    allowDevice({ ...decision, scope }),
    addConsent({ userId, clientId: client.id, scopes: scope.split(' '), now: ctx.now() }, condition),
    audit(ctx, { type: 'consent_given', userId, sessionId, clientId: client.id, detail: scope, condition }),
  ]
  const decided = await ctx.db.commit(answer.allow ? allowed : [denyDevice(decision)], findDeviceDecision(request.deviceHash))
  if (decided?.browserSessionId !== sessionId || (decided.userId !== null) !== answer.allow) throw codeInvalid()
  return { client: client.name }
}

interface Question {
  readonly userCode: string
  readonly request: OpenDeviceCode
  readonly client: Client
  readonly granted: Granted
  readonly principal: UserPrincipal
  readonly user: UserRow
}

async function question(ctx: Ctx, gate: OptionalGate, typed: string): Promise<Question> {
  const userCode = readUserCode(typed)
  const { principal, user } = await gate()
  if (!isBrowser(principal) || !user) throw new AppError('unauthenticated')
  if (userCode === null) throw codeInvalid()
  const attempt = guess(ctx, principal.userId)
  const now = ctx.now()
  const userHash = userCodeHash(userCode)
  const isRight = both(wasCounted(attempt), isDeviceCodeOpen(userHash, now))
  const [counted, request, , clientRow] = await ctx.db.batch([
    countAttempt(attempt),
    findOpenDeviceCode(userHash, now, justCounted),
    takeBackAttempt(attempt.key, isRight),
    findClientOfDevice(userHash, now),
  ])
  if (!counted) throw rateLimited(ctx, await ctx.db.one(findCounter(attempt.key)))
  const client = toClient(clientRow)
  if (!request || !client?.grantTypes.includes(DEVICE_GRANT)) throw codeInvalid()
  const narrowed = narrowedGrant(client, request)
  const granted = grantedBy({ ...narrowed, claims: claimsOfDevice(client, narrowed.scopes) }, principal.scopes)
  return { userCode, request, client, granted, principal, user }
}

/** Counted before it is checked, and taken back if it was right. */
function guess(ctx: Ctx, userId: UserId): Attempt {
  return {
    key: `device-codes:${userId}`,
    limit: DEVICE_CODE_TRIES,
    windowMs: DEVICE_CODE_WINDOW_MS,
    pauseMs: 0,
    stamp: ctx.newId<AnyId>(),
    now: ctx.now(),
  }
}

function subjectOf(principal: UserPrincipal, request: OpenDeviceCode, granted: Granted): string[] {
  return [String(principal.sessionId), request.deviceHash, toGrantText(granted)]
}

function codeInvalid(): AppError {
  return new AppError('code_invalid', 'The code is wrong, already used or expired')
}
