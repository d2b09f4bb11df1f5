/**
 * What administrators do to a user: ban, restrict, the verified mark, custom data, subscription. All work alike: the
 * target's rank is read in the gate's batch and decides again in the write; the audit event is in the act's batch.
 * Repeating an act is no error and changes nothing.
 */
import type { UserId } from '../../ids.ts'
import {
  type ActOn,
  banUser,
  cancelEdgeRemoval,
  findDeletedForGood,
  findTarget,
  isBelow,
  liftBan,
  liftRestriction,
  restrictUser,
  setCustomData,
  setSubscription,
  setVerified,
  type TargetRow,
  type Term,
  type UserAct,
  undoDeletion,
} from '../../store/db/admin-users.ts'
import type { AuditEventType } from '../../store/db/audit-events.ts'
import { both, type Fragment, type Statement } from '../../store/db/database.ts'
import { insertEdgeWork, removeEdges } from '../../store/db/edge-work.ts'
import { isNotDeleted } from '../../store/db/mail-outbox.ts'
import { deleteAccountWrites } from '../accounts/deletion.ts'
import { deliverLater, mailNotice } from '../accounts/mail.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import { EDGE_CHUNK } from '../limits.ts'
import type { UserPrincipal } from '../principal.ts'
import { continueEdgeWork } from '../social/edge-work.ts'
import { selfError } from '../social/follows.ts'
import { type SeenUser, showTo } from '../social/visibility.ts'
import { rankError, requireBelow } from './rank.ts'

interface Plan extends UserAct {
  readonly type: AuditEventType
  readonly detail?: string
  /** Tells the user. */
  readonly notice?: (takesPlace: Fragment) => ReturnType<typeof mailNotice>
  /** Further statements of the act: before its write, while `takesPlace` can still be evaluated, and after it. */
  readonly before?: (takesPlace: Fragment) => Statement<unknown>[]
  readonly after?: readonly Statement<unknown>[]
}

/** Acts on one user. At most 2 round trips. */
export async function actOn(
  ctx: Ctx,
  gate: Gate,
  input: { userId: UserId; notSelf?: string },
  plan: (on: ActOn, target: TargetRow) => Plan,
): Promise<TargetRow> {
  const { userId } = input
  const { principal, reads } = await gate(() => [findTarget(userId)])
  const on = { userId, ranking: principal.ranking, now: ctx.now() }
  const { takesPlace, write, witness, notice, before, after, ...event } = plan(on, judgeTarget(principal, reads[0], input.notSelf))
  const mail = notice?.(takesPlace)
  const stored = await ctx.db.commit(
    [
      audit(ctx, {
        ...event,
        userId,
        actorId: principal.userId,
        sessionId: principal.sessionId,
        clientId: principal.clientId,
        condition: takesPlace,
      }),
      ...(mail ? [mail.write] : []),
      ...(before?.(takesPlace) ?? []),
      write,
      ...(after ?? []),
    ],
    witness,
  )
  // Promoted meanwhile.
  if (!stored) throw rankError()
  if (mail) deliverLater(ctx, mail.mailId)
  return stored
}

/** Nobody acts on a rank at or above their own, so not on themselves either; some acts have a message for that. */
export function judgeTarget(principal: UserPrincipal, target: TargetRow | null, notSelf?: string): TargetRow {
  if (!target) throw new AppError('not_found')
  if (notSelf !== undefined && target.id === principal.userId) throw selfError(notSelf)
  requireBelow(principal, target.ranking)
  return target
}

export interface Sanction {
  readonly userId: UserId
  /** False lifts it. */
  readonly state: boolean
  readonly reason: string | null
  /** When it expires; null: never. */
  readonly until: number | null
}

function termOf(ctx: Ctx, { until, reason }: Sanction): Term {
  if (until !== null && until <= ctx.now()) throw AppError.ofFields([{ path: 'until', message: 'must be in the future' }])
  return { until, reason }
}

const DEACTIVATED = 'must be left out: the client that provisions the account has deactivated it, which has no end'

const detailOf = ({ reason }: Sanction) => (reason === null ? {} : { detail: reason })

/**
 * Bans: every credential is invalid before this returns, and nobody can find the user any more. A permanent ban removes
 * the user's edges, the first chunk at once; a temporary one keeps them (docs/decisions/006). Lifting a ban restores no
 * edges. Nobody is let in by the end of a ban whom a client has deactivated (docs/decisions/060).
 */
