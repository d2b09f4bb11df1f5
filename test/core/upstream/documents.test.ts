// Discovery documents and key sets: what is taken, how long, and how often a provider is asked.
import { env } from 'cloudflare:workers'
import { generateKeyPair } from 'jose'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Bindings } from '../../../src/config.ts'
import { sha256 } from '../../../src/crypto.ts'
import { assertionOf, newSigner } from '../../apis/oauth/assertions.ts'
import { token } from '../../apis/oauth/harness.ts'
import { clock } from '../../platform/clock.ts'
import { platform } from '../../support/kith.ts'
import { StandIn, signed } from '../../support/upstream.ts'
import { begin, refusal, SIGN_IN, signIn } from './harness.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const FAILED = { status: 502, reason: 'upstream_failed' }
const DOWN = { status: 503, reason: 'upstream_unavailable' }

beforeEach(() => clock.freeze())
afterEach(() => clock.restore())

const down = () => Promise.reject(new TypeError('down'))

/** An isolate that remembers nothing, with the same KV. */
function anotherIsolate(provider: StandIn): Partial<Bindings> {
  const get = (kv: KVNamespace, name: keyof KVNamespace) => {
    const value = kv[name]
    return typeof value === 'function' ? (value as () => unknown).bind(kv) : value
  }
  return { ...provider.env, KV: new Proxy(platform.env.KV, { get: get as never }) }
}

describe('a discovery document', () => {
  test.each<[string, (right: Record<string, unknown>) => Record<string, unknown>]>([
    ['of another issuer', (right) => ({ ...right, issuer: 'https://attacker.example' })],
    ['without an issuer', ({ issuer: _, ...rest }) => rest],
    ['without an authorization endpoint', ({ authorization_endpoint: _, ...rest }) => rest],
    ['without a token endpoint', ({ token_endpoint: _, ...rest }) => rest],
    ['without keys', ({ jwks_uri: _, ...rest }) => rest],
    ['with a token endpoint without TLS', (right) => ({ ...right, token_endpoint: 'http://id.provider.example/token' })],
    ['with keys without TLS', (right) => ({ ...right, jwks_uri: 'http://id.provider.example/keys' })],
    ['with userinfo without TLS', (right) => ({ ...right, userinfo_endpoint: 'http://id.provider.example/userinfo' })],
    ['that sends people to a script', (right) => ({ ...right, authorization_endpoint: 'javascript:alert(1)' })],
    ['that sends people to a page without TLS', (right) => ({ ...right, authorization_endpoint: 'http://id.provider.example/' })],
  ])('%s is refused before anybody is sent there', async (_what, metadata) => {
    const provider = new StandIn()
    provider.metadata = metadata
    expect(await refusal(begin(provider))).toMatchObject(FAILED)
  })

  test('is fetched once an hour, for all sign-ins of an isolate', async () => {
    const provider = new StandIn()
    for (const minutes of [0, 30, 29]) {
      clock.advance(minutes * MINUTE)
      await signIn(provider)
    }
    expect(provider.asked).toMatchObject({ discovery: 1, keys: 1, token: 3 })
    clock.advance(2 * MINUTE)
    await signIn(provider)
    expect(provider.asked).toMatchObject({ discovery: 2, keys: 2 })
  })

  test('comes from KV in the next isolate', async () => {
    const provider = new StandIn()
    await signIn(provider)
    clock.advance(2 * MINUTE)
    await signIn(provider, undefined, anotherIsolate(provider))
    expect(provider.asked).toMatchObject({ discovery: 1, keys: 1 })
  })

  test.each<[string, (provider: StandIn) => unknown]>([
    ['nothing that can be read', () => 'garbage'],
    ['another form', () => ({ body: [] })],
    [
      'a document of another issuer',
      (provider) => ({ fetchedAt: Date.now(), body: { ...provider.document(), issuer: 'https://attacker.example' } }),
    ],
    ['a document without TLS', (provider) => ({ fetchedAt: Date.now(), body: { ...provider.document(), jwks_uri: 'http://a.example' } })],
    ['a document of the future', (provider) => ({ fetchedAt: Date.now() + HOUR, body: provider.document() })],
  ])('is fetched where KV has %s', async (_what, value) => {
    const provider = new StandIn()
    const key = `upstream:metadata:${sha256(`${provider.base}/.well-known/openid-configuration`)}`
    await (env as unknown as Bindings).KV.put(key, JSON.stringify(value(provider)))
    await signIn(provider)
    expect(provider.asked.discovery).toBe(1)
  })

  test('is used for a day while the provider does not renew it, which is tried once a minute', async () => {
    const provider = new StandIn()
    await signIn(provider)
    provider.replaced.discovery = down
    provider.replaced.keys = down
    clock.advance(2 * HOUR)
    for (let each = 0; each < 3; each++) await signIn(provider)
    expect(provider.asked).toMatchObject({ discovery: 2, keys: 2, token: 4 })
    clock.advance(MINUTE)
    await signIn(provider)
    expect(provider.asked).toMatchObject({ discovery: 3, keys: 3 })
    clock.advance(22 * HOUR)
    expect(await refusal(signIn(provider))).toMatchObject(DOWN)
  })

  test('that could not be fetched is not asked for by every stranger: the isolate waits 5 seconds', async () => {
    const provider = new StandIn()
    provider.replaced.discovery = down
    for (let each = 0; each < 5; each++) expect(await refusal(begin(provider))).toMatchObject(DOWN)
    expect(provider.asked.discovery).toBe(1)
    delete provider.replaced.discovery
    clock.advance(5_000)
    await signIn(provider)
    expect(provider.asked.discovery).toBe(2)
  })

  test('that another provider calls its keys is neither taken for keys nor held against its owner', async () => {
    const [owner, other] = [new StandIn(), new StandIn()]
    other.metadata = (right) => ({ ...right, jwks_uri: `${owner.base}/.well-known/openid-configuration` })
    expect(await refusal(signIn(other))).toMatchObject(FAILED)
    await signIn(owner)
    for (const wait of [0, 5_000]) {
      clock.advance(wait)
      expect(await refusal(signIn(other))).toMatchObject(FAILED)
    }
  })

  test('is there for all who come at once', async () => {
    const provider = new StandIn()
    const begun = await Promise.all(Array.from({ length: 8 }, () => begin(provider, SIGN_IN)))
    expect(new Set(begun.map(({ url }) => new URL(url).searchParams.get('state'))).size).toBe(8)
  })
})

