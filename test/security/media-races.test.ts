// Quotas, names and space of the media library among 64 who stand at the statement that decides (security row 71, §5.4,
// invariants 7 and 8), and concurrent acts that undo each other. Afterwards rows, objects and usage agree.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { TOMBSTONE_RETRY_MS, UPLOAD_GIVEN_UP_MS } from '../../src/core/limits.ts'
import { clock } from '../platform/clock.ts'
import { count, idOf, newName, rows } from '../support/actors.ts'
import { runCron } from '../support/cron.ts'
import { Client, ORIGIN, platform } from '../support/kith.ts'
import {
  bucket,
  emptyLibrary,
  expectStored,
  FILES,
  FOLDERS,
  newFile,
  newFolder,
  randomBytes,
  sha256,
  upload,
  usageOf,
} from '../support/media.ts'
import { checkMedia } from '../support/media-invariants.ts'
import { type Person, signedInPerson } from '../support/people.ts'
import { ROUNDS, ROUNDS_TIMEOUT_MS } from '../support/runs.ts'
import { atTheLine, oneWinner, RACERS, raceOf64, whileAtTheLine } from '../support/start-line.ts'

const SIZE = 1_000
const racers = Array.from({ length: RACERS }, (_, index) => index)
const RESERVE = /INSERT INTO files /
const COMMIT = /UPDATE files SET digest/
const INSERT_FOLDER = /INSERT INTO folders /

let person: Person
let client: Client

beforeEach(async () => {
  platform.reset()
  clock.freeze()
  person = await signedInPerson(newName('racer'))
  client = person.client
})
afterEach(async () => {
  clock.restore()
  await emptyLibrary()
})

function inRounds(name: string, round: () => Promise<void>): void {
  test(name, { timeout: ROUNDS_TIMEOUT_MS }, async () => {
    for (let n = 0; n < ROUNDS; n++) {
      await round()
      await checkMedia()
    }
    await settle()
    await checkMedia({ settled: true })
  })
}

async function settle(): Promise<void> {
  clock.advance(UPLOAD_GIVEN_UP_MS + TOMBSTONE_RETRY_MS)
  await runCron()
}

/** A new person, so that each round begins with nothing. */
async function newcomer(): Promise<Client> {
  return (await signedInPerson(newName('newcomer'))).client
}

const quotaOf = (reason: string) => ({ status: 403, error: 'QuotaExceeded', reason })
const withVars = (vars: Record<string, string>) => ({ env: { ...atTheLine.env, ...vars } })

describe('the last place', () => {
  inRounds('64 uploads at the quota of files less one: one fits', async () => {
    const owner = await newcomer()
    await newFile(owner, 'first', randomBytes(SIZE))
    const bytes = racers.map(() => randomBytes(SIZE))
    const options = withVars({ MEDIA_FILES_PER_USER: '2' })
    const replies = await raceOf64((n) => upload(owner, 'one', bytes[n] as Uint8Array, options), RESERVE)
    const winner = oneWinner(replies, 201, quotaOf('files'))
    await expectStored(owner, replies[winner]?.json.data.file._id, bytes[winner] as Uint8Array)
    expect(await usageOf(owner)).toMatchObject({ files: 2, bytes: 2 * SIZE })
  })

  inRounds('64 uploads at the quota of bytes less one file: one fits', async () => {
    const owner = await newcomer()
    await newFile(owner, 'first', randomBytes(SIZE))
    const options = withVars({ MEDIA_BYTES_PER_USER: String(2 * SIZE) })
    const replies = await raceOf64(() => upload(owner, 'one', randomBytes(SIZE), options), RESERVE)
    oneWinner(replies, 201, quotaOf('bytes'))
    expect(await usageOf(owner)).toMatchObject({ files: 2, bytes: 2 * SIZE })
  })

  inRounds('64 folders at the quota of folders less one: one fits', async () => {
    const owner = await newcomer()
    await newFolder(owner, 'first')
    const options = withVars({ MEDIA_FOLDERS_PER_USER: '2' })
    const replies = await raceOf64((n) => owner.post(FOLDERS, { name: `folder ${n}` }, options), INSERT_FOLDER)
    oneWinner(replies, 201, quotaOf('folders'))
    expect((await usageOf(owner)).folders).toBe(2)
  })

  inRounds('64 folders of one name: one is made', async () => {
    const owner = await newcomer()
    const replies = await raceOf64(() => owner.post(FOLDERS, { name: 'wanted' }, atTheLine), INSERT_FOLDER)
    oneWinner(replies, 201, { status: 409, error: 'ResourceConflict' })
    expect((await usageOf(owner)).folders).toBe(1)
  })
})

