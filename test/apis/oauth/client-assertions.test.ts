// Client authentication by assertions: private_key_jwt and client_secret_jwt (RFC 7523, OpenID Connect Core §9, RFC 8725).
import type { JWTPayload } from 'jose'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { DEVICE_GRANT } from '../../../src/core/oauth/clients.ts'
import { sha256 } from '../../../src/crypto.ts'
import { clock } from '../../platform/clock.ts'
import { Client } from '../../support/kith.ts'
import { atTheLine, holdAtTheLine, raceOf64 } from '../../support/start-line.ts'
import { asserted, assertionOf, type Key, keyFor, newSigner, type Signer } from './assertions.ts'
import {
  CHALLENGE,
  errorOf,
  form,
  newBrowser,
  newClient,
  newCode,
  newEnv,
  newUser,
  ORIGIN,
  type Params,
  platform,
  rows,
  type TokenReply,
  token,
  VERIFIER,
} from './harness.ts'

const REFUSED = [401, 'invalid_client']
const SECOND = 1000
const MINUTE = 60 * SECOND

beforeEach(() => {
  platform.reset()
  clock.freeze()
})
afterEach(() => {
  clock.restore()
  vi.unstubAllGlobals()
})

const seconds = (fromNow = 0) => Math.floor(Date.now() / 1000) + fromNow
const OWN = { grant_type: 'client_credentials' }
const ask = (proof: Params, changes: Params = {}) => token({ ...OWN, ...proof, ...changes })
const prove = async (client: Signer, ...changes: [claims?: JWTPayload, header?: object]) => ask(await assertionOf(client, ...changes))
const descriptionOf = async (response: Response) => ((await response.json()) as { error_description: string }).error_description

async function newTokens(client: Signer): Promise<TokenReply> {
  const { cookie } = await newBrowser(await newUser())
  const code = await newCode(client, cookie, { scope: 'delegated:profile:read' })
  const params = { grant_type: 'authorization_code', code, redirect_uri: client.redirectUri, code_verifier: VERIFIER }
  const reply = await token({ ...params, ...(await assertionOf(client)) })
  expect(reply.status).toBe(200)
  return (await reply.json()) as TokenReply
}

describe('a client that signs its assertion', () => {
  test.each(['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA', 'Ed25519', 'HS256'])('with %s gets tokens', async (alg) => {
    expect((await prove(await newSigner(alg))).status).toBe(200)
  })

  test.each(['ES256', 'HS256'])('with %s authenticates so at every endpoint', async (alg) => {
    const client = await newSigner(alg, { grantTypes: `authorization_code refresh_token client_credentials ${DEVICE_GRANT}` })
    const tokens = await newTokens(client)
    const proof = () => assertionOf(client)
    const refreshed = await token({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token, ...(await proof()) })
    expect(refreshed.status).toBe(200)
    const { access_token, refresh_token } = (await refreshed.json()) as TokenReply
    const narrowed = await token({ grant_type: 'refresh_token', refresh_token, scope: 'delegated:profile:read', ...(await proof()) })
    expect(narrowed.status).toBe(200)
    const introspected = await form('/oauth/introspect', { token: access_token, ...(await proof()) })
    expect(await introspected.json()).toMatchObject({ active: true, client_id: client.id })
    const pushed = { response_type: 'code', redirect_uri: client.redirectUri, code_challenge: CHALLENGE, code_challenge_method: 'S256' }
    expect((await form('/oauth/par', { ...pushed, ...(await proof()) })).status).toBe(201)
    const device = await form('/oauth/device_authorization', { scope: 'delegated:profile:read', ...(await proof()) })
    expect(device.status).toBe(200)
    const { device_code } = (await device.json()) as { device_code: string }
    const poll = await token({ grant_type: DEVICE_GRANT, device_code, ...(await proof()) })
    expect(await errorOf(poll)).toEqual([400, 'authorization_pending'])
    expect((await form('/oauth/revoke', { token: access_token, ...(await proof()) })).status).toBe(200)
    const after = await form('/oauth/introspect', { token: access_token, ...(await proof()) })
    expect(await after.json()).toEqual({ active: false })
  })

  test('may send its client_id too, and leave out kid, iat and nbf; clocks may differ by 10 seconds', async () => {
    const client = await newSigner('ES256')
    expect((await ask(await assertionOf(client), { client_id: client.id })).status).toBe(200)
    for (const [claims, header] of [
      [{ iat: undefined }, {}],
      [{}, { kid: undefined }],
      [{ nbf: seconds(9) }, {}],
      [{ iat: seconds(9) }, {}],
      [{ exp: seconds(-9) }, {}],
      [{ exp: seconds(600) }, {}],
      [{}, { typ: 'JWT' }],
      [{}, { typ: 'client-authentication+jwt' }],
    ] as [JWTPayload, object][]) {
      expect((await prove(client, claims, header)).status, JSON.stringify([claims, header])).toBe(200)
    }
  })
})