describe('keys', () => {
  async function rotate(provider: StandIn) {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    const jwk = await crypto.subtle.exportKey('jwk', publicKey as CryptoKey)
    provider.sign = (claims) => signed(claims, { key: privateKey as CryptoKey, alg: 'ES256', kid: 'new' })
    provider.replaced.keys = async () => Response.json({ keys: [await provider.publicKey(), { ...jwk, kid: 'new' }] })
  }

  test('an unknown one may be new: they are fetched again, once a minute at most', async () => {
    const provider = new StandIn()
    await signIn(provider)
    await rotate(provider)
    expect(await refusal(signIn(provider))).toMatchObject(FAILED)
    expect(provider.asked.keys).toBe(1)
    clock.advance(MINUTE)
    await signIn(provider)
    expect(provider.asked.keys).toBe(2)
  })

  test('that never become known do not make Kith ask again and again', async () => {
    const provider = new StandIn()
    const { privateKey } = await generateKeyPair('ES256')
    await signIn(provider)
    provider.sign = (claims) => signed(claims, { key: privateKey as CryptoKey, alg: 'ES256', kid: 'unknown' })
    for (let minute = 0; minute < 3; minute++) {
      clock.advance(MINUTE)
      for (let each = 0; each < 3; each++) expect(await refusal(signIn(provider))).toMatchObject(FAILED)
    }
    expect(provider.asked.keys).toBe(4)
  })

  test('that another isolate fetched less than a minute ago are not fetched again for an unknown one', async () => {
    const provider = new StandIn()
    await signIn(provider)
    await rotate(provider)
    platform.location = 'elsewhere'
    expect(await refusal(signIn(provider, undefined, anotherIsolate(provider)))).toMatchObject(FAILED)
    platform.location = 'home'
    expect(provider.asked).toMatchObject({ discovery: 1, keys: 1 })
  })

  test('of a provider stay its own, even if a client names their address as its jwks_uri', async () => {
    const provider = new StandIn()
    const client = await newSigner('ES256', { jwksUri: `${provider.base}/keys` })
    const proof = await assertionOf(client)
    expect((await token({ grant_type: 'client_credentials', ...proof })).status).toBe(401)
    expect(provider.asked.keys).toBe(1)
    expect((await signIn(provider)).person.subject).toBe('ada')
  })

  test('with others beside them that Kith cannot use are found', async () => {
    const provider = new StandIn()
    provider.replaced.keys = async () => {
      const others = [{ kty: 'oct', k: 'AA' }, { kty: 'RSA', use: 'enc', kid: 'right' }, { kty: 'XYZ' }, {}]
      return Response.json({ keys: [...others, await provider.publicKey()] }, { headers: { 'content-type': 'application/jwk-set+json' } })
    }
    expect((await signIn(provider)).person.subject).toBe('ada')
  })

  test.each([[{ keys: 'none' }], [{ keys: [null] }], [{ keys: ['x'] }], [{ keys: [] }]])('%j is no key set', async (body) => {
    const provider = new StandIn()
    provider.replaced.keys = () => Response.json(body)
    expect(await refusal(signIn(provider))).toMatchObject(FAILED)
  })
})
