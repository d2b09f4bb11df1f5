// The verification of DPoP proofs (RFC 9449 §4.3) and their nonces, without HTTP.
import { SignJWT } from 'jose'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { verifyProof } from '../../../src/core/oauth/dpop.ts'
import { currentNonce, isCurrentNonce } from '../../../src/core/oauth/dpop-nonce.ts'
import { sha256 } from '../../../src/crypto.ts'
import { clock } from '../../platform/clock.ts'
import { type DpopKey, newDpopKey, nonceNow, type ProofChanges, proofOf } from '../../support/dpop.ts'
import { ORIGIN, platform } from '../../support/kith.ts'
import { newCtx } from '../../support/tokens.ts'

const TOKEN = 'an-access-token'
const INVALID = { code: 'invalid_dpop_proof' }
const MINUTE = 60_000
let key: DpopKey

beforeAll(async () => {
  key = await newDpopKey()
})
beforeEach(() => clock.freeze())
afterEach(() => clock.restore())

const verify = (proof: string, token: string | null = TOKEN, method = 'GET', uri = `${ORIGIN}/user/me`) =>
  verifyProof(newCtx(), { proof, method, uri }, token ?? undefined)
const right = (changes: ProofChanges = {}, of = key) => proofOf(of, 'GET', '/user/me', { token: TOKEN, ...changes })
const seconds = (fromNow = 0) => Math.floor(Date.now() / 1000) + fromNow

describe('a proof is right', () => {
  test.each(['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA', 'Ed25519'])('with %s, twice, and says which key it is of', async (alg) => {
    const one = await newDpopKey(alg)
    for (const proof of [await right({}, one), await right({}, one)]) expect((await verify(proof)).jkt).toBe(one.jkt)
  })

  test.each<[what: string, htu: string]>([
    ['with a query and a fragment', `${ORIGIN}/user/me?a=1#b`],
    ['with the host in capitals', 'https://KITH.test/user/me'],
    ['with the default port', 'https://kith.test:443/user/me'],
    ['with dots in the path', `${ORIGIN}/user/x/../me`],
    ['with letters that need no escape', `${ORIGIN}/user/%6de`],
  ])('%s', async (_what, htu) => {
    expect((await verify(await right({ claims: { htu } }))).jkt).toBe(key.jkt)
  })

  test('where escapes differ in case alone', async () => {
    const proof = await right({ claims: { htu: `${ORIGIN}/user/%c3%a9` } })
    expect((await verify(proof, TOKEN, 'GET', `${ORIGIN}/user/%C3%A9`)).jkt).toBe(key.jkt)
  })

  test('from a clock that is a minute off, either way', async () => {
    for (const off of [-59, 60]) expect((await verify(await right({ claims: { iat: seconds(off) } }))).jkt).toBe(key.jkt)
  })

  test('without ath where no token is sent along', async () => {
    expect((await verify(await proofOf(key, 'GET', '/user/me'), null)).jkt).toBe(key.jkt)
  })

  test('and is claimed by its key and jti, for longer than any clock accepts it', async () => {
    const { spent } = await verify(await right({ claims: { jti: 'mine' } }))
    expect(spent.digest).toBe(sha256(`dpop:${key.jkt}:mine`))
    expect(spent.expiresAt).toBe((seconds() + 120) * 1000)
  })
})

