// HTTP Digest (security rows 50, 51, 54; RFC 7616; wire §6.17): what authenticates a robot, with every part changed in turn.
import { createExecutionContext } from 'cloudflare:test'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { buildCronContext } from '../../../src/context.ts'
import { DIGEST_NONCE_KEPT_MS, DIGEST_NONCE_MS, ROBOT_REQUESTS, ROBOT_WINDOW_MS } from '../../../src/core/limits.ts'
import { type MadeMachine, planMachine } from '../../../src/core/machines/machines.ts'
import { revokeMachine } from '../../../src/store/db/machine-credentials.ts'
import { clock } from '../../platform/clock.ts'
import { newName, rows } from '../../support/actors.ts'
import { runCron } from '../../support/cron.ts'
import { answerTo, challengeOf, type Fields, JSON_PLEASE, newChallenge, Robot, toHeader } from '../../support/digest.ts'
import { Client, db, type Options, platform, type Reply } from '../../support/kith.ts'
import { makeRobot } from '../../support/machines.ts'
import { signedInPerson } from '../../support/people.ts'
import { atTheLine, race, whileAtTheLine } from '../../support/start-line.ts'

const PATH = '/api/users?page=1&per_page=2'

let made: MadeMachine
let who: { username: string; secret: string }

beforeEach(async () => {
  platform.reset()
  made = await makeRobot()
  who = { username: made.machine.name, secret: made.secret }
})
afterEach(() => {
  clock.restore()
  platform.faults.clear()
})

const ask = (authorization: string, path = PATH, options: Options = {}) =>
  new Client().fetch(path, { ...options, headers: { ...JSON_PLEASE, authorization, ...options.headers } })
const askWith = (fields: Fields, path?: string, options?: Options) => ask(toHeader(fields), path, options)

/** A correct response. */
const proof = async (options?: Options) => answerTo(await newChallenge('/api', options), who, PATH)

/** 401, with a fresh challenge. */
const expectRefused = (reply: Reply, stale = false) => expectRefusedIn('Production Movida', reply, stale)

function expectRefusedIn(ofRealm: string, reply: Reply, stale = false): void {
  expect(reply.status, reply.text).toBe(401)
  const { nonce, ...challenge } = challengeOf(reply)
  expect(nonce).toMatch(/^\d{13}\./)
  const { realm, qop, algorithm, opaque } = challenge
  expect({ realm, qop, algorithm }).toEqual({ realm: ofRealm, qop: 'auth', algorithm: 'MD5' })
  expect(opaque).toMatch(/^\w+$/)
  expect(challenge.stale, reply.text).toBe(stale ? 'true' : undefined)
}

describe('the challenge', () => {
  test('has a fresh nonce in every 401', async () => {
    const nonces = await Promise.all(Array.from({ length: 20 }, async () => (await newChallenge()).nonce))
    expect(new Set(nonces).size).toBe(20)
  })

  test('is exactly what every client understands', async () => {
    const reply = await new Client().get('/api/users')
    expect(reply.headers.get('www-authenticate')).toMatch(
      /^Digest realm="Production Movida", qop="auth", algorithm=MD5, nonce="[\w.-]+", opaque="\w+"$/,
    )
  })

  test('costs no database read', async () => {
    const { counts } = await platform.counts.measure(() => new Client().get('/api/users'))
    expect([counts.d1RoundTrips, counts.kvReads]).toEqual([0, 0])
  })
})

