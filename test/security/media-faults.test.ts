// Every operation on D1 and R2 in an upload, a deletion or the sweep fails in turn, in every way possible (security row 70, §5.2
// F1 to F3, F6, F11, F19). What the client was told is true, a retry works, and after the sweep every row has its object, byte
// for byte, and nothing is left over (security §5.4, invariants 7 and 8). `npm run thorough` tries more kinds of faults.
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { TOMBSTONE_RETRY_MS, UPLOAD_GIVEN_UP_MS, UPLOAD_RESERVED_MS } from '../../src/core/limits.ts'
import { clock } from '../platform/clock.ts'
import { D1_FAILURES, type D1Failure, type R2Fault } from '../platform/faults.ts'
import { count, newName, rows } from '../support/actors.ts'
import { runCron } from '../support/cron.ts'
import { freezeEachTest } from '../support/frozen.ts'
import { type Client, platform, type Reply } from '../support/kith.ts'
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
  uploadForm,
} from '../support/media.ts'
import { checkMedia } from '../support/media-invariants.ts'
import { signedInPerson } from '../support/people.ts'
import { expectCleanReply } from '../support/replies.ts'
import { IS_THOROUGH } from '../support/runs.ts'
import { type Strike, underStrike } from '../support/strikes.ts'

const SIZE = 5_000
/** Prefix of what the sweep must find. */
const STRANGERS = { strangers: 'nobody' }
/** No flow has more operations than this. */
const OPERATIONS_MAX = 20

type Strikes = Readonly<Record<string, Strike>>

const databaseFaults = (failures: readonly D1Failure[]): Strikes =>
  Object.fromEntries(
    failures.flatMap((failure) => [
      [`D1 fails: ${failure}`, (n: number) => platform.faults.failStatement(n, failure)],
      [`D1 commits and says: ${failure}`, (n: number) => platform.faults.loseReply(n, failure)],
    ]),
  )
const bucketFault = (fault: R2Fault, atByte?: number) => (n: number) => platform.faults.strikeR2(n, fault, atByte)

/** For any operation. D1's messages are all the same to the code that meets them, and 429 is a failure like any other. */
const faults: Strikes = {
  ...databaseFaults(IS_THOROUGH ? (Object.keys(D1_FAILURES) as D1Failure[]) : ['connectionLost']),
  'R2 fails': bucketFault('throw'),
  'R2 does it and loses its reply': bucketFault('lose-reply'),
  ...(IS_THOROUGH ? { 'R2 refuses with 429': bucketFault('refuse') } : {}),
}
/** For a body in transit: operations without one never see these. */
const bodyFaults: Strikes = {
  'R2 answers null': bucketFault('null'),
  'R2 breaks off at once': bucketFault('break', 0),
  'R2 breaks off half-way': bucketFault('break', SIZE / 2),
  'R2 breaks off after all of it': bucketFault('break', SIZE),
  ...(IS_THOROUGH ? { 'R2 breaks off after a byte': bucketFault('break', 1) } : {}),
}

/** One request, ready to be sent. */
interface Act {
  readonly send: () => Promise<Reply>
  /** What a success means, and what must hold in the end if a retry was answered like this. */
  readonly done: (reply: Reply) => Promise<void>
  /** After anything but a success: there as a whole, or not at all. */
  readonly whole: () => Promise<void>
  /** 200 if it does not say. */
  readonly success?: number
  /** Of a retry: the first attempt took effect. */
  readonly alreadyDone?: number
}

type Flow = () => Promise<Act>

let client: Client

beforeAll(async () => {
  client = (await signedInPerson('librarian')).client
})
// What is said first is done last.
afterEach(emptyLibrary)
freezeEachTest()

/** Longer than an upload may take and a removal waits. */
async function settle(): Promise<void> {
  clock.advance(UPLOAD_GIVEN_UP_MS + TOMBSTONE_RETRY_MS)
  await runCron()
}

