/** User sessions: how one starts, is listed, and ends (design §2). Challenges for a second factor are in `sign-in.ts`. */
import { randomToken, sha256 } from '../../crypto.ts'
import { idAt, type SessionId, type UserId } from '../../ids.ts'
import { always, type Fragment, idOf, type Statement } from '../../store/db/database.ts'
import {
  endOldestBrowserSessions,
  endPresentedSession,
  endSession,
  insertSession,
  listLiveSessions,
  moveGrants,
  type SessionListRow,
  wasEnded,
} from '../../store/db/sessions.ts'
import { raiseEpoch, touchLastSeen } from '../../store/db/users.ts'
import { getSessionDetails, putSessionDetail, type SessionDetail } from '../../store/kv/session-details.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate, OptionalGate } from '../gate.ts'
import { BROWSER_SESSIONS_MAX } from '../limits.ts'
import { type Listed, listed } from '../paging.ts'
import type { Claim, UserPrincipal } from '../principal.ts'
import { trimKnownNetworks } from './known-sources.ts'

/** A browser's session, with the secret that only its cookie holds. */
export interface BrowserSession {
  readonly id: SessionId
  readonly userId: UserId
  readonly secret: string
  readonly expiresAt: number
}

/** How a session starts: whose sign-in it was, and what must hold for it to be stored. */
export interface SessionStart {
  readonly userId: UserId
  readonly amr: readonly string[]
  /** The factor that completed a two-step sign-in. */
  readonly secondFactor: string | null
  readonly condition: Fragment
}

/**
 * What the built-in first-party client may do; the user's role caps it (design §5). `client:all` is for super_admins
 * alone: they create clients and machines, and nobody grants what they do not hold.
 */
const BROWSER_SCOPE = 'delegated:all admin:all client:all'

/**
 * A new browser session and the statements that store it where `condition`, which may use the alias `u` (the user),
 * holds. It exists once they are committed.
 */
export function newBrowserSession(
  ctx: Ctx,
  input: SessionStart & { authenticatedAt?: number },
): { session: BrowserSession; writes: Statement<unknown>[] } {
  const now = ctx.now()
  const session = {
    id: ctx.newId<SessionId>(),
    userId: input.userId,
    secret: randomToken(),
    expiresAt: now + ctx.config.lifetimes.sessionMs,
  }
  const row = {
    id: session.id,
    userId: input.userId,
    clientId: null,
    tokenHash: sha256(session.secret),
    scope: BROWSER_SCOPE,
    createdAt: now,
    expiresAt: session.expiresAt,
    idleExpiresAt: now + ctx.config.lifetimes.sessionIdleMs,
    authenticatedAt: input.authenticatedAt ?? now,
    amr: input.amr.join(' '),
    secondFactor: input.secondFactor,
  }
  return {
    session,
    writes: [insertSession(row, input.condition)],
  }
}

/**
 * After the reply that started a session: stores where it came from, for display, and ends the oldest of too many. If
 * this is lost, the next sign-in makes up for it.
 */
export function settleSession(ctx: Ctx, session: BrowserSession, userAgent: string): void {
  const detail = { userAgent, place: ctx.caller.place, expiresAt: session.expiresAt }
  const now = ctx.now()
  ctx.defer(() => putSessionDetail(ctx.kv, session.id, detail, now))
  ctx.defer(() =>
    ctx.db.batch([
      endOldestBrowserSessions(session.userId, BROWSER_SESSIONS_MAX, now),
      touchLastSeen(session.userId, now, always),
      trimKnownNetworks(session.userId),
    ]),
  )
}

/** A browser that signs in again leaves its old session (ASVS 7.2.4): statements after those of the new one. */
export function leavePresentedSession(ctx: Ctx, presented: Claim | null, next: SessionId): Statement<void>[] {
  if (presented?.kind !== 'browser') return []
  const old = { id: presented.sessionId, tokenHash: sha256(presented.secret) }
  return [moveGrants(old, next), endPresentedSession({ ...old, now: ctx.now() })]
}

export interface ListedSession extends SessionListRow {
  readonly current: boolean
  readonly detail: SessionDetail | null
}

/** The caller's live sessions, newest first. `after` is the id of the previous page's last entry, or a time. */
export async function listSessions(ctx: Ctx, gate: Gate, page: { limit: number; before: number | null }): Promise<Listed<ListedSession>> {
  const now = ctx.now()
  const before = page.before ?? idAt(now + 60_000)
  const { principal, reads } = await gate(({ userId }) => [listLiveSessions({ userId, before, limit: page.limit + 1, now })])
  const { records, next } = listed(reads[0], page.limit)
  return { records: await withDetails(ctx, records, principal.sessionId), next }
}

/** Rows with device and place, for browser sessions. */
export async function withDetails(ctx: Ctx, rows: readonly SessionListRow[], current: SessionId | null): Promise<ListedSession[]> {
  const ofBrowsers = rows.filter(({ clientId }) => clientId === null).map(({ id }) => id)
  const details = await getSessionDetails(ctx.kv, ofBrowsers, ctx.now())
  return rows.map((row) => ({ ...row, current: row.id === current, detail: details.get(row.id) ?? null }))
}

/** Ends one of the caller's own sessions. Another user's is not found, like a missing one. */
export async function revokeSession(ctx: Ctx, gate: Gate, id: SessionId): Promise<void> {
  const { principal } = await gate()
  const userId = principal.userId
  const now = ctx.now()
  const [ended] = await ctx.db.batch([
    endSession({ id, userId, now }),
    audit(ctx, { type: 'session_revoked', userId, sessionId: id, condition: wasEnded(id, now) }),
  ])
  if (!ended) throw new AppError('not_found')
}

/** Signs the caller out. No-op without a live session. */
export async function signOut(ctx: Ctx, gate: OptionalGate): Promise<void> {
  const { principal } = await gate()
  if (principal) await ctx.db.batch(endOwnSession(ctx, principal))
}

/** The statements that end the session of this request. */
export function endOwnSession(ctx: Ctx, { userId, sessionId }: UserPrincipal): Statement<unknown>[] {
  const now = ctx.now()
  return [
    endSession({ id: sessionId, userId, now }),
    audit(ctx, { type: 'signed_out', userId, sessionId, condition: wasEnded(sessionId, now) }),
  ]
}

/** Invalidates every session, access and refresh token, code and pending log-in of the caller, before it returns. */
export async function signOutEverywhere(ctx: Ctx, gate: Gate): Promise<void> {
  const { principal } = await gate()
  const { userId } = principal
  await ctx.db.batch([raiseEpoch(idOf(userId), ctx.now()), audit(ctx, { type: 'signed_out_everywhere', userId, condition: always })])
}
