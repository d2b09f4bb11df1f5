// Uploads into the media library: what is accepted, and what is refused without leaving anything (security rows 65, 70, 71).
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { UPLOAD_IDLE_MS, UPLOAD_RENEWED_EVERY_MS } from '../../../src/core/limits.ts'
import { idOf, newName, rows } from '../../support/actors.ts'
import { checkInvariants } from '../../support/invariants.ts'
import { type Client, db, type Options, platform, type Reply } from '../../support/kith.ts'
import { bytesOf, mediaState, newFile, newFolder, randomBytes, sha256, upload, uploadForm, usageOf } from '../../support/media.ts'
import { type Person, signedInPerson } from '../../support/people.ts'

const PATH = '/user/media/files?name=a.txt'
const HELLO = bytesOf('hello')
const digestOf = (bytes: Uint8Array) => `sha-256=:${Buffer.from(sha256(bytes), 'hex').toString('base64')}:`

let person: Person
let client: Client
beforeEach(async () => {
  person = await signedInPerson(newName('uploader'))
  client = person.client
})

const send = (options: Options, path = PATH) => client.fetch(path, { method: 'POST', ...options })

/** Refused with this status, in the room's envelope, naming the problem; no row, object or usage remains. */
async function expectRefused(work: () => Promise<Reply>, status: number, says: RegExp): Promise<Reply> {
  const before = await mediaState()
  const reply = await work()
  expect(reply.status, reply.text).toBe(status)
  expect(reply.json).toMatchObject({ ok: 0, error: expect.any(String) })
  expect(reply.text).toMatch(says)
  expect(await mediaState()).toEqual(before)
  return reply
}

afterEach(async () => {
  vi.useRealTimers()
  platform.reset()
  await checkInvariants()
})

describe('Content-Length', () => {
  test.each([
    ['shorter than the body', 3, /more bytes than Content-Length/],
    ['longer than the body', 9, /less bytes than Content-Length/],
  ])('that is %s is refused', async (_what, length, says) => {
    await expectRefused(() => send({ body: HELLO, headers: { 'content-length': String(length) } }), 400, says)
  })

  test('that is missing, or comes with Transfer-Encoding, is asked for', async () => {
    const chunked = () => new Response(HELLO).body as ReadableStream
    await expectRefused(() => send({ body: chunked() }), 411, /Content-Length/)
    await expectRefused(() => send({}), 411, /Content-Length/)
    const both = { 'content-length': '5', 'transfer-encoding': 'chunked' }
    await expectRefused(() => send({ body: chunked(), headers: both }), 411, /Content-Length/)
  })

  test.each(['-1', '5.0', '0x5', '5, 5', '9'.repeat(16)])('%j is no length', async (length) => {
    await expectRefused(() => send({ body: HELLO, headers: { 'content-length': length } }), 400, /Content-Length/)
  })

  test('of more than a file may have is refused before anything of it is read', async () => {
    let pulled = 0
    const pull = () => {
      pulled += 1
    }
    const body = new ReadableStream({ pull }, { highWaterMark: 0 })
    const headers = { 'content-length': '101' }
    await expectRefused(() => send({ body, headers, env: { MEDIA_UPLOAD_BYTES_MAX: '100' } }), 413, /at most 100 bytes/)
    expect(pulled).toBe(0)
    expect((await upload(client, 'a', randomBytes(100), { env: { MEDIA_UPLOAD_BYTES_MAX: '100' } })).status).toBe(201)
  })

  test('of nothing is an empty file, which comes back as one', async () => {
    const none = new Uint8Array(0)
    const raw = await send({ body: none, headers: { 'content-length': '0' } })
    const form = await uploadForm(client, 'empty.txt', none)
    for (const made of [raw, form]) {
      expect([made.status, made.json.data.file.size, made.json.data.file.sha256], made.text).toEqual([201, 0, sha256(none)])
      const path = `/user/media/files/${made.json.data.file._id}/content`
      const whole = await client.get(path)
      expect([whole.status, whole.bytes.length, whole.headers.get('content-length')]).toEqual([200, 0, '0'])
      expect((await client.get(path, { headers: { range: 'bytes=-5' } })).status).toBe(200)
      expect((await client.get(path, { headers: { range: 'bytes=0-' } })).status).toBe(416)
    }
    expect(await usageOf(client)).toMatchObject({ files: 2, bytes: 0 })
    await expectRefused(() => send({ body: HELLO, headers: { 'content-length': '0' } }), 400, /more bytes than Content-Length/)
  })
})