const uploading =
  (send: (name: string, bytes: Uint8Array<ArrayBuffer>) => Promise<Reply>): Flow =>
  async () => {
    const name = `${newName('upload')}.bin`
    const bytes = randomBytes(SIZE)
    return {
      success: 201,
      send: () => send(name, bytes),
      async done(reply) {
        expect(reply.json.data.file).toMatchObject({ name, size: SIZE, sha256: sha256(bytes) })
        await expectStored(client, reply.json.data.file._id, bytes)
      },
      async whole() {
        const { records } = (await client.get(`${FILES}?limit=100`)).json.data
        for (const file of records) if (file.name === name) await expectStored(client, file._id, bytes)
      },
    }
  }

const uploads: Readonly<Record<string, Flow>> = {
  'an upload as a raw body': uploading((name, bytes) => upload(client, name, bytes)),
  'an upload as a form': uploading((name, bytes) => uploadForm(client, name, bytes)),
}
const deletions: Readonly<Record<string, Flow>> = {
  async 'the deletion of a file'() {
    const bytes = randomBytes(SIZE)
    const id = await newFile(client, newName('file'), bytes)
    const gone = async () => expect((await client.get(`${FILES}/${id}/content`)).status).toBe(404)
    return {
      alreadyDone: 404,
      send: () => client.delete(`${FILES}/${id}`),
      done: gone,
      whole: async () => ((await client.get(`${FILES}/${id}`)).status === 200 ? expectStored(client, id, bytes) : gone()),
    }
  },
  async 'the deletion of a folder with two files'() {
    const folder = await newFolder(client, newName('folder'))
    const contents = [randomBytes(SIZE), randomBytes(SIZE + 1)]
    const ids: string[] = []
    for (const bytes of contents) ids.push(await newFile(client, newName('file'), bytes, { folder }))
    const statuses = async () => [
      (await client.get(`${FILES}?folder=${folder}`)).status,
      ...(await Promise.all(ids.map(async (id) => (await client.get(`${FILES}/${id}/content`)).status))),
    ]
    return {
      alreadyDone: 404,
      send: () => client.delete(`${FOLDERS}/${folder}`),
      done: async () => expect(await statuses()).toEqual([404, 404, 404]),
      async whole() {
        const [first] = await statuses()
        expect(await statuses(), 'all or nothing').toEqual([first, first, first])
      },
    }
  },
}

for (const [name, flow] of Object.entries({ ...uploads, ...deletions })) {
  describe(name, () => {
    for (const [what, strike] of Object.entries({ ...faults, ...(name in uploads ? bodyFaults : {}) })) {
      test(`at any of its operations: ${what}`, async () => {
        let n = 0
        while (await surviveFault(flow, strike, n + 1)) n += 1
        expect(n, 'operations that were struck').toBeGreaterThan(0)
        expect(n).toBeLessThan(OPERATIONS_MAX)
        await settle()
        await checkMedia({ settled: true })
      })
    }
  })
}

/** False if the flow, with its work after the reply, ended before the fault could strike. */
async function surviveFault(flow: Flow, strike: Strike, n: number): Promise<boolean> {
  const act = await flow()
  const { success = 200, alreadyDone } = act
  const { reply, fired } = await underStrike(strike, n, act.send)
  expectCleanReply(reply)
  await checkMedia()
  if (reply.status === success) await act.done(reply)
  else {
    expect([reply.status, reply.json.error], reply.text).toEqual([503, 'ServiceUnavailable'])
    await act.whole()
    const retry = await act.send()
    expectCleanReply(retry)
    expect([success, alreadyDone]).toContain(retry.status)
    await act.done(retry)
  }
  return fired > 0
}

