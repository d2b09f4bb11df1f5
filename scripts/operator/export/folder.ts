/**
 * A whole Kith as a folder: `rows/<table>.ndjson`, a row each line; `objects/`, the files and pictures; `manifest.json`, with
 * counts and digests; and people and edges once more in the format of `import`, for another system or a Kith that is in use.
 * Tables are read children first, so that what a row refers to is read after it, and is there.
 */
import { once } from 'node:events'
import { createWriteStream, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Stores } from '../../doctor/objects.ts'
import { Refusal } from '../../local.ts'
import { type Copied, countObjects, saveObjects } from './objects.ts'
import { edgeRecords, personRecords } from './records.ts'
import { comparedOf, type Figures, listTables, type Row, readRows, Tally } from './tables.ts'

export interface Manifest {
  readonly format: 'kith'
  readonly madeAt: string
  readonly migration: string
  readonly tables: Readonly<Record<string, Figures & { readonly columns: readonly string[] }>>
  /** Null: they were left out. */
  readonly objects: Copied | null
  readonly people: number
  readonly edges: number
}

const MANIFEST = 'manifest.json'

async function writeLines(path: string, pages: AsyncIterable<readonly object[]>): Promise<number> {
  const output = createWriteStream(path, { mode: 0o600 })
  let lines = 0
  for await (const page of pages) {
    lines += page.length
    const text = page.map((line) => `${JSON.stringify(line)}\n`).join('')
    if (!output.write(text)) await once(output, 'drain')
  }
  await new Promise<void>((resolve, reject) => output.on('error', reject).end(resolve))
  return lines
}

const newestMigration = async ({ DB }: Stores) =>
  (await DB.prepare('SELECT name FROM d1_migrations ORDER BY id DESC LIMIT 1').first<string>('name')) ?? ''

/** Writes everything; the manifest comes last, so that a folder with one is complete. */
export async function saveFolder(stores: Stores, folder: string, withObjects: boolean): Promise<Manifest> {
  if (existsSync(join(folder, MANIFEST))) throw new Refusal(`${folder} has an export already; take another folder`)
  mkdirSync(join(folder, 'rows'), { recursive: true })
  const tables: Record<string, Manifest['tables'][string]> = {}
  for (const table of (await listTables(stores.DB)).reverse()) {
    const tally = new Tally(comparedOf(table.name, table.columns))
    await writeLines(join(folder, 'rows', `${table.name}.ndjson`), tallied(readRows(stores.DB, table), tally))
    tables[table.name] = { ...tally.figures, columns: table.columns }
  }
  const manifest: Manifest = {
    format: 'kith',
    madeAt: new Date().toISOString(),
    migration: await newestMigration(stores),
    tables,
    objects: withObjects ? await saveObjects(stores, folder) : null,
    people: await writeLines(join(folder, 'people.ndjson'), personRecords(stores.DB)),
    edges: await writeLines(join(folder, 'edges.ndjson'), edgeRecords(stores.DB)),
  }
  writeFileSync(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 })
  return manifest
}

async function* tallied(pages: AsyncIterable<Row[]>, tally: Tally): AsyncGenerator<Row[]> {
  for await (const page of pages) {
    for (const row of page) tally.add(row)
    yield page
  }
}

export function readManifest(folder: string): Manifest {
  const path = join(folder, MANIFEST)
  if (!existsSync(path)) throw new Refusal(`${folder} is no export, or one that was not finished: it has no ${MANIFEST}`)
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest
  if (manifest.format !== 'kith') throw new Refusal(`${path} is not of an export of Kith`)
  return manifest
}

export interface Comparison {
  readonly name: string
  readonly exported: string
  readonly here: string
}

/** Counts and digests of this Kith beside those of an export; a Kith in use has moved on, of course. */
export async function compareFolder(stores: Stores, folder: string): Promise<Comparison[]> {
  const manifest = readManifest(folder)
  const lines: Comparison[] = []
  const show = ({ rows, digest }: Figures) => `${rows} rows ${digest.slice(0, 16)}`
  for (const table of await listTables(stores.DB)) {
    const exported = manifest.tables[table.name]
    if (!exported) continue
    const tally = new Tally(comparedOf(table.name, exported.columns))
    for await (const page of readRows(stores.DB, table)) for (const row of page) tally.add(row)
    lines.push({ name: table.name, exported: show(exported), here: show(tally.figures) })
  }
  if (manifest.objects) {
    const of = ({ objects, bytes, missing }: Copied) => `${objects} objects ${bytes} bytes ${missing.length} missing`
    lines.push({ name: 'objects', exported: of(manifest.objects), here: of(await countObjects(stores)) })
  }
  return lines
}