export async function setBan(ctx: Ctx, gate: Gate, ban: Sanction): Promise<SeenUser> {
  const term = termOf(ctx, ban)
  const { userId } = ban
  const stored = await actOn(ctx, gate, { userId, notSelf: 'You cannot ban yourself' }, (on) => {
    if (!ban.state) return { ...liftBan(on), ...detailOf(ban), type: 'ban_lifted', after: [cancelEdgeRemoval(userId)] }
    const notice = (takesPlace: Fragment) => noticeOfBan(ctx, userId, term, takesPlace)
    const plan = { ...banUser(on, term), ...detailOf(ban), type: 'banned', notice } as const
    if (term.until !== null) return { ...plan, after: [cancelEdgeRemoval(userId)] }
    return {
      ...plan,
      before: (takesPlace) => [insertEdgeWork(userId, 'remove_edges', on.now, takesPlace)],
      after: removeEdges(userId, EDGE_CHUNK),
    }
  })
  if (stored.isLosingEdges === 1) continueEdgeWork(ctx, userId, 'remove_edges')
  if (ban.state && term.until !== stored.bannedUntil) throw AppError.ofFields([{ path: 'until', message: DEACTIVATED }])
  return showTo('owner', stored)
}

/** The only way for the user to learn of it: a sign-in is refused like a wrong password, and no page opens. */
function noticeOfBan(ctx: Ctx, userId: UserId, params: Term, takesPlace: Fragment) {
  const condition = both(takesPlace, isNotDeleted)
  return mailNotice(ctx, { kind: 'banned', user: userId, params: { ...params }, condition, isByAnother: true })
}

/** A restricted user signs in and reads, but writes nothing (design §5). */
export async function setRestriction(ctx: Ctx, gate: Gate, restriction: Sanction): Promise<SeenUser> {
  const term = termOf(ctx, restriction)
  const input = { userId: restriction.userId, notSelf: 'You cannot restrict yourself' }
  const stored = await actOn(ctx, gate, input, (on) =>
    restriction.state
      ? { ...restrictUser(on, term), ...detailOf(restriction), type: 'restricted' }
      : { ...liftRestriction(on), ...detailOf(restriction), type: 'restriction_lifted' },
  )
  return showTo('owner', stored)
}

/** The mark of a person whose identity the operator has verified. The email address is verified elsewhere. */
export async function setVerifiedMark(ctx: Ctx, gate: Gate, input: { userId: UserId; state: boolean }): Promise<SeenUser> {
  const stored = await actOn(ctx, gate, input, (on) => ({
    ...setVerified(on, input.state),
    type: input.state ? 'verified' : 'verification_removed',
  }))
  return showTo('owner', stored)
}

export async function replaceCustomData(
  ctx: Ctx,
  gate: Gate,
  input: { userId: UserId; customData: Readonly<Record<string, unknown>> },
): Promise<SeenUser> {
  const text = JSON.stringify(input.customData)
  const stored = await actOn(ctx, gate, input, (on) => ({
    ...setCustomData(on, text === '{}' ? null : text),
    type: 'custom_data_changed',
  }))
  return showTo('owner', stored)
}

/**
 * Deletes an account for good: invisible and signed out before this returns, personal data and rows removed later
 * (`core/accounts/deletion.ts`). If the owner had deleted it, it can no longer be restored.
 */
export async function deleteUser(ctx: Ctx, gate: Gate, userId: UserId): Promise<void> {
  const { principal, reads } = await gate(() => [findTarget(userId)])
  judgeTarget(principal, reads[0], 'You cannot delete yourself here')
  const { writes, mailIds } = deleteAccountWrites(ctx, {
    userId,
    reason: 'admin',
    actorId: principal.userId,
    sessionId: principal.sessionId,
    condition: isBelow(userId, principal.ranking),
  })
  if (!(await ctx.db.commit(writes, findDeletedForGood(userId)))) throw rankError()
  deliverLater(ctx, ...mailIds)
}

/**
 * Restores a deleted account, also one that an administrator deleted, until it is purged. Sessions and tokens stay ended. No-op on
 * an account that is not deleted.
 */
export async function restoreUser(ctx: Ctx, gate: Gate, userId: UserId): Promise<SeenUser> {
  const stored = await actOn(ctx, gate, { userId }, (on) => ({ ...undoDeletion(on), type: 'account_restored', detail: 'admin' }))
  return showTo('owner', stored)
}

export interface Subscription {
  readonly tier: string
  /** Null: it does not expire. */
  readonly expiresAt: number | null
}

/** Sets a subscription, or ends it (null). */
export async function replaceSubscription(
  ctx: Ctx,
  gate: Gate,
  input: { userId: UserId; subscription: Subscription | null },
): Promise<SeenUser> {
  const { tier, expiresAt } = input.subscription ?? { tier: null, expiresAt: null }
  if (expiresAt !== null && expiresAt <= ctx.now()) throw AppError.ofFields([{ path: 'expiry', message: 'must be in the future' }])
  const stored = await actOn(ctx, gate, input, (on) => ({
    ...setSubscription(on, tier, expiresAt),
    type: 'subscription_changed',
    ...(tier === null ? {} : { detail: tier }),
  }))
  return showTo('owner', stored)
}
