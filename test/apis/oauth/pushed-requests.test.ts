// Pushed authorization requests (RFC 9126): sent by the client, referred to by the browser, used once.
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Bindings } from '../../../src/config.ts'
import { clock } from '../../platform/clock.ts'
import { Client } from '../../support/kith.ts'
import { formOf, open, send as sendForm } from '../../support/pages.ts'
import { signedInPerson } from '../../support/people.ts'
import { atTheLine, raceOf64 } from '../../support/start-line.ts'
import { SINGLE_STRIKES, underStrike } from '../../support/strikes.ts'
import {
  CHALLENGE,
  errorOf,
  exchange,
  form,
  newBrowser,
  newClient,
  newEnv,
  newUser,
  ORIGIN,
  type Params,
  platform,
  redirected,
  rows,
  send,
  type TestClient,
} from './harness.ts'
import { afterSignIn, basicOf, sentTo } from './openid.ts'

let client: TestClient
/** Takes pushed requests only. */
let strict: TestClient

beforeAll(async () => {
  client = await newClient({ method: 'client_secret_basic' })
  strict = await newClient({ method: 'client_secret_basic', requirePushedRequests: 1 })
})
beforeEach(() => platform.reset())

const paramsOf = (of: TestClient, changes: Params = {}): Params => ({
  response_type: 'code',
  redirect_uri: of.redirectUri,
  scope: 'openid delegated:profile:read',
  state: 'xyz',
  code_challenge: CHALLENGE,
  code_challenge_method: 'S256',
  ...changes,
})

const push = (changes: Params = {}, of = client, headers: Record<string, string> = basicOf(of), bindings?: Bindings) =>
  form('/oauth/par', paramsOf(of, changes), headers, bindings)

async function pushed(changes: Params = {}, of = client): Promise<string> {
  const response = await push(changes, of)
  expect(response.status).toBe(201)
  return ((await response.json()) as { request_uri: string }).request_uri
}

const pathOf = (requestUri: string, of = client, extra: Record<string, string> = {}) =>
  `/oauth/authorize?${new URLSearchParams({ client_id: of.id, request_uri: requestUri, ...extra })}`
const visit = (path: string, cookie = '') => send(path, { headers: { cookie } })

async function signedIn(): Promise<string> {
  return (await newBrowser(await newUser())).cookie
}

describe('POST /oauth/par', () => {
  test('§2.2: returns a reference for a minute, kept by nobody', async () => {
    const response = await push()
    expect([response.status, response.headers.get('cache-control')]).toEqual([201, 'no-store'])
    expect(await response.json()).toEqual({
      request_uri: expect.stringMatching(/^urn:ietf:params:oauth:request_uri:[\w-]{43}$/),
      expires_in: 60,
    })
  })

  test.each<[string, Params, [number, string]]>([
    ['without response_type', { response_type: undefined }, [400, 'invalid_request']],
    ['for another response_type', { response_type: 'token' }, [400, 'unsupported_response_type']],
    ['to a redirect_uri that is not registered', { redirect_uri: 'https://evil.example/' }, [400, 'invalid_request']],
    ['without redirect_uri', { redirect_uri: undefined }, [400, 'invalid_request']],
    ['without a challenge', { code_challenge: undefined }, [400, 'invalid_request']],
    ['for an unknown scope', { scope: 'nonsense' }, [400, 'invalid_scope']],
    ['with a request object', { request: 'e30.e30.' }, [400, 'request_not_supported']],
    ['with a reference, §2.1', { request_uri: 'urn:ietf:params:oauth:request_uri:x' }, [400, 'invalid_request']],
    ['in the name of another client', { client_id: 'somebody-else' }, [401, 'invalid_client']],
  ])('§2.3: refuses a request %s, with the error of the authorization endpoint', async (_what, changes, error) => {
    expect(await errorOf(await push(changes))).toEqual(error)
  })

  test('§2.1: the client authenticates as at the token endpoint', async () => {
    expect(await errorOf(await push({}, client, { authorization: `Basic ${btoa(`${client.id}:wrong`)}` }))).toEqual([401, 'invalid_client'])
    expect(await errorOf(await push({ client_id: client.id }, client, {}))).toEqual([401, 'invalid_client'])
    expect((await push({ client_id: client.id, client_secret: client.secret }, client, {})).status).toBe(201)
    const spa = await newClient()
    expect((await push({ client_id: spa.id }, spa, {})).status).toBe(201)
  })

  test('in the name of a public client is limited per network, and a refusal for that is no failed authentication', async () => {
    const spa = await newClient()
    const limited = newEnv({ NETWORK_LIMITS: 'on' })
    const from = { 'cf-connecting-ip': '198.51.100.77' }
    const replies = await Promise.all(Array.from({ length: 130 }, () => push({ client_id: spa.id }, spa, from, limited)))
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([201, 429]))
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(60)
    const wrong = { ...from, authorization: `Basic ${btoa(`${client.id}:wrong`)}` }
    expect(await errorOf(await push({}, client, wrong, limited))).toEqual([401, 'invalid_client'])
  })

  test('stores neither the reference nor a secret in the clear', async () => {
    const uri = await pushed({ client_id: client.id })
    const [row] = await rows<{ uri_hash: string; params: string }>('SELECT * FROM pushed_requests ORDER BY rowid DESC LIMIT 1')
    expect(JSON.stringify(row)).not.toContain(uri.split(':').at(-1))
    expect(row?.params).not.toContain('secret')
  })
})

