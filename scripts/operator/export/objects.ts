/** The objects of an export: files and pictures, each as a file of its own. Those that a row names, and no others. */
import { createReadStream, createWriteStream, existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Stores } from '../../doctor/objects.ts'

interface ObjectRow {
  readonly bucket: 'media' | 'avatars'
  readonly key: string
}

const AT_A_TIME = 1_000
const IN_PARALLEL = 8
/** Beyond this size, an object is written in parts. */
const PART_BYTES = 16 * 1024 * 1024

const NAMED = {
  media: 'SELECT id, object_key AS key FROM files WHERE committed_at IS NOT NULL AND id > ?1 ORDER BY id LIMIT ?2',
  avatars: `SELECT id, avatar_key || v.column1 AS key FROM (SELECT id, avatar_key FROM users WHERE avatar_key IS NOT NULL AND id > ?1
    ORDER BY id LIMIT ?2) u, (VALUES ('/512.webp'), ('/128.png')) v ORDER BY id`,
} as const

async function* listNamed({ DB }: Stores): AsyncGenerator<ObjectRow[]> {
  for (const bucket of ['media', 'avatars'] as const) {
    for (let last = -1; ; ) {
      const { results } = await DB.prepare(NAMED[bucket]).bind(last, AT_A_TIME).all<{ id: number; key: string }>()
      if (results.length > 0) yield results.map(({ key }) => ({ bucket, key }))
      const end = results.at(-1)
      if (!end) break
      last = end.id
    }
  }
}

const fileOf = (folder: string, { bucket, key }: ObjectRow) => join(folder, 'objects', bucket, ...key.split('/'))
const bucketOf = (stores: Stores, { bucket }: ObjectRow) => (bucket === 'media' ? stores.MEDIA : stores.AVATARS)

/** What a bucket should send with the object; the Worker sets it when it stores one. */
const metadataOf = ({ bucket, key }: ObjectRow): R2HTTPMetadata =>
  bucket === 'media'
    ? {}
    : {
        contentType: key.endsWith('.webp') ? 'image/webp' : 'image/png',
        cacheControl: 'public, max-age=31536000, immutable, no-transform',
      }

export interface Copied {
  readonly objects: number
  readonly bytes: number
  /** Named by a row, and not there. */
  readonly missing: readonly string[]
}

async function eachNamed(stores: Stores, copy: (object: ObjectRow) => Promise<number | null>): Promise<Copied> {
  let [objects, bytes] = [0, 0]
  const missing: string[] = []
  for await (const page of listNamed(stores)) {
    for (let at = 0; at < page.length; at += IN_PARALLEL) {
      const part = page.slice(at, at + IN_PARALLEL)
      const sizes = await Promise.all(part.map(copy))
      for (const [index, size] of sizes.entries()) {
        if (size === null) missing.push(`${part[index]?.bucket}/${part[index]?.key}`)
        else [objects, bytes] = [objects + 1, bytes + size]
      }
    }
  }
  return { objects, bytes, missing }
}

/** Copies every object to the folder. One that is there already, complete, is not read again: objects never change. */
export function saveObjects(stores: Stores, folder: string): Promise<Copied> {
  return eachNamed(stores, async (row) => {
    const path = fileOf(folder, row)
    const known = await bucketOf(stores, row).head(row.key)
    if (known === null) return null
    if (existsSync(path) && statSync(path).size === known.size) return known.size
    const object = await bucketOf(stores, row).get(row.key)
    if (object === null) return null
    mkdirSync(dirname(path), { recursive: true })
    await pipeline(Readable.fromWeb(object.body as never), createWriteStream(path, { mode: 0o600 }))
    return object.size
  })
}

/** Puts every object that a row names, from the folder, unless it is there already. */
export function putObjects(stores: Stores, folder: string): Promise<Copied> {
  return eachNamed(stores, async (row) => {
    const path = fileOf(folder, row)
    if (!existsSync(path)) return null
    const { size } = statSync(path)
    const there = await bucketOf(stores, row).head(row.key)
    if (there?.size !== size) await put(bucketOf(stores, row), row, path, size)
    return size
  })
}

/** How many objects that rows name are there. */
export function countObjects(stores: Stores): Promise<Copied> {
  return eachNamed(stores, async (row) => (await bucketOf(stores, row).head(row.key))?.size ?? null)
}

async function put(bucket: R2Bucket, row: ObjectRow, path: string, size: number): Promise<void> {
  const options = { httpMetadata: metadataOf(row) }
  const read = async (start: number, end: number) => Buffer.concat(await createReadStream(path, { start, end: end - 1 }).toArray())
  if (size === 0) return void (await bucket.put(row.key, new Uint8Array(), options))
  if (size <= PART_BYTES) return void (await bucket.put(row.key, await read(0, size), options))
  const upload = await bucket.createMultipartUpload(row.key, options)
  const parts: R2UploadedPart[] = []
  for (let at = 0; at < size; at += PART_BYTES)
    parts.push(await upload.uploadPart(parts.length + 1, await read(at, Math.min(size, at + PART_BYTES))))
  await upload.complete(parts)
}
