// ID tokens in their client's algorithm, with its key; and no key is ever used with another algorithm.
import { createHmac, createPrivateKey, createPublicKey } from 'node:crypto'
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, importJWK, type JSONWebKeySet, jwtVerify, SignJWT } from 'jose'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { readIdTokenHint } from '../../../src/core/oauth/id-token.ts'
import {
  authorizePath,
  exchange,
  newBrowser,
  newClient,
  newCode,
  newCtx,
  newEnv,
  newSigningKey,
  newUser,
  ORIGIN,
  platform,
  redirected,
  refresh,
  rows,
  rsaSigningKey,
  send,
  signingKey,
  type TestClient,
  type TokenReply,
  token,
} from './harness.ts'
import { claimsOf, IDENTITY, signIn, userinfo } from './openid.ts'

const ONLY_ES256 = newEnv({ SIGNING_KEYS: JSON.stringify({ keys: [signingKey] }) })

let modern: TestClient
beforeAll(async () => {
  modern = await newClient({ idTokenAlg: 'RS256' })
})
beforeEach(() => platform.reset())

const jwksOf = async (env = platform.env) => (await (await send('/.well-known/jwks.json', {}, env)).json()) as JSONWebKeySet
const headersOf = ({ id_token, access_token }: TokenReply) => [decodeProtectedHeader(id_token), decodeProtectedHeader(access_token)]

describe('the algorithm of ID tokens', () => {
  test("is the client's, RS256 or ES256; access tokens are ES256 for all", async () => {
    for (const [client, alg, kid] of [
      [modern, 'RS256', 'test-rs256'],
      [await newClient(), 'ES256', 'test-1'],
    ] as const) {
      const { tokens } = await signIn('openid', { nonce: 'n' }, client)
      expect(headersOf(tokens)).toEqual([
        { alg, typ: 'JWT', kid },
        { alg: 'ES256', typ: 'at+jwt', kid: 'test-1' },
      ])
      const verified = await jwtVerify(tokens.id_token, createLocalJWKSet(await jwksOf()), { issuer: ORIGIN, audience: client.id })
      expect(verified.payload).toMatchObject({ nonce: 'n', at_hash: expect.any(String) })
      const next = (await (await refresh(client, tokens.refresh_token)).json()) as TokenReply
      expect(headersOf(next).map(({ alg: one }) => one)).toEqual([alg, 'ES256'])
    }
  })

  test('both keys are published, their public parts alone, each with its algorithm', async () => {
    const { keys } = await jwksOf()
    expect(keys.map(({ kid, alg, use }) => [kid, alg, use])).toEqual([
      ['test-1', 'ES256', 'sig'],
      ['test-rs256', 'RS256', 'sig'],
    ])
    expect(keys.map((key) => Object.keys(key).sort().join())).toEqual(['alg,crv,kid,kty,use,x,y', 'alg,e,kid,kty,n,use'])
  })

  test('keys of either kind are rotated without the other: the first of each signs, all verify', async () => {
    const next = newSigningKey('test-2')
    const env = newEnv({ SIGNING_KEYS: JSON.stringify({ keys: [rsaSigningKey, next, signingKey] }) })
    const { tokens } = await signIn('openid', {}, modern)
    const after = (await (await refresh(modern, tokens.refresh_token, {}, env)).json()) as TokenReply
    expect(headersOf(after).map(({ kid }) => kid)).toEqual(['test-rs256', 'test-2'])
    const before = await send('/oauth/userinfo', { headers: { authorization: `Bearer ${tokens.access_token}` } }, env)
    expect(before.status).toBe(200)
    expect((await jwksOf(env)).keys.map(({ kid }) => kid)).toEqual(['test-rs256', 'test-2', 'test-1'])
  })
})

