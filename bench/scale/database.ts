/**
 * One of several databases. Every row belongs to exactly one person, and a person's slot says which database has their rows. What is
 * done within one step of a process is a batch: all of it or nothing.
 */
export const SLOTS = 64

export const slotOf = (person: number) => Math.imul(person, 0x9e3779b1) >>> 26

/**
 * `follower` and `block` are decided where they are; `following` and `blocked_by` are their copies at the other person. The two
 * outboxes name the rows whose copy is not confirmed. `closed` are reservations of names that came too late.
 */
export type Table = 'person' | 'follower' | 'following' | 'block' | 'blocked_by' | 'edge_outbox' | 'block_outbox' | 'closed'

export interface Row {
  readonly state: string
  /** Counted up by the side that decides. */
  readonly version: number
  /** When it was decided. */
  readonly at: number
  /**
   * Of a block: the version that last removed edges. Of a follower: the version of the follower's own word on blocks. Of a person:
   * the reservation of the name.
   */
  readonly cut: number
}

/**
 * `copying`: it still decides, and logs what it writes. `fenced`: it still reads. `gone`: `to` has it. `incoming`: the copy is not yet
 * complete.
 */
export type Phase =
  | { readonly is: 'mine' }
  | { readonly is: 'incoming' | 'copying' | 'draining' | 'fenced'; readonly move: number }
  | { readonly is: 'gone'; readonly to: number; readonly move: number }

export interface Change {
  readonly owner: number
  readonly table: Table
  readonly other: number
  readonly row: Row | null
}

interface Counters {
  followers: number
  followings: number
}

const keyOf = (table: Table, other: number) => `${table}/${other}`

export class Database {
  readonly number: number
  readonly phases = new Map<number, Phase>()
  /** What was written to a slot since its copy began, and how much of another database's log was applied here. */
  readonly logs = new Map<number, Change[]>()
  readonly applied = new Map<number, number>()
  #rows = new Map<number, Map<string, Row>>()
  #counters = new Map<number, Counters>()

  constructor(number: number) {
    this.number = number
  }

  read(owner: number, table: Table, other = 0): Row | undefined {
    return this.#rows.get(owner)?.get(keyOf(table, other))
  }

  /** Null deletes. */
  write(owner: number, table: Table, other: number, row: Row | null): void {
    const before = this.read(owner, table, other)
    this.#count(owner, table, before, -1)
    this.#count(owner, table, row ?? undefined, 1)
    let rows = this.#rows.get(owner)
    if (rows === undefined) {
      rows = new Map()
      this.#rows.set(owner, rows)
    }
    if (row === null) rows.delete(keyOf(table, other))
    else rows.set(keyOf(table, other), row)
    this.logs.get(slotOf(owner))?.push({ owner, table, other, row })
  }

  /** As the triggers do: in the batch that changes the rows. */
  #count(owner: number, table: Table, row: Row | undefined, by: number): void {
    if (row?.state !== 'approved' || (table !== 'follower' && table !== 'following')) return
    const counters = this.countersOf(owner)
    if (table === 'follower') counters.followers += by
    else counters.followings += by
    this.#counters.set(owner, counters)
  }

  countersOf(owner: number): Counters {
    return this.#counters.get(owner) ?? { followers: 0, followings: 0 }
  }

  owners(slot?: number): number[] {
    return [...this.#rows.keys()].filter((owner) => slot === undefined || slotOf(owner) === slot)
  }

  rowsOf(owner: number): Change[] {
    return [...(this.#rows.get(owner) ?? [])].map(([key, row]) => {
      const [table, other] = key.split('/') as [Table, string]
      return { owner, table, other: Number(other), row }
    })
  }

  forget(slot: number): void {
    for (const owner of this.owners(slot)) {
      this.#rows.delete(owner)
      this.#counters.delete(owner)
    }
  }

  /** To go back to, as D1's Time Travel does. */
  snapshot(): () => void {
    const [rows, counters] = structuredClone([this.#rows, this.#counters] as const)
    return () => {
      this.#rows = rows
      this.#counters = counters
    }
  }
}
