// Request objects (JAR, RFC 9101): signed by a key of the client, sent by the browser or pushed.
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { clock } from '../../platform/clock.ts'
import { formOf, open, send as sendForm } from '../../support/pages.ts'
import { signedInPerson } from '../../support/people.ts'
import { STRIKES } from '../../support/strikes.ts'
import { assertionOf, keyFor, newSigner, requestObjectOf, type Signer } from './assertions.ts'
import {
  authorizePath,
  CHALLENGE,
  errorOf,
  exchange,
  form,
  newBrowser,
  newClient,
  newUser,
  ORIGIN,
  type Params,
  platform,
  redirected,
  rows,
  send,
} from './harness.ts'
import { afterSignIn, sentTo } from './openid.ts'

type Fields = Readonly<Record<string, unknown>>

let client: Signer
/** Its requests must be signed. */
let strict: Signer
let cookie: string

beforeAll(async () => {
  client = await newSigner('ES256')
  strict = await newSigner('ES256', { more: { require_signed_requests: 1 } })
  cookie = (await newBrowser(await newUser())).cookie
})
beforeEach(() => platform.reset())
afterEach(() => {
  clock.restore()
  vi.unstubAllGlobals()
})

const seconds = (fromNow = 0) => Math.floor(Date.now() / 1000) + fromNow
const pathOf = (request: string, of = client, beside: Record<string, string> = {}) =>
  `/oauth/authorize?${new URLSearchParams({ client_id: of.id, request, ...beside })}`
const visit = (path: string, as = cookie) => send(path, { headers: { cookie: as } })
/** With the redirect_uri beside the object, so that the client is told of errors. */
const visitTold = (request: string, of = client) => visit(pathOf(request, of, { redirect_uri: of.redirectUri, state: 'outside' }))
const errorIn = (response: Response) => redirected(response).params.error
const push = async (request: string, of = client, changes: Params = {}) =>
  form('/oauth/par', { request, ...changes, ...(await assertionOf(of)) })

describe('the authorization endpoint', () => {
  test.each(['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'])('answers an object signed with %s as it would its parameters', async (alg) => {
    const signer = await newSigner(alg)
    const { base, params } = redirected(await visit(pathOf(await requestObjectOf(signer, { max_age: 3600 }), signer)))
    expect([base, params.state, params.iss]).toEqual([signer.redirectUri, 'signed', ORIGIN])
    const tokens = await exchange(signer, params.code ?? '', { client_id: undefined, ...(await assertionOf(signer)) })
    expect(await tokens.json()).toMatchObject({ scope: 'openid delegated:profile:read' })
  })

  test('§6.3: ignores what stands beside the object, even if it is repeated', async () => {
    const beside = { redirect_uri: 'https://evil.example/', state: 'other', scope: 'delegated:all', response_type: 'token', prompt: 'none' }
    const path = `${pathOf(await requestObjectOf(client), client, beside)}&state=twice`
    const { base, params } = redirected(await visit(path))
    expect([base, params.state, typeof params.code]).toEqual([client.redirectUri, 'signed', 'string'])
    const without = await requestObjectOf(client, { redirect_uri: undefined })
    expect(await errorOf(await visit(pathOf(without, client, { state: 'x' })))).toEqual([400, 'invalid_request'])
  })

  test('§4: takes claims as JSON, and as text', async () => {
    for (const claims of [{ userinfo: { sub: null } }, '{"userinfo":{"sub":null}}']) {
      expect(redirected(await visit(pathOf(await requestObjectOf(client, { claims })))).params.code, String(claims)).toBeDefined()
    }
    const wrong = await visit(pathOf(await requestObjectOf(client, { claims: '{' })))
    expect(errorIn(wrong)).toBe('invalid_request')
  })

  test('takes one by POST, also without the session cookie', async () => {
    const body = new URLSearchParams({ client_id: client.id, request: await requestObjectOf(client) }).toString()
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const crossSite = await send('/oauth/authorize', { method: 'POST', body, headers })
    expect(crossSite.status).toBe(303)
    expect(redirected(await visit(crossSite.headers.get('location') ?? '')).params.code).toBeDefined()
  })

  test('judges its parameters by the rules of all requests, and tells the client at the signed redirect_uri', async () => {
    for (const [claims, error] of [
      [{ response_type: 'token' }, 'unsupported_response_type'],
      [{ code_challenge: undefined }, 'invalid_request'],
      [{ scope: 'nonsense' }, 'invalid_scope'],
      [{ max_age: 1.5 }, 'invalid_request'],
      [{ max_age: [5] }, 'invalid_request'],
      [{ resource: ['https://unknown.example/a', 'https://unknown.example/b'] }, 'invalid_target'],
      [{ state: 'x'.repeat(7_900) }, 'invalid_request'],
    ] as [Fields, string][]) {
      const { base, params } = redirected(await visit(pathOf(await requestObjectOf(client, claims))))
      expect([base, params.error], JSON.stringify(claims).slice(0, 60)).toEqual([client.redirectUri, error])
    }
    const elsewhere = await visit(pathOf(await requestObjectOf(client, { redirect_uri: 'https://evil.example/' })))
    expect(await errorOf(elsewhere)).toEqual([400, 'invalid_request'])
  })
})

