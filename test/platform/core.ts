// What every wrapped binding shares: the counters, the faults, the invocation's allowances, and where the request is served.
// Design §8 (strict platform).
import type { Counters } from './counters.ts'
import type { Faults } from './faults.ts'
import type { Invocation } from './invocation.ts'

export interface Core {
  readonly counts: Counters
  readonly faults: Faults
  readonly invocation: Invocation
  /** The place that serves the request: KV's staleness is per location. */
  location: string
  /** While on, a D1 session begun with `first-unconstrained` reads from a replica that never catches up. */
  replicaLag: boolean
}
