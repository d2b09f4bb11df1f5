// KV carries the hash of a mailed sign-in code, and D1 decides (decision 002): a late, missing, broken or silent KV keeps nobody
// out, and whatever it still has, it lets in nobody whom D1 refuses.
import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import type { Bindings } from '../../src/config.ts'
import { clock } from '../platform/clock.ts'
import type { KvFault } from '../platform/faults.ts'
import { answer, newName, type PendingLogIn, pendingLogIn, personWithSecondFactor, wrongCodes } from '../support/actors.ts'
import { freezeEachTest } from '../support/frozen.ts'
import { Client, newestCode, platform } from '../support/kith.ts'
import { expectCleanReply } from '../support/replies.ts'

/** Without the platform's caches. */
const { KV } = env as unknown as Bindings
const MINUTE_MS = 60_000

freezeEachTest()

const carriedKeys = async () => (await KV.list({ prefix: 'code:' })).keys.map(({ name }) => name)

interface Mailed {
  readonly pending: PendingLogIn
  readonly code: string
  readonly key: string
}

async function mailedCode(): Promise<Mailed> {
  const before = await carriedKeys()
  const person = await personWithSecondFactor(newName('carried'))
  const pending = await pendingLogIn(person)
  const code = await newestCode(person.email)
  const [key = '', ...more] = (await carriedKeys()).filter((name) => !before.includes(name))
  expect(more).toEqual([])
  return { pending, code, key }
}

const wrong = (code: string) => wrongCodes(code, 1)[0] ?? ''

test('KV has a keyed hash of the code that was mailed, and judges by it', async () => {
  const [mine, other] = [await mailedCode(), await mailedCode()]
  const hashes = await Promise.all([KV.get(mine.key), KV.get(other.key)])
  expect(hashes).toEqual([expect.stringMatching(/^[\w-]{43}$/), expect.stringMatching(/^[\w-]{43}$/)])
  expect(hashes[0]).not.toBe(hashes[1])
  // With another code's value in KV the right code is wrong, which shows that KV was asked.
  await KV.put(mine.key, hashes[1] ?? '')
  expect((await answer(mine.pending, mine.code)).status).toBe(400)
  expect((await answer(mine.pending, other.code)).status).toBe(400)
  expect((await answer(other.pending, other.code)).status).toBe(200)
})

for (const fault of ['throw', 'refuse', 'miss', 'corrupt', 'lose-reply'] satisfies KvFault[]) {
  test(`the right code signs in, and a wrong one does not, when KV's get answers ${fault}`, async () => {
    const { pending, code } = await mailedCode()
    platform.faults.kv('get', fault)
    const refused = await answer(pending, wrong(code))
    expectCleanReply(refused)
    expect(refused.status).toBe(400)
    const reply = await answer(pending, code)
    expect([reply.status, platform.faults.fired > 0]).toEqual([200, true])
  })
}

for (const fault of ['throw', 'refuse', 'lose-reply'] as const) {
  test(`the code is mailed and signs in when KV's put answers ${fault}`, async () => {
    const person = await personWithSecondFactor(newName('no_carry'))
    platform.faults.kv('put', fault)
    const { username, password } = person
    const { json } = await new Client().post('/user/login', { username, password }, { env: { MAIL: 'email-service' } })
    const mail = platform.emails.find(({ to }) => to === person.email)
    const code = /\b\d{6}\b/.exec(mail?.text ?? '')?.[0] ?? ''
    expect(platform.faults.fired).toBeGreaterThan(0)
    expect((await answer({ target: person.id, sessionHash: json.data.sessionHash }, code)).status).toBe(200)
  })
}

test('who comes before the code has reached this place is let in, although KV remembers that it was not there', async () => {
  const { pending, code, key } = await mailedCode()
  const hash = (await KV.get(key)) ?? ''
  await KV.delete(key)
  expect((await answer(pending, wrong(code))).status).toBe(400)
  await KV.put(key, hash)
  expect((await answer(pending, code)).status).toBe(200)
})

test('a code that was used, has expired, or was tried five times is refused, although KV still has it', async () => {
  const [used, expired, tried] = [await mailedCode(), await mailedCode(), await mailedCode()]
  expect((await answer(used.pending, used.code)).status).toBe(200)
  expect((await answer(used.pending, used.code, new Client())).status).toBe(400)
  for (const guess of wrongCodes(tried.code, 5)) expect((await answer(tried.pending, guess)).status).toBe(400)
  expect((await answer(tried.pending, tried.code)).status).toBe(400)
  clock.advance(11 * MINUTE_MS)
  expect((await answer(expired.pending, expired.code)).status).toBe(400)
  for (const { key } of [used, tried, expired]) expect(await KV.get(key)).not.toBeNull()
})
