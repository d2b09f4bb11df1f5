/** How support starts and ends a look at somebody's account (docs/decisions/050). */
import { randomToken, sha256 } from '../../crypto.ts'
import type { AuditEventId, SessionId, UserId } from '../../ids.ts'
import { findTarget, isBelow } from '../../store/db/admin-users.ts'
import { wasRecorded } from '../../store/db/audit-events.ts'
import { both } from '../../store/db/database.ts'
import { endOtherImpersonations } from '../../store/db/impersonations.ts'
import { listFactors } from '../../store/db/second-factors.ts'
import { endSession, insertSession, isSessionLive, sessionExists, sessionWasMade, wasEnded } from '../../store/db/sessions.ts'
import { deliverLater, mailNotice } from '../accounts/mail.ts'
import { audit } from '../audit.ts'
import { isMultiFactor } from '../authentication-methods.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import { type ImpersonationKind, mayImpersonate, scopesOfImpersonation } from '../impersonation.ts'
import { isInForce } from '../in-force.ts'
import { MINUTE_MS } from '../limits.ts'
import type { UserPrincipal } from '../principal.ts'
import { storedScopes } from '../scopes.ts'
import type { BrowserSession } from '../sessions/sessions.ts'
import { requireAdministrator } from './administrators.ts'
import { judgeTarget } from './moderation.ts'
import { rankError } from './rank.ts'

const IMPERSONATION_MS = 15 * MINUTE_MS

export interface ImpersonationStart {
  readonly userId: UserId
  readonly kind: ImpersonationKind
  readonly reason: string
}

/** Whom it would be about; throws what a start would. */
export async function describeImpersonation(ctx: Ctx, gate: Gate, userId: UserId) {
  const { principal, target } = await judgeStart(ctx, gate, { userId, kind: 'read' })
  const standing = { ranking: target.ranking, scopes: storedScopes(target.roleScopes) }
  return { username: target.username, mayWrite: mayImpersonate(principal, 'write', standing) }
}

/** A session of the person's, for 15 minutes. Of one session of an administrator there is one at a time: the newest. */
export async function startImpersonation(ctx: Ctx, gate: Gate, start: ImpersonationStart): Promise<BrowserSession> {
  const { userId, kind, reason } = start
  const { principal } = await judgeStart(ctx, gate, start)
  const now = ctx.now()
  const session = { id: ctx.newId<SessionId>(), userId, secret: randomToken(), expiresAt: now + IMPERSONATION_MS }
  const eventId = ctx.newId<AuditEventId>()
  const own = { id: principal.sessionId, userId: principal.userId, now }
  const condition = both(isBelow(userId, principal.ranking), isSessionLive(own))
  const made = sessionWasMade(session.id)
  const notice = mailNotice(ctx, { kind: 'impersonation_started', user: userId, params: {}, condition: made, isByAnother: true })
  const row = {
    id: session.id,
    userId,
    clientId: null,
    tokenHash: sha256(session.secret),
    scope: scopesOfImpersonation(kind).join(' '),
    createdAt: now,
    expiresAt: session.expiresAt,
    idleExpiresAt: session.expiresAt,
    // Nobody has signed in: it is never fresh.
    authenticatedAt: 0,
    amr: '',
    secondFactor: null,
    browserSessionId: principal.sessionId,
    impersonatorId: principal.userId,
    impersonation: kind,
  }
  const event = { id: eventId, type: 'impersonation_started', userId, actorId: principal.userId, sessionId: session.id } as const
  const stored = await ctx.db.commit(
    [
      audit(ctx, { ...event, detail: `${kind}: ${reason}`, condition }),
      insertSession(row, wasRecorded(eventId)),
      endOtherImpersonations({ browserSessionId: principal.sessionId, keep: session.id, now }, made),
      notice.write,
    ],
    sessionExists(session.id),
  )
  // Promoted, or signed out, meanwhile.
  if (!stored) throw rankError()
  deliverLater(ctx, notice.mailId)
  return session
}

/** Returns whose account it was; null if this is no such session. */
export async function leaveImpersonation(ctx: Ctx, gate: Gate): Promise<UserId | null> {
  const { principal } = await gate()
  const { userId, sessionId, impersonation } = principal
  if (!impersonation) return null
  const now = ctx.now()
  const condition = wasEnded(sessionId, now)
  await ctx.db.batch([
    endSession({ id: sessionId, userId, now }),
    audit(ctx, { type: 'impersonation_ended', userId, actorId: impersonation.by, sessionId, condition }),
  ])
  return userId
}

/** In the browser itself, just signed in with two factors; somebody below in rank and powers, who could sign in. */
async function judgeStart(ctx: Ctx, gate: Gate, { userId, kind }: Pick<ImpersonationStart, 'userId' | 'kind'>) {
  const { principal, reads } = await gate((own) => [findTarget(userId), listFactors(own.userId)])
  requireAdministrator(ctx, principal, reads[1])
  requireTwoFactors(principal)
  const target = judgeTarget(principal, reads[0], 'This is your own account')
  if (!mayImpersonate(principal, kind, { ranking: target.ranking, scopes: storedScopes(target.roleScopes) })) {
    throw new AppError('forbidden', 'You do not have the scopes for this', { reason: 'scope' })
  }
  if (target.deletedAt !== null || isInForce(target.bannedAt, target.bannedUntil, ctx.now())) {
    throw new AppError('invalid_request', 'The account is banned or deleted', { reason: 'account_closed' })
  }
  return { principal, target }
}

/** Whoever has no second factor cannot prove one. */
function requireTwoFactors({ amr }: UserPrincipal): void {
  if (isMultiFactor(amr)) return
  throw new AppError('forbidden', 'Sign in with two factors or a passkey first', { reason: 'second_factor_missing' })
}
