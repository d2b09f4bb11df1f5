// The sweep over the media library, through the Worker's cron entry (security row 70): abandoned uploads, orphaned objects and
// tombstones; in pages, twice at once, and with a failing bucket.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Bindings } from '../../src/config.ts'
import { TOMBSTONE_RETRY_MS, UPLOAD_GIVEN_UP_MS } from '../../src/core/limits.ts'
import { newId } from '../../src/ids.ts'
import { clock } from '../platform/clock.ts'
import { runCron } from '../support/cron.ts'
import { checkInvariants } from '../support/invariants.ts'
import { db, platform } from '../support/kith.ts'
import { bucket, bytesOf, idOfHex, listObjects, newFile, newFolder, objectKeyOf, tombstones, usageOf } from '../support/media.ts'
import { type Person, signedInPerson } from '../support/people.ts'

const BYTES = bytesOf('bytes')
const keysOf = async () => (await listObjects()).map(({ key }) => key).sort()
const cursor = () => db.prepare("SELECT cursor FROM sweep_cursors WHERE sweep = 'orphans:media'").first<string>('cursor')

let names = 0
async function newPerson(): Promise<Person> {
  names += 1
  return signedInPerson(`swept_${names}_person`)
}

/** What an upload leaves behind when its isolate dies. */
async function abandon(person: Person, key: string, folder: string | null = null): Promise<void> {
  const insert = `INSERT INTO files (id, user_id, folder_id, name, content_type, size, object_key, created_at, updated_at)
                  VALUES (?, ?, ?, 'a', 'text/plain', 5, ?, ?, ?)`
  const now = Date.now()
  await db
    .prepare(insert)
    .bind(newId(), idOfHex(person.id), folder === null ? null : idOfHex(folder), key, now, now)
    .run()
}

async function putObjects(count: number): Promise<string[]> {
  const keys = Array.from({ length: count }, (_, n) => `orphan-${n}`)
  for (const key of keys) await bucket.put(key, BYTES)
  return keys
}

