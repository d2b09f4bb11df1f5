// Counts what the Worker does to its bindings, so that a test can hold a route to its budget (design §7). Operations count when
// they are attempted, rows when a reply states them.

const COUNT_NAMES = [
  'd1RoundTrips',
  'd1Statements',
  'rowsRead',
  'rowsWritten',
  'kvReads',
  'kvWrites',
  'kvLists',
  'kvDeletes',
  'r2Operations',
  'limiterCalls',
  'emails',
] as const

export type Counts = Record<(typeof COUNT_NAMES)[number], number>

export interface ExecutedStatement {
  sql: string
  params: readonly unknown[]
  rowsRead: number
  rowsWritten: number
}

export interface Measurement<T> {
  counts: Counts
  statements: ExecutedStatement[]
  result: T
}

export class Counters implements Counts {
  /** Each run, all, first or raw of a statement, and each batch. */
  d1RoundTrips = 0
  d1Statements = 0
  rowsRead = 0
  rowsWritten = 0
  /** One per key, even if the answer came from the location's cache. */
  kvReads = 0
  kvWrites = 0
  kvLists = 0
  kvDeletes = 0
  r2Operations = 0
  limiterCalls = 0
  emails = 0
  /** The statements executed since the last reset, in the order of their replies. */
  readonly statements: ExecutedStatement[] = []

  reset(): void {
    for (const name of COUNT_NAMES) this[name] = 0
    this.statements.length = 0
  }

  snapshot(): Counts {
    return Object.fromEntries(COUNT_NAMES.map((name) => [name, this[name]])) as Counts
  }

  recordStatement(sql: string, params: readonly unknown[], meta: D1Meta): void {
    this.statements.push({ sql, params, rowsRead: meta.rows_read, rowsWritten: meta.rows_written })
    this.rowsRead += meta.rows_read
    this.rowsWritten += meta.rows_written
  }

  /** What `work` alone did. Nothing else may run on the platform meanwhile, and `work` must not reset the counters. */
  async measure<T>(work: () => T | Promise<T>): Promise<Measurement<T>> {
    const before = this.snapshot()
    const statementsBefore = this.statements.length
    const result = await work()
    const counts = this.snapshot()
    for (const name of COUNT_NAMES) counts[name] -= before[name]
    return { counts, statements: this.statements.slice(statementsBefore), result }
  }
}
