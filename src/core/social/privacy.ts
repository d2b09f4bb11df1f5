/** Private accounts (wire §6.15): who may follow, and what happens to requests when the account goes public. */
import { acceptRequests, insertEdgeWork } from '../../store/db/edge-work.ts'
import { findRequestCount, isWaitedFor, updatePrivacy } from '../../store/db/users.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import { EDGE_CHUNK } from '../limits.ts'
import { continueEdgeWork } from './edge-work.ts'

/**
 * Makes the caller's account private or public. Edges stay. Going public accepts pending requests: the first chunk with
 * the flag, the rest after the reply and by cron; `acceptedCount` says how many were pending.
 */
export async function setPrivacy(ctx: Ctx, gate: Gate, isPrivate: boolean): Promise<{ acceptedCount: number }> {
  const { principal, reads } = await gate(({ userId }) => [findRequestCount(userId)])
  const { userId } = principal
  if (principal.restricted && !isPrivate) throw new AppError('account_restricted')
  const now = ctx.now()
  if (isPrivate) {
    await ctx.db.one(updatePrivacy(userId, true, now))
    return { acceptedCount: 0 }
  }
  await ctx.db.batch([
    insertEdgeWork(userId, 'accept_requests', now, isWaitedFor(userId)),
    updatePrivacy(userId, false, now),
    ...acceptRequests(userId, EDGE_CHUNK, now),
  ])
  const acceptedCount = reads[0]?.requestCount ?? 0
  if (acceptedCount > EDGE_CHUNK) continueEdgeWork(ctx, userId, 'accept_requests')
  return { acceptedCount }
}