describe('an assertion is refused', () => {
  test.each<[what: string, claims: () => JWTPayload]>([
    ['with another issuer', () => ({ iss: 'somebody' })],
    ['about another client', () => ({ sub: 'somebody' })],
    ['without iss', () => ({ iss: undefined }) as never],
    ['without sub', () => ({ sub: undefined }) as never],
    ['without aud', () => ({ aud: undefined }) as never],
    ['for another server', () => ({ aud: 'https://other.example' })],
    ['for the token endpoint', () => ({ aud: `${ORIGIN}/oauth/token` })],
    ['for this issuer and others', () => ({ aud: [ORIGIN, 'https://other.example'] })],
    ['for this issuer with a slash', () => ({ aud: `${ORIGIN}/` })],
    ['without exp', () => ({ exp: undefined }) as never],
    ['with exp as text', () => ({ exp: String(seconds(60)) }) as never],
    ['that has expired', () => ({ exp: seconds(-11) })],
    ['that is valid for too long', () => ({ exp: seconds(611) })],
    ['that is not valid yet', () => ({ nbf: seconds(12) })],
    ['from the future', () => ({ iat: seconds(12) })],
    ['without jti', () => ({ jti: undefined }) as never],
    ['with an empty jti', () => ({ jti: '' })],
    ['with a jti of 257 characters', () => ({ jti: 'x'.repeat(257) })],
  ])('%s', async (_what, claims) => {
    const client = await newSigner('ES256')
    const reply = await ask(await assertionOf(client, claims()), { client_id: client.id })
    expect(await errorOf(reply)).toEqual(REFUSED)
    expect((await prove(client)).status).toBe(200)
  })

  test('that was signed with another key, or by another client', async () => {
    const client = await newSigner('ES256')
    const other = await keyFor('ES256', 'other')
    expect(await errorOf(await prove({ ...client, key: { ...other, kid: client.key?.kid ?? '' } }))).toEqual(REFUSED)
    expect(await errorOf(await prove({ ...client, key: other }))).toEqual(REFUSED)
    const another = await newSigner('HS256')
    expect(await errorOf(await prove({ ...client, alg: 'HS256', key: null, secret: another.secret }))).toEqual(REFUSED)
    expect(await errorOf(await prove({ ...another, secret: 'x'.repeat(43) }))).toEqual(REFUSED)
    expect(await errorOf(await ask(await assertionOf(client), { client_id: another.id }))).toEqual(REFUSED)
  })

  test('RFC 8725 §2.1: without a signature, or with a public key or an old secret as an HMAC key', async () => {
    const client = await newSigner('RS256')
    const { client_assertion = '' } = await assertionOf(client)
    const [, payload] = client_assertion.split('.')
    const none = btoa(JSON.stringify({ alg: 'none' })).replace(/=+$/, '')
    for (const jwt of [`${none}.${payload}.`, `${client_assertion.slice(0, -6)}AAAAAA`, 'x', 'e30.e30.', `${client_assertion}.x`]) {
      expect(await errorOf(await ask(asserted(jwt), { client_id: client.id })), jwt).toEqual(REFUSED)
    }
    for (const secret of [JSON.stringify(client.key?.jwk), String(client.key?.jwk.n)]) {
      for (const header of [{}, { kid: client.key?.kid ?? '' }]) {
        expect(await errorOf(await ask(await assertionOf({ ...client, alg: 'HS256', key: null, secret }, {}, header)))).toEqual(REFUSED)
      }
    }
    const weak = await newSigner('HS256')
    const hs512 = await assertionOf({ ...weak, alg: 'HS512', secret: weak.secret.padEnd(64, 'x') })
    expect(await errorOf(await ask(hs512))).toEqual(REFUSED)
  })

  test('RFC 8725 §3.11: that was signed for another purpose', async () => {
    const client = await newSigner('ES256')
    for (const typ of ['dpop+jwt', 'oauth-authz-req+jwt', 'at+jwt', 'logout+jwt']) {
      expect(await errorOf(await prove(client, {}, { typ })), typ).toEqual(REFUSED)
    }
  })

  test('from a client that is disabled, public, or registered for a secret, and from nobody', async () => {
    const disabled = await newSigner('ES256')
    await rows('UPDATE oauth_clients SET disabled_at = 1 WHERE id = ?', disabled.id)
    const key = disabled.key as Key
    const others = await Promise.all(
      ['none', 'client_secret_basic', 'client_secret_post'].map((method) => newClient({ method, jwks: { keys: [key.jwk] } })),
    )
    const all = [disabled, { ...disabled, id: 'nobody' }, ...others.map((client) => ({ ...client, alg: 'ES256', key }))]
    const told = new Set<string>()
    for (const client of all) {
      const reply = await prove(client)
      expect(await errorOf(reply.clone())).toEqual(REFUSED)
      told.add(await descriptionOf(reply))
    }
    expect(told.size).toBe(1)
  })

  test('with a secret beside it, without its type, or of another type', async () => {
    const client = await newSigner('HS256')
    const bad: [Params, Record<string, string>, unknown[]][] = [
      [{ client_secret: client.secret }, {}, [400, 'invalid_request']],
      [{}, { authorization: `Basic ${btoa(`${client.id}:${client.secret}`)}` }, [400, 'invalid_request']],
      [{ client_assertion_type: undefined }, {}, [400, 'invalid_request']],
      [{ client_assertion: undefined }, {}, [400, 'invalid_request']],
      [{ client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' }, {}, REFUSED],
    ]
    for (const [changes, headers, refusal] of bad) {
      expect(await errorOf(await token({ ...OWN, ...(await assertionOf(client)), ...changes }, headers))).toEqual(refusal)
    }
  })
})

test('the secret of a client that is registered for assertions counts nowhere, not even for a refresh', async () => {
  const client = await newSigner('HS256')
  const { refresh_token } = await newTokens(client)
  const sent = { client_id: client.id, client_secret: client.secret }
  for (const params of [OWN, { grant_type: 'refresh_token', refresh_token }]) {
    expect(await errorOf(await token({ ...params, ...sent }))).toEqual(REFUSED)
    expect(await errorOf(await token({ ...params, client_id: client.id }))).toEqual(REFUSED)
  }
  const right = { grant_type: 'refresh_token', refresh_token, ...(await assertionOf(client)) }
  expect((await token(right)).status, 'the token was not rotated').toBe(200)
})

describe('an assertion is used once', () => {
  test('at whichever endpoint, until it would have expired; another client may use the same jti', async () => {
    const [client, other] = [await newSigner('ES256'), await newSigner('ES256')]
    const { refresh_token } = await newTokens(client)
    const jti = 'the-same'
    const proof = await assertionOf(client, { jti })
    expect((await ask(proof)).status).toBe(200)
    const again = await assertionOf(client, { jti })
    for (const used of [proof, again]) {
      expect(await errorOf(await ask(used))).toEqual(REFUSED)
      expect(await errorOf(await form('/oauth/introspect', { token: refresh_token, ...used }))).toEqual(REFUSED)
      expect(await errorOf(await form('/oauth/revoke', { token: refresh_token, ...used }))).toEqual(REFUSED)
      expect(await errorOf(await token({ grant_type: 'refresh_token', refresh_token, ...used }))).toEqual(REFUSED)
    }
    expect((await prove(other, { jti })).status).toBe(200)
    const right = { grant_type: 'refresh_token', refresh_token, ...(await assertionOf(client)) }
    expect((await token(right)).status, 'nothing was revoked or rotated').toBe(200)
    const spent = 'SELECT expires_at FROM spent_tokens WHERE digest = ?'
    const digest = sha256(`client_assertion:${client.id}:${jti}`)
    expect(await rows(spent, digest)).toEqual([{ expires_at: (seconds() + 70) * SECOND }])
  })

  test('64 times at once: one winner, for its own token and for a refresh', async () => {
    const client = await newSigner('ES256')
    const { refresh_token } = await newTokens(client)
    for (const grant of [OWN, { grant_type: 'refresh_token', refresh_token }] as Params[]) {
      const body = new URLSearchParams({ ...grant, ...(await assertionOf(client)) } as Record<string, string>)
      const replies = await raceOf64(() => new Client().post('/oauth/token', body, atTheLine), /INSERT INTO spent_tokens/)
      expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
      expect(replies.filter(({ status, json }) => status === 401 && json.error === 'invalid_client')).toHaveLength(63)
    }
  })

  test('and not at all if the client has changed or was disabled after its signature was verified', async () => {
    for (const change of ['updated_at = updated_at + 1', 'disabled_at = 1, updated_at = updated_at + 1']) {
      const client = await newSigner('ES256')
      const proof = new URLSearchParams({ ...OWN, ...(await assertionOf(client)) } as Record<string, string>)
      const held = await holdAtTheLine([() => new Client().post('/oauth/token', proof, atTheLine)], /INSERT INTO spent_tokens/)
      await rows(`UPDATE oauth_clients SET ${change} WHERE id = ?`, client.id)
      held.release()
      expect((await Promise.all(held.replies)).map(({ status }) => status)).toEqual([401])
    }
  })
})

test('a secret moves to the current key of ENCRYPTION_KEYS when it is used, and one that cannot be read is refused', async () => {
  const client = await newSigner('HS256')
  const { keys, current } = { keys: JSON.parse(platform.env.ENCRYPTION_KEYS ?? ''), current: 'newest' }
  const sealed = async () =>
    (await rows<{ sealed_secret: string }>('SELECT sealed_secret FROM oauth_clients WHERE id = ?', client.id))[0]?.sealed_secret
  const before = await sealed()
  const next = newEnv({ ENCRYPTION_KEYS: JSON.stringify({ [current]: 'B'.repeat(43), ...keys }) })
  expect((await token({ ...OWN, ...(await assertionOf(client)) }, {}, next)).status).toBe(200)
  expect([before?.startsWith(`${current}.`), (await sealed())?.startsWith(`${current}.`)]).toEqual([false, true])
  expect((await token({ ...OWN, ...(await assertionOf(client)) }, {}, next)).status).toBe(200)
  expect(await errorOf(await ask(await assertionOf(client)))).toEqual(REFUSED)
})

describe('keys at a jwks_uri', () => {
  let uri = 0
  let asked = 0

  /** A client whose keys are answered by `answer`. */
  async function newPublisher(answer: (signal: AbortSignal) => Response | Promise<Response>): Promise<Signer> {
    uri += 1
    asked = 0
    const jwksUri = `https://keys${uri}.app.example/jwks.json`
    vi.stubGlobal('fetch', async (url: string, { signal }: { signal: AbortSignal }) => {
      expect(url).toBe(jwksUri)
      asked += 1
      return answer(signal)
    })
    return newSigner('ES256', { jwksUri })
  }
  const right = async () => Response.json({ keys: [(await keyFor('ES256')).jwk] })

  test('are fetched once an hour, past others that cannot be used', async () => {
    const client = await newPublisher(async () => {
      const { jwk } = await keyFor('ES256')
      return Response.json({ keys: [{ kty: 'XYZ' }, { kty: 'RSA', use: 'enc', n: 'AA', e: 'AQAB' }, jwk] })
    })
    for (const _ of [1, 2, 3]) expect((await prove(client)).status).toBe(200)
    expect(asked).toBe(1)
    clock.advance(61 * MINUTE)
    expect((await prove(client)).status).toBe(200)
    expect(asked).toBe(2)
  })

  test('are replaced: a new one counts within a minute, an old one that is gone no longer', async () => {
    let published = [(await keyFor('ES256')).jwk]
    const client = await newPublisher(() => Response.json({ keys: published }))
    expect((await prove(client)).status).toBe(200)
    const next = { ...client, key: await keyFor('ES256', 'next') }
    published = [next.key.jwk]
    expect(await errorOf(await prove(next))).toEqual(REFUSED)
    expect(asked, 'fetched less than a minute ago').toBe(1)
    clock.advance(MINUTE)
    expect((await prove(next)).status).toBe(200)
    expect(asked).toBe(2)
    expect(await errorOf(await prove(client))).toEqual(REFUSED)
    for (const _ of [1, 2, 3]) expect(await errorOf(await prove(client))).toEqual(REFUSED)
    expect(asked, 'an unknown key asks once a minute').toBe(2)
  })

  test.each<[what: string, answer: () => Response]>([
    ['a redirect', () => new Response(null, { status: 302, headers: { location: 'https://other.example/jwks.json' } })],
    ['another status', () => new Response('{}', { status: 404 })],
    ['no JSON', () => new Response('<html>')],
    ['another document', () => Response.json({ keys: 'none' })],
    ['no key', () => Response.json({ keys: [] })],
    ['no usable key', () => Response.json({ keys: [{ kty: 'XYZ' }, { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }] })],
    ['a symmetric key', () => Response.json({ keys: [{ kty: 'oct', k: 'AA' }] })],
    ['257 KB', () => Response.json({ keys: [], more: 'x'.repeat(257 * 1024) })],
  ])('are not taken from %s', async (_what, answer) => {
    const client = await newPublisher(answer)
    const reply = await prove(client)
    expect(await errorOf(reply.clone())).toEqual(REFUSED)
    expect(await descriptionOf(reply)).toContain('jwks_uri')
  })

  test('are not taken if a private one is among them', async () => {
    const { jwk } = await keyFor('ES256')
    const client = await newPublisher(() => Response.json({ keys: [jwk, { ...jwk, kid: 'leaked', d: 'AA' }] }))
    expect(await errorOf(await prove(client))).toEqual(REFUSED)
  })

  test('that cannot be reached are a 503, not a wrong client; the server is left alone for 5 seconds, and old keys go on', async () => {
    let isDown = true
    const client = await newPublisher(() => (isDown ? Promise.reject(new TypeError('down')) : right()))
    for (const _ of [1, 2]) {
      const reply = await prove(client)
      expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '10'])
    }
    expect(asked).toBe(1)
    isDown = false
    clock.advance(6 * SECOND)
    expect((await prove(client)).status).toBe(200)
    isDown = true
    clock.advance(2 * 60 * MINUTE)
    expect((await prove(client)).status).toBe(200)
  })

  test('whose server takes too long, or whose answer never ends, are left after 5 seconds', async () => {
    const timeout = AbortSignal.timeout.bind(AbortSignal)
    const limits: number[] = []
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
      limits.push(ms)
      return timeout(ms / 100)
    })
    const endless = () => new Response(new ReadableStream({ start: (body) => body.enqueue(Buffer.from('{')) }))
    const silent = (signal: AbortSignal) =>
      new Promise<Response>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
    for (const answer of [endless, silent]) {
      const reply = await prove(await newPublisher(answer))
      expect([reply.status, asked]).toEqual([503, 1])
    }
    expect(limits).toContain(5 * SECOND)
    vi.restoreAllMocks()
  })

  test('are not fetched for an unknown or disabled client, nor for an assertion that cannot be right', async () => {
    const client = await newPublisher(right)
    for (const claims of [{ aud: 'https://other.example' }, { exp: seconds(-60) }, { jti: '' }, { iss: 'x' }]) {
      expect(await errorOf(await ask(await assertionOf(client, claims), { client_id: client.id }))).toEqual(REFUSED)
    }
    expect(await errorOf(await prove({ ...client, id: 'nobody' }))).toEqual(REFUSED)
    expect(await errorOf(await prove({ ...client, alg: 'HS256', key: null, secret: 'x'.repeat(43) }))).toEqual(REFUSED)
    await rows('UPDATE oauth_clients SET disabled_at = 1 WHERE id = ?', client.id)
    expect(await errorOf(await prove(client))).toEqual(REFUSED)
    expect(asked).toBe(0)
  })
})