describe('a right proof', () => {
  test('lets the robot in, once', async () => {
    const fields = await proof()
    expect((await askWith(fields)).status).toBe(200)
    expectRefused(await askWith(fields), true)
  })

  test('a nonce serves for five minutes, with a count that rises, in any steps', async () => {
    clock.freeze()
    const challenge = await newChallenge()
    for (const count of [1, 2, 3, 10, 255, 256]) {
      expect((await askWith(answerTo(challenge, who, PATH, { count }))).status, String(count)).toBe(200)
      clock.advance(ROBOT_WINDOW_MS)
    }
    for (const count of [1, 256, 200]) expectRefused(await askWith(answerTo(challenge, who, PATH, { count })), true)
    expect((await askWith(answerTo(challenge, who, PATH, { count: 0xffffffff }))).status).toBe(200)
  })

  test('is read however it is written: order, quotes, spaces, capitals, unknown parameters', async () => {
    const spellings: ((fields: Fields) => string)[] = [
      (fields) => toHeader(Object.fromEntries(Object.entries(fields).reverse())),
      (fields) => toHeader({ ...fields, qop: '"auth"', nc: `"${fields.nc}"`, algorithm: '"MD5"' }),
      (fields) => toHeader({ ...fields, algorithm: 'md5' }),
      (fields) => toHeader(fields).replace('Digest', 'dIGEST').replaceAll(', ', ',').replaceAll('nonce=', 'NONCE='),
      (fields) =>
        toHeader(fields)
          .replaceAll(', ', ' \t, \t')
          .replaceAll('=', ' = ')
          .replace(/\? ?page = /, '?page='),
      (fields) => toHeader({ ...fields, 'future-thing': '"a, b=\\"c\\""', auth_param: 'token' }),
      ({ algorithm: _, ...fields }) => toHeader(fields),
      (fields) => toHeader({ ...fields, username: fields.username?.replace('_', '\\_') ?? '' }),
    ]
    for (const [at, spell] of spellings.entries()) {
      const fields = answerTo(await newChallenge(), who, '/api/users/1')
      expect((await ask(spell(fields), '/api/users/1')).status, `${at}: ${spell(fields)}`).toBe(404)
    }
  })

  test('the uri may be the whole address, as through a proxy', async () => {
    const challenge = await newChallenge()
    const fields = answerTo(challenge, who, `https://kith.test${PATH}`)
    expect((await askWith(fields)).status).toBe(200)
  })

  test('HEAD is proved as HEAD', async () => {
    const challenge = await newChallenge()
    const head = answerTo(challenge, who, PATH, { method: 'HEAD' })
    const reply = await askWith(head, PATH, { method: 'HEAD' })
    expect([reply.status, reply.text]).toEqual([200, ''])
    expectRefused(await askWith(answerTo(challenge, who, PATH, { method: 'GET', count: 2 }), PATH, { method: 'HEAD' }))
  })

  test('says when the robot was seen last, to within a quarter of an hour', async () => {
    clock.freeze()
    const seen = async () => (await rows('SELECT last_used_at AS at FROM machine_credentials WHERE id = ?', made.machine.id))[0]?.at
    expect(await seen()).toBeNull()
    const first = Date.now()
    await askWith(await proof())
    expect(await seen()).toBe(first)
    clock.advance(60_000)
    await askWith(await proof())
    expect(await seen()).toBe(first)
    clock.advance(15 * 60_000)
    await askWith(await proof())
    expect(await seen()).toBe(Date.now())
  })
})

/** Other values for each field, with a hash that does not cover them. */
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  username: ['""', '"somebody_else"', '"robot_user"', '"\' OR 1=1 --"', '"\u00e9"', `"${'x'.repeat(4_000)}"`],
  realm: ['""', '"Staging Movida"', '"production movida"', '"Production Movida "'],
  nonce: [
    '""',
    '"1795330434389"',
    '"a.b.c.d"',
    '"1795330434389.kVXxZ2CoGblu_pV4P88sOQ.test-1.1IvWLXI-m24kyo3XUcW78dEOZx_cRbHTVdhDJNNgzv4"',
  ],
  uri: [
    '""',
    '"/"',
    '"*"',
    '"/api/users"',
    '"/api/users?page=1&per_page=3"',
    '"/api/users?per_page=2&page=1"',
    '"/api/users/1"',
    '"//api/users?page=1&per_page=2"',
    '"/api/users?page=1&per_page=2#x"',
    '"https://kith.test/api/users"',
    '"ftp://kith.test/api/users?page=1&per_page=2"',
    '"http://"',
  ],
  cnonce: ['""', '"0a4f113c"'],
  response: ['""', `"${'0'.repeat(32)}"`, `"${'0'.repeat(31)}"`, '"null"', '"undefined"'],
  opaque: ['""', '"other"'],
  algorithm: ['SHA-256', 'MD5-sess', '""', 'MD5-'],
  qop: ['auth-int', '""', '"auth,auth-int"', 'AUTH'],
  nc: ['00000000', '1', '000000001', '00000002', '0000000g', '-0000001', '0x000001', '""', '" 0000001"'],
}