describe('headers', () => {
  test.each(['gzip', 'br', 'deflate, gzip', 'x'])('Content-Encoding %s is refused', async (encoding) => {
    await expectRefused(() => send({ body: HELLO, headers: { 'content-encoding': encoding } }), 415, /Content-Encoding/)
  })

  test.each([
    ['nonsense', 'nonsense'],
    ['empty', ''],
    ['not a byte sequence', 'sha-256="abc"'],
    ['too short', 'sha-256=:aGVsbG8=:'],
    ['a hole in the list', `${digestOf(HELLO)},,`],
    ['another alphabet', 'sha-256=:____:'],
  ])('Content-Digest that is %s cannot be read', async (_what, digest) => {
    await expectRefused(() => send({ body: HELLO, headers: { 'content-digest': digest } }), 400, /Content-Digest/)
  })

  test('Content-Digest of other bytes is refused, of these taken, of another algorithm ignored', async () => {
    const other = digestOf(bytesOf('other'))
    const refused = await expectRefused(() => send({ body: HELLO, headers: { 'content-digest': other } }), 400, /Content-Digest/)
    expect(refused.json.additionalInfo.reason).toBe('digest_mismatch')
    const sha512 = `sha-512=:${Buffer.alloc(64).toString('base64')}:`
    await expectRefused(() => send({ body: HELLO, headers: { 'content-digest': `${sha512}, ${other}` } }), 400, /digest_mismatch/)
    for (const digest of [digestOf(HELLO), sha512, `${sha512}, ${digestOf(HELLO)}`]) {
      const made = await send({ body: HELLO, headers: { 'content-digest': digest, 'content-encoding': 'Identity' } })
      expect([made.status, made.json.data.file.sha256]).toEqual([201, sha256(HELLO)])
    }
  })

  test.each(['text', 'text/', '/x', 'a/b/c', `text/${'x'.repeat(127)}`, 'te xt/plain'])('the content type %j is none', async (type) => {
    await expectRefused(() => upload(client, 'a', HELLO, { type }), 400, /contentType/)
  })

  test('the content type is kept without its parameters; without one it is just bytes', async () => {
    const typeOf = async (type?: string) =>
      (await upload(client, 'a', HELLO, type === undefined ? {} : { type })).json.data.file.contentType
    expect(await typeOf('Text/HTML; charset=utf-8')).toBe('text/html')
    expect(await typeOf()).toBe('application/octet-stream')
  })
})

describe('a body', () => {
  const length = (size: number) => ({ 'content-length': String(size) })

  test('with a parameter that is misspelt is refused by its name, and lands nowhere', async () => {
    const folder = await newFolder(client, 'Meant')
    const says = /"path":"folderId","location":"query","msg":"is not a known field"|"location":"query".*"path":"folderId"/
    await expectRefused(() => send({ body: HELLO, headers: { 'content-length': '5' } }, `${PATH}&folderId=${folder}`), 400, says)
  })

  /** Pieces with this much time between them; the last one never comes. */
  function slowBody(pauses: readonly number[]): ReadableStream {
    let piece = 0
    return new ReadableStream(
      {
        async pull(controller) {
          // Turns of the event loop, in which a reader begins to wait.
          for (let turn = 0; turn < 20; turn++) await scheduler.wait(0)
          const pause = pauses[piece]
          piece += 1
          if (pause === undefined) return controller.close()
          vi.advanceTimersByTime(pause)
          if (pause < UPLOAD_IDLE_MS) controller.enqueue(HELLO)
          else await new Promise(() => undefined)
        },
      },
      { highWaterMark: 0 },
    )
  }

  test('that goes on slowly is taken, however long it takes', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const pauses = [UPLOAD_IDLE_MS - 1, UPLOAD_IDLE_MS - 1, UPLOAD_IDLE_MS - 1]
    const made = await send({ body: slowBody(pauses), headers: length(15) })
    expect(made.status, made.text).toBe(201)
  })

  test('that is silent for too long is given up', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const refused = await expectRefused(() => send({ body: slowBody([1, UPLOAD_IDLE_MS]), headers: length(15) }), 408, /stopped sending/)
    expect(refused.json.error).toBe('RequestTimeout')
  })
})