/** R2 may return fewer than it was asked for: this one returns two at a time. */
const inPairs = {
  ...platform.env,
  MEDIA: new Proxy(platform.env.MEDIA, {
    get(target, name) {
      if (name === 'list') return (options: R2ListOptions) => target.list({ ...options, limit: 2 })
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  }),
} as Bindings

beforeEach(() => clock.freeze())
afterEach(async () => {
  platform.reset()
  for (const key of await keysOf()) if (key.startsWith('orphan')) await bucket.delete(key)
  await checkInvariants()
  clock.restore()
})

describe('an upload that never ended', () => {
  test('keeps its space for an hour, then releases it, with its object', async () => {
    const person = await newPerson()
    const folder = await newFolder(person.client, 'Busy')
    await abandon(person, 'abandoned', folder)
    await bucket.put('abandoned', BYTES)
    clock.advance(UPLOAD_GIVEN_UP_MS)
    await runCron()
    expect(await usageOf(person.client)).toMatchObject({ files: 1, bytes: 5 })
    expect(await keysOf()).toContain('abandoned')
    clock.advance(1)
    await runCron()
    expect(await usageOf(person.client)).toMatchObject({ files: 0, bytes: 0 })
    expect(await keysOf()).not.toContain('abandoned')
    expect(await tombstones()).toEqual([])
    expect((await person.client.get('/user/media/folders')).json.data.records).toMatchObject([{ fileCount: 0 }, { fileCount: 0 }])
  })

  test('without an object is released as well, and files are left alone', async () => {
    const person = await newPerson()
    const file = await newFile(person.client)
    await abandon(person, 'never-stored')
    clock.advance(UPLOAD_GIVEN_UP_MS + 1)
    await runCron()
    expect(await usageOf(person.client)).toMatchObject({ files: 1 })
    expect((await person.client.get(`/user/media/files/${file}/content`)).text).toBe('a.txt')
  })
})

describe('an object that no row names', () => {
  test('is left alone for an hour, then removed', async () => {
    const kept = await objectKeyOf(await newFile((await newPerson()).client))
    await putObjects(1)
    await runCron()
    expect(await keysOf()).toContain('orphan-0')
    clock.advance(UPLOAD_GIVEN_UP_MS + 60_000)
    await runCron()
    expect(await keysOf()).not.toContain('orphan-0')
    expect(await keysOf()).toContain(kept)
    expect(await tombstones()).toEqual([])
  })

  test('is found however many pages there are: each run goes on where the last one has stopped, and begins anew', async () => {
    const { client } = await newPerson()
    for (const name of ['a', 'b', 'c']) await newFile(client, name)
    const files = (await keysOf()).length
    const orphans = await putObjects(5)
    clock.advance(UPLOAD_GIVEN_UP_MS + 60_000)
    let runs = 0
    const places = new Set<string>()
    do {
      await runCron(inPairs)
      runs += 1
      places.add((await cursor()) ?? '')
    } while ((await cursor()) !== '' && runs < 50)
    expect(await cursor()).toBe('')
    expect(places.size).toBe(runs)
    expect(runs).toBeGreaterThanOrEqual(Math.floor((files + orphans.length) / 2))
    expect(await keysOf()).toHaveLength(files)
    await runCron(inPairs)
    expect(await cursor()).not.toBe('')
    await runCron()
  })
})

describe('marks', () => {
  test('that the bucket does not let go are tried again, not at once and not for nothing', async () => {
    const { client } = await newPerson()
    const file = await newFile(client)
    const key = await objectKeyOf(file)
    platform.faults.r2('delete', 'throw')
    await client.delete(`/user/media/files/${file}`)
    expect(await tombstones()).toMatchObject([{ key, attempts: 1 }])
    clock.advance(TOMBSTONE_RETRY_MS - 1)
    await runCron()
    expect(await tombstones()).toMatchObject([{ key, attempts: 1 }])
    clock.advance(1)
    await expect(runCron()).rejects.toThrow('parts of the sweep failed')
    expect(await tombstones()).toMatchObject([{ key, attempts: 2 }])
    platform.faults.clear()
    clock.advance(TOMBSTONE_RETRY_MS)
    await runCron()
    expect(await tombstones()).toEqual([])
    expect(await keysOf()).not.toContain(key)
  })

  test('are worked off although the bucket cannot be listed, and its list begins anew', async () => {
    const { client } = await newPerson()
    const file = await newFile(client)
    const key = await objectKeyOf(file)
    platform.faults.r2('delete', 'throw')
    await client.delete(`/user/media/files/${file}`)
    platform.faults.clear()
    platform.faults.r2('list', 'throw')
    clock.advance(TOMBSTONE_RETRY_MS)
    await expect(runCron()).rejects.toThrow('parts of the sweep failed')
    expect(await tombstones()).toEqual([])
    expect(await keysOf()).not.toContain(key)
    expect(await cursor()).toBe('')
    platform.faults.clear()
    await runCron()
  })

  test('of objects that are gone already are worked off', async () => {
    await db.prepare("INSERT INTO object_tombstones (bucket, key, created_at, due_at) VALUES ('media', 'gone', 0, 0)").run()
    await runCron()
    expect(await tombstones()).toEqual([])
  })
})

test('two sweeps at once do the work of one', async () => {
  const person = await newPerson()
  const file = await newFile(person.client)
  for (const key of ['two-a', 'two-b']) {
    await abandon(person, key)
    await bucket.put(key, BYTES)
  }
  await putObjects(3)
  clock.advance(UPLOAD_GIVEN_UP_MS + 60_000)
  await Promise.all([runCron(), runCron(), runCron()])
  expect(await usageOf(person.client)).toMatchObject({ files: 1 })
  expect(await tombstones()).toEqual([])
  expect((await keysOf()).filter((key) => /two-|orphan/.test(key))).toEqual([])
  expect((await person.client.get(`/user/media/files/${file}/content`)).status).toBe(200)
})