const INVALID: [what: string, claims: () => Fields, header?: Fields][] = [
  ['of another issuer', () => ({ iss: 'somebody' })],
  ['without iss', () => ({ iss: undefined })],
  ['for another server', () => ({ aud: 'https://other.example' })],
  ['for this server and others', () => ({ aud: [ORIGIN, 'https://other.example'] })],
  ['without aud', () => ({ aud: undefined })],
  ['without exp', () => ({ exp: undefined })],
  ['that has expired', () => ({ exp: seconds(-11) })],
  ['that is valid for more than an hour', () => ({ exp: seconds(3_615) })],
  ['that is not valid yet', () => ({ nbf: seconds(15) })],
  ['from the future', () => ({ iat: seconds(15) })],
  ['with the client_id of another', () => ({ client_id: 'somebody' })],
  ['without client_id', () => ({ client_id: undefined })],
  ['with an object inside', () => ({ request: 'e30.e30.' })],
  ['with a reference inside', () => ({ request_uri: 'urn:ietf:params:oauth:request_uri:x' })],
  ['with a number as scope', () => ({ scope: 5 })],
  ['with a list as redirect_uri', () => ({ redirect_uri: [client.redirectUri] })],
  ['with claims as a boolean', () => ({ claims: true })],
  ['with a number among its resources', () => ({ resource: ['https://api.example', 5] })],
  ['typed as a JWT', () => ({}), { typ: 'JWT' }],
  ['without a type', () => ({}), { typ: undefined }],
  ['typed as an assertion', () => ({}), { typ: 'client-authentication+jwt' }],
]