describe('the authorization endpoint', () => {
  test('answers a reference as it would the request itself, and ignores what else is sent', async () => {
    const cookie = await signedIn()
    const path = pathOf(await pushed(), client, { redirect_uri: 'https://evil.example/', state: 'other', scope: 'openid' })
    const { base, params } = redirected(await visit(path, cookie))
    expect([base, params.state, params.iss]).toEqual([client.redirectUri, 'xyz', ORIGIN])
    const tokens = await exchange(client, params.code ?? '', { client_id: undefined }, basicOf(client))
    expect(await tokens.json()).toMatchObject({ scope: 'openid delegated:profile:read' })
  })

  test('§4: takes a reference once, from its own client, for a minute; the user is told, and nobody is redirected', async () => {
    const cookie = await signedIn()
    const uri = await pushed()
    expect((await visit(pathOf(uri), cookie)).status).toBe(302)
    const expired = await pushed()
    const refused = [pathOf(uri), pathOf(await pushed({}, strict)), pathOf('urn:ietf:params:oauth:request_uri:unknown')]
    for (const path of refused) expect(await errorOf(await visit(path, cookie))).toEqual([400, 'invalid_request'])
    const page = await (await send(pathOf(uri), { headers: { cookie, accept: 'text/html' } })).text()
    expect(page).toContain('This sign-in was already used or has expired. Go back to the app and start again.')
    expect(page).not.toContain('request_uri')
    clock.freeze(Date.now() + 61_000)
    try {
      expect(await errorOf(await visit(pathOf(expired), cookie))).toEqual([400, 'invalid_request'])
    } finally {
      clock.restore()
    }
  })

  test('a browser that has to sign in first comes back with the whole request, to which the reference is bound', async () => {
    const asked = await visit(pathOf(await pushed({}, strict), strict))
    const userId = await newUser()
    const { back } = await afterSignIn(asked, userId)
    expect(redirected(back).params.code).toMatch(/^[\w-]{43}$/)
  })

  test('a person who has to consent answers what was pushed', async () => {
    const third = await newClient({ method: 'client_secret_basic', requirePushedRequests: 1, firstParty: 0 })
    const { client: browser } = await signedInPerson('pushed_consent')
    const asked = await browser.get(pathOf(await pushed({ scope: 'openid' }, third), third))
    const page = await open(browser, asked.headers.get('location') ?? '')
    expect(page.text).toContain('Know who you are')
    const allowed = await sendForm(browser, formOf(page, '/consent'), { answer: 'allow' })
    expect(allowed.text).toMatch(/[?&]code=[\w-]{43}/)
  })

  test('64 browsers with one reference: one code', async () => {
    const { client: browser } = await signedInPerson('pushed_race')
    const path = pathOf(await pushed())
    const copies = () => Object.assign(new Client(), { cookies: new Map(browser.cookies) })
    const replies = await raceOf64(() => copies().get(path, atTheLine), /UPDATE pushed_requests SET consumed_at/)
    expect(replies.filter(({ status }) => status === 302)).toHaveLength(1)
    expect(replies.filter(({ status }) => status === 400)).toHaveLength(63)
  })

  test('any other request_uri is still not supported', async () => {
    const path = `/oauth/authorize?${new URLSearchParams({ ...paramsOf(client), client_id: client.id, request_uri: 'https://rp.example/r' } as never)}`
    expect(redirected(await visit(path, await signedIn())).params.error).toBe('request_uri_not_supported')
  })
})

