/**
 * What all migrations together leave behind, as statements: tables, their first rows, then indexes and triggers. Each test file
 * begins with them, which takes a quarter of the time of the migrations. test/architecture/migrations.test.ts compares the two.
 */
import { DatabaseSync } from 'node:sqlite'

export interface Migration {
  readonly name: string
  readonly queries: readonly string[]
}

/** As wrangler records what it has applied. */
const RECORDS =
  'CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)'

/** Every migration, and the record of it. */
export function statementsOf(migrations: readonly Migration[]): string[] {
  const records = migrations.map(({ name }) => `INSERT INTO d1_migrations (name) VALUES ('${name}')`)
  return [...migrations.flatMap(({ queries }) => queries), RECORDS, ...records]
}

export function finalSchema(migrations: readonly Migration[]): string[] {
  const database = new DatabaseSync(':memory:')
  for (const statement of statementsOf(migrations)) database.exec(statement)
  const read = (query: string) => database.prepare(query).all() as Record<string, string>[]
  const made = (type: string) =>
    read(`SELECT sql FROM sqlite_master WHERE type = '${type}' AND sql IS NOT NULL AND name NOT LIKE 'sqlite%'`).map(({ sql }) => sql ?? '')
  const tables = read(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'`).map(({ name }) => name ?? '')
  const rows = tables.flatMap((table) => {
    const columns = read(`SELECT name FROM pragma_table_info('${table}')`).map(({ name }) => `"${name}"`)
    const values = columns.map((column) => `quote(${column})`).join(` || ',' || `)
    return read(`SELECT ${values} AS row FROM "${table}"`).map(({ row }) => `INSERT INTO "${table}" (${columns}) VALUES (${row})`)
  })
  return [...made('table'), ...rows, ...made('index'), ...made('trigger')]
}
