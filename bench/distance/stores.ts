/**
 * The stores as they are far away. Each call of D1, KV or R2 waits for its round trip; the longest chain of calls is
 * counted. Never part of the deployed Worker.
 *
 * Where a call goes: writes, and every query of a session that begins on the primary, go to the primary. Cloudflare may
 * serve a later read of such a session from a replica; here none does. A session without a bookmark reads from the replica
 * until it writes. A session with a bookmark does so unless the bookmark is of a write in the last `REPLICA_LAG_MS`. KV
 * answers a key that was read here within a minute from its cache. Not delayed: the rate limiter and Images, which are
 * in the same data center, mail, and the bytes of a body, which this machine does not slow down.
 */
import type { Bindings } from '../../src/config.ts'
import { isRead } from '../../test/platform/sql-text.ts'
import { REPLICA_LAG_MS, type Setting, type Trips } from './terms.ts'

type Where = keyof Trips
type AnyFunction = (...args: unknown[]) => unknown

const KV_CACHED_MS = 60_000

/** A request on its way. */
export class Journey {
  readonly #ms: Trips
  longest: Trips = { far: 0, near: 0 }

  constructor({ far, near, isPlaced }: Setting) {
    this.#ms = { far: isPlaced ? near : far, near }
  }

  async travel<T>(where: Where, work: () => Promise<T>): Promise<T> {
    const trips = { ...this.longest, [where]: this.longest[where] + 1 }
    if (this.#ms[where] > 0) await scheduler.wait(this.#ms[where])
    try {
      return await work()
    } finally {
      const { far, near } = this.longest
      if (trips.far > far || (trips.far === far && trips.near > near)) this.longest = trips
    }
  }
}

/** The bindings, for requests one at a time: `journey` is that of the current one. */
export function putAway(env: Bindings, journey: () => Journey): Bindings {
  return {
    ...env,
    DB: putDatabaseAway(env.DB, journey),
    KV: putKvAway(env.KV, journey),
    AVATARS: everyCall(env.AVATARS, journey, () => 'far'),
    MEDIA: everyCall(env.MEDIA, journey, () => 'far'),
  }
}

function everyCall<T extends object>(store: T, journey: () => Journey, whereOf: (method: string, args: readonly unknown[]) => Where): T {
  return new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => journey().travel(whereOf(String(name), args), async () => (value as AnyFunction).apply(target, args))
    },
  })
}

function putKvAway(kv: KVNamespace, journey: () => Journey): KVNamespace {
  const readAt = new Map<unknown, number>()
  return everyCall(kv, journey, (method, [key]) => {
    if (!method.startsWith('get')) return 'far'
    const now = Date.now()
    const keys = [key].flat()
    const isCached = keys.every((one) => now - (readAt.get(one) ?? Number.NEGATIVE_INFINITY) < KV_CACHED_MS)
    for (const one of keys) readAt.set(one, now)
    return isCached ? 'near' : 'far'
  })
}

interface Bound {
  readonly native: D1PreparedStatement
  readonly sql: string
}

/** When the writes were that bookmarks are of. */
const writtenAt = new Map<string, number>()

/** One session; `isNear` says whether its next query may go to the replica. */
class Session {
  readonly #native: D1DatabaseSession
  readonly #journey: () => Journey
  #isNear: boolean
  #wroteAt: number | undefined

  constructor(native: D1DatabaseSession, start: string, journey: () => Journey) {
    this.#native = native
    this.#journey = journey
    const age = Date.now() - (writtenAt.get(start) ?? Number.NEGATIVE_INFINITY)
    this.#isNear = start !== 'first-primary' && age >= REPLICA_LAG_MS
  }

  prepare = (sql: string) => this.#bound(this.#native.prepare(sql), sql)

  batch = (statements: Bound[]) => this.#query(statements, () => this.#native.batch(statements.map(({ native }) => native)))

  getBookmark = (): string | null => {
    const bookmark = this.#native.getBookmark() ?? null
    if (bookmark !== null && this.#wroteAt !== undefined) writtenAt.set(bookmark, this.#wroteAt)
    return bookmark
  }

  #bound(native: D1PreparedStatement, sql: string) {
    const bound = { native, sql }
    const call =
      (method: 'run' | 'all' | 'first' | 'raw') =>
      (...args: unknown[]) =>
        this.#query([bound], async () => (native[method] as AnyFunction).apply(native, args))
    const bind = (...values: unknown[]): unknown => this.#bound(native.bind(...values), sql)
    return { ...bound, bind, run: call('run'), all: call('all'), first: call('first'), raw: call('raw') }
  }

  async #query<T>(statements: readonly Bound[], work: () => Promise<T>): Promise<T> {
    const writes = !statements.every(({ sql }) => isRead(sql))
    if (writes) this.#isNear = false
    const result = await this.#journey().travel(this.#isNear ? 'near' : 'far', work)
    if (writes) this.#wroteAt = Date.now()
    return result
  }
}

function putDatabaseAway(database: D1Database, journey: () => Journey): D1Database {
  // Kith uses sessions alone, so a query outside of one fails here.
  const withSession = (start = 'first-unconstrained') => new Session(database.withSession(start), start, journey)
  return { withSession } as unknown as D1Database
}
