/**
 * Password hashes take turns. A hash blocks the isolate for a quarter of a second, so one request at a time hashes and the
 * others wait in order. A request that finds the queue full is refused at once.
 */
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { HASH_QUEUE_MAX, HASH_RETRY_AFTER_SECONDS, HASH_TURN_LOST_MS } from '../figures.ts'

interface Ticket {
  readonly since: number
}

const queue: Ticket[] = []
/** Requests that have hashed once. They may have written something by then, so their second hash is not refused. */
const served = new WeakSet<Ctx>()
const POLL_MS = 2
/**
 * Between two hashes, for the other requests of the isolate: each needs a few turns of the event loop (its arrival, the reply of
 * D1, its answer), and without a pause each of these would wait for a whole hash. A fiftieth of a hash.
 */
const PAUSE_MS = 5

/** Refuses a request that would find the queue full, before it costs anything else. */
export function refuseWhileHashesQueue(ctx: Ctx): void {
  // A request that the platform has ended never gives its place back.
  while (queue[0] && queue[0].since < ctx.now() - HASH_TURN_LOST_MS) queue.shift()
  if (queue.length >= HASH_QUEUE_MAX) throw busy()
}

/** Runs `work`, which hashes, when the request's turn has come. Throws `temporarily_unavailable` without having waited. */
export async function inTurn<Result>(ctx: Ctx, work: () => Result | Promise<Result>): Promise<Result> {
  if (!served.has(ctx)) refuseWhileHashesQueue(ctx)
  const ticket = { since: ctx.now() }
  queue.push(ticket)
  try {
    await turnOf(ctx, ticket)
    served.add(ctx)
    return await work()
  } finally {
    const at = queue.indexOf(ticket)
    if (at >= 0) queue.splice(at, 1)
  }
}

/** Polls: only its own timer is sure to wake a request, whatever becomes of the one before it. */
async function turnOf(ctx: Ctx, ticket: Ticket): Promise<void> {
  do {
    await scheduler.wait(POLL_MS)
    const first = queue[0]
    if (first && first !== ticket && first.since < ctx.now() - HASH_TURN_LOST_MS) queue.shift()
    if (!queue.includes(ticket)) throw busy()
  } while (queue[0] !== ticket)
  await scheduler.wait(PAUSE_MS)
}

function busy(): AppError {
  return new AppError('temporarily_unavailable', 'Too many requests need a password hash', { retryAfter: HASH_RETRY_AFTER_SECONDS })
}
