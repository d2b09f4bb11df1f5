// Access tokens: RFC 9068, RFC 8725. Forged, foreign, expired and other tokens are refused. Security rows 40 and 49.
import { createHmac, createPublicKey, generateKeyPairSync, type JsonWebKey as NodeJwk } from 'node:crypto'
import { decodeProtectedHeader, importJWK, SignJWT } from 'jose'
import { afterEach, describe, expect, test } from 'vitest'
import type { Ctx } from '../../../src/core/ctx.ts'
import { issueAccessToken, readAccessToken, verifyAccessToken } from '../../../src/core/oauth/access-token.ts'
import { issueIdToken } from '../../../src/core/oauth/id-token.ts'
import { getPublicJwks } from '../../../src/core/oauth/signing-keys.ts'
import { type SessionId, toHex, type UserId } from '../../../src/ids.ts'
import { newCtx, newEnv, newSigningKey, ORIGIN, signingKey } from '../../apis/oauth/harness.ts'
import { clock } from '../../platform/clock.ts'

const ctx = newCtx()
const NOW = Math.floor(Date.now() / 1000)
const HEADER = { alg: 'ES256', typ: 'at+jwt', kid: 'test-1' }
const CLAIMS = {
  iss: ORIGIN,
  aud: ORIGIN,
  sub: '7'.padStart(24, '0'),
  sid: '9'.padStart(24, '0'),
  client_id: 'demo',
  scope: 'delegated:profile:read',
  iat: NOW,
  nbf: NOW,
  exp: NOW + 600,
  jti: 'x',
}
const key = await importJWK(signingKey as never, 'ES256')
const otherKey = newSigningKey('other')
const other = await importJWK(otherKey as never, 'ES256')
const otherPublic = { ...otherKey, d: undefined }
const publicJwk = (await getPublicJwks(ctx.config)).keys[0] as NodeJwk
const publicPem = createPublicKey({ key: publicJwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }) as string

const encode = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
/** Correctly signed, whatever its claims. */
const signed = (header = {}, claims = {}, by: unknown = key) =>
  new SignJWT({ ...CLAIMS, ...claims } as never)
    .setProtectedHeader({ ...HEADER, ...header } as never)
    .sign(by as never, { crit: { x: false } } as never)
const unsigned = (header: object, signature = '') => `${encode({ ...HEADER, ...header })}.${encode(CLAIMS)}.${signature}`
const hmac = (alg: string, secret: string) => {
  const input = `${encode({ ...HEADER, alg })}.${encode(CLAIMS)}`
  return `${input}.${createHmac(alg.replace('HS', 'sha'), secret).update(input).digest('base64url')}`
}

afterEach(() => clock.restore())

test('the model of all forgeries is valid', async () => {
  expect(await verifyAccessToken(ctx, await signed())).toEqual({
    kind: 'access_token',
    clientId: 'demo',
    userId: 7,
    sessionId: 9,
    scopes: ['delegated:profile:read'],
  })
})

