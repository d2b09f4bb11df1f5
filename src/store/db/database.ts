/**
 * D1 in three concepts: a statement, a batch, a commit. Statements are SQL written with drizzle's `sql` tag: values are
 * always bound, never spliced. D1 has no interactive transactions: what must hold together is one batch (all or
 * nothing). An error does not mean "not done", so `commit` looks for its witness row before it answers or retries
 * (design §1.5).
 */
import { type SQL, sql } from 'drizzle-orm'
import { CasingCache } from 'drizzle-orm/casing'
import { knownStatement, newUsage, type Row, type Usage } from './rows.ts'

export interface Statement<Result> {
  readonly sql: string
  readonly params: readonly unknown[]
  /** What the rows say, column names in camel case. `changes`: how many rows the statement wrote or deleted. */
  readonly read: (rows: readonly Row[], changes: number) => Result
  readonly readsChanges: boolean
  /** It may end sessions, which some clients want to know (core/oauth/logout-notices.ts). */
  readonly endsSessions?: true
}

export type Results<Statements extends readonly Statement<unknown>[]> = {
  -readonly [Index in keyof Statements]: Statements[Index] extends Statement<infer Result> ? Result : never
}

/** A piece of a statement that the store builds and the core only passes on: a guard, or SQL that yields one id. */
export type Fragment = SQL

/** The guard that always holds. */
export const always: Fragment = sql`1`
export const never: Fragment = sql`0`
/** Holds when both hold. */
export const both = (a: Fragment, b: Fragment): Fragment => sql`(${a}) AND (${b})`
/** Holds when either holds. */
export const either = (a: Fragment, b: Fragment): Fragment => sql`((${a}) OR (${b}))`
export const not = (a: Fragment): Fragment => sql`NOT (${a})`
/** Holds when a fragment that selects a user selects none. */
export const yieldsNobody = (user: Fragment): Fragment => sql`NOT EXISTS (${user})`
/** A known id as a fragment; null for no user. */
export const idOf = (id: number | null): Fragment => sql`${id}`

/** SQLite's quoting and placeholders: all the `sql` tag needs of drizzle's dialect, which would add a tenth to the Worker. */
const SQLITE = {
  casing: new CasingCache('snake_case'),
  escapeName: (name: string) => `"${name.replace(/"/g, '""')}"`,
  escapeParam: () => '?',
  escapeString: (text: string) => `'${text.replace(/'/g, "''")}'`,
}

function statement<Result>(query: SQL, read: Statement<Result>['read'], readsChanges = false): Statement<Result> {
  const { sql, params } = query.toQuery(SQLITE)
  return { sql, params, read, readsChanges }
}

/** All rows. */
export function all<R>(query: SQL): Statement<R[]> {
  return statement(query, (rows) => rows as R[])
}

/** The first row, or null. */
export function first<R>(query: SQL): Statement<R | null> {
  return statement(query, ([row]) => (row as R | undefined) ?? null)
}

/** A write whose rows are not needed. */
export function run(query: SQL): Statement<void> {
  return statement(query, () => undefined)
}

export const endsSessions = <Result>(statement: Statement<Result>): Statement<Result> => ({ ...statement, endsSessions: true })

/** A write that returns how many rows it changed. */
export function changed(query: SQL): Statement<number> {
  return statement(query, (_, changes) => changes, true)
}

/** The three documented messages after which D1 may or may not have committed. */
const AMBIGUOUS = /Network connection lost|storage caused object to be reset|reset because its code was updated/

/** Begins a statement that writes. */
const WRITE = /^\s*(?:INSERT|UPDATE|DELETE)\b/

/** Two isolates drew the same primary key: the caller draws again. */
export function isPrimaryKeyConflict(error: unknown): boolean {
  return error instanceof Error && /UNIQUE constraint failed: \w+\.id\b/.test(error.message)
}

/** Whether a guard holds. */
export function findIf(condition: Fragment): Statement<boolean> {
  return statement(sql`SELECT 1 WHERE ${condition}`, (rows) => rows.length > 0)
}

export class Database {
  readonly #session: D1DatabaseSession
  readonly #usage: Usage
  #endedSessions = false
  #hasWritten = false
  /** `usage` is shared by the sessions of one request. */
  constructor(session: D1DatabaseSession, usage: Usage = newUsage()) {
    this.#session = session
    this.#usage = usage
  }

  /** One round trip, all or nothing. */
  async batch<const Statements extends readonly Statement<unknown>[]>(statements: Statements): Promise<Results<Statements>> {
    const prepared = statements.map(({ sql, params }) => this.#session.prepare(sql).bind(...params))
    if (statements.some((s) => s.endsSessions)) this.#endedSessions = true
    this.#usage.trips += 1
    this.#hasWritten ||= statements.some((s) => WRITE.test(s.sql))
    const [only] = statements
    if (only && statements.length === 1 && !only.readsChanges) {
      return [only.read(await this.#alone(only.sql, prepared[0] as D1PreparedStatement), 0)] as Results<Statements>
    }
    const results = await this.#session.batch<Row>(prepared)
    for (const { meta } of results) this.#count(meta)
    return statements.map(({ sql, read }, index) => {
      const { results: rows = [], meta } = results[index] ?? {}
      return read(knownStatement(sql).renamed(rows), meta?.changes ?? 0)
    }) as Results<Statements>
  }

  /** As arrays: objects under D1's names would be built only to be built again under ours. They come without a count. */
  async #alone(sql: string, statement: D1PreparedStatement): Promise<Row[]> {
    const known = knownStatement(sql)
    if (known.isCountDue()) {
      const { results, meta } = await statement.all<Row>()
      known.rowsRead = meta.rows_read
      this.#count(meta)
      return known.renamed(results)
    }
    const [columns = [], ...rows] = await statement.raw({ columnNames: true })
    this.#usage.rowsRead += Math.max(known.rowsRead, rows.length)
    return known.toRows(columns, rows)
  }

  #count({ rows_read: read, rows_written: written }: D1Meta): void {
    this.#usage.rowsRead += read
    this.#usage.rowsWritten += written
  }

  async one<Result>(statement: Statement<Result>): Promise<Result> {
    const [result] = await this.batch([statement])
    return result
  }

  /**
   * Writes and then reads `witness` in the same batch. What the witness finds is the outcome; null means that a guard
   * refused. If an error leaves it open whether the batch was committed, the witness is read again, and if it finds
   * nothing the batch is sent once more. So every statement must be guarded or idempotent.
   */
  async commit<Result>(writes: readonly Statement<unknown>[], witness: Statement<Result | null>): Promise<Result | null> {
    try {
      return await this.#writeAndWitness(writes, witness)
    } catch (error) {
      if (!(error instanceof Error && AMBIGUOUS.test(error.message))) throw error
      const found = await this.one(witness)
      return found ?? (await this.#writeAndWitness(writes, witness))
    }
  }

  async #writeAndWitness<Result>(writes: readonly Statement<unknown>[], witness: Statement<Result | null>): Promise<Result | null> {
    const results = await this.batch([...writes, witness])
    return results.at(-1) as Result | null
  }

  /** Whether a statement so far may have ended sessions. */
  get endedSessions(): boolean {
    return this.#endedSessions
  }

  /** Whether a statement so far was a write. */
  get hasWritten(): boolean {
    return this.#hasWritten
  }

  /** The minimum position for later reads: the client sends it back as `x-d1-bookmark`. */
  bookmark(): string | null {
    return this.#session.getBookmark() ?? null
  }
}
