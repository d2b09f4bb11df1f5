/**
 * Files for tests: uploads over HTTP, and direct access to the database and the bucket. media-invariants.ts has the invariants.
 */

import { env } from 'cloudflare:workers'
import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import type { Bindings } from '../../src/config.ts'
import { type Client, db, type Options, ORIGIN, type Reply } from './kith.ts'

/** The bucket itself, without limits, counters and faults. */
export const bucket = (env as unknown as Bindings).MEDIA

export const FILES = '/user/media/files'
export const FOLDERS = '/user/media/folders'

export const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(new TextEncoder().encode(text))
export const randomBytes = (size: number) => crypto.getRandomValues(new Uint8Array(size))
export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
export const idOfHex = (hex: string) => Number.parseInt(hex, 16)

interface Place extends Options {
  readonly folder?: string
  readonly type?: string
}

/** A raw upload. */
export function upload(client: Client, name: string, bytes: Uint8Array, { folder, type, ...options }: Place = {}): Promise<Reply> {
  const query = new URLSearchParams({ name, ...(folder === undefined ? {} : { folder }) })
  const headers = { ...(type === undefined ? {} : { 'content-type': type }), ...options.headers }
  return client.fetch(`${FILES}?${query}`, { ...options, method: 'POST', body: bytes, headers })
}

/** The same as a form. */
export function uploadForm(client: Client, name: string, bytes: Uint8Array<ArrayBuffer>): Promise<Reply> {
  const form = new FormData()
  form.set('file', new File([bytes], name))
  return client.post(FILES, form)
}

function dataOf(reply: Reply): Reply['json'] {
  if (reply.status !== 200 && reply.status !== 201) throw new Error(`refused: ${reply.status} ${reply.text}`)
  return reply.json.data
}

/** Uploads; returns the file's `_id`. */
export async function newFile(client: Client, name = 'a.txt', bytes = bytesOf(name), place: Place = {}): Promise<string> {
  return dataOf(await upload(client, name, bytes, place)).file._id
}

export async function newFolder(client: Client, name: string): Promise<string> {
  return dataOf(await client.post(FOLDERS, { name })).folder._id
}

/** The path and query of a new link to the file. */
export async function newLink(client: Client, file: string, body: Record<string, unknown> = {}): Promise<string> {
  return dataOf(await client.post(`${FILES}/${file}/links`, body)).link.url.replace(ORIGIN, '')
}

/** The file comes back as it was sent. */
export async function expectStored(client: Client, file: string, bytes: Uint8Array): Promise<void> {
  const reply = await client.get(`${FILES}/${file}/content`)
  expect([reply.status, sha256(reply.bytes)], `file ${file}`).toEqual([200, sha256(bytes)])
}

export const usageOf = async (client: Client) => dataOf(await client.get('/user/media/usage')).usage

export async function listObjects(): Promise<R2Object[]> {
  const found: R2Object[] = []
  let cursor: string | undefined
  do {
    const page: R2Objects = await bucket.list(cursor === undefined ? {} : { cursor })
    found.push(...page.objects)
    cursor = page.truncated ? page.cursor : undefined
  } while (cursor !== undefined)
  return found
}

/** Everything an upload leaves: rows, objects, tombstones, usage. A refused one changes none of it. */
export async function mediaState(): Promise<Record<string, unknown>> {
  const names = ['files', 'folders', 'object_tombstones', 'media_usage']
  const tables = await db.batch(names.map((name) => db.prepare(`SELECT * FROM ${name}`)))
  const rows = Object.fromEntries(names.map((name, index) => [name, tables[index]?.results.filter((row) => !isUnused(row as Row))]))
  return { ...rows, objects: (await listObjects()).map(({ key, size }) => [key, size]) }
}

type Row = Record<string, unknown>
/** A person who has never stored anything, and one who has nothing left. */
const isUnused = (row: Row) => row.files === 0 && row.bytes === 0 && row.folders === 0

export async function tombstones(): Promise<{ key: string; due_at: number; attempts: number }[]> {
  const found = await db.prepare("SELECT key, due_at, attempts FROM object_tombstones WHERE bucket = 'media' ORDER BY key").all()
  return found.results as { key: string; due_at: number; attempts: number }[]
}

export async function objectKeyOf(file: string): Promise<string> {
  const row = await db.prepare('SELECT object_key FROM files WHERE id = ?').bind(idOfHex(file)).first<{ object_key: string }>()
  if (!row) throw new Error(`no file ${file}`)
  return row.object_key
}

/** For the end of a test whose files the next one would check again. Usage goes with the rows. */
export async function emptyLibrary(): Promise<void> {
  await db.batch(['files', 'folders', 'object_tombstones'].map((table) => db.prepare(`DELETE FROM ${table}`)))
  const keys = (await listObjects()).map(({ key }) => key)
  if (keys.length > 0) await bucket.delete(keys)
}
