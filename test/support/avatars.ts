/** What must always hold for avatars (security row 70): the database and the bucket agree. */
import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import type { Bindings } from '../../src/config.ts'
import { db } from './kith.ts'
import type { Person } from './people.ts'

/** The objects in the bucket, or those of the person. */
export async function bucketKeys(person?: Person): Promise<string[]> {
  const { objects } = await (env as unknown as Bindings).AVATARS.list({ limit: 1000 })
  const keys = objects.map(({ key }) => key)
  if (!person) return keys
  const row = await db
    .prepare('SELECT avatar_key FROM users WHERE id = ?')
    .bind(Number.parseInt(person.id, 16))
    .first<{ avatar_key: string }>()
  return keys.filter((key) => row?.avatar_key != null && key.startsWith(row.avatar_key))
}

/** Each key of a row names two objects, and every other object has a tombstone. No object in use has one. */
export async function expectAvatarsInOrder(): Promise<void> {
  const objects = await bucketKeys()
  const users = (await db.prepare('SELECT avatar_key AS key FROM users WHERE avatar_key IS NOT NULL').all<{ key: string }>()).results
  const owned = users.flatMap(({ key }) => [`${key}/512.webp`, `${key}/128.png`])
  const tombstones = (await db.prepare("SELECT key FROM object_tombstones WHERE bucket = 'avatars'").all<{ key: string }>()).results
  const marked = new Set(tombstones.map(({ key }) => key))
  expect(
    owned.filter((key) => !objects.includes(key)),
    'avatars without their objects',
  ).toEqual([])
  expect(
    owned.filter((key) => marked.has(key)),
    'avatars that are marked',
  ).toEqual([])
  expect(
    objects.filter((key) => !owned.includes(key) && !marked.has(key)),
    'objects that nobody knows of',
  ).toEqual([])
}

/** The tombstones of an avatar, and when they are due. */
export async function tombstonesOf(key: string): Promise<{ key: string; dueAt: number }[]> {
  const sql = 'SELECT key, due_at AS dueAt FROM object_tombstones WHERE substr(key, 1, ?) = ? ORDER BY key'
  return (await db.prepare(sql).bind(key.length, key).all<{ key: string; dueAt: number }>()).results
}
