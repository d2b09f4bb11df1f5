/**
 * `npm run backup [file]`: the whole database as one SQL file for `npm run restore`; with `--remote` the deployed one.
 * wrangler's own export puts tables before those they refer to, and triggers before the rows that they would count
 * again. This one writes all tables, then the rows in the order of the references, then indexes and triggers. All rows
 * come from one export, so from one moment; D1 serves no other query meanwhile.
 */
import { once } from 'node:events'
import { createReadStream, createWriteStream, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { query, quote } from './database.ts'
import { main, Refusal, ROOT, runWrangler } from './local.ts'

const USAGE = `Usage: npm run backup -- [file] [--remote]

  file                 where to; backups/<time>.sql unless told
  --remote             the deployed database instead of the local one`

interface SchemaRow {
  readonly type: 'table' | 'index' | 'trigger' | 'view'
  readonly name: string
  readonly sql: string
  /** The tables it refers to, separated by commas. */
  readonly parents: string | null
}

const SCHEMA = `SELECT m.type, m.name, m.sql, (SELECT group_concat(DISTINCT f."table") FROM pragma_foreign_key_list(m.name) f) AS parents
  FROM sqlite_master m WHERE m.sql IS NOT NULL AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND m.name NOT LIKE '\\_cf\\_%' ESCAPE '\\'
  ORDER BY m.rowid`

/** What may contain line breaks. D1 takes five SELECTs in a UNION. */
const TEXTS_WITH_LINES = { users: ['bio', 'about', 'status_message', 'where_am_i', 'custom_data'], admin_notes: ['text'] }

await main(async () => {
  const { file, remote, help } = readArguments()
  if (help) return console.log(USAGE)
  mkdirSync(dirname(file), { recursive: true })
  // Beside the file, where there is disk space; never readable by others.
  const work = mkdtempSync(join(dirname(file), '.backup-'))
  try {
    const schema = await query<SchemaRow>([SCHEMA.replace(/\n\s*/g, ' ')], remote)
    const tables = inOrder(schema.filter(({ type }) => type === 'table'))
    if (tables.length === 0) throw new Refusal('There is nothing to back up: the database has no tables')
    const exported = join(work, 'export.sql')
    const where = remote ? '--remote' : '--local'
    await runWrangler(['d1', 'export', 'DB', where, '--no-schema', '--skip-confirmation', '--output', exported])
    const rows = await sortRows(exported, work)
    const repairs = await repairsOf(remote)
    // Replaces an earlier file, whose permissions may be wider, and only once the backup is complete.
    const whole = join(work, 'backup.sql')
    await pipeline(assemble(work, { schema, tables, repairs }), createWriteStream(whole, { mode: 0o600 }))
    renameSync(whole, file)
    console.log(`${file}: ${tables.length} tables, ${rows} rows. It holds password hashes and addresses: keep it where secrets are kept.`)
    console.log('It has no files, pictures or keys; docs/deploy.md, "Backups", says how to keep those.')
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
})

function readArguments(): { file: string; remote: boolean; help: boolean } {
  try {
    const flag = { type: 'boolean', default: false } as const
    const options = { remote: flag, help: { ...flag, short: 'h' } } as const
    const { values, positionals } = parseArgs({ options, allowPositionals: true })
    if (positionals.length > 1) throw new Error('backup takes one file')
    const name = `${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}${values.remote ? '' : '-local'}.sql`
    return { file: resolve(positionals[0] ?? join(ROOT, 'backups', name)), remote: values.remote, help: values.help }
  } catch (error) {
    throw new Refusal(`${(error as Error).message}\n\n${USAGE}`)
  }
}

/** Each table after those it refers to. */
function inOrder(tables: readonly SchemaRow[]): SchemaRow[] {
  const placed: SchemaRow[] = []
  const isPlaced = (name: string) => placed.some((table) => table.name === name)
  while (placed.length < tables.length) {
    const next = tables.filter(({ name, parents }) => {
      const others = (parents ?? '').split(',').filter((parent) => parent !== '' && parent !== name)
      return !isPlaced(name) && others.every(isPlaced)
    })
    if (next.length === 0) throw new Error('tables refer to each other in a circle')
    placed.push(...next)
  }
  return placed
}

function fileOf(work: string, table: string): string {
  return join(work, `${encodeURIComponent(table)}.rows`)
}

/** Splits the statements of an export into a file per table; returns how many there are. */
async function sortRows(exported: string, work: string): Promise<number> {
  const outputs = new Map<string, ReturnType<typeof createWriteStream>>()
  let count = 0
  for await (const statement of statementsOf(exported)) {
    if (/^(PRAGMA|DELETE FROM sqlite_sequence)\b/.test(statement)) continue
    const table = /^INSERT INTO "?([A-Za-z0-9_]+)"? /.exec(statement)?.[1]
    if (table === undefined) throw new Error(`wrangler exports what this script does not know: ${statement.slice(0, 60)}`)
    if (table.startsWith('sqlite_') || table.startsWith('_cf_')) continue
    const output = outputs.get(table) ?? createWriteStream(fileOf(work, table), { mode: 0o600 })
    outputs.set(table, output)
    if (!output.write(`${statement}\n`)) await once(output, 'drain')
    count += 1
  }
  await Promise.all([...outputs.values()].map((output) => new Promise<void>((done) => output.end(() => done()))))
  return count
}

/** A statement ends at a line end outside of quotes. */
async function* statementsOf(path: string): AsyncGenerator<string> {
  let [rest, statement] = ['', '']
  for await (const chunk of createReadStream(path, { encoding: 'utf8' })) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      statement += statement === '' ? line : `\n${line}`
      if (!isWhole(statement)) continue
      yield statement
      statement = ''
    }
  }
  const last = [statement, rest].filter(Boolean).join('\n').trim()
  if (last !== '') yield last
}

