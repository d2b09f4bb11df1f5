/**
 * The database for the operator's commands. That of the deployment is reached through `wrangler d1 execute`, whose command
 * line takes no parameters, so values are inlined as literals, here and nowhere else. The local one is opened here, which
 * takes half the time.
 */
import type { Results, Statement } from '../src/store/db/database.ts'
import { toRow } from '../src/store/db/rows.ts'
import { type OpenStores, openStores, withStores } from './doctor/stores.ts'
import { Refusal, runWrangler } from './local.ts'

/** A value as an SQL literal. */
export function quote(value: unknown): string {
  if (value === null || value === undefined) return 'NULL'
  if (typeof value === 'number') return String(value)
  return `'${String(value).replaceAll("'", "''")}'`
}

/** A statement of the store with its values inlined. Its own text has no `?` other than placeholders. */
export function toSql({ sql, params }: Statement<unknown>): string {
  const parts = oneLine(sql).split('?')
  if (parts.length !== params.length + 1) throw new Error(`${params.length} values for ${sql}`)
  return parts.map((part, index) => (index === 0 ? part : quote(params[index - 1]) + part)).join('')
}

const oneLine = (sql: string) => sql.replace(/\s+/g, ' ').trim()

/** Runs the statements as one batch, all or nothing; returns the rows of each. */
async function batch<Row>(statements: readonly string[], remote: boolean): Promise<Row[][]> {
  if (!remote) return batchHere(statements)
  const output = await runWrangler(['d1', 'execute', 'DB', '--remote', '--json', '--command', statements.join('; ')])
  // Notices may precede the JSON, which begins on its own line.
  const results = JSON.parse(output.slice(output.search(/^\[\s*$/m))) as { results: Row[]; success: boolean }[]
  return results.map((result) => result.results)
}

const NOT_STARTED = 'Kith has not run on this machine yet, or was updated since: npm start'

let holds = false
let held: Promise<OpenStores> | undefined

/** Opening the local database takes longer than what is asked of it: within `run` it is opened once, when somebody first asks. */
export async function holdingDatabase(run: () => Promise<void>): Promise<void> {
  holds = true
  try {
    await run()
  } finally {
    await (await held)?.close()
  }
}

async function batchHere<Row>(statements: readonly string[]): Promise<Row[][]> {
  if (!holds) return withStores(false, ({ DB }) => batchOf<Row>(DB, statements))
  held ??= openStores(false)
  return batchOf<Row>((await held).stores.DB, statements)
}

async function batchOf<Row>(database: D1Database, statements: readonly string[]): Promise<Row[][]> {
  const results = await database.batch<Row>(statements.map((sql) => database.prepare(sql))).catch((error: unknown) => {
    const { message } = error as Error
    throw new Refusal(/no such table/.test(message) ? NOT_STARTED : `The local database: ${message}`)
  })
  return results.map((result) => result.results)
}

/** The same; returns the rows of the last. */
export async function query<Row>(statements: readonly string[], remote: boolean): Promise<Row[]> {
  return (await batch<Row>(statements, remote)).at(-1) ?? []
}

/** What each statement reads, in one call: starting wrangler takes longer than any of them. */
export async function readAll<const Statements extends readonly Statement<unknown>[]>(
  statements: Statements,
  remote: boolean,
): Promise<Results<Statements>> {
  const rows = await batch<Record<string, unknown>>(statements.map(toSql), remote)
  return statements.map((statement, index) => read(statement, rows[index] ?? [])) as Results<Statements>
}

/** The same for statements of the store; returns what the last one reads. */
export async function execute<Result>(writes: readonly Statement<unknown>[], last: Statement<Result>, remote: boolean): Promise<Result> {
  return read(last, await query<Record<string, unknown>>([...writes, last].map(toSql), remote))
}

function read<Result>(statement: Statement<Result>, rows: readonly Record<string, unknown>[]): Result {
  const named = rows.map((row) => toRow(Object.keys(row), Object.values(row)))
  return statement.read(named, 0)
}
