/**
 * Operations on very many edges (design §2): the flag on the user takes effect at once and the predicate hides the
 * rest; the edges follow in chunks, for a while after the reply and by cron until done.
 */
import type { UserId } from '../../ids.ts'
import type { Statement } from '../../store/db/database.ts'
import { acceptRequests, type EdgeWorkKind, hasEdgeWork, listEdgeWork, removeEdges } from '../../store/db/edge-work.ts'
import type { Ctx } from '../ctx.ts'
import { EDGE_CHUNK, EDGE_CHUNKS_AFTER_REPLY, EDGE_CHUNKS_PER_RUN } from '../limits.ts'

function chunkOf(ctx: Ctx, userId: UserId, kind: EdgeWorkKind): Statement<unknown>[] {
  return kind === 'accept_requests' ? acceptRequests(userId, EDGE_CHUNK, ctx.now()) : removeEdges(userId, EDGE_CHUNK)
}

/** Continues one user's work; true when it is done. */
async function workOn(ctx: Ctx, userId: UserId, kind: EdgeWorkKind, chunks: number): Promise<{ done: boolean; chunks: number }> {
  for (let done = 1; done <= chunks; done++) {
    const results = await ctx.db.batch([...chunkOf(ctx, userId, kind), hasEdgeWork(userId, kind)])
    if (results.at(-1) === false) return { done: true, chunks: done }
  }
  return { done: false, chunks }
}

/** After the reply: as much as fits into the time left to a finished request. */
export function continueEdgeWork(ctx: Ctx, userId: UserId, kind: EdgeWorkKind): void {
  ctx.defer(() => workOn(ctx, userId, kind, EDGE_CHUNKS_AFTER_REPLY))
}

/** A cron run's share, oldest accounts first. */
export async function sweepEdgeWork(ctx: Ctx): Promise<void> {
  let left = EDGE_CHUNKS_PER_RUN
  for (const { userId, kind } of await ctx.db.one(listEdgeWork(EDGE_CHUNKS_PER_RUN))) {
    if (left <= 0) return
    const { chunks } = await workOn(ctx, userId, kind, left)
    left -= chunks
  }
}
