/**
 * Password hashes take turns. A hash blocks the isolate for a quarter of a second, so one request hashes at a time, the
 * others wait in order, and the isolate's other requests run between two hashes. A request that finds the queue full is
 * refused at once.
 */
import { requestsAtWork } from '../admission.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { HASH_RETRY_AFTER_SECONDS, HASH_TURN_LOST_MS } from '../limits.ts'

interface Ticket {
  readonly since: number
}

const queue: Ticket[] = []
/** Requests that have hashed once. They may have written something by then, so their second hash is not refused. */
const served = new WeakSet<Ctx>()
/** The pause after the last hash. A clock that was set back is before it, and does not wait for it. */
let rest = { from: 0, until: 0 }
const POLL_MS = 2
/**
 * A few turns of the event loop between two hashes in any case: new requests, and D1 replies that arrived during the
 * hash, need them before they count as other work.
 */
const PAUSE_MS = 5
/** Other work gets half as long as the hash took: a third of the isolate's time. */
const REST_SHARE = 0.5

/** Refuses a request that would find the queue full before it incurs any other cost. */
export function refuseWhileHashesQueue(ctx: Ctx): void {
  // A request that the platform has terminated never gives its place back.
  while (queue[0] && queue[0].since < ctx.now() - HASH_TURN_LOST_MS) queue.shift()
  if (queue.length >= ctx.config.hashQueueMax) throw busy()
}

/** Hashes when it is the request's turn, with what `prepare` returns just before. Throws `temporarily_unavailable` if the queue is full. */
export async function inTurn<Input, Result>(
  ctx: Ctx,
  prepare: () => Promise<Input>,
  hash: (input: Input) => Result | Promise<Result>,
): Promise<Result> {
  if (!served.has(ctx)) refuseWhileHashesQueue(ctx)
  const ticket = { since: ctx.now() }
  queue.push(ticket)
  try {
    await turnOf(ctx, ticket)
    served.add(ctx)
    const input = await prepare()
    const startedAt = ctx.now()
    const waitedMs = startedAt - ticket.since
    const result = await hash(input)
    // The clock stands still until the event loop turns.
    void scheduler.wait(0).then(() => {
      const from = ctx.now()
      rest = { from, until: from + REST_SHARE * (from - startedAt) }
      ctx.measure({ kind: 'hash', ms: from - startedAt, waitedMs })
    })
    return result
  } finally {
    const at = queue.indexOf(ticket)
    if (at >= 0) queue.splice(at, 1)
  }
}

/** Polls: only its own timer is sure to wake a request, whatever happens to the one before it. */
async function turnOf(ctx: Ctx, ticket: Ticket): Promise<void> {
  do {
    await scheduler.wait(POLL_MS)
    const first = queue[0]
    if (first && first !== ticket && first.since < ctx.now() - HASH_TURN_LOST_MS) queue.shift()
    if (!queue.includes(ticket)) throw busy()
  } while (queue[0] !== ticket)
  await scheduler.wait(PAUSE_MS)
  while (isResting(ctx.now()) && requestsAtWork() > queue.length) await scheduler.wait(POLL_MS)
}

const isResting = (now: number) => now >= rest.from && now < rest.until

function busy(): AppError {
  return new AppError('temporarily_unavailable', 'Too many requests are waiting for a password check', {
    retryAfter: HASH_RETRY_AFTER_SECONDS,
  })
}
