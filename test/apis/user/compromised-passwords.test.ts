// Passwords known from data breaches: the optional range query, against a stand-in for what leaves the Worker.
import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { hashNewPassword } from '../../../src/core/accounts/password-rules.ts'
import { password as passwordField } from '../../../src/core/fields.ts'
import { newName, rows } from '../../support/actors.ts'
import { signedInAdmin } from '../../support/admins.ts'
import { spend } from '../../support/budget.ts'
import { Client, newestCode, platform, type Reply } from '../../support/kith.ts'
import { alertIn, formOf, open, send } from '../../support/pages.ts'
import { logIn, PASSWORD, signedInPerson, signUpBody } from '../../support/people.ts'
import { newCtx } from '../../support/tokens.ts'

const RANGES = 'https://ranges.example/v1/range/'
const env = { PASSWORD_RANGE_URL: RANGES }
const KNOWN = 'plover-kestrel-known-1'
const FRESH = 'plover-kestrel-fresh-1'
const MESSAGE = 'is known from a data breach'

const hashOf = (text: string) => createHash('sha1').update(text, 'utf8').digest('hex').toUpperCase()
const [suffix, others] = [hashOf(KNOWN).slice(5), ['0018A45C4D1DEF81644B54AB7F969B88D65:1', 'FFF6E008A1D1A9B2B2C4F4CBE6F1A3D0E55:12']]
const listOf = (...entries: string[]) => [others[0], ...entries, others[1]].join('\r\n')

let requests: { url: string; init: RequestInit }[]
let logged: string[]
let service: (init: RequestInit) => Response | Promise<Response>

beforeEach(() => {
  platform.reset()
  requests = []
  logged = []
  service = () => new Response(listOf(`${suffix}:42`))
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    requests.push({ url, init })
    return service(init)
  })
  for (const level of ['info', 'warn', 'error'] as const)
    vi.spyOn(console, level).mockImplementation((...args) => void logged.push(args.map(String).join(' ')))
  return () => vi.unstubAllGlobals()
})
afterEach(() => vi.restoreAllMocks())

/** Accepted or refused, as by any route that sets a password. */
const judge = (text: string, vars: Record<string, string> = env) =>
  hashNewPassword(newCtx({ ...platform.env, ...vars }), passwordField.parse(text)).then(
    () => 'accepted',
    (error) => error.fields?.[0]?.message ?? error,
  )

describe('what is asked, and how', () => {
  test('five digits of the SHA-1 leave, with padding, and no redirect is followed', async () => {
    expect(await judge(KNOWN)).toBe(MESSAGE)
    expect(requests.map(({ url }) => url)).toEqual([`${RANGES}${hashOf(KNOWN).slice(0, 5)}`])
    const { redirect, headers, method, body } = requests[0]?.init ?? {}
    expect([redirect, method, body, new Headers(headers).get('add-padding')]).toEqual(['manual', undefined, undefined, 'true'])
  })

  test('a hit in either case and with either line break; the count 0 is padding, and others are others', async () => {
    for (const list of [listOf(`${suffix}:1`), `${suffix}:1`.toLowerCase(), listOf(`${suffix}:7`).replaceAll('\r', '')]) {
      service = () => new Response(list)
      expect(await judge(KNOWN), list).toBe(MESSAGE)
    }
    for (const list of [listOf(`${suffix}:0`), listOf(), others.join('\n'), `${listOf(`${suffix}:0`)}\r\n`]) {
      service = () => new Response(list)
      expect(await judge(KNOWN), list).toBe('accepted')
    }
    expect(await judge(FRESH)).toBe('accepted')
    expect(logged).toEqual([])
  })

  test('without the setting nobody is asked', async () => {
    expect(await judge(KNOWN, {})).toBe('accepted')
    expect(requests).toEqual([])
  })
})

