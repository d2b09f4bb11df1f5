// Clients that hang up. The platform drops a request at whatever await it has reached; what it held (a turn to hash a password, a
// counted attempt, a place, a reservation) must be free for the next. Kith runs behind a Worker that hangs up after a given time.
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleWorker } from '../../bench/bundle.ts'
import { CLIENT, insertClients } from '../../bench/clients.ts'
import { type BenchReply, type BenchRequest, send } from '../../bench/load.ts'
import { type Account, authorize, benchVars, logInRequest, post, postForm, signUp } from '../../bench/prepare.ts'
import { type KithAlone, startKithBehindHangUps } from '../../bench/runtime.ts'

/** One of these delays hits every await of a request, whatever the machine is doing. */
const MOMENTS_MS = [1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 60, 80, 120, 200]
const FILE = Buffer.alloc(200_000, 'x').toString()
const folder = mkdtempSync(join(tmpdir(), 'kith-hang-ups-'))
const agent = new Agent({ keepAlive: true })
// A hash of a few milliseconds, and little room, so that leaks show soon.
const vars = { ...benchVars(), ENVIRONMENT: 'test', SCRYPT_LN: '10', REQUESTS_MAX: '8', MEDIA_BYTES_PER_USER: '250000' }
let kith: KithAlone
let person: Account

const call = (wanted: BenchRequest): Promise<BenchReply> => send(agent, kith.base, new URL(vars.ORIGIN ?? '').host, wanted)
const hangUp = (wanted: BenchRequest, after: number) => call({ ...wanted, headers: { ...wanted.headers, 'x-abort-after': String(after) } })
const asPerson = (wanted: BenchRequest): BenchRequest => ({
  ...wanted,
  headers: { ...wanted.headers, authorization: `Bearer ${person.accessToken}` },
})

beforeAll(async () => {
  kith = await startKithBehindHangUps({
    kith: { bundle: await bundleWorker(join(folder, 'bundle')), vars },
    stores: join(folder, 'stores'),
  })
  await insertClients(kith.database)
  person = await authorize(call, await signUp(call, 'hangs_up_often'))
})
afterAll(async () => {
  agent.destroy()
  await kith?.stop()
  rmSync(folder, { recursive: true, force: true })
})

test('a client that hangs up on a log-in, at any moment, costs no attempt and blocks nobody', async () => {
  const before = performance.now()
  expect((await call(logInRequest(person))).status).toBe(200)
  const usual = performance.now() - before
  let hungUp = 0
  for (const after of MOMENTS_MS) {
    // One hashes, the next waits for its turn; both hang up at the same moment.
    const left = await Promise.all([hangUp(logInRequest(person), after), hangUp(logInRequest(person), after)])
    hungUp += left.filter(({ body }) => body === 'aborted').length
    const began = performance.now()
    const reply = await call(logInRequest(person))
    expect([after, reply.status, reply.body.slice(0, 200)]).toEqual([after, 200, expect.stringContaining('"ok":1')])
    expect(performance.now() - began).toBeLessThan(2_000 + 5 * usual)
  }
  expect(hungUp).toBeGreaterThan(5)
})

test('places of requests whose client hung up are free again', async () => {
  for (const after of MOMENTS_MS) {
    await Promise.all(Array.from({ length: 8 }, () => hangUp(asPerson({ method: 'GET', path: '/user/me' }), after)))
  }
  const replies = await Promise.all(Array.from({ length: 8 }, () => call(asPerson({ method: 'GET', path: '/user/me' }))))
  expect(replies.map(({ status }) => status)).toEqual(Array(8).fill(200))
})

test('an upload whose client hung up releases its space in the quota', async () => {
  const upload = asPerson({
    method: 'POST',
    path: '/user/media/files?name=x.bin',
    headers: { 'content-type': 'application/octet-stream' },
    body: FILE,
  })
  let hungUp = 0
  for (const after of MOMENTS_MS) {
    if ((await hangUp(upload, after)).body === 'aborted') hungUp += 1
    await expect.poll(async () => settled(await filesOf()), { timeout: 10_000 }).toBe(true)
    for (const { _id } of await filesOf()) await call(asPerson({ method: 'DELETE', path: `/user/media/files/${_id}` }))
  }
  expect(hungUp).toBeGreaterThan(3)
  expect(await bytesUsed()).toBe(0)
  expect((await call(upload)).status).toBe(201)
})

const read = async (path: string) => JSON.parse((await call(asPerson({ method: 'GET', path }))).body).data
const filesOf = async (): Promise<{ _id: string; size: number }[]> => (await read('/user/media/files')).records
const bytesUsed = async (): Promise<number> => (await read('/user/media/usage')).usage.bytes
/** Nothing is reserved except for existing files. */
const settled = async (files: { size: number }[]) => (await bytesUsed()) === files.length * FILE.length

test('a refresh whose client hung up can be repeated', async () => {
  for (const after of MOMENTS_MS) {
    const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: person.refreshToken, client_id: CLIENT.spa })
    await hangUp(postForm('/oauth/token', form), after)
    const reply = await call(postForm('/oauth/token', form))
    expect([after, reply.status]).toEqual([after, 200])
    const tokens = JSON.parse(reply.body) as { access_token: string; refresh_token: string }
    Object.assign(person, { accessToken: tokens.access_token, refreshToken: tokens.refresh_token })
  }
})

test('a mail is sent although its requester has hung up', async () => {
  const email = person.email
  const mails = async () => {
    const reply = await call({
      method: 'GET',
      path: `/dev/mailbox?to=${encodeURIComponent(email)}`,
      headers: { accept: 'application/json' },
    })
    return (JSON.parse(reply.body) as { messages: unknown[] }).messages.length
  }
  const before = await mails()
  for (const after of [5, 10, 20]) await hangUp(post('/user/code', { email }), after)
  await expect.poll(mails, { timeout: 10_000 }).toBe(before + 1)
})