describe('a client that must push its requests (§6)', () => {
  const plain = (changes: Params = {}) => {
    const sent = Object.entries({ ...paramsOf(strict, changes), client_id: strict.id }).filter(([, value]) => value !== undefined)
    return `/oauth/authorize?${new URLSearchParams(sent as [string, string][])}`
  }

  test('is refused any other, at the authorization endpoint and on the consent page', async () => {
    const cookie = await signedIn()
    for (const path of [plain(), plain({ pushed_request: '1.test-1.x' }), plain().replace('/oauth/authorize', '/consent')]) {
      const response = await visit(path, cookie)
      expect(new URL(response.headers.get('location') ?? '').searchParams.get('error'), path).toBe('invalid_request')
    }
  })

  test('is refused one that was changed on its way through the browser', async () => {
    const asked = await visit(pathOf(await pushed({}, strict), strict))
    const returnTo = sentTo(asked).query.get('return_to') ?? ''
    const cookie = await signedIn()
    const changed = returnTo.replace('scope=openid+delegated%3Aprofile%3Aread', 'scope=openid+delegated%3Aall')
    expect(changed).not.toBe(returnTo)
    expect(redirected(await visit(changed, cookie)).params.error).toBe('invalid_request')
  })

  test('cannot be given a ticket in what it pushes', async () => {
    const cookie = await signedIn()
    const uri = await pushed({ pushed_request: 'x', reauthentication: 'declined' }, strict)
    expect(redirected(await visit(pathOf(uri, strict), cookie)).params.code).toBeDefined()
  })
})

describe.each(Object.entries(SINGLE_STRIKES))('D1 %s, at each operation in turn', (_what, strike) => {
  test('a push: a reference that works, or a refusal that can be tried again', async () => {
    const send = () =>
      new Client().post('/oauth/par', new URLSearchParams(paramsOf(client) as Record<string, string>), { headers: basicOf(client) })
    const cookie = await signedIn()
    for (let n = 1, fired = 1; fired > 0; n += 1) {
      const struck = await underStrike(strike, n, send)
      fired = struck.fired
      const reply = struck.reply.status === 503 ? await send() : struck.reply
      expect(reply.status, `${n}: ${reply.text}`).toBe(201)
      expect(redirected(await visit(pathOf(reply.json.request_uri), cookie)).params.code).toBeDefined()
    }
  })

  test('its use: a code, or an error; never two codes', async () => {
    const { client: browser } = await signedInPerson(`pushed_${_what.replaceAll(' ', '_').slice(0, 12)}`)
    const codes = () => rows('SELECT 1 FROM authorization_codes WHERE client_id = ?', client.id)
    for (let n = 1, fired = 1; fired > 0; n += 1) {
      const path = pathOf(await pushed())
      const before = (await codes()).length
      const struck = await underStrike(strike, n, () => browser.get(path))
      fired = struck.fired
      const hasCode = /[?&]code=/.test(struck.reply.headers.get('location') ?? '')
      if (!hasCode) await browser.get(path)
      expect((await codes()).length - before, `${n}: ${struck.reply.status}`).toBeLessThanOrEqual(1)
      if (hasCode) expect((await browser.get(path)).status, 'used').toBe(400)
    }
  })
})