describe('a proof that was bent is refused, and claims nothing', () => {
  const fields = Object.keys(OTHERS)

  test.each(fields)('%s: another value, none, twice', async (name) => {
    const right = await proof()
    expect(Object.keys(right).sort()).toEqual([...fields].sort())
    for (const value of OTHERS[name] ?? []) expectRefused(await askWith({ ...right, [name]: value }))
    const { [name]: value = '', ...without } = right
    if (name !== 'algorithm') expectRefused(await askWith(without))
    expectRefused(await ask(`${toHeader(right)}, ${name}=${value}`))
    expectRefused(await ask(`${toHeader(right)}, ${name.toUpperCase()}=${value}`))
    // At the end: none of these has used up the nonce.
    expect((await askWith(right)).status).toBe(200)
  })

  test('a count of zero, and a secret under another realm, however right the hash', async () => {
    const challenge = await newChallenge()
    expectRefused(await askWith(answerTo(challenge, who, PATH, { count: 0 })))
    const env = { DIGEST_REALM: 'Staging Movida' }
    const elsewhere = await newChallenge('/api', { env })
    const old = answerTo({ ...elsewhere, realm: 'Production Movida' }, who, PATH)
    expectRefusedIn('Staging Movida', await askWith({ ...old, realm: '"Staging Movida"' }, PATH, { env }))
  })

  test('one letter of the response, wherever it is', async () => {
    const right = await proof()
    for (let at = 1; at <= 32; at += 1) {
      const response = right.response ?? ''
      const other = response[at] === '0' ? '1' : '0'
      expectRefused(await askWith({ ...right, response: `${response.slice(0, at)}${other}${response.slice(at + 1)}` }))
    }
    expectRefused(await askWith({ ...right, response: right.response?.toUpperCase() ?? '' }))
    expect((await askWith(right)).status).toBe(200)
  })

  test('for another path, another query, another method', async () => {
    const right = await proof()
    for (const path of ['/api', '/api/users', '/api/users?page=1', `${PATH}&x=1`, '/api/users?per_page=2&page=1', '/api/users/1']) {
      expectRefused(await askWith(right, path))
    }
    // No other method has a route, so that is answered first.
    expect((await askWith(right, PATH, { method: 'POST' })).status).toBe(405)
    expect((await askWith(right)).status).toBe(200)
  })

  test('other schemes, several headers in one, and what is no list of parameters', async () => {
    const right = toHeader(await proof())
    const basic = `Basic ${btoa(`${who.username}:${who.secret}`)}`
    const headers = [
      '',
      'Digest',
      'Digest ',
      'Digestusername="a"',
      basic,
      `Bearer ${who.secret}`,
      `${basic}, ${right}`,
      `${right}, ${right}`,
      right.replace('Digest ', ''),
      right.replace('Digest', 'NotDigest'),
      `${right}"`,
      `${right}, =x`,
      `${right}, x`,
      `${right}, x=`,
      `${right}, x="`,
      `${right}, x="\\"`,
      `${right} y=z`,
      right.replaceAll(', ', '; '),
      right.replaceAll(', ', ' '),
      right.replaceAll('"', "'"),
    ]
    for (const header of headers) expectRefused(await ask(header))
    expect((await ask(right)).status).toBe(200)
  })

  test('a hostile header is parsed quickly', async () => {
    const hostile = [
      `Digest ${'a'.repeat(60_000)}`,
      `Digest a="${'\\"'.repeat(30_000)}`,
      `Digest ${'a=b,'.repeat(15_000)}`,
      `Digest ${' '.repeat(60_000)}!`,
    ]
    const before = performance.now()
    for (const header of hostile) expectRefused(await ask(header))
    expect(performance.now() - before).toBeLessThan(2_000)
  })
})