describe('forged', () => {
  const good = signed()
  const parts = async () => (await good).split('.') as [string, string, string]
  /** The good token with another part. */
  const changed = async (part: { header?: string; payload?: string; signature?: string }) => {
    const [header, payload, signature] = await parts()
    return Object.values({ header, payload, signature, ...part }).join('.')
  }
  const corpus: Record<string, () => string | Promise<string>> = {
    'alg none': () => unsigned({ alg: 'none' }),
    'alg None': () => unsigned({ alg: 'None' }),
    'alg NONE with a signature': async () => unsigned({ alg: 'NONE' }, (await parts())[2]),
    'alg empty': () => unsigned({ alg: '' }),
    'alg missing': () => unsigned({ alg: undefined }),
    'HS256 with the public key as PEM': () => hmac('HS256', publicPem),
    'HS256 with the trimmed PEM': () => hmac('HS256', publicPem.trim()),
    'HS256 with the public JWK': () => hmac('HS256', JSON.stringify(publicJwk)),
    'HS256 with x': () => hmac('HS256', String(publicJwk.x)),
    'HS256 with nothing': () => hmac('HS256', ''),
    'HS512 with the public key as PEM': () => hmac('HS512', publicPem),
    'ES256 named RS256': () => changed({ header: encode({ ...HEADER, alg: 'RS256' }) }),
    'ES256 named ES384': () => changed({ header: encode({ ...HEADER, alg: 'ES384' }) }),
    'signed by another key under our kid': () => signed({}, {}, other),
    'unknown kid': () => signed({ kid: 'nobody' }),
    'no kid': () => signed({ kid: undefined }),
    'kid that is a path': () => signed({ kid: '../../dev/null' }),
    'kid that is SQL': () => signed({ kid: "' OR 1=1 --" }),
    'its own key as jwk': () => signed({ jwk: otherPublic, kid: undefined }, {}, other),
    'its own key as jwk under our kid': () => signed({ jwk: otherPublic }, {}, other),
    'its own key by jku': () => signed({ jku: 'https://evil.example/jwks.json' }, {}, other),
    'its own key by x5u': () => signed({ x5u: 'https://evil.example/x.pem' }, {}, other),
    'crit of something unknown': () => signed({ crit: ['x'], x: 1 }),
    'crit empty': () => unsigned({ crit: [] }, 'AA'),
    'b64 false': () => unsigned({ b64: false, crit: ['b64'] }, 'AA'),
    'typ JWT, as an ID token has': () => signed({ typ: 'JWT' }),
    'no typ': () => signed({ typ: undefined }),
    'typ of a logout token': () => signed({ typ: 'logout+jwt' }),
    'an ID token: aud is the client': () => signed({ typ: 'JWT' }, { aud: 'demo', nonce: 'n', at_hash: 'x' }),
    'another issuer': () => signed({}, { iss: 'https://evil.example' }),
    'an issuer that begins like ours': () => signed({}, { iss: `${ORIGIN}.evil.example` }),
    'our issuer with a slash': () => signed({}, { iss: `${ORIGIN}/` }),
    'no issuer': () => signed({}, { iss: undefined }),
    'no audience': () => signed({}, { aud: undefined }),
    'expired, and signed by another key': () => signed({}, { exp: NOW - 60 }, other),
    'expired, and of another issuer': () => signed({}, { exp: NOW - 60, iss: 'https://evil.example' }),
    'expired, and of another type': () => signed({ typ: 'JWT' }, { exp: NOW - 60 }),
    'no exp': () => signed({}, { exp: undefined }),
    'exp as text': () => signed({}, { exp: String(NOW + 600) }),
    'not yet valid': () => signed({}, { nbf: NOW + 600 }),
    'no iat': () => signed({}, { iat: undefined }),
    'no jti': () => signed({}, { jti: undefined }),
    'no sub': () => signed({}, { sub: undefined }),
    'sub that is no id': () => signed({}, { sub: '7' }),
    'sub as a number': () => signed({}, { sub: 7 }),
    'no sid': () => signed({}, { sid: undefined }),
    'sid that is no id': () => signed({}, { sid: ['0'.repeat(24)] }),
    'no client_id': () => signed({}, { client_id: undefined }),
    'no scope': () => signed({}, { scope: undefined }),
    'scope as a list': () => signed({}, { scope: ['*'] }),
    'a client epoch on a person': () => signed({}, { client_epoch: 0 }),
    'the signature of zeros (CVE-2022-21449)': () => changed({ signature: encode(Buffer.alloc(64).toString('latin1')) }),
    'the signature in DER': () => changed({ signature: 'MEUCIQDx' }),
    'no signature': () => changed({ signature: '' }),
    'another payload under the signature': () => changed({ payload: encode({ ...CLAIMS, scope: '*' }) }),
    'two parts': async () => (await parts()).slice(0, 2).join('.'),
    'five parts, as JWE': async () => `${await good}.x.y`,
    'no JSON': () => `${encode('{')}.${encode('{')}.AA`,
    'our own ID token': () =>
      issueIdToken(ctx, {
        clientId: ORIGIN,
        alg: 'ES256',
        claims: {},
        subject: toHex(7),
        sessionId: 9 as SessionId,
        nonce: null,
        authenticatedAt: 0,
        amr: 'pwd',
        accessToken: 'x',
        lifeSeconds: 600,
      }),
    'its own certificate as x5c': () => signed({ x5c: ['MIIB'] }, {}, other),
    'typ in another case': () => signed({ typ: 'AT+JWT2' }),
    'audience as a list of others': () => signed({}, { aud: ['https://api.example', 'demo'] }),
    'a client epoch as text': () => signed({}, { client_epoch: '0', sid: undefined }),
    'spaces around it': async () => ` ${await good} `,
    'padding in base64url': async () => (await good).replace(/\./g, '=.'),
    nothing: () => '',
    dots: () => '..',
  }
  test.each(['https://api.example', 'demo'])('the audience %s, which is told to whoever holds the token', async (aud) => {
    await expect(verifyAccessToken(ctx, await signed({}, { aud }))).rejects.toMatchObject({
      code: 'invalid_token',
      message: 'The access token is for another audience',
    })
  })
  test('our own that has expired, which is told to whoever holds the token', async () => {
    const expired = { code: 'invalid_token', message: 'The access token has expired' }
    await expect(verifyAccessToken(ctx, await signed({}, { exp: NOW - 60 }))).rejects.toMatchObject(expired)
    expect(await readAccessToken(ctx, await signed({}, { exp: NOW - 60 }))).toBeNull()
  })
  expect(Object.keys(corpus).length).toBeGreaterThanOrEqual(58)
  for (const [name, forge] of Object.entries(corpus)) {
    test(name, async () => expect(await verifyAccessToken(ctx, await forge())).toBeNull())
  }

  test('an RSA key of the same kid signs nothing here', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const by = await importJWK({ ...privateKey.export({ format: 'jwk' }), alg: 'RS256' } as never)
    expect(await verifyAccessToken(ctx, await signed({ alg: 'RS256' }, {}, by))).toBeNull()
  })
})

