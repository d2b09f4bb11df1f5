/**
 * Rows under the names that the code has for their columns, and how many rows D1 reads for them. What is known of a statement is
 * kept by its text: it is run thousands of times, and is much the same each time.
 */

export type Row = Record<string, unknown>

/** What has been asked of D1. */
export interface Usage {
  /** Round trips: statements alone, and batches. */
  trips: number
  rowsRead: number
  rowsWritten: number
}

export const newUsage = (): Usage => ({ trips: 0, rowsRead: 0, rowsWritten: 0 })

const camelName = (column: string): string => column.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

class Shape {
  readonly #columns: readonly string[]
  readonly #names: readonly string[]
  /** All names at once: an object that grows name by name is slow to make and to read. */
  readonly #blank: Row

  constructor(columns: readonly string[]) {
    this.#columns = columns
    this.#names = columns.map(camelName)
    this.#blank = JSON.parse(`{${this.#names.map((name) => `${JSON.stringify(name)}:null`).join()}}`)
  }

  /** Not after a migration that added a column. */
  fits(columns: readonly string[]): boolean {
    if (columns.length !== this.#columns.length) return false
    for (let index = 0; index < columns.length; index++) if (columns[index] !== this.#columns[index]) return false
    return true
  }

  toRow(values: readonly unknown[]): Row {
    const row: Row = { ...this.#blank }
    const names = this.#names
    for (let index = 0; index < names.length; index++) row[names[index] as string] = values[index]
    return row
  }
}

/** A row under the names that the code has for its columns. */
export const toRow = (columns: readonly string[], values: readonly unknown[]): Row => new Shape(columns).toRow(values)

/** Every so many times a read alone is counted: D1 tells the count only with rows under its own names, which takes longer. */
export const COUNTED_EVERY = 64

export class KnownStatement {
  /** At the latest count. */
  rowsRead = 0
  readonly #isRead: boolean
  #uses = 0
  #shape: Shape | null = null

  constructor(sql: string) {
    this.#isRead = /^\s*SELECT\b/.test(sql)
  }

  /** Writes are always counted. */
  isCountDue(): boolean {
    return !this.#isRead || this.#uses++ % COUNTED_EVERY === 0
  }

  toRows(columns: readonly string[], rows: readonly (readonly unknown[])[]): Row[] {
    if (rows.length === 0) return []
    if (!this.#shape?.fits(columns)) this.#shape = new Shape(columns)
    const shape = this.#shape
    return rows.map((values) => shape.toRow(values))
  }

  /** From rows under D1's names. */
  renamed(rows: readonly Row[]): Row[] {
    return this.toRows(Object.keys(rows[0] ?? {}), rows.map(Object.values))
  }
}

const known = new Map<string, KnownStatement>()
/** Few texts depend on what is asked, so this is never reached by the code as it is. */
const KNOWN_MAX = 5_000

export function knownStatement(sql: string): KnownStatement {
  const found = known.get(sql)
  if (found) return found
  if (known.size >= KNOWN_MAX) known.clear()
  const made = new KnownStatement(sql)
  known.set(sql, made)
  return made
}