describe('whatever the service does, it keeps nobody out, and the log says so without the password or its hash', () => {
  const huge = () => new Response(`${suffix}:42\r\n`.repeat(20_000))
  const endless = () =>
    new Response(new ReadableStream({ pull: (controller) => controller.enqueue(new TextEncoder().encode(`${suffix}:42\r\n`.repeat(500))) }))
  const hanging = ({ signal }: RequestInit) =>
    new Promise<Response>((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
  const trickling = () => new Response(new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode(suffix)) }))

  test.each<[string, typeof service, string]>([
    ['is down', () => Promise.reject(new TypeError('connect ECONNREFUSED')), 'no connection'],
    ['never answers', hanging, 'time limit'],
    ['stops in the middle', trickling, 'time limit'],
    ['sends too much', huge, 'a long answer'],
    ['announces too much', () => new Response('x', { headers: { 'content-length': '9999999' } }), 'a long answer'],
    ['never ends', endless, 'a long answer'],
    ['sends a page', () => new Response(`<!doctype html>\n${suffix}:42`, { headers: { 'content-type': 'text/html' } }), 'not a range'],
    ['sends nothing', () => new Response(null), 'not a range'],
    ['redirects', () => new Response(null, { status: 302, headers: { location: `${RANGES}elsewhere` } }), 'status 302'],
    ['fails', () => new Response(listOf(`${suffix}:42`), { status: 503 }), 'status 503'],
    ['limits us', () => new Response('', { status: 429 }), 'status 429'],
  ])('it %s', async (_what, answer, cause) => {
    service = answer
    const limits: number[] = []
    const { timeout } = AbortSignal
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
      limits.push(ms)
      return timeout.call(AbortSignal, 20)
    })
    expect(await judge(KNOWN)).toBe('accepted')
    expect([requests.length, limits]).toEqual([1, [1_000]])
    expect(logged.map((line) => JSON.parse(line))).toMatchObject([{ level: 'warn', event: 'password_range_unavailable', cause }])
    for (const secret of [KNOWN, suffix, hashOf(KNOWN).slice(0, 5), RANGES]) expect(logged.join()).not.toContain(secret)
  })
})

describe('wherever a password is set', () => {
  const expectRefused = ({ status, json }: Pick<Reply, 'status' | 'json'>) => {
    expect([status, json.additionalInfo.errors]).toMatchObject([400, [{ path: 'password', msg: MESSAGE }]])
  }

  test('sign-up, own change, reset, and by an administrator; not at sign-in', async () => {
    const person = await signedInPerson(newName('known'))
    const admin = await signedInAdmin(newName('known_admin'))
    await new Client().post('/user/code', { email: person.email })
    const code = await newestCode(person.email)
    const made = newName('known_made')
    expect(requests).toEqual([])
    const { client } = person
    const asked = { currentPassword: PASSWORD }
    expectRefused(await new Client().post('/user/create', { ...signUpBody(made), password: KNOWN }, { env }))
    expectRefused(await client.patch('/user/me', { ...asked, password: KNOWN }, { env }))
    expectRefused(await new Client().post('/user/reset-password', { code, password: KNOWN }, { env }))
    expectRefused(await admin.client.post('/user/admin-api/create', { ...signUpBody(made), password: KNOWN }, { env }))
    expectRefused(await admin.client.patch('/user/admin-api/update', { target: person.id, password: KNOWN }, { env }))
    expect(requests).toHaveLength(5)
    expect(await rows('SELECT 1 FROM users WHERE username = ?', made)).toEqual([])
    expect((await new Client().post('/user/reset-password', { code, password: FRESH }, { env })).status, 'the code is still good').toBe(200)
    requests = []
    const log = { username: person.username, password: KNOWN, userAgent: 'x' }
    expect((await new Client().post('/user/login', log, { env })).status).toBe(401)
    expect((await logIn({ ...person, password: FRESH })).status).toBe(200)
    expect(requests).toEqual([])
  })

  test('what is refused anyhow costs no request, and the query no round trip', async () => {
    const person = await signedInPerson(newName('cheap'))
    const taken = { ...signUpBody(person.username, 'someone.else@example.com'), password: KNOWN }
    for (const body of [
      taken,
      { ...signUpBody('kith_kith_one'), password: 'kith_kith_one1' },
      { ...signUpBody('cheap_two'), password: 'short' },
    ]) {
      expect((await new Client().post('/user/create', body, { env })).status).toBeGreaterThanOrEqual(400)
    }
    expect((await person.client.patch('/user/me', { currentPassword: 'wrong', password: KNOWN }, { env })).status).toBe(400)
    expect(requests).toEqual([])
    const change = (vars: Record<string, string>, password: string) =>
      spend(person.client, 'PATCH', '/user/me', { currentPassword: PASSWORD, password }, {}, vars)
    const refused = await change(env, KNOWN)
    expect(refused.status).toBe(400)
    const changed = await change(env, FRESH)
    expect(changed.status, changed.text).toBe(200)
    await logIn({ ...person, password: FRESH })
    const before = await spend(person.client, 'PATCH', '/user/me', { currentPassword: FRESH, password: PASSWORD })
    expect(changed.counts.d1RoundTrips).toBe(before.counts.d1RoundTrips)
  })

  test('the sign-up page says it beside the field', async () => {
    const client = new Client()
    const page = await open(client, '/sign-up')
    const username = newName('known_page')
    const typed = { ...formOf(page).fields, username, email: `${username}@example.com`, givenName: 'A', familyName: 'B', password: KNOWN }
    const again = await send(client, formOf(page), typed, { env })
    expect([again.status, again.text]).toEqual([400, expect.stringContaining(MESSAGE)])
    expect(alertIn(again)).toBeTruthy()
  })
})
