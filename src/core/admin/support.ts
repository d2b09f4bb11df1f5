/**
 * How administrators help a user to sign in: they see sessions and factors, end sessions, remove a lost factor, mail a
 * code again. The usual rules apply: the target's rank is below the administrator's, now and in the write, and whatever
 * touches a sign-in needs a recent one. The user sees each act.
 */
import type { AuditEventId, SessionId, UserId } from '../../ids.ts'
import { findTarget, isBelow, type TargetRow } from '../../store/db/admin-users.ts'
import { type AuditEventType, findEvent } from '../../store/db/audit-events.ts'
import { kindOf, signUpKind, wasQueued } from '../../store/db/mail-outbox.ts'
import { countUnusedRecoveryCodes } from '../../store/db/recovery-codes.ts'
import { listFactors, type SecondFactorKind } from '../../store/db/second-factors.ts'
import { listLiveSessions } from '../../store/db/sessions.ts'
import { ownerOfAddress, unverifiedUser } from '../../store/db/users.ts'
import { isBarred } from '../accounts/deletion.ts'
import { type CodeMail, deliverLater, mailCode } from '../accounts/mail.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import { isInForce } from '../in-force.ts'
import { MAIL_PAUSE_MS } from '../limits.ts'
import { type Listed, listed, type Page, positionOf } from '../paging.ts'
import type { UserPrincipal } from '../principal.ts'
import { storedScopes } from '../scopes.ts'
import { timesOf } from '../sessions/completion.ts'
import type { SecondFactors } from '../sessions/second-factors.ts'
import { type ListedSession, withDetails } from '../sessions/sessions.ts'
import { requireAdministrator, requirePowers } from './administrators.ts'
import { judgeTarget } from './moderation.ts'
import { rankError } from './rank.ts'
import { type PlannedAct, planFactorRemoval, planPasskeyRemoval, planSessionEnd, planSignOutEverywhere } from './support-acts.ts'

/** A user's sessions, newest first. */
export async function listSessionsOf(ctx: Ctx, gate: Gate, userId: UserId, page: Page): Promise<Listed<ListedSession>> {
  const now = ctx.now()
  const before = positionOf(ctx, page)
  const { principal, reads } = await gate(() => [findTarget(userId), listLiveSessions({ userId, before, limit: page.limit + 1, now })])
  if (!reads[0]) throw new AppError('not_found')
  const { records, next } = listed(reads[1], page.limit)
  return { records: await withDetails(ctx, records, principal.sessionId), next }
}

/** A user's second factors. */
export async function listFactorsOf(_ctx: Ctx, gate: Gate, userId: UserId): Promise<SecondFactors> {
  const { reads } = await gate(() => [findTarget(userId), listFactors(userId), countUnusedRecoveryCodes(userId)])
  if (!reads[0]) throw new AppError('not_found')
  return { factors: reads[1], unusedRecoveryCodes: reads[2]?.unused ?? 0, isRequired: false }
}

/** Ends one session of a user, or all of them with every token. */
export async function endSessionsOf(ctx: Ctx, gate: Gate, input: { userId: UserId; session: SessionId | null }): Promise<void> {
  const { userId, session } = input
  const { principal, reads } = await gate((own) => [findTarget(userId), listFactors(own.userId)])
  requireAdministrator(ctx, principal, reads[1])
  judgeTarget(principal, reads[0], 'You cannot sign yourself out here')
  const act = actOf(principal, userId)
  const planned = session === null ? planSignOutEverywhere(ctx, act) : planSessionEnd(ctx, { ...act, sessionId: session })
  if (await carryOut(ctx, planned)) return
  throw session === null ? rankError() : new AppError('not_found')
}

/** What support can take off an account. Passkeys only by name: for their owner they are a way in as well. */
export type Removable = SecondFactorKind | 'passkey'

