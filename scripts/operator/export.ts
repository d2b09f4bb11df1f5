/** `operator -- export <folder>`: everything that a Kith has, for an empty one or for another system; and whether two are equal. */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { withStores } from '../doctor/stores.ts'
import { Refusal } from '../local.ts'
import { compareFolder, readManifest, saveFolder } from './export/folder.ts'
import { keysNeeded } from './export/keys.ts'
import { loadFolder } from './export/loading.ts'
import { misuse } from './input.ts'

export const usage = `export <folder>       writes everything as NDJSON, with hashes, and the files and pictures (docs/moving-out.md)
    --no-files            without files and pictures
    --compare             compares an export with this Kith instead: counts and digests of each table`

export async function run(args: readonly string[], remote: boolean): Promise<void> {
  const { folder, files, compare } = readArguments(args)
  if (compare) return compareWith(folder, remote)
  const started = Date.now()
  const { tables, objects, people, edges } = await withStores(remote, (stores) => saveFolder(stores, folder, files))
  const rows = Object.values(tables).reduce((sum, table) => sum + table.rows, 0)
  console.log(
    `${folder}: ${rows} rows of ${Object.keys(tables).length} tables, ${people} people, ${edges} edges, in ${secondsSince(started)} s.`,
  )
  if (objects) console.log(`${objects.objects} objects, ${objects.bytes} bytes.`)
  for (const key of objects?.missing ?? []) console.log(`Missing in its bucket: ${key}`)
  console.log('It holds password hashes and addresses: keep it where secrets are kept. The secrets of the deployment are not in it.')
}

export const folderUsage = `import <folder>       takes an export into an empty Kith, and compares the two; after a kill, the same command
                            continues`

/** `operator -- import <folder>`. */
export async function importFolder([given, ...others]: readonly string[], remote: boolean): Promise<void> {
  if (given === undefined || others.length > 0) throw new Refusal('import needs the folder of an export')
  const started = Date.now()
  const folder = resolve(given)
  const manifest = readManifest(folder)
  const needed = await withStores(remote, async (stores) => {
    await loadFolder(stores, folder, manifest)
    return keysNeeded(stores.DB, remote)
  })
  console.log(`Taken in within ${secondsSince(started)} s.`)
  await compareWith(folder, remote)
  for (const line of needed) console.log(line)
}

const secondsSince = (started: number) => Math.round((Date.now() - started) / 100) / 10

async function compareWith(folder: string, remote: boolean): Promise<void> {
  const lines = await withStores(remote, (stores) => compareFolder(stores, folder))
  const different = lines.filter(({ exported, here }) => exported !== here)
  for (const { name, exported, here } of lines)
    console.log(`${exported === here ? 'equal    ' : 'DIFFERENT'} ${name}: ${exported}${exported === here ? '' : `; here ${here}`}`)
  if (different.length > 0) throw new Refusal(`${different.length} of ${lines.length} differ.`)
  console.log(`All ${lines.length} are equal.`)
}

function readArguments(args: readonly string[]): { folder: string; files: boolean; compare: boolean } {
  try {
    const flag = { type: 'boolean', default: false } as const
    const { values, positionals } = parseArgs({ args: [...args], options: { 'no-files': flag, compare: flag }, allowPositionals: true })
    const [folder, ...others] = positionals
    if (folder === undefined || others.length > 0) throw new Error('export needs one folder')
    return { folder: resolve(folder), files: !values['no-files'], compare: values.compare }
  } catch (error) {
    throw misuse('export', error as Error)
  }
}
