/**
 * How many requests this isolate works on. A request takes a place and gives it back when it is answered; who finds none is
 * refused at once, so that those within are served in time. One that waits for its client to send the next bytes does no work,
 * and does not count meanwhile: a slow sender keeps nobody out.
 */
import type { Ctx } from './ctx.ts'
import { AppError } from './errors.ts'
import { OVERLOAD_RETRY_AFTER_SECONDS, PLACE_LOST_MS } from './figures.ts'

interface Place {
  readonly since: number
}

/** In the order in which they were taken. */
const places = new Set<Place>()
let awaitingClients = 0

export function requestsAtWork(): number {
  return Math.max(0, places.size - awaitingClients)
}

/** Takes a place; answers how to give it back. Throws `temporarily_unavailable`. */
export function takePlace(ctx: Ctx): () => void {
  const { requestsMax } = ctx.config
  if (requestsAtWork() >= requestsMax) forgetLostPlaces(ctx.now())
  if (requestsAtWork() >= requestsMax) {
    throw new AppError('temporarily_unavailable', 'Too many requests at once', { retryAfter: OVERLOAD_RETRY_AFTER_SECONDS })
  }
  const place = { since: ctx.now() }
  places.add(place)
  return () => places.delete(place)
}

/** A request that the platform has ended never gives its place back. */
function forgetLostPlaces(now: number): void {
  for (const place of places) {
    if (place.since > now - PLACE_LOST_MS) return
    places.delete(place)
  }
}

/** Waits for bytes of the client's. */
export async function awaitClient<T>(bytes: Promise<T>): Promise<T> {
  awaitingClients += 1
  try {
    return await bytes
  } finally {
    awaitingClients -= 1
  }
}