/** Removes one second factor of a user, all of them (null), or the passkeys. Idempotent. */
export async function removeFactorsOf(ctx: Ctx, gate: Gate, input: { userId: UserId; kind: Removable | null }): Promise<void> {
  const { userId, kind } = input
  const { principal, reads } = await gate((own) => [findTarget(userId), listFactors(userId), listFactors(own.userId)])
  requireAdministrator(ctx, principal, reads[2])
  const target = judgeTarget(principal, reads[0], 'You cannot remove your own second factor here')
  requirePowers(principal, storedScopes(target.roleScopes))
  const on = reads[1].map((factor) => factor.kind)
  const kinds = on.filter((one) => kind === null || one === kind)
  if (kind !== 'passkey' && kinds.length === 0) return
  const act = actOf(principal, userId)
  const planned =
    kind === 'passkey' ? planPasskeyRemoval(ctx, act) : planFactorRemoval(ctx, { ...act, kinds, isLast: kinds.length === on.length })
  if (await carryOut(ctx, planned)) return
  // Promoted meanwhile, or removed by somebody else.
  judgeTarget(principal, await ctx.db.one(findTarget(userId)))
}

const actOf = (principal: UserPrincipal, userId: UserId) => ({
  userId,
  actor: principal,
  condition: isBelow(userId, principal.ranking),
})

/** Whether the act took place. */
async function carryOut(ctx: Ctx, { eventId, mailId, writes }: PlannedAct): Promise<boolean> {
  const isDone = (await ctx.db.commit(writes, findEvent(eventId))) !== null
  if (isDone) deliverLater(ctx, mailId)
  return isDone
}

/** Mails the verification code of an address again. */
export async function sendVerification(ctx: Ctx, gate: Gate, userId: UserId): Promise<void> {
  await sendCode(ctx, gate, userId, 'verification_sent', ({ id, emailKey, emailVerifiedAt }) => ({
    purpose: 'verify_email',
    lifeMs: ctx.config.lifetimes.verifyCodeMs,
    kind: signUpKind(emailKey ?? ''),
    user: unverifiedUser(id, ctx.now()),
    address: emailKey ?? '',
    problem: emailKey === null ? 'has no address' : emailVerifiedAt === null ? null : 'has already verified the address',
  }))
}

/** Mails a password reset code, as the user would request it. */
export async function sendPasswordReset(ctx: Ctx, gate: Gate, userId: UserId): Promise<void> {
  await sendCode(ctx, gate, userId, 'password_reset_requested', (target) => ({
    purpose: 'reset_password',
    lifeMs: ctx.config.lifetimes.resetCodeMs,
    kind: kindOf('reset_password'),
    user: ownerOfAddress(target.emailKey ?? '', timesOf(ctx)),
    address: target.emailKey ?? '',
    problem: target.emailVerifiedAt === null ? 'has no verified address' : null,
  }))
}

const isBannedNow = (ctx: Ctx, { bannedAt, bannedUntil }: TargetRow) => isInForce(bannedAt, bannedUntil, ctx.now())

function noCode(message: string, reason?: string): AppError {
  const fields = [{ path: 'target', message, code: 'invalid', location: 'body' }] as const
  return new AppError('invalid_request', 'No code can be sent', { fields, ...(reason && { reason }) })
}

/** To the user's own address, under the user's own limits. Throws `rate_limited` if they refuse. */
async function sendCode(
  ctx: Ctx,
  gate: Gate,
  userId: UserId,
  type: AuditEventType,
  mailFor: (target: TargetRow) => CodeMail & { problem: string | null },
): Promise<void> {
  const { principal, reads } = await gate(() => [findTarget(userId)])
  const target = judgeTarget(principal, reads[0])
  const { problem, ...mail } = mailFor(target)
  if (problem !== null) throw noCode(problem)
  if (isBarred(ctx, target)) throw noCode('cannot sign in', isBannedNow(ctx, target) ? 'target_banned' : 'target_deleted')
  const { mailId, writes } = mailCode(ctx, { ...mail, isForAnother: true })
  const id = ctx.newId<AuditEventId>()
  const { userId: actorId, sessionId, clientId } = principal
  const event = audit(ctx, { id, type, userId, actorId, sessionId, clientId, condition: wasQueued(mailId) })
  if (!(await ctx.db.commit([...writes, event], findEvent(id)))) {
    throw new AppError('rate_limited', 'A mail of this kind was just sent to this address, or too many were sent today', {
      retryAfter: MAIL_PAUSE_MS / 1_000,
    })
  }
  deliverLater(ctx, mailId)
}