describe('quotas', () => {
  const told = ({ status, json }: Reply) => [status, json.error, json.additionalInfo.reason]

  test('files and bytes are told apart, and a deleted file makes room', async () => {
    const env = { MEDIA_FILES_PER_USER: '2', MEDIA_BYTES_PER_USER: '10' }
    const first = await newFile(client, 'a', randomBytes(6), { env })
    const bytes = await expectRefused(() => upload(client, 'b', randomBytes(5), { env }), 403, /10 bytes/)
    expect(told(bytes)).toEqual([403, 'QuotaExceeded', 'bytes'])
    await newFile(client, 'b', randomBytes(4), { env })
    expect(told(await expectRefused(() => upload(client, 'c', randomBytes(1), { env }), 403, /2 files/))).toEqual([
      403,
      'QuotaExceeded',
      'files',
    ])
    await client.delete(`/user/media/files/${first}`)
    await newFile(client, 'c', randomBytes(6), { env })
    expect(await usageOf(client)).toMatchObject({ files: 2, bytes: 10 })
  })

  test('the space of a dead upload is free for the next one after half a minute', async () => {
    const env = { MEDIA_BYTES_PER_USER: '6' }
    const reserved = `INSERT INTO files (id, user_id, name, content_type, size, object_key, created_at, updated_at, reserved_until)
                      VALUES (1, ?, 'a', 'text/plain', 5, 'died', 1, 1, ?)`
    const until = Date.now() + 60_000
    await rows(reserved, idOf(person.id), until)
    await expectRefused(() => upload(client, 'b', HELLO, { env }), 403, /6 bytes/)
    await rows('UPDATE files SET reserved_until = ? WHERE id = 1', Date.now() - 1)
    await newFile(client, 'b', HELLO, { env })
    expect(await usageOf(client)).toMatchObject({ files: 1, bytes: 5 })
    expect(await db.prepare("DELETE FROM object_tombstones WHERE key = 'died' RETURNING 1").first()).not.toBeNull()
  })

  test('an upload that goes on for long keeps its place', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const left: number[] = []
    const body = new ReadableStream({
      async pull(controller) {
        if (left.length === 3) return controller.close()
        await rows('UPDATE files SET reserved_until = 1 WHERE committed_at IS NULL')
        await vi.advanceTimersByTimeAsync(UPLOAD_RENEWED_EVERY_MS)
        const until = () => db.prepare('SELECT reserved_until FROM files WHERE committed_at IS NULL').first<number>('reserved_until')
        await vi.waitFor(async () => expect(await until()).toBeGreaterThan(Date.now() + UPLOAD_RENEWED_EVERY_MS))
        left.push(1)
        controller.enqueue(HELLO)
      },
    })
    const made = await send({ body, headers: { 'content-length': '15' } })
    expect([made.status, left.length], made.text).toEqual([201, 3])
  })

  test('an upload on its way has its place, and gives it back when it fails', async () => {
    const folder = await newFolder(client, 'Busy')
    const env = { MEDIA_BYTES_PER_USER: '10' }
    let meanwhile: unknown
    const body = new ReadableStream(
      {
        async pull(controller) {
          const usage = await usageOf(client)
          const other = await upload(client, 'other', randomBytes(4), { env })
          meanwhile = [usage.files, usage.bytes, told(other)]
          controller.error(new Error('the client is gone'))
        },
      },
      { highWaterMark: 0 },
    )
    await expectRefused(() => send({ body, headers: { 'content-length': '8' }, env }, `${PATH}&folder=${folder}`), 400, /ended early/)
    expect(meanwhile).toEqual([1, 8, [403, 'QuotaExceeded', 'bytes']])
    await newFile(client, 'other', randomBytes(10), { env })
  })
})