describe('the sweep', () => {
  /** A file that stays, one whose removal has failed, an abandoned upload, and an orphaned object. */
  async function arrange(): Promise<{ kept: string; bytes: Uint8Array }> {
    const bytes = randomBytes(SIZE)
    const kept = await newFile(client, newName('file'), bytes)
    const deleted = await newFile(client, newName('file'), randomBytes(10))
    platform.faults.r2('delete', 'throw')
    expect((await client.delete(`${FILES}/${deleted}`)).status).toBe(200)
    platform.faults.clear()
    await abandonUpload()
    await bucket.put(newName('nobody'), 'whose is this?')
    await checkMedia(STRANGERS)
    clock.advance(UPLOAD_GIVEN_UP_MS + TOMBSTONE_RETRY_MS)
    return { kept, bytes }
  }

  for (const [what, strike] of Object.entries(faults)) {
    test(`at any of its operations: ${what}`, async () => {
      for (let n = 1, fired = 1; fired > 0; n++) {
        expect(n).toBeLessThan(60)
        const { kept, bytes } = await arrange()
        strike(n)
        // Either it reports failure, so that the run counts as failed, or it continued.
        await runCron().catch((error: unknown) => expect(error).toBeInstanceOf(AggregateError))
        fired = platform.faults.fired
        platform.faults.clear()
        await checkMedia(STRANGERS)
        await settle()
        await checkMedia({ settled: true })
        await expectStored(client, kept, bytes)
        // Or each round would check the files of all before it.
        await emptyLibrary()
      }
    })
  }

  test('what cannot be removed waits for its next try, and does not keep the other bucket', async () => {
    await arrange()
    await rows(`INSERT INTO object_tombstones (bucket, key, created_at, due_at) VALUES ('avatars', 'a/b/512.webp', 0, 0)`)
    platform.faults.strikeR2(3, 'throw')
    await expect(runCron()).rejects.toThrow(AggregateError)
    expect(await count(`object_tombstones WHERE bucket = 'media'`), 'R2: a list of each bucket, then avatars fail').toBe(0)
    expect(await count(`object_tombstones WHERE bucket = 'avatars'`)).toBe(1)
    platform.faults.clear()
    await runCron()
    expect(await count('object_tombstones'), 'not due yet').toBe(1)
    clock.advance(TOMBSTONE_RETRY_MS)
    await runCron()
    await checkMedia({ settled: true })
  })

  test('a bucket that cannot be listed keeps nothing from being removed', async () => {
    await arrange()
    platform.faults.r2('list', 'throw')
    await expect(runCron()).rejects.toThrow(AggregateError)
    expect(await count('object_tombstones')).toBe(0)
    expect(await count('files WHERE committed_at IS NULL')).toBe(0)
  })
})

describe('a process that ends at any step of an upload', () => {
  test('a hanging bucket: the reservation counts, and the sweep gives it up', async () => {
    const files = () => client.get('/user/media/usage').then((reply) => reply.json.data.usage.files)
    await abandonUpload()
    expect(await files()).toBe(1)
    clock.advance(UPLOAD_RESERVED_MS)
    await runCron()
    expect(await files(), 'it may still come').toBe(1)
    await settle()
    expect(await files()).toBe(0)
    await checkMedia({ settled: true })
  })
})

describe('a body that is not what it was said to be', () => {
  const stream = (...steps: (Uint8Array | Error)[]) =>
    new ReadableStream({
      pull(controller) {
        const step = steps.shift()
        if (step === undefined) controller.close()
        else if (step instanceof Error) controller.error(step)
        else controller.enqueue(step)
      },
    })
  const cases = {
    'is shorter': [stream(randomBytes(10)), 400],
    'is longer': [stream(randomBytes(90), randomBytes(11)), 400],
    'breaks off': [stream(randomBytes(10), new Error('gone')), 400],
    'never begins': [stream(), 400],
  } as const
  for (const [what, [body, status]] of Object.entries(cases)) {
    test(`it ${what}: refused, and nothing is left`, async () => {
      const reply = await client.post(`${FILES}?name=lying`, body, { headers: { 'content-length': '100' } })
      expectCleanReply(reply)
      expect(reply.status).toBe(status)
      expect((await client.get('/user/media/usage')).json.data.usage).toMatchObject({ files: 0, bytes: 0 })
      await settle()
      await checkMedia({ settled: true })
    })
  }
})

/** As a process leaves it that ends between reservation, object and commit: after the object was stored. */
async function abandonUpload(): Promise<void> {
  const before = await count('files')
  // Reserve, commit, read back, release: everything after the reservation fails.
  for (const n of [3, 4, 5, 6, 7]) platform.faults.failStatement(n)
  const reply = await upload(client, newName('abandoned'), randomBytes(SIZE))
  platform.faults.clear()
  expect(reply.status).toBe(503)
  expect(await count('files'), 'the reservation is left').toBe(before + 1)
  expect(await count('files WHERE committed_at IS NULL')).toBe(1)
}