describe('a proof is refused', () => {
  test.each<[what: string, changes: () => ProofChanges]>([
    ['for another method', () => ({ claims: { htm: 'POST' } })],
    ['with the method in small letters', () => ({ claims: { htm: 'get' } })],
    ['without htm', () => ({ claims: { htm: undefined } })],
    ['for another path', () => ({ claims: { htu: `${ORIGIN}/user/me/other` } })],
    ['for the path with a slash', () => ({ claims: { htu: `${ORIGIN}/user/me/` } })],
    ['for another host', () => ({ claims: { htu: 'https://other.example/user/me' } })],
    ['for another port', () => ({ claims: { htu: 'https://kith.test:8443/user/me' } })],
    ['for another scheme', () => ({ claims: { htu: 'http://kith.test/user/me' } })],
    ['for a path alone', () => ({ claims: { htu: '/user/me' } })],
    ['for a slash that is escaped', () => ({ claims: { htu: `${ORIGIN}/user%2Fme` } })],
    ['without htu', () => ({ claims: { htu: undefined } })],
    ['from a clock that is behind', () => ({ claims: { iat: seconds(-61) } })],
    ['from a clock that is ahead', () => ({ claims: { iat: seconds(62) } })],
    ['with a time beyond all numbers', () => ({ claims: { iat: 1e308 } })],
    ['without iat', () => ({ claims: { iat: undefined } as never })],
    ['with iat as text', () => ({ claims: { iat: String(seconds()) } as never })],
    ['with another ath', () => ({ claims: { ath: sha256('another-token') } })],
    ['without ath', () => ({ claims: { ath: undefined } })],
    ['without jti', () => ({ claims: { jti: undefined } as never })],
    ['with an empty jti', () => ({ claims: { jti: '' } })],
    ['with a jti of 257 characters', () => ({ claims: { jti: 'x'.repeat(257) } })],
    ['with a jti that is a number', () => ({ claims: { jti: 1 } as never })],
    ['of 6,001 characters', () => ({ claims: { more: 'x'.repeat(6_001) } })],
    ['of another type', () => ({ header: { typ: 'JWT' } })],
    ['of the type of client assertions', () => ({ header: { typ: 'client-authentication+jwt' } })],
    ['without a type', () => ({ header: { typ: undefined } as never })],
    ['without a key', () => ({ header: { jwk: undefined } as never })],
    ['with the id of a key alone', () => ({ header: { jwk: undefined, kid: 'mine' } as never })],
    ['with a symmetric key', () => ({ header: { jwk: { kty: 'oct', k: 'AAAA' } } })],
    ['with a point that is not on the curve', () => ({ header: { jwk: { ...key.jwk, x: 'AAAA' } } })],
  ])('%s', async (_what, changes) => {
    await expect(right(changes()).then((proof) => verify(proof))).rejects.toMatchObject(INVALID)
    expect((await verify(await right())).jkt).toBe(key.jkt)
  })

  test('with a private key in its header, of each kind', async () => {
    for (const alg of ['ES256', 'RS256', 'EdDSA']) {
      const one = await newDpopKey(alg)
      const jwk = (await crypto.subtle.exportKey('jwk', one.privateKey)) as never
      await expect(right({ header: { jwk } }, one).then((proof) => verify(proof))).rejects.toMatchObject(INVALID)
    }
  })

  test('RFC 8725 §2.1: without a signature, with a symmetric one, or with one of another key', async () => {
    const [, payload = ''] = (await right()).split('.')
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
    const header = { typ: 'dpop+jwt', jwk: key.jwk }
    const none = `${encode({ ...header, alg: 'none' })}.${payload}.`
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
    const hs256 = new SignJWT(claims).setProtectedHeader({ ...header, alg: 'HS256' } as never)
    const other = await newDpopKey()
    for (const proof of [
      none,
      await hs256.sign(Buffer.from(JSON.stringify(key.jwk))),
      await right({ header: { jwk: other.jwk } }),
      `${(await right()).slice(0, -6)}AAAAAA`,
      await right({ header: { alg: 'ES384' } as never }, await newDpopKey('ES384')).then((jwt) =>
        jwt.replace(/^[^.]+/, encode({ ...header, alg: 'ES384' })),
      ),
    ]) {
      await expect(verify(proof), proof).rejects.toMatchObject(INVALID)
    }
  })

  test.each(['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA'])('of %s with a signature of any other length', async (alg) => {
    const proof = await right({}, await newDpopKey(alg))
    const unsigned = proof.slice(0, proof.lastIndexOf('.'))
    for (const text of [unsigned, `${unsigned}.`, `${unsigned}.AA`, `${unsigned}.!!`, proof.slice(0, -4), `${proof}AAAA`]) {
      await expect(verify(text), text).rejects.toMatchObject(INVALID)
    }
  })

  test('that is no JWT, or two', async () => {
    const proof = await right()
    for (const text of ['', 'x', '..', 'e30.e30.', `${proof}.x`, `${proof}, ${proof}`, `${proof},${await right()}`, 'é.é.é']) {
      await expect(verify(text), text).rejects.toMatchObject(INVALID)
    }
  })

  test('with an extension that must be understood', async () => {
    const [, payload, signature] = (await right()).split('.')
    const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: key.jwk, crit: ['b64'], b64: true }
    await expect(verify(`${Buffer.from(JSON.stringify(header)).toString('base64url')}.${payload}.${signature}`)).rejects.toMatchObject(
      INVALID,
    )
  })
})

describe('the nonce', () => {
  test('is always required', async () => {
    for (const nonce of [undefined, '', 'x', 'A'.repeat(43)]) {
      await expect(right({ claims: { nonce } }).then((proof) => verify(proof))).rejects.toMatchObject({ code: 'use_dpop_nonce' })
    }
  })

  test('counts for at least 2.5 minutes and at most 5, and says the same to everyone meanwhile', async () => {
    // The beginning of a period.
    clock.freeze(150_000 * Math.ceil(Date.now() / 150_000))
    const first = nonceNow()
    clock.advance(2.5 * MINUTE - 1)
    expect(nonceNow()).toBe(first)
    clock.advance(1)
    expect(nonceNow()).not.toBe(first)
    expect(isCurrentNonce(newCtx(), first)).toBe(true)
    clock.advance(2.5 * MINUTE)
    expect(isCurrentNonce(newCtx(), first)).toBe(false)
    await expect(right({ claims: { nonce: first } }).then((proof) => verify(proof))).rejects.toMatchObject({ code: 'use_dpop_nonce' })
  })

  test('of the future, or under a key that was never ours, is none', () => {
    const later = (() => {
      clock.advance(5 * MINUTE)
      const nonce = nonceNow()
      clock.advance(-5 * MINUTE)
      return nonce
    })()
    expect(isCurrentNonce(newCtx(), later)).toBe(false)
    const foreign = newCtx({ ...platform.env, HMAC_KEYS: JSON.stringify({ other: 'B'.repeat(43) }) })
    expect(isCurrentNonce(newCtx(), currentNonce(foreign))).toBe(false)
  })

  test('counts on while a new key of HMAC_KEYS takes over', () => {
    const before = nonceNow()
    const ring = JSON.parse(platform.env.HMAC_KEYS ?? '{}')
    const next = newCtx({ ...platform.env, HMAC_KEYS: JSON.stringify({ newest: 'B'.repeat(43), ...ring }) })
    expect(currentNonce(next)).not.toBe(before)
    expect(isCurrentNonce(next, before)).toBe(true)
  })
})