function isWhole(statement: string): boolean {
  return statement.endsWith(';') && (statement.split("'").length - 1) % 2 === 0
}

/**
 * An export writes a line break as the two characters
 *  and replaces those on import, so a text that contains both comes back wrong. Such texts are written again as they
 * are.
 */
async function repairsOf(remote: boolean): Promise<string[]> {
  const isBroken = (column: string) => `(instr(${column}, char(10)) > 0 OR instr(${column}, char(13)) > 0) AND instr(${column}, '\\') > 0`
  const repairs: string[] = []
  for (const [table, columns] of Object.entries(TEXTS_WITH_LINES)) {
    const selects = columns.map((column) => `SELECT id, '${column}' AS name, ${column} AS value FROM ${table} WHERE ${isBroken(column)}`)
    const rows = await query<{ id: number; name: string; value: string }>([selects.join(' UNION ALL ')], remote)
    repairs.push(...rows.map(({ id, name, value }) => `UPDATE ${table} SET ${name} = ${quote(value)} WHERE id = ${id};`))
  }
  return repairs
}

interface Parts {
  readonly schema: readonly SchemaRow[]
  readonly tables: readonly SchemaRow[]
  readonly repairs: readonly string[]
}

/** The backup in an order that can be imported: tables, rows, then whatever refers to both. */
async function* assemble(work: string, { schema, tables, repairs }: Parts): AsyncGenerator<string | Buffer> {
  const lines = (statements: readonly string[]) => statements.map((statement) => `${statement}\n`).join('')
  yield lines(['PRAGMA defer_foreign_keys=TRUE;', ...tables.map(({ sql }) => `${sql};`)])
  for (const { name } of tables) {
    // A table without rows has no file.
    if (existsSync(fileOf(work, name))) yield* createReadStream(fileOf(work, name))
  }
  yield lines(repairs)
  for (const type of ['index', 'view', 'trigger'] as const) {
    yield lines(schema.filter((row) => row.type === type).map(({ sql }) => `${sql};`))
  }
}
