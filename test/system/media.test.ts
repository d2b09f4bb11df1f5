// The media library, where a test inside the runtime cannot reach: a process that is killed at any moment (security §5.2, F18,
// F19), and clients whose sockets lie, end and stall (security row 65; F20, F21).
import { createHash, randomBytes, randomInt } from 'node:crypto'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { emptyKith, signIn } from './person.ts'
import type { Server } from './project.ts'

/** Each costs a start of the server; MEDIA_KILLS=50 for a thorough run. */
const KILLS = Number(process.env.MEDIA_KILLS ?? 6)
const KILLS_TIMEOUT_MS = 30_000 + KILLS * 10_000
const SWEEP = '/cdn-cgi/local/scheduled'
const FILES = '/user/media/files'

let kith: Awaited<ReturnType<typeof emptyKith>>
let server: Server
let cookie: string

beforeAll(async () => {
  kith = await emptyKith()
  server = await kith.start()
  cookie = await signIn(kith.origin, 'librarian')
})
afterAll(async () => {
  await server?.stop()
  await kith?.project.remove()
})

interface StoredFile {
  readonly _id: string
  readonly name: string
  readonly size: number
  readonly sha256: string
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const call = (path: string, init: RequestInit = {}) => fetch(kith.origin + path, { ...init, headers: { cookie, ...init.headers } })

// biome-ignore lint/suspicious/noExplicitAny: a reply's shape is what tests find out
const read = async (path: string): Promise<any> => (await call(path)).json()

async function upload(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<StoredFile> {
  const reply = await call(`${FILES}?name=${name}`, { method: 'POST', body: bytes })
  if (reply.status !== 201) throw new Error(`${reply.status} ${await reply.text()}`)
  return ((await reply.json()) as { data: { file: StoredFile } }).data.file
}

async function listAll(): Promise<StoredFile[]> {
  const files: StoredFile[] = []
  for (let last = ''; ; ) {
    const { records } = (await read(`${FILES}?limit=100${last === '' ? '' : `&last=${last}`}`)).data
    if (records.length === 0 || records[0]._id === files[0]?._id) return files
    files.push(...records)
    if (records.length < 100) return files
    last = records.at(-1)._id
  }
}

/** Every committed row has its object, byte for byte. */
async function expectWhole(files: readonly StoredFile[]): Promise<void> {
  for (const file of files) {
    const reply = await call(`${FILES}/${file._id}/content`)
    const bytes = new Uint8Array(await reply.arrayBuffer())
    expect([file.name, reply.status, bytes.byteLength, sha256(bytes)]).toEqual([file.name, 200, file.size, file.sha256])
  }
}

/**
 * Uploads and deletes until the connection ends. Returns what was acknowledged: files that must exist, files that must be gone.
 */
async function work(round: number, worker: number, onUpload: () => void) {
  const kept = new Map<string, StoredFile>()
  const deleted = new Set<string>()
  try {
    for (let n = 0; ; n++) {
      const bytes = randomBytes(randomInt(1, 300_000))
      const file = await upload(`${round}-${worker}-${n}`, bytes)
      expect(file.sha256).toBe(sha256(bytes))
      kept.set(file._id, file)
      onUpload()
      if (n % 2 === 0) continue
      // From here on it may exist or not.
      kept.delete(file._id)
      const reply = await call(`${FILES}/${file._id}`, { method: 'DELETE' })
      await reply.text()
      if (reply.status === 200) deleted.add(file._id)
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
  }
  return { kept, deleted }
}

/** Kills the server while people upload and delete, and starts it again. Returns what was acknowledged until then. */
async function killDuringWork(round: number): Promise<{ kept: Map<string, StoredFile>; deleted: Set<string> }> {
  let workers: ReturnType<typeof work>[] = []
  // A cold runtime is slow, so the time counts from the first upload.
  await new Promise<void>((resolve, reject) => {
    workers = [0, 1, 2].map((worker) => work(round, worker, resolve))
    for (const worker of workers) worker.catch(reject)
  })
  await new Promise((resolve) => setTimeout(resolve, randomInt(0, 400)))
  await server.kill()
  const results = await Promise.all(workers)
  return {
    kept: new Map(results.flatMap(({ kept }) => [...kept])),
    deleted: new Set(results.flatMap(({ deleted }) => [...deleted])),
  }
}

/**
 * Files without their object, objects without a row, wrong counts and sizes; uploads in progress and tombstones are accounted
 * for.
 */
async function expectHealthy(): Promise<void> {
  const doctor = await kith.project.run(process.execPath, ['scripts/doctor.ts'])
  expect(doctor.output).toContain('no differences')
  expect(doctor.code).toBe(0)
}

test(`${KILLS} kills during uploads and deletions: what was acknowledged is there, and no row is without its object`, {
  timeout: KILLS_TIMEOUT_MS,
}, async () => {
  const acknowledged = new Map<string, StoredFile>()
  const gone = new Set<string>()
  for (let round = 0; round < KILLS; round++) {
    const { kept, deleted } = await killDuringWork(round)
    expect(kept.size, 'uploads that were acknowledged before this kill').toBeGreaterThan(0)
    for (const [id, file] of kept) acknowledged.set(id, file)
    for (const id of deleted) gone.add(id)
    // As the last kill has left it, before anything could have repaired it.
    if (round === KILLS - 1) await expectHealthy()
    server = await kith.start()
    const files = await listAll()
    const found = new Map(files.map((file) => [file._id, file.sha256]))
    expect(
      [...acknowledged.values()].filter(({ _id, sha256 }) => found.get(_id) !== sha256),
      'acknowledged uploads that are lost',
    ).toEqual([])
    expect(
      [...gone].filter((id) => found.has(id)),
      'acknowledged deletions that came back',
    ).toEqual([])
    // Also what was stored but never acknowledged.
    await expectWhole(files.filter(({ name }) => name.startsWith(`${round}-`)))
  }
  const swept = await fetch(kith.origin + SWEEP)
  expect(swept.status, await swept.text()).toBe(200)
  await expectWhole(await listAll())
  const { usage } = (await read('/user/media/usage')).data
  // Uploads that a kill has cut short hold their space until they are given up: no more than were in progress.
  const held = usage.files - (await listAll()).length
  expect(held).toBeGreaterThanOrEqual(0)
  expect(held).toBeLessThanOrEqual(3 * KILLS)
  await server.stop()
  await expectHealthy()
  server = await kith.start()
})

/** Sends raw bytes, and returns what came back until the other side, or `done`, ended it. */
function raw(steps: readonly (string | Uint8Array)[], ends: 'half' | 'gone' | 'waits' = 'waits', pauseMs = 0): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(kith.port, '127.0.0.1')
    let received = ''
    socket.on('data', (chunk) => {
      received += chunk
      if (ends === 'waits' && /\r\n\r\n[\s\S]*}/.test(received)) socket.end()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(received))
    socket.on('connect', async () => {
      for (const step of steps) {
        socket.write(step)
        await new Promise((go) => setTimeout(go, pauseMs))
      }
      if (ends === 'half') socket.end()
      if (ends === 'gone') setTimeout(() => socket.destroy(), 100)
    })
  })
}