describe('an object is refused, at both endpoints,', () => {
  test.each(INVALID)('%s', async (_what, claims, header = {}) => {
    const request = await requestObjectOf(client, claims(), header)
    const { base, params } = redirected(await visitTold(request))
    expect([base, params.error, params.state, params.iss]).toEqual([client.redirectUri, 'invalid_request_object', 'outside', ORIGIN])
    expect(await errorOf(await push(request))).toEqual([400, 'invalid_request_object'])
  })

  test('unsigned, with a broken signature, signed with another key or with a public key as a secret, or no JWT', async () => {
    const right = await requestObjectOf(client)
    const [, payload] = right.split('.')
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'oauth-authz-req+jwt' })).toString('base64url')
    const other = { ...client, key: await keyFor('ES256', 'other') }
    const hmac = { ...client, alg: 'HS256', key: null, secret: JSON.stringify(client.key?.jwk) }
    const all = [
      `${none}.${payload}.`,
      `${right.slice(0, -6)}AAAAAA`,
      await requestObjectOf(other),
      await requestObjectOf(hmac),
      'x',
      'e30.e30.',
    ]
    const sameKid = { ...other, key: { ...other.key, kid: client.key?.kid ?? '' } }
    for (const request of [...all, await requestObjectOf(sameKid), 'x'.repeat(12_289)]) {
      expect(errorIn(await visitTold(request)), request).toBe('invalid_request_object')
      expect(await errorOf(await push(request)), request).toEqual([400, 'invalid_request_object'])
    }
  })

  test('encrypted: by name', async () => {
    for (const request of ['e30.a.b.c.d', 'e30..b.c.d']) {
      expect(await (await push(request)).json()).toEqual({
        error: 'invalid_request_object',
        error_description: expect.stringContaining('Encrypted'),
      })
      const { params } = redirected(await visitTold(request))
      expect(params.error_description).toContain('Encrypted')
    }
  })

  test('that was signed as an assertion, and the other way round', async () => {
    const { client_assertion = '' } = await assertionOf(client, {
      client_id: client.id,
      response_type: 'code',
      redirect_uri: client.redirectUri,
    })
    expect(errorIn(await visitTold(client_assertion))).toBe('invalid_request_object')
    const asAssertion = await requestObjectOf(client, { sub: client.id, jti: 'x' })
    const proof = { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: asAssertion }
    expect(await errorOf(await form('/oauth/par', { ...proof, request: asAssertion }))).toEqual([401, 'invalid_client'])
  })

  test('from a client that has no keys, or is unknown or disabled', async () => {
    const basic = await newClient({ method: 'client_secret_basic' })
    const alike = { ...client, id: basic.id, redirectUri: basic.redirectUri }
    expect(errorIn(await visitTold(await requestObjectOf(alike), alike))).toBe('request_not_supported')
    const disabled = await newSigner('ES256')
    await rows('UPDATE oauth_clients SET disabled_at = 1 WHERE id = ?', disabled.id)
    for (const of of [disabled, { ...client, id: 'nobody' }]) {
      expect(await errorOf(await visitTold(await requestObjectOf(of), of))).toEqual([400, 'invalid_request'])
    }
  })

  test('and the user is told, not another site, if no registered redirect_uri stands beside it', async () => {
    const request = await requestObjectOf(client, { exp: seconds(-60) })
    expect(await errorOf(await visit(pathOf(request)))).toEqual([400, 'invalid_request_object'])
    const page = await visit(pathOf(request, client, { redirect_uri: 'https://evil.example/' }))
    expect(await errorOf(page)).toEqual([400, 'invalid_request'])
  })
})

test('keys at a jwks_uri verify an object; while its server does not answer, the client may try again', async () => {
  const { jwk } = await keyFor('ES256')
  const publisher = await newSigner('ES256', { jwksUri: 'https://keys.jar.example/jwks.json' })
  let isDown = true
  vi.stubGlobal('fetch', async () => (isDown ? Promise.reject(new TypeError('down')) : Response.json({ keys: [jwk] })))
  clock.freeze()
  const request = await requestObjectOf(publisher)
  expect(errorIn(await visitTold(request, publisher))).toBe('temporarily_unavailable')
  isDown = false
  clock.advance(6_000)
  expect(redirected(await visitTold(request, publisher)).params.code).toBeDefined()
})

