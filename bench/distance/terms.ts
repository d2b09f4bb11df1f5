/** What the client of `--distance` and its Worker say to each other. Kith has no such header or path. */
export const SETTING = 'x-bench-setting'
export const PENDING_PATH = '/.bench/pending'

/** Round-trip times in milliseconds. */
export interface Setting {
  readonly gate: 'primary' | 'replica'
  /** From the person's data center to the primary, to the buckets and to KV's central stores. */
  readonly far: number
  /** To a replica, or to a value that KV has cached there. */
  readonly near: number
  /** The Worker runs beside the primary (`placement`): the request makes one far trip, and the stores are near. */
  readonly isPlaced: boolean
}

/** The longest chain of calls, each of which began after the one before had ended. */
export interface Trips {
  readonly far: number
  readonly near: number
}

/** The answer to `PENDING_PATH`: how much goes on after the last reply, and the trips until its last byte. */
export interface Settled {
  readonly pending: number
  readonly trips: Trips
}

export const NO_DISTANCE: Setting = { gate: 'primary', far: 0, near: 0, isPlaced: false }

/** A replica shows a write after this time at the latest. D1 promises no figure; this one is ours. */
export const REPLICA_LAG_MS = 1_000
