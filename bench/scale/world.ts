/** What there is: databases, the directory, the isolates' routers, and what was promised to people. */
import { Database, type Phase, type Row, SLOTS, slotOf, type Table } from './database.ts'
import { Directory } from './directory.ts'
import { GaveUp, type Process, type Simulator } from './simulator.ts'

/** What a run may leave out, to see that the invariants miss it. */
export const MECHANISMS = ['outbox', 'versions', 'word', 'fence', 'closing', 'audit'] as const
export type Mechanism = (typeof MECHANISMS)[number]

/** One way to a database, in milliseconds. */
const WAY = [1, 15] as const
/** Some messages take long, and are overtaken. */
const SLOW_WAY = [50, 3_000] as const
const SLOW = 0.03
const GIVE_UP_MS = 5_000
const RETRY_MS = [10, 30] as const

export class World {
  readonly simulator: Simulator
  readonly databases: readonly Database[]
  readonly directory = new Directory()
  readonly without: Mechanism | undefined
  readonly violations: string[] = []
  /** The highest version of a row that somebody was told of. */
  readonly acknowledged = new Map<string, number>()
  /** Blocks that were acknowledged and that nobody has begun to lift, with their versions. */
  readonly blocked = new Map<string, number>()
  /** The version that last lifted a block. */
  readonly lifted = new Map<string, number>()
  /** The version of the follower's own word on blocks when an edge was made. */
  readonly knew = new Map<string, number>()
  /** From a decision until the other side has it, in milliseconds. */
  readonly lags: number[] = []
  /** How long requests waited for a slot that was being moved. */
  readonly pauses: number[] = []
  readonly restoredAt = new Map<Database, number>()
  refusals = 0
  moves = 0

  constructor(simulator: Simulator, databases: number, without?: Mechanism) {
    this.simulator = simulator
    this.databases = Array.from({ length: databases }, (_, number) => new Database(number))
    this.without = without
    for (let slot = 0; slot < SLOTS; slot++) {
      const home = slot % databases
      this.directory.homes[slot] = home
      this.databases[home]?.phases.set(slot, { is: 'mine' })
    }
  }

  home(person: number): Database {
    return this.databases[this.directory.homes[slotOf(person)] as number] as Database
  }

  *way(): Process {
    const [least, most] = this.simulator.random() < SLOW ? SLOW_WAY : WAY
    yield this.simulator.between(least, most)
  }

  /** From the reply on, unless it has been lifted meanwhile. */
  promiseBlock(blocker: number, blocked: number, row: Row): void {
    const pair = `${blocker}/${blocked}`
    if (!this.isUndone(blocker, row) && row.version > (this.lifted.get(pair) ?? 0)) this.blocked.set(pair, row.version)
  }

  /** Whether it was decided before its database went back in time. */
  isUndone(owner: number, row: Row): boolean {
    return row.at < (this.restoredAt.get(this.home(owner)) ?? 0)
  }

  violated(what: string): void {
    this.violations.push(`at ${Math.round(this.simulator.now)} ms: ${what}`)
  }

  acknowledge(owner: number, table: Table, other: number, row: Row): void {
    if (this.isUndone(owner, row)) return
    const key = `${owner}/${table}/${other}`
    this.acknowledged.set(key, Math.max(row.version, this.acknowledged.get(key) ?? 0))
  }
}

/** The router of one isolate, whose map of slots may be old: the databases themselves say when it is. */
export class Router {
  readonly #world: World
  readonly #homes: number[]

  constructor(world: World) {
    this.#world = world
    this.#homes = [...world.directory.homes]
  }

  read<T>(person: number, work: (database: Database) => T): Process<T> {
    return this.#at(person, ['mine', 'copying', 'draining', 'fenced'], work)
  }

  write<T>(person: number, work: (database: Database) => T): Process<T> {
    return this.#at(person, ['mine', 'copying', 'draining'], work)
  }

  *#at<T>(person: number, allowed: readonly Phase['is'][], work: (database: Database) => T): Process<T> {
    const { simulator, databases, pauses } = this.#world
    const slot = slotOf(person)
    let refusedAt: number | undefined
    for (;;) {
      const database = databases[this.#homes[slot] as number] as Database
      yield* this.#world.way()
      // From here to the next yield is the batch; the check of the slot is part of it.
      const phase = database.phases.get(slot)
      if (phase !== undefined && allowed.includes(phase.is)) {
        if (refusedAt !== undefined) pauses.push(simulator.now - refusedAt)
        const result = work(database)
        yield* this.#world.way()
        return result
      }
      refusedAt ??= simulator.now
      if (phase?.is === 'gone') this.#homes[slot] = phase.to
      if (simulator.now - refusedAt > GIVE_UP_MS) throw new GaveUp()
      yield simulator.between(...RETRY_MS)
      if (phase === undefined) this.#homes[slot] = this.#world.directory.homes[slot] as number
    }
  }
}