describe('stale', () => {
  test('an old nonce under a right hash is stale; under a wrong one it is not', async () => {
    clock.freeze()
    const challenge = await newChallenge()
    clock.advance(DIGEST_NONCE_MS - 1)
    expect((await askWith(answerTo(challenge, who, PATH))).status).toBe(200)
    clock.advance(1)
    expectRefused(await askWith(answerTo(challenge, who, PATH, { count: 2 })), true)
    expectRefused(await askWith(answerTo(challenge, { ...who, secret: 'wrong' }, PATH, { count: 2 })))
  })

  test('a used count under a right hash is stale; under a wrong one it is not, and neither is a new count under a wrong one', async () => {
    const challenge = await newChallenge()
    await askWith(answerTo(challenge, who, PATH))
    expectRefused(await askWith(answerTo(challenge, who, PATH)), true)
    for (const count of [1, 2]) expectRefused(await askWith(answerTo(challenge, { ...who, secret: 'wrong' }, PATH, { count })))
    expect((await askWith(answerTo(challenge, who, PATH, { count: 2 }))).status).toBe(200)
  })

  test('the row of a nonce goes once it has expired, and not before', async () => {
    clock.freeze()
    const challenge = await newChallenge()
    await askWith(answerTo(challenge, who, PATH))
    const count = async () => (await rows('SELECT 1 FROM digest_nonces WHERE nonce = ?', challenge.nonce)).length
    clock.advance(DIGEST_NONCE_MS)
    await runCron()
    expect(await count(), 'a request that began a moment ago may still claim it').toBe(1)
    clock.advance(DIGEST_NONCE_KEPT_MS + 1)
    await runCron()
    expect(await count()).toBe(0)
  })
})

describe('one winner', () => {
  test('64 requests with one nonce count: one is let in, the others are stale', async () => {
    const fields = await proof()
    const starts = Array.from({ length: 64 }, () => () => askWith(fields, PATH, atTheLine))
    const { replies, waited } = await race(starts, /INSERT INTO digest_nonces/)
    expect(waited).toBe(64)
    const [winner, ...others] = replies.toSorted((a, b) => a.status - b.status)
    expect(winner?.status).toBe(200)
    for (const reply of others) expectRefused(reply, true)
    expect(await rows('SELECT count FROM attempt_counters WHERE key = ?', `robot:${made.machine.id}`)).toEqual([{ count: 1 }])
  })

  test('64 requests with 64 counts of one nonce: whoever is let in had a higher count than all before', async () => {
    const challenge = await newChallenge()
    const starts = Array.from({ length: 64 }, (_, at) => () => askWith(answerTo(challenge, who, PATH, { count: at + 1 }), PATH, atTheLine))
    const { replies } = await race(starts, /INSERT INTO digest_nonces/)
    const winners = replies.filter(({ status }) => status === 200).length
    expect(winners).toBeGreaterThan(0)
    expect(await rows('SELECT count FROM digest_nonces WHERE nonce = ?', challenge.nonce)).toEqual([{ count: 64 }])
    for (const reply of replies.filter(({ status }) => status !== 200)) expectRefused(reply, true)
  })
})

