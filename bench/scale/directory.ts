/** The directory: which database has a slot, and whose a name is. Each method is one guarded statement or one batch. */

export interface Name {
  readonly owner: number
  readonly reservation: number
  readonly reservedAt: number
  /** Of the row that bears the name; null as long as it is only reserved. */
  readonly version: number | null
}

export class Directory {
  readonly homes: number[] = []
  readonly names = new Map<string, Name>()
  /** The version of each person's confirmed name. */
  readonly #versions = new Map<number, number>()
  #reservations = 0

  /** The number of the reservation, or null if the name is taken. */
  reserve(name: string, owner: number, now: number): number | null {
    if (this.names.has(name)) return null
    this.#reservations += 1
    this.names.set(name, { owner, reservation: this.#reservations, reservedAt: now, version: null })
    return this.#reservations
  }

  /** Releases the names that the person had before. One that was overtaken by a later name is released itself. */
  confirm(name: string, reservation: number, version: number): void {
    const entry = this.names.get(name)
    if (entry?.reservation !== reservation || entry.version !== null) return
    if (version < (this.#versions.get(entry.owner) ?? 0)) this.names.delete(name)
    else {
      for (const [other, { owner, version: confirmed }] of this.names)
        if (owner === entry.owner && confirmed !== null && confirmed < version) this.names.delete(other)
      this.names.set(name, { ...entry, version })
      this.#versions.set(entry.owner, version)
    }
  }

  release(name: string, reservation: number): void {
    const entry = this.names.get(name)
    if (entry?.reservation === reservation && entry.version === null) this.names.delete(name)
  }

  overdue(before: number): [string, Name][] {
    return [...this.names].filter(([, { version, reservedAt }]) => version === null && reservedAt < before)
  }
}