describe('a pushed object (RFC 9126 §3)', () => {
  test('is judged when it is pushed, and answered once', async () => {
    const reply = await push(await requestObjectOf(strict), strict, { scope: 'delegated:all' })
    expect(reply.status).toBe(201)
    const { request_uri } = (await reply.json()) as { request_uri: string }
    const path = `/oauth/authorize?${new URLSearchParams({ client_id: strict.id, request_uri })}`
    const { params } = redirected(await visit(path))
    expect([params.state, typeof params.code]).toEqual(['signed', 'string'])
    expect(await errorOf(await visit(path))).toEqual([400, 'invalid_request'])
    expect(await errorOf(await push(await requestObjectOf(client, { scope: 'nonsense' })))).toEqual([400, 'invalid_scope'])
  })

  test('must be of the client that pushes it', async () => {
    const other = await newSigner('ES256')
    expect(await errorOf(await push(await requestObjectOf(other)))).toEqual([400, 'invalid_request_object'])
  })

  test.each(Object.entries(STRIKES))('D1 %s: a reference that works, or an error that says nothing of it', async (_what, strike) => {
    for (let n = 1; n < 5; n += 1) {
      platform.reset()
      const request = { request: await requestObjectOf(strict), ...(await assertionOf(strict)) }
      strike(n)
      const reply = await form('/oauth/par', request)
      const { fired } = platform.faults
      platform.faults.clear()
      if (reply.status === 201) {
        const { request_uri } = (await reply.json()) as { request_uri: string }
        const back = await visit(`/oauth/authorize?${new URLSearchParams({ client_id: strict.id, request_uri })}`)
        expect(redirected(back).params.code).toBeDefined()
      } else expect([reply.status, n]).toEqual([expect.toSatisfy((status: number) => status === 503 || status === 401), n])
      if (fired === 0) return
    }
  })
})

describe('a client that must sign its requests (§10.5)', () => {
  const PLAIN = { response_type: 'code', code_challenge: CHALLENGE, code_challenge_method: 'S256' }

  test('is refused any other: visited, pushed, or on the consent page', async () => {
    for (const path of [authorizePath(strict), authorizePath(strict, { signed_request: '1.test-1.x' })]) {
      expect(errorIn(await visit(path)), path).toBe('invalid_request')
      expect(errorIn(await visit(path.replace('/oauth/authorize', '/consent'))), path).toBe('invalid_request')
    }
    const plain = { ...PLAIN, redirect_uri: strict.redirectUri, signed_request: '1.test-1.x' }
    expect(await errorOf(await form('/oauth/par', { ...plain, ...(await assertionOf(strict)) }))).toEqual([400, 'invalid_request'])
  })

  test('gets its user back from a sign-in with what it signed, and with nothing else', async () => {
    const asked = await visit(pathOf(await requestObjectOf(strict, { prompt: 'login' }), strict), '')
    const { back } = await afterSignIn(asked, await newUser())
    expect(redirected(back).params.code).toBeDefined()
    const returnTo = sentTo(asked).query.get('return_to') ?? ''
    for (const [was, is] of [
      ['scope=openid+delegated%3Aprofile%3Aread', 'scope=openid+delegated%3Aall'],
      ['state=signed', 'state=other'],
      ['prompt=login', 'prompt=none'],
    ] as const) {
      const changed = returnTo.replace(was, is)
      expect(changed).not.toBe(returnTo)
      expect(errorIn(await visit(changed)), is).toBe('invalid_request')
    }
    const borrowed = authorizePath(strict, { signed_request: new URLSearchParams(returnTo.split('?')[1]).get('signed_request') ?? '' })
    expect(errorIn(await visit(borrowed))).toBe('invalid_request')
  })

  test('gets the consent to what it signed', async () => {
    const third = await newSigner('ES256', { firstParty: 0, more: { require_signed_requests: 1 } })
    const { client: browser } = await signedInPerson('signed_consent')
    const asked = await browser.get(pathOf(await requestObjectOf(third, { scope: 'openid' }), third))
    const page = await open(browser, asked.headers.get('location') ?? '')
    expect(page.text).toContain('Know who you are')
    const allowed = await sendForm(browser, formOf(page, '/consent'), { answer: 'allow' })
    expect(allowed.text).toMatch(/[?&]code=[\w-]{43}/)
  })

  test('cannot sign the tickets that Kith gives itself', async () => {
    const forged = await requestObjectOf(strict, { pushed_request: 'x', signed_request: 'x', reauthentication: 'declined' })
    expect(redirected(await visit(pathOf(forged, strict))).params.code).toBeDefined()
  })
})