const head = (name: string, ...headers: string[]) =>
  [`POST ${FILES}?name=${name} HTTP/1.1`, `Host: localhost:${kith.port}`, `Cookie: ${cookie}`, ...headers, '', ''].join('\r\n')
const named = async (name: string) => (await listAll()).filter((file) => file.name === name)

async function reservations(): Promise<number> {
  return (await read('/user/media/usage')).data.usage.files - (await listAll()).length
}

/** A reservation is released without the sweep, as soon as the Worker notices. */
async function expectGivenUp(before: number): Promise<void> {
  await expect.poll(reservations, { timeout: 20_000 }).toBe(before)
}

test('a body that goes on after Content-Length: the file ends where it was said to', async () => {
  const received = await raw([head('longer', 'Content-Length: 10', 'Connection: close'), 'x'.repeat(20)], 'half')
  expect(received).toMatch(/^HTTP\/1\.1 201 /)
  expect(await named('longer')).toMatchObject([{ size: 10, sha256: sha256(Buffer.from('x'.repeat(10))) }])
})

test('a body that ends before Content-Length, or whose client is gone: nothing is stored, and no place is held', async () => {
  const before = await reservations()
  await raw([head('shorter', 'Content-Length: 100'), 'x'.repeat(20)], 'half')
  await raw([head('gone', 'Content-Length: 1000000'), randomBytes(400_000)], 'gone')
  await expectGivenUp(before)
  expect([...(await named('shorter')), ...(await named('gone'))]).toEqual([])
})

test('a body without a length, and with two of them', async () => {
  expect(await raw([head('chunked', 'Transfer-Encoding: chunked'), '5\r\nhello\r\n0\r\n\r\n'])).toMatch(/^HTTP\/1\.1 411 /)
  const both = await raw([head('both', 'Transfer-Encoding: chunked', 'Content-Length: 5'), '5\r\nhello\r\n0\r\n\r\n'], 'half')
  expect(both).toMatch(/^HTTP\/1\.1 4\d\d /)
  expect(await raw([head('twice', 'Content-Length: 5', 'Content-Length: 6'), 'hello!'], 'half')).not.toMatch(/^HTTP\/1\.1 2/)
  expect([...(await named('chunked')), ...(await named('both')), ...(await named('twice'))]).toEqual([])
})

test('a slow body arrives; one that stops is refused after half a minute', async () => {
  const before = await reservations()
  const steps = [head('slow', 'Content-Length: 50'), ...Array<string>(5).fill('0123456789')]
  const [slow, silent] = await Promise.all([raw(steps, 'waits', 300), raw([head('silent', 'Content-Length: 50'), 'x'])])
  expect(slow).toMatch(/^HTTP\/1\.1 201 /)
  expect(await named('slow')).toMatchObject([{ size: 50 }])
  expect(silent).toMatch(/^HTTP\/1\.1 408 /)
  expect(silent).toContain('RequestTimeout')
  await expectGivenUp(before)
  expect(await named('silent')).toEqual([])
})
