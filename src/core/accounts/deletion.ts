/**
 * Deletion of accounts (design §2, §5; security row 13). A deleted account is invisible and signed out from the next
 * request on. Users who deleted their own account can restore it for 14 days by signing in (see
 * `core/sessions/sign-in.ts`); administrators can restore any account for as long. After 14 days the sweep removes the
 * personal data at once and the rows in chunks.
 */
import type { MailId, SessionId, UserId } from '../../ids.ts'
import {
  type DeletionReason,
  eraseAccounts,
  findDeleted,
  isDeletable,
  isRestorable,
  listDueForPurge,
  listPurged,
  listPurgedSessions,
  markDeleted,
  removeRemains,
  restoreDeleted,
} from '../../store/db/account-deletion.ts'
import { both, type Fragment, type Statement } from '../../store/db/database.ts'
import { findWithPassword, isUnchanged, type UserRow } from '../../store/db/users.ts'
import { deleteSessionDetail } from '../../store/kv/session-details.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import { isInForce } from '../in-force.ts'
import { ACCOUNT_RETURN_MS, PURGE_CHUNK, PURGE_CHUNKS_PER_RUN, PURGED_ACCOUNTS_AT_A_TIME, PURGED_SESSIONS_AT_A_TIME } from '../limits.ts'
import { provePassword } from '../profiles/password-proof.ts'
import { renameKey } from '../profiles/renames.ts'
import { EMPTY_USER } from '../profiles/user-fields.ts'
import { mailSignInKeys } from '../sessions/mail-sign-in-attempts.ts'
import { everywhereKey } from '../sessions/password-attempts.ts'
import { secondFactorKeys } from '../sessions/second-factor-attempts.ts'
import { deliverLater, mailNotice } from './mail.ts'

export interface AccountDeletion {
  readonly userId: UserId
  readonly reason: DeletionReason
  /** The administrator; omitted for the user's own act. */
  readonly actorId?: UserId
  readonly sessionId?: SessionId
  /** The client that does it for itself. */
  readonly clientId?: string
  /** Further conditions: that the account is as it was read, that the actor outranks it. */
  readonly condition: Fragment
}

/**
 * Statements that delete an account: the mark that hides it, a higher epoch, the audit row and, for its owner, the
 * notice that explains how to restore it. Idempotent. An administrator's deletion takes over the owner's, so the
 * account cannot be restored; its 14 days do not start again. `witness` finds the account once deleted, whoever did it.
 * `mailIds` are to be delivered after the commit.
 */
export function deleteAccountWrites(
  ctx: Ctx,
  deletion: AccountDeletion,
): { writes: Statement<unknown>[]; witness: Statement<{ id: UserId } | null>; mailIds: MailId[] } {
  const { userId, reason, actorId = null, sessionId = null, clientId = null } = deletion
  // Guards look at the state before the mark, so they precede it in the batch.
  const applies = both(isDeletable(userId, reason), deletion.condition)
  const notice = reason === 'self' ? mailNotice(ctx, { kind: 'account_deleted', user: userId, condition: applies }) : null
  return {
    writes: [
      ...(notice ? [notice.write] : []),
      audit(ctx, { type: 'account_deleted', userId, actorId, sessionId, clientId, detail: reason, condition: applies }),
      markDeleted({ userId, reason, now: ctx.now() }, applies),
    ],
    witness: findDeleted(userId),
    mailIds: notice ? [notice.mailId] : [],
  }
}

/** Deletes the caller's account, with the password or a recent sign-in. */
export async function deleteOwnAccount(ctx: Ctx, gate: Gate, input: { password: string | null }): Promise<void> {
  const { principal, reads } = await gate(({ userId }) => [findWithPassword(userId)])
  const [user] = reads
  if (!user) throw new AppError('unauthenticated')
  await provePassword(ctx, principal, user, input.password, 'password')
  const { writes, witness, mailIds } = deleteAccountWrites(ctx, {
    userId: user.id,
    reason: 'self',
    sessionId: principal.sessionId,
    condition: isUnchanged(user.id, user.epoch, ctx.now()),
  })
  // Nothing found: a ban or a new password intervened, and this session has ended.
  if (!(await ctx.db.commit(writes, witness))) throw new AppError('unauthenticated')
  deliverLater(ctx, ...mailIds)
}