describe('a folder that is deleted under an upload', () => {
  for (const [where, pattern] of [
    ['before its reservation', RESERVE],
    ['before its commit', COMMIT],
  ] as const) {
    inRounds(`${where}: the upload is not found, and nothing of it stays`, async () => {
      const folder = await newFolder(client, newName('folder'))
      const start = () => upload(client, 'one', randomBytes(SIZE), { folder, ...atTheLine })
      const remove = async () => expect((await client.delete(`${FOLDERS}/${folder}`)).status).toBe(200)
      expect((await whileAtTheLine(start, pattern, remove)).status).toBe(404)
      expect(await count('files WHERE user_id = ?', idOf(person.id))).toBe(0)
      expect(await count('object_tombstones'), 'and its object is gone already').toBe(0)
    })
  }

  inRounds('among many: each upload is in the folder that is gone, or was never there', async () => {
    const folder = await newFolder(client, newName('folder'))
    const act = (n: number) =>
      n === 20 ? client.delete(`${FOLDERS}/${folder}`, atTheLine) : upload(client, 'one', randomBytes(SIZE), { folder, ...atTheLine })
    const replies = await raceOf64(act, /INSERT INTO files |DELETE FROM files/)
    for (const [n, reply] of replies.entries()) expect(n === 20 ? [200] : [201, 404], reply.text).toContain(reply.status)
    expect(await count('files WHERE user_id = ?', idOf(person.id))).toBe(0)
  })
})

describe('two at once', () => {
  inRounds('64 deletions of one file: one does it, its bytes are given back once', async () => {
    await newFile(client, 'one', randomBytes(10))
    const before = await usageOf(client)
    const id = await newFile(client, 'one', randomBytes(SIZE))
    const replies = await raceOf64(() => client.delete(`${FILES}/${id}`, atTheLine), /DELETE FROM files/)
    // All had seen the file; each asked for it to be gone, and it is.
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]))
    expect(await usageOf(client)).toEqual(before)
  })

  inRounds('a deletion and 63 downloads: the whole file, or not found', async () => {
    const bytes = randomBytes(SIZE)
    const id = await newFile(client, 'one', bytes)
    const act = (n: number) => (n === 20 ? client.delete(`${FILES}/${id}`, atTheLine) : client.get(`${FILES}/${id}/content`, atTheLine))
    const replies = await raceOf64(act, /FROM files WHERE id = |DELETE FROM files/)
    for (const [n, reply] of replies.entries()) {
      if (n === 20) expect(reply.status).toBe(200)
      else if (reply.status === 200) expect(sha256(reply.bytes)).toBe(sha256(bytes))
      else expect([reply.status, reply.json.error]).toEqual([404, 'NotFound'])
    }
    expect((await client.get(`${FILES}/${id}/content`)).status).toBe(404)
  })

  inRounds('two sweeps', async () => {
    const kept = randomBytes(SIZE)
    const id = await newFile(client, 'one', kept)
    platform.faults.r2('delete', 'throw')
    for (let n = 0; n < 5; n++) await client.delete(`${FILES}/${await newFile(client, 'one', randomBytes(10))}`)
    platform.faults.clear()
    for (let n = 0; n < 5; n++) await bucket.put(newName('nobody'), 'whose is this?')
    expect(await count('object_tombstones')).toBe(5)
    clock.advance(UPLOAD_GIVEN_UP_MS + TOMBSTONE_RETRY_MS)
    await Promise.all([runCron(), runCron()])
    await settle()
    await checkMedia({ settled: true })
    await expectStored(client, id, kept)
    await client.delete(`${FILES}/${id}`)
  })

  inRounds('a sweep that gives an upload up, and the upload: one of them', async () => {
    const sweep = () => {
      clock.advance(UPLOAD_GIVEN_UP_MS + 1)
      return runCron()
    }
    const reply = await whileAtTheLine(() => upload(client, 'one', randomBytes(SIZE), atTheLine), COMMIT, sweep)
    expect(reply.status).toBe(404)
    expect(await count('files WHERE user_id = ?', idOf(person.id))).toBe(0)
  })
})

describe('links', () => {
  inRounds('64 uses while the links are revoked: the file or the refusal, and after the reply only the refusal', async () => {
    const bytes = randomBytes(SIZE)
    const id = await newFile(client, 'one', bytes)
    const made = await client.post(`${FILES}/${id}/links`, {})
    const path = made.json.data.link.url.replace(ORIGIN, '')
    const replies = await Promise.all(racers.map((n) => (n === 20 ? client.delete(`${FILES}/${id}/links`) : new Client().get(path))))
    for (const [n, reply] of replies.entries()) {
      if (n === 20) expect(reply.status).toBe(200)
      else if (reply.status === 200) expect(sha256(reply.bytes)).toBe(sha256(bytes))
      else expect([reply.status, reply.json.additionalInfo.reason]).toEqual([403, 'link_invalid'])
    }
    for (const reply of await Promise.all(racers.map(() => new Client().get(path)))) expect(reply.status).toBe(403)
    expect(await rows('SELECT link_version FROM files WHERE id = ?', idOf(id))).toEqual([{ link_version: 1 }])
    await client.delete(`${FILES}/${id}`)
  })
})
