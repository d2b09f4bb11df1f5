/** Files of the media library for tests: uploaded over HTTP; and what must hold of rows and objects whatever has happened. */

import { env } from 'cloudflare:workers'
import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import type { Bindings } from '../../src/config.ts'
import { rows } from './actors.ts'
import type { Client, Options, Reply } from './kith.ts'

/** The bucket itself, without limits and faults: to look. */
const { MEDIA } = env as unknown as Bindings

export const FILES = '/user/media/files'
export const FOLDERS = '/user/media/folders'

/** `size` bytes that are different in each file. */
export function bytesOf(size: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(size))
}

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

export interface Place {
  readonly name?: string
  readonly folder?: string
}

/** As a raw body. */
export function uploadRaw(client: Client, bytes: Uint8Array, place: Place = {}, options: Options = {}): Promise<Reply> {
  const query = new URLSearchParams({ name: 'file.bin', ...place })
  return client.post(`${FILES}?${query}`, bytes, options)
}

/** As a form. */
export function uploadForm(client: Client, bytes: Uint8Array<ArrayBuffer>, place: Place = {}, options: Options = {}): Promise<Reply> {
  const form = new FormData()
  form.set('file', new File([bytes], place.name ?? 'file.bin'))
  if (place.folder !== undefined) form.set('folder', place.folder)
  return client.post(FILES, form, options)
}

/** The id of a new file. */
export async function storedFile(client: Client, bytes: Uint8Array, place: Place = {}): Promise<string> {
  const reply = await uploadRaw(client, bytes, place)
  if (reply.status !== 201) throw new Error(`not uploaded: ${reply.status} ${reply.text}`)
  return reply.json.data.file._id
}

/** The id of a new folder. */
export async function storedFolder(client: Client, name: string): Promise<string> {
  const reply = await client.post(FOLDERS, { name })
  if (reply.status !== 201) throw new Error(`no folder: ${reply.status} ${reply.text}`)
  return reply.json.data.folder._id
}

/** The file comes back as it was sent. */
export async function expectStored(client: Client, id: string, bytes: Uint8Array): Promise<void> {
  const reply = await client.get(`${FILES}/${id}/content`)
  expect([reply.status, sha256(reply.bytes)], `file ${id}`).toEqual([200, sha256(bytes)])
}

interface StoredRow {
  readonly id: number
  readonly size: number
  readonly digest: string
  readonly object_key: string
}

/** Each finds the rows that must not be there (security §5.4, 7 and 8). */
const RULES: Readonly<Record<string, string>> = {
  'usage is the sum of files': `
    SELECT u.user_id, u.files, u.bytes FROM media_usage u
    WHERE (u.files, u.bytes) <> (SELECT COUNT(*), COALESCE(SUM(size), 0) FROM files f WHERE f.user_id = u.user_id)`,
  'usage is the sum of folders': `
    SELECT u.user_id, u.folders FROM media_usage u WHERE u.folders <> (SELECT COUNT(*) FROM folders f WHERE f.user_id = u.user_id)`,
  'who has something has a usage': `
    SELECT user_id FROM (SELECT user_id FROM files UNION SELECT user_id FROM folders) WHERE user_id NOT IN (SELECT user_id FROM media_usage)`,
  'a folder counts its files': `
    SELECT d.id, d.file_count FROM folders d WHERE d.file_count <> (SELECT COUNT(*) FROM files f WHERE f.folder_id = d.id)`,
  'a file lies in a folder of its owner': `
    SELECT f.id FROM files f JOIN folders d ON d.id = f.folder_id WHERE d.user_id <> f.user_id`,
  'a committed file has a digest': 'SELECT id FROM files WHERE (committed_at IS NULL) <> (digest IS NULL)',
  'no file is marked for removal': `
    SELECT f.id FROM files f JOIN object_tombstones t ON t.bucket = 'media' AND t.key = f.object_key WHERE f.committed_at IS NOT NULL`,
}

/** With `settled`, the sweep has had its time: nothing may be left that waits for it. */
export async function checkMedia(options: { settled?: boolean } = {}): Promise<void> {
  const broken: string[] = []
  for (const [name, sql] of Object.entries(RULES)) {
    const found = await rows(sql)
    if (found.length > 0) broken.push(`${name}: ${JSON.stringify(found)}`)
  }
  const objects = await listObjects()
  for (const { id, size, digest, object_key } of await rows<StoredRow>('SELECT * FROM files WHERE committed_at IS NOT NULL')) {
    objects.delete(object_key)
    const object = await MEDIA.get(object_key)
    const bytes = object ? await object.bytes() : null
    const found = bytes && { size: bytes.byteLength, digest: createHash('sha256').update(bytes).digest('base64url') }
    if (found?.size !== size || found.digest !== digest) broken.push(`file ${id} has ${JSON.stringify(found)}, not ${size} ${digest}`)
  }
  if (options.settled) {
    for (const key of objects) broken.push(`the object ${key} is nobody's`)
    for (const { key } of await rows<{ key: string }>('SELECT key FROM object_tombstones')) broken.push(`a tombstone is left: ${key}`)
    for (const { id } of await rows<{ id: number }>('SELECT id FROM files WHERE committed_at IS NULL'))
      broken.push(`file ${id} still waits`)
  }
  expect(broken, 'what no longer holds of files').toEqual([])
}

/** For the end of a test: everything that is checked costs the next one time. */
export async function emptyLibrary(): Promise<void> {
  for (const table of ['files', 'folders', 'object_tombstones']) await rows(`DELETE FROM ${table}`)
  const keys = [...(await listObjects())]
  if (keys.length > 0) await MEDIA.delete(keys)
}

async function listObjects(): Promise<Set<string>> {
  const keys = new Set<string>()
  let cursor: string | undefined
  do {
    const page: R2Objects = await MEDIA.list(cursor === undefined ? {} : { cursor })
    for (const { key } of page.objects) keys.add(key)
    cursor = page.truncated ? page.cursor : undefined
  } while (cursor !== undefined)
  return keys
}
