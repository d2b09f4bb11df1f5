/**
 * Taking an export into an empty Kith: the same ids, hashes and figures. Triggers would count again what the rows have counted,
 * so they are put aside meanwhile. How far it is, and the triggers, are in a table of the database, written in the batch that
 * takes the rows: whatever ends the command, the same command continues where it was, and the doctor sees what is missing.
 */
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import type { Stores } from '../../doctor/objects.ts'
import { Refusal } from '../../local.ts'
import { Bar } from '../import/bar.ts'
import type { Manifest } from './folder.ts'
import { putObjects } from './objects.ts'
import { listTables, SWITCH_ENDPOINTS_OFF, type Table, UNFINISHED } from './tables.ts'

/** A value of D1 has 2 MB at most. */
const CHUNK_CHARACTERS = 500_000

const SET_ASIDE = `INSERT INTO ${UNFINISHED} (name, value)
  SELECT 'triggers', (SELECT json_group_array(sql) FROM sqlite_master WHERE type = 'trigger')`

export async function loadFolder(stores: Stores, folder: string, manifest: Manifest): Promise<void> {
  const { DB } = stores
  const tables = await listTables(DB)
  if (tables.length === 0)
    throw new Refusal('The database has no tables yet: npm run db:migrate, or for a deployment npm run db:migrate:remote')
  const unknown = Object.keys(manifest.tables).filter((name) => !tables.some((table) => table.name === name))
  if (unknown.length > 0) throw new Refusal(`The database has no table ${unknown.join(', ')}: this Kith is older than the export`)
  const moved = tables.filter(({ name }) => name in manifest.tables)
  const done = (await readDone(DB)) ?? (await begin(DB, moved, manifest.madeAt))
  if (done.export !== manifest.madeAt) {
    throw new Refusal(`The import of another export, of ${done.export}, is not finished here: finish it, or begin with a new database`)
  }
  const rowsOf = ({ name }: Table) => manifest.tables[name]?.rows ?? 0
  const bar = new Bar(
    'rows',
    moved.reduce((sum, table) => sum + rowsOf(table), 0),
  )
  let before = 0
  for (const table of moved) {
    const after = Number(done[table.name] ?? 0)
    if (after > 0) console.log(`${table.name}: continues after row ${after}`)
    const report = (lines: number) => bar.show(before + lines, table.name)
    await loadRows(DB, { folder, table, columns: manifest.tables[table.name]?.columns ?? [], after, report })
    before += rowsOf(table)
  }
  bar.clear()
  if (manifest.objects) await putObjects(stores, folder)
  const triggers = JSON.parse(String(done.triggers)) as string[]
  await DB.batch([SWITCH_ENDPOINTS_OFF, ...triggers, `DROP TABLE ${UNFINISHED}`].map((sql) => DB.prepare(sql)))
}

type Done = Readonly<Record<string, string | number>>

/** Null: no import is under way. */
async function readDone(db: D1Database): Promise<Done | null> {
  if (!(await db.prepare('SELECT 1 FROM sqlite_master WHERE name = ?').bind(UNFINISHED).first())) return null
  const { results } = await db.prepare(`SELECT name, value FROM ${UNFINISHED}`).all<{ name: string; value: string | number }>()
  return Object.fromEntries(results.map(({ name, value }) => [name, value]))
}

async function begin(db: D1Database, moved: readonly Table[], madeAt: string): Promise<Done> {
  if (await db.prepare('SELECT id FROM users LIMIT 1').first()) {
    throw new Refusal('This Kith has users, and a folder goes only into an empty one. Import its people.ndjson and edges.ndjson instead.')
  }
  const { results } = await db.prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'").all<{ name: string }>()
  await db.batch([
    db.prepare(`CREATE TABLE ${UNFINISHED} (name TEXT PRIMARY KEY, value)`),
    db.prepare(`INSERT INTO ${UNFINISHED} (name, value) VALUES ('export', ?)`).bind(madeAt),
    db.prepare(SET_ASIDE),
    ...results.map(({ name }) => db.prepare(`DROP TRIGGER \`${name}\``)),
    // What a migration has put there, such as roles, is in the export as well. Children first.
    ...[...moved].reverse().map(({ name }) => db.prepare(`DELETE FROM \`${name}\``)),
  ])
  return (await readDone(db)) ?? {}
}

interface Loading {
  readonly folder: string
  readonly table: Table
  readonly columns: readonly string[]
  /** Lines that were taken before. */
  readonly after: number
  readonly report: (lines: number) => void
}

/** The rows of a table, as JSON that SQLite takes apart: a batch for each half megabyte. */
async function loadRows(db: D1Database, { folder, table: { name }, columns, after, report }: Loading): Promise<void> {
  const into = columns.map((column) => `\`${column}\``).join(', ')
  const values = columns.map((column) => `j.value ->> '$.${column}'`).join(', ')
  const insert = db.prepare(`INSERT INTO \`${name}\` (${into}) SELECT ${values} FROM json_each(?) j`)
  const note = db.prepare(`INSERT INTO ${UNFINISHED} (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2`)
  const path = join(folder, 'rows', `${name}.ndjson`)
  let [lines, characters, line]: [string[], number, number] = [[], 0, 0]
  const send = async () => {
    if (lines.length === 0) return
    await db.batch([insert.bind(`[${lines.join(',')}]`), note.bind(name, line)]).catch((error: unknown) => {
      const where = `${path}, lines ${line - lines.length + 1} to ${line}`
      throw new Refusal(
        `${where}: ${(error as Error).message}\nThe import is not finished. Mend this and run the command again: it continues here.`,
      )
    })
    report(line)
    ;[lines, characters] = [[], 0]
  }
  for await (const text of linesOf(path)) {
    line += 1
    if (line <= after) continue
    lines.push(text)
    characters += text.length
    if (characters > CHUNK_CHARACTERS) await send()
  }
  await send()
}

/** readline would break lines at U+2028 as well, which JSON leaves as it is. */
async function* linesOf(path: string): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of createReadStream(path, 'utf8')) {
    const parts = (rest + chunk).split('\n')
    rest = parts.pop() ?? ''
    yield* parts
  }
  if (rest !== '') yield rest
}