describe('who', () => {
  test('an unknown robot and a wrong secret get the same refusal, after the same work', async () => {
    const measure = async (fields: Fields) => {
      const { result, counts } = await platform.counts.measure(() => askWith(fields))
      expectRefused(result)
      return { text: result.text, roundTrips: counts.d1RoundTrips }
    }
    const wrong = await measure(answerTo(await newChallenge(), { ...who, secret: 'wrong' }, PATH))
    const unknown = await measure(answerTo(await newChallenge(), { ...who, username: 'nobody_at_all' }, PATH))
    expect(unknown).toEqual(wrong)
    expect(wrong.roundTrips).toBe(1)
  })

  test("a person's name and password do not work here, and a robot's nowhere else", async () => {
    const person = await signedInPerson(newName('digested'))
    expectRefused(await askWith(answerTo(await newChallenge(), { username: person.username, secret: person.password }, PATH)))
    expectRefused(await askWith(answerTo(await newChallenge(), { username: person.email, secret: person.password }, PATH)))
    expectRefused(await person.client.get('/api/users'))
    const fields = answerTo(await newChallenge(), who, '/user/me')
    expect((await askWith(fields, '/user/me')).status).toBe(401)
    expect((await new Client().post('/user/login', { username: who.username, password: who.secret })).status).toBe(401)
  })

  test('a robot of the name of a person does not become that person', async () => {
    const person = await signedInPerson(newName('namesake'))
    const robot = await makeRobot({ name: person.username })
    expectRefused(await askWith(answerTo(await newChallenge(), { username: person.username, secret: person.password }, PATH)))
    expect((await new Robot(robot).get(PATH)).status).toBe(200)
  })

  test('a revoked robot is refused from the next request on, an expired one at its time', async () => {
    clock.freeze()
    const robot = new Robot(made)
    expect((await robot.get(PATH)).status).toBe(200)
    const ctx = buildCronContext(platform.env, createExecutionContext())
    await ctx.db.batch(revokeMachine(made.machine, Date.now()))
    expectRefused(await robot.get(PATH))
    const mortal = new Robot(await makeRobot({ expiresAt: Date.now() + 1_000 }))
    expect((await mortal.get(PATH)).status).toBe(200)
    clock.advance(1_000)
    expectRefused(await mortal.get(PATH))
  })

  test('one that is revoked between its two database reads claims nothing', async () => {
    const fields = await proof()
    const ctx = buildCronContext(platform.env, createExecutionContext())
    const revoke = () => ctx.db.batch(revokeMachine(made.machine, Date.now()))
    expectRefused(await whileAtTheLine(() => askWith(fields, PATH, atTheLine), /INSERT INTO digest_nonces/, revoke))
    expect(await rows('SELECT count FROM attempt_counters WHERE key = ?', `robot:${made.machine.id}`)).toEqual([])
    const nonce = fields.nonce?.replaceAll('"', '')
    expect(await rows('SELECT 1 FROM digest_nonces WHERE nonce = ?', nonce)).toEqual([])
  })

  test('a robot of another realm is unknown until its own realm is back', async () => {
    const env = { DIGEST_REALM: 'Staging Movida' }
    const challenge = await newChallenge('/api', { env })
    expect(challenge.realm).toBe('Staging Movida')
    expect((await askWith(answerTo(challenge, who, PATH), PATH, { env })).status).toBe(401)
    expect((await askWith(answerTo({ ...challenge, realm: 'Production Movida' }, who, PATH), PATH, { env })).status).toBe(401)
    expect((await askWith(await proof())).status).toBe(200)
  })
})

describe('limits', () => {
  test('150 requests in 30 seconds, then 429 until the window is over; other robots go on', async () => {
    clock.freeze()
    const robot = new Robot(made)
    await robot.get(PATH)
    await db
      .prepare('UPDATE attempt_counters SET count = ? WHERE key = ?')
      .bind(ROBOT_REQUESTS - 1, `robot:${made.machine.id}`)
      .run()
    clock.advance(10_000)
    expect((await robot.get(PATH)).status).toBe(200)
    for (const path of [PATH, '/api', '/api/users/1']) {
      const reply = await robot.get(path)
      expect([reply.status, reply.headers.get('ratelimit-reset'), reply.headers.get('retry-after')]).toEqual([429, '20', '20'])
      expect(reply.json).toEqual({ error: { message: 'At most 150 requests in 30 s' } })
    }
    expect((await new Robot(await makeRobot()).get(PATH)).status).toBe(200)
    clock.advance(20_000)
    expect((await robot.get(PATH)).status).toBe(200)
  })

  test('replaying a used response does not use up the requests of the robot', async () => {
    const fields = await proof()
    await askWith(fields)
    for (let n = 0; n < 3; n += 1) expectRefused(await askWith(fields), true)
    expect(await rows('SELECT count FROM attempt_counters WHERE key = ?', `robot:${made.machine.id}`)).toEqual([{ count: 1 }])
  })

  test('failures are limited per network; right and stale proofs, and requests without one, are not', async () => {
    const env = { NETWORK_LIMITS: 'on' }
    const client = new Client()
    const send = async (secret: string) => {
      const authorization = toHeader(answerTo(await newChallenge('/api', { env }), { ...who, secret }, PATH))
      return await client.get(PATH, { env, headers: { ...JSON_PLEASE, authorization } })
    }
    for (let n = 0; n < 60; n += 1) expect((await send('wrong')).status).toBe(401)
    const limited = await send('wrong')
    expect([limited.status, limited.headers.get('ratelimit-reset')]).toEqual([429, '60'])
    expect((await send(who.secret)).status).toBe(200)
    expect((await client.get(PATH, { env })).status).toBe(401)
  })
})