describe('a deployment that has an ES256 key and no other', () => {
  test('goes on: its metadata offer ES256 alone, and clients of ES256 get their ID tokens', async () => {
    const metadata = (await (await send('/.well-known/openid-configuration', {}, ONLY_ES256)).json()) as Record<string, unknown>
    expect(metadata.id_token_signing_alg_values_supported).toEqual(['ES256'])
    const { client, tokens } = await signIn('openid')
    expect((await refresh(client, tokens.refresh_token, {}, ONLY_ES256)).status).toBe(200)
  })

  test('tells a client of RS256 what is missing, before anything is used up', async () => {
    const missing = { error: 'temporarily_unavailable', error_description: expect.stringMatching(/RS256.*SIGNING_KEYS/) }
    const { browser, tokens } = await signIn('openid', {}, modern)
    const headers = { cookie: browser.cookie }
    expect(redirected(await send(authorizePath(modern, { scope: 'openid' }), { headers }, ONLY_ES256)).params).toMatchObject(missing)
    const refused = await refresh(modern, tokens.refresh_token, {}, ONLY_ES256)
    expect([refused.status, await refused.json()]).toEqual([503, missing])
    const code = await newCode(modern, browser.cookie, { scope: 'openid' })
    const params = { grant_type: 'authorization_code', client_id: modern.id, redirect_uri: modern.redirectUri, code }
    const verifier = { code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk' }
    expect((await token({ ...params, ...verifier }, {}, ONLY_ES256)).status).toBe(503)
    expect((await exchange(modern, code)).status).toBe(200)
    expect((await refresh(modern, tokens.refresh_token)).status).toBe(200)
    // Without openid there is no ID token, and nothing else is missing.
    expect(redirected(await send(authorizePath(modern), { headers }, ONLY_ES256)).params.code).toBeTruthy()
  })
})

describe('claims in the ID token', () => {
  test('as a client option: those of userinfo, by the scopes that were granted; otherwise none', async () => {
    const rich = await newClient({ claimsInIdToken: 1 })
    const { tokens } = await signIn(IDENTITY, { nonce: 'n' }, rich)
    const info = (await (await userinfo(tokens.access_token)).json()) as object
    expect(claimsOf(tokens)).toMatchObject({ ...info, nonce: 'n', aud: rich.id, email: expect.any(String), given_name: 'Ada' })
    const next = (await (await refresh(rich, tokens.refresh_token, { scope: 'openid email' })).json()) as TokenReply
    expect(claimsOf(next)).toMatchObject({ email: expect.any(String) })
    expect(claimsOf(next).given_name).toBeUndefined()
    expect(claimsOf((await signIn(IDENTITY)).tokens).email).toBeUndefined()
  })
})

describe("RFC 8725 §3.1: an algorithm is the key's, never the token's", () => {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const ecPrivate = createPrivateKey({ key: signingKey as never, format: 'jwk' })
  const rsaPrivate = createPrivateKey({ key: rsaSigningKey as never, format: 'jwk' })
  const publicPem = (key: typeof ecPrivate) => createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString()

  const signer = (jwk: Record<string, unknown>, algorithm: SubtleCryptoImportKeyAlgorithm) => async (input: string) => {
    const key = await crypto.subtle.importKey('jwk', jwk as never, algorithm, false, ['sign'])
    return Buffer.from(await crypto.subtle.sign({ name: algorithm.name, hash: 'SHA-256' }, key, Buffer.from(input)))
  }
  const ec = signer(signingKey, { name: 'ECDSA', namedCurve: 'P-256' })
  const rsa = signer(rsaSigningKey, { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' })
  const hmac = (secret: string | Buffer) => async (input: string) => createHmac('sha256', secret).update(input).digest()
  const nothing = async () => Buffer.alloc(0)

  /** Every forgery possible with the public keys, or with one private key in the wrong place. */
  const forge = (payload: string, typ: string): Record<string, Promise<string>> => {
    const of = async (header: object, make: (input: string) => Promise<Buffer>) => {
      const input = `${encode({ typ, ...header })}.${payload}`
      return `${input}.${(await make(input)).toString('base64url')}`
    }
    return {
      'HS256 with the public RSA key as PEM': of({ alg: 'HS256', kid: 'test-rs256' }, hmac(publicPem(rsaPrivate))),
      'HS256 with the public RSA key as JWK': of(
        { alg: 'HS256', kid: 'test-rs256' },
        hmac(encode(createPublicKey(rsaPrivate).export({ format: 'jwk' }))),
      ),
      'HS256 with the modulus': of({ alg: 'HS256', kid: 'test-rs256' }, hmac(Buffer.from(String(rsaSigningKey.n), 'base64url'))),
      'HS256 with the public EC key': of({ alg: 'HS256', kid: 'test-1' }, hmac(publicPem(ecPrivate))),
      'HS256 with nothing': of({ alg: 'HS256', kid: 'test-rs256' }, hmac('')),
      'RS256 under the id of the EC key': of({ alg: 'RS256', kid: 'test-1' }, rsa),
      'ES256 under the id of the RSA key': of({ alg: 'ES256', kid: 'test-rs256' }, ec),
      'RS256 that is called ES256': of({ alg: 'ES256', kid: 'test-rs256' }, rsa),
      'ES256 that is called RS256': of({ alg: 'RS256', kid: 'test-1' }, ec),
      'RS512 that is RS256': of({ alg: 'RS512', kid: 'test-rs256' }, rsa),
      'PS256 that is RS256': of({ alg: 'PS256', kid: 'test-rs256' }, rsa),
      'RS256 without a key id': of({ alg: 'RS256' }, rsa),
      'RS256 with a list of key ids': of({ alg: 'RS256', kid: ['test-rs256'] }, rsa),
      'RS256 with a key id of Object.prototype': of({ alg: 'RS256', kid: '__proto__' }, rsa),
      none: of({ alg: 'none', kid: 'test-rs256' }, nothing),
      'an empty signature': of({ alg: 'RS256', kid: 'test-rs256' }, nothing),
    }
  }

  test('forged ID tokens are no hint, and forged access tokens open nothing', async () => {
    const { tokens } = await signIn('openid', {}, modern)
    const ctx = newCtx()
    const idPayload = tokens.id_token.split('.')[1] ?? ''
    expect(await readIdTokenHint(ctx, tokens.id_token)).toMatchObject({ clientId: modern.id })
    for (const [name, forged] of Object.entries(forge(idPayload, 'JWT'))) expect(await readIdTokenHint(ctx, await forged), name).toBeNull()
    const accessPayload = tokens.access_token.split('.')[1] ?? ''
    for (const [name, forged] of Object.entries(forge(accessPayload, 'at+jwt')))
      expect((await userinfo(await forged)).status, name).toBe(401)
  })

  test('an access token is ES256: the RSA key, which is ours, signs none', async () => {
    const { tokens } = await signIn('openid', {}, modern)
    const key = await importJWK(rsaSigningKey as never, 'RS256')
    const header = { alg: 'RS256', typ: 'at+jwt', kid: 'test-rs256' }
    const signed = await new SignJWT(decodeJwt(tokens.access_token)).setProtectedHeader(header).sign(key)
    expect((await userinfo(signed)).status).toBe(401)
  })

  test('an ID token of before its client changed the algorithm is still a hint', async () => {
    const client = await newClient()
    const { userId, tokens } = await signIn('openid', {}, client)
    await rows("UPDATE oauth_clients SET id_token_signed_response_alg = 'RS256' WHERE id = ?", client.id)
    expect(await readIdTokenHint(newCtx(), tokens.id_token)).toMatchObject({ userId, clientId: client.id })
  })
})

test('RS256 costs an exchange no round trip more', async () => {
  const userId = await newUser()
  const { cookie } = await newBrowser(userId)
  const costs = []
  for (const client of [modern, await newClient()]) {
    // The first of the day also notes that the client is in use.
    await exchange(client, await newCode(client, cookie, { scope: 'openid' }))
    const code = await newCode(client, cookie, { scope: 'openid' })
    costs.push((await platform.counts.measure(() => exchange(client, code))).counts.d1RoundTrips)
  }
  expect(costs[0]).toBe(costs[1])
})