// --- the way back ----------------------------------------------------------------------------------------------

/** Deletions before this are final. */
export function restorableSince(ctx: Pick<Ctx, 'now'>): number {
  return ctx.now() - ACCOUNT_RETURN_MS
}

/** Whether nobody can sign in: the account is banned, or deleted beyond restoration. */
export function isBarred(ctx: Pick<Ctx, 'now'>, user: UserRow): boolean {
  const { deletedAt, deletedReason, bannedAt, bannedUntil } = user
  const mayComeBack = deletedReason === 'self' && deletedAt !== null && deletedAt > restorableSince(ctx)
  return isInForce(bannedAt, bannedUntil, ctx.now()) || (deletedAt !== null && !mayComeBack)
}

/** Statements that restore the account where `condition` holds, for the batch of the sign-in. No-op on an account that is not deleted. */
export function restoreAccountWrites(ctx: Ctx, userId: UserId, condition: Fragment): Statement<void>[] {
  const applies = both(isRestorable(userId, restorableSince(ctx)), condition)
  return [audit(ctx, { type: 'account_restored', userId, condition: applies }), restoreDeleted(userId, ctx.now(), applies)]
}

/** Tells the owner that a sign-in restores the account. It looks at the state before that, so it precedes it in the batch. */
export function noticeOfReturn(ctx: Ctx, user: UserId, userAgent: string, condition: Fragment): ReturnType<typeof mailNotice> {
  const applies = both(isRestorable(user, restorableSince(ctx)), condition)
  return mailNotice(ctx, { kind: 'account_restored', user, userAgent, condition: applies, isByAnother: true })
}

// --- the purge -------------------------------------------------------------------------------------------------

/** Purges accounts deleted 14 days ago or more. One cron run's share; parallel runs do no harm. */
export async function eraseDeletedAccounts(ctx: Ctx): Promise<void> {
  const now = ctx.now()
  const deletedBefore = restorableSince(ctx)
  const due = await ctx.db.one(listDueForPurge({ deletedBefore, limit: PURGED_ACCOUNTS_AT_A_TIME }))
  if (due.length === 0) return
  await ctx.db.batch(eraseAccounts({ users: due, deletedBefore, namesHeldUntil: now + ctx.config.usernameHeldMs, empty: EMPTY_USER, now }))
  ctx.log('info', 'accounts_erased', { accounts: due.length })
}

/** Removes the rest of purged accounts in chunks, finally the rows themselves. One cron run's share. */
export async function removeErasedAccounts(ctx: Ctx): Promise<void> {
  const deletedBefore = restorableSince(ctx)
  for (let chunk = 0; chunk < PURGE_CHUNKS_PER_RUN; chunk++) {
    const users = await ctx.db.one(listPurged({ deletedBefore, limit: PURGED_ACCOUNTS_AT_A_TIME }))
    if (users.length === 0) return
    const userIds = users.map(({ id }) => id)
    const sessions = await ctx.db.one(listPurgedSessions(userIds, PURGED_SESSIONS_AT_A_TIME))
    // KV first: if it refuses (a parallel run is enough), the row stays and the next run tries again.
    const outcomes = await Promise.allSettled(sessions.map(({ id }) => deleteSessionDetail(ctx.kv, id)))
    const sessionIds = sessions.map(({ id }) => id).filter((_, index) => outcomes[index]?.status === 'fulfilled')
    const counterKeys = userIds.flatMap((id) => [everywhereKey(id), ...secondFactorKeys(id), ...mailSignInKeys(id), renameKey(id)])
    await ctx.db.batch(removeRemains({ userIds, sessionIds, counterKeys, chunk: PURGE_CHUNK, now: ctx.now() }))
    if (sessionIds.length < sessions.length)
      return ctx.log('warn', 'session_details_remain', { sessions: sessions.length - sessionIds.length })
  }
}
