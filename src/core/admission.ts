/**
 * How many requests this isolate works on, and how many bytes of their bodies it holds. A request takes a place and
 * returns it when answered; if there is none, it is refused at once, so that the requests inside are served in time. A
 * request that waits for its client's next bytes does not count: a slow sender blocks nobody.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Ctx } from './ctx.ts'
import { AppError } from './errors.ts'
import { HELD_BYTES_MAX, OVERLOAD_RETRY_AFTER_SECONDS, PLACE_LOST_MS } from './limits.ts'

interface Place {
  readonly ctx: Ctx
  /** When it was taken, or when its client last sent something. */
  since: number
  /** Bytes of the body in memory. */
  held: number
  isLeft: boolean
}

/** Those at work, longest first. */
const atWork = new Set<Place>()
/** Those that hold bytes. */
const holders = new Set<Place>()
const own = new AsyncLocalStorage<Place>()

export function requestsAtWork(): number {
  return atWork.size
}

/** Works in a place of its own, always returned. Throws `temporarily_unavailable` if there is none. */
export async function inPlace<T>(ctx: Ctx, work: () => Promise<T>): Promise<T> {
  const { requestsMax } = ctx.config
  if (atWork.size >= requestsMax) forgetLost(atWork, ctx.now())
  if (atWork.size >= requestsMax) throw busy('Too many requests at once')
  const place: Place = { ctx, since: ctx.now(), held: 0, isLeft: false }
  atWork.add(place)
  try {
    return await own.run(place, work)
  } finally {
    place.isLeft = true
    atWork.delete(place)
    holders.delete(place)
  }
}

/** A request that the platform has terminated never returns its place. */
function forgetLost(places: Set<Place>, now: number): void {
  for (const place of places) if (place.since <= now - PLACE_LOST_MS) places.delete(place)
}

/** Waits for the client's bytes. */
export async function awaitClient<T>(bytes: Promise<T>): Promise<T> {
  const place = own.getStore()
  if (place) atWork.delete(place)
  try {
    return await bytes
  } finally {
    if (place) place.since = place.ctx.now()
    if (place && !place.isLeft) atWork.add(place)
  }
}

/**
 * Bytes of a body enter memory until its request is answered. Refused if the others hold so much that the isolate might
 * run out; a single body is never too much.
 */
export function holdBytes(bytes: number): void {
  const place = own.getStore()
  if (!place) return
  const others = () => [...holders].reduce((sum, holder) => (holder === place ? sum : sum + holder.held), 0)
  place.held += bytes
  holders.add(place)
  if (others() > 0 && others() + place.held > HELD_BYTES_MAX) forgetLost(holders, place.ctx.now())
  if (others() > 0 && others() + place.held > HELD_BYTES_MAX) throw busy('Too many files at once')
}

function busy(message: string): AppError {
  return new AppError('temporarily_unavailable', message, { retryAfter: OVERLOAD_RETRY_AFTER_SECONDS })
}
