/**
 * What must always hold for the media library (security §5.4, invariants 7 and 8): rows, objects and usage agree. Part of
 * `checkInvariants`; used alone after every single fault.
 */

import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import { db } from './kith.ts'
import { bucket, listObjects } from './media.ts'

/** Each finds rows that must not exist. */
export const MEDIA_RULES: Readonly<Record<string, string>> = {
  '8: the usage of a person is what there is': `
    SELECT x.user_id AS id FROM (SELECT user_id FROM media_usage UNION SELECT user_id FROM files UNION SELECT user_id FROM folders) x
      LEFT JOIN media_usage m ON m.user_id = x.user_id
    WHERE COALESCE(m.files, 0) <> (SELECT COUNT(*) FROM files f WHERE f.user_id = x.user_id)
      OR COALESCE(m.bytes, 0) <> (SELECT COALESCE(SUM(f.size), 0) FROM files f WHERE f.user_id = x.user_id)
      OR COALESCE(m.folders, 0) <> (SELECT COUNT(*) FROM folders d WHERE d.user_id = x.user_id)`,
  '8: a folder counts its files': `
    SELECT d.id FROM folders d WHERE d.file_count <> (SELECT COUNT(*) FROM files f WHERE f.folder_id = d.id)`,
  '7: a file lies in a folder of its owner': `
    SELECT f.id FROM files f JOIN folders d ON d.id = f.folder_id WHERE d.user_id <> f.user_id`,
  '7: a file that is committed has its digest, one on its way has none': `
    SELECT id FROM files WHERE (committed_at IS NULL) <> (digest IS NULL)`,
  '7: an object of a file is not marked for removal': `
    SELECT f.id FROM files f JOIN object_tombstones t ON t.bucket = 'media' AND t.key = f.object_key`,
}

export interface Expectation {
  /** The sweep has run: nothing may be left for it. */
  readonly settled?: boolean
  /** Prefix of keys that a test has put into the bucket behind the library's back. */
  readonly strangers?: string
}

/** What the bucket is compared with. */
export const LIBRARY = {
  files: 'SELECT object_key, size, digest FROM files',
  tombstones: "SELECT key FROM object_tombstones WHERE bucket = 'media' ORDER BY key",
}

/** The rows of each statement, all from one round trip. */
export async function readAll<Name extends string>(statements: Readonly<Record<Name, string>>): Promise<Record<Name, unknown[]>> {
  const names = Object.keys(statements) as Name[]
  const read = await db.batch(names.map((name) => db.prepare(statements[name])))
  return Object.fromEntries(names.map((name, index) => [name, read[index]?.results ?? []])) as Record<Name, unknown[]>
}

/** The rules that found something. */
export const brokenRules = (rules: Readonly<Record<string, string>>, found: Readonly<Record<string, unknown[]>>): string[] =>
  Object.keys(rules).flatMap((name) => (found[name]?.length ? [`${name}: ${JSON.stringify(found[name])}`] : []))

/** The rules and the objects, in two round trips and one per file. */
export async function checkMedia(expectation: Expectation = {}): Promise<void> {
  const found = await readAll({ ...MEDIA_RULES, ...LIBRARY })
  const broken = [...brokenRules(MEDIA_RULES, found), ...(await brokenObjects(found, expectation))]
  expect(broken, 'what no longer holds of files').toEqual([])
}

interface StoredRow {
  readonly object_key: string
  readonly size: number
  readonly digest: string | null
}

/** 7: a committed file has its object, byte for byte; an object belongs to a file or a reservation, or has a tombstone. */
export async function brokenObjects(
  found: Record<keyof typeof LIBRARY, unknown[]>,
  { settled = false, strangers }: Expectation = {},
): Promise<string[]> {
  const [files, marked] = [found.files as StoredRow[], found.tombstones as { key: string }[]]
  const broken = (await Promise.all(files.filter(({ digest }) => digest !== null).map(brokenObject))).flat()
  const known = new Set([...files, ...marked.map(({ key }) => ({ object_key: key }))].map(({ object_key }) => object_key))
  for (const { key } of await listObjects()) {
    const isStranger = !settled && strangers !== undefined && key.startsWith(strangers)
    if (!known.has(key) && !isStranger) broken.push(`7: the object ${key} is nobody's`)
  }
  if (settled) {
    for (const { key } of marked) broken.push(`7: a tombstone is left: ${key}`)
    for (const { object_key, digest } of files) if (digest === null) broken.push(`7: the file of ${object_key} still waits`)
  }
  return broken
}

async function brokenObject({ object_key: key, size, digest }: StoredRow): Promise<string[]> {
  const bytes = await (await bucket.get(key))?.bytes()
  if (!bytes) return [`7: the object ${key} of a file is not there`]
  if (bytes.byteLength === size && createHash('sha256').update(bytes).digest('base64url') === digest) return []
  return [`7: the object ${key} is not what its file says`]
}