describe('keys', () => {
  const A = 'aG1hYy1rZXktb2YtdGhlLXRlc3RzLTAxMjM0NTY3ODk'
  const B = Buffer.from('another hmac key of 32 bytes ...').toString('base64url')
  const BOTH = { HMAC_KEYS: JSON.stringify({ next: B, 'test-1': A }) }

  test('a nonce counts under an older HMAC key, and is refused without it', async () => {
    const old = await proof()
    expectRefused(await askWith(old, PATH, { env: { HMAC_KEYS: JSON.stringify({ next: B }) } }))
    expectRefused(await askWith(old, PATH, { env: { HMAC_KEYS: JSON.stringify({ 'test-1': B }) } }))
    expect((await askWith(old, PATH, { env: BOTH })).status).toBe(200)
    const next = await proof({ env: BOTH })
    expect(next.nonce).toContain('.next.')
    expectRefused(await askWith(next))
    expect((await askWith(next, PATH, { env: BOTH })).status).toBe(200)
  })

  const E = 'ZW5jcnlwdGlvbi1rZXktb2YtdGVzdHMtMDEyMzQ1Njc'
  const F = Buffer.from('another encryption key, 32 bytes').toString('base64url')
  const sealed = async () =>
    (await rows<{ ha1: string }>('SELECT ha1 FROM machine_credentials WHERE id = ?', made.machine.id))[0]?.ha1 ?? ''

  test('an HA1 under an older encryption key works, and is stored under the current one from then on', async () => {
    const rotated = { env: { ENCRYPTION_KEYS: JSON.stringify({ next: F, 'test-1': E }) } }
    const after = { env: { ENCRYPTION_KEYS: JSON.stringify({ next: F }) } }
    expect(await sealed()).toMatch(/^test-1\./)
    expectRefused(await askWith(await proof(), PATH, after))
    expect((await askWith(await proof(), PATH, rotated)).status).toBe(200)
    expect(await sealed()).toMatch(/^next\./)
    expect((await askWith(await proof(), PATH, after)).status).toBe(200)
    const before = await sealed()
    await askWith(await proof(), PATH, after)
    expect(await sealed()).toBe(before)
  })

  test("what is encrypted for one robot is useless in another's row", async () => {
    const other = await makeRobot()
    await db
      .prepare('UPDATE machine_credentials SET ha1 = (SELECT ha1 FROM machine_credentials WHERE id = ?) WHERE id = ?')
      .bind(made.machine.id, other.machine.id)
      .run()
    expectRefused(await askWith(answerTo(await newChallenge(), { username: other.machine.name, secret: made.secret }, PATH)))
  })

  test('neither the secret nor its hash is in the database or the log', async () => {
    await askWith(await proof())
    const ctx = buildCronContext(platform.env, createExecutionContext())
    const plan = await planMachine(ctx, { kind: 'robot', name: 'looked_at', scopes: [], expiresAt: null }, null)
    expect(JSON.stringify(plan.machine)).not.toContain(plan.secret)
    const stored = JSON.stringify(await rows('SELECT * FROM machine_credentials'))
    expect(stored).not.toContain(who.secret)
    expect(await sealed()).not.toMatch(/[0-9a-f]{32}/)
  })
})