describe('issued', () => {
  const grant = {
    clientId: 'demo',
    scopes: ['delegated:profile:read'] as const,
    lifeSeconds: 600,
    holder: { userId: 7 as UserId, sessionId: 9 as SessionId },
  }
  const verified = async (verifier: Ctx, token: string) => (await verifyAccessToken(verifier, token)) !== null

  test('RFC 9068 §2: typ at+jwt, a key id, and good until it expires', async () => {
    clock.freeze()
    const token = await issueAccessToken(ctx, grant)
    expect(decodeProtectedHeader(token)).toEqual(HEADER)
    clock.advance(599_000)
    expect(await verified(ctx, token)).toBe(true)
    clock.advance(1_000)
    expect(await readAccessToken(ctx, token)).toBeNull()
    await expect(verifyAccessToken(ctx, token)).rejects.toThrow('The access token has expired')
  })

  test('a client speaks for itself, and for nobody else', async () => {
    const token = await issueAccessToken(ctx, { ...grant, holder: { clientEpoch: 3 } })
    expect(await verifyAccessToken(ctx, token)).toEqual({
      kind: 'client',
      clientId: 'demo',
      clientEpoch: 3,
      scopes: ['delegated:profile:read'],
    })
    expect(await verified(ctx, await signed({}, { sub: 'other', client_epoch: 0, sid: undefined }))).toBe(false)
  })

  test('security row 49: while keys change, old and new tokens verify; afterwards the old ones do not', async () => {
    const next = newSigningKey('test-2')
    const withKeys = (...keys: unknown[]) => newCtx(newEnv({ SIGNING_KEYS: JSON.stringify({ keys }) }))
    const [before, both, after] = [withKeys(signingKey), withKeys(next, signingKey), withKeys(next)]
    const old = await issueAccessToken(before, grant)
    const fresh = await issueAccessToken(both, grant)
    expect(decodeProtectedHeader(fresh).kid).toBe('test-2')
    expect([await verified(both, old), await verified(both, fresh)]).toEqual([true, true])
    expect([await verified(after, old), await verified(after, fresh)]).toEqual([false, true])
    expect((await getPublicJwks(both.config)).keys.map((jwk) => (jwk as { kid?: string }).kid)).toEqual(['test-2', 'test-1'])
  })
})
