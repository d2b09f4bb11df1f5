// The ID token is the proof of who has signed in. One thing is wrong at a time, and nobody is signed in.
import { generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { StandIn, signed } from '../../support/upstream.ts'
import { refusal, signIn } from './harness.ts'

const FAILED = { status: 502, reason: 'upstream_failed', message: expect.stringMatching(/^Example did not confirm who you are/) }
const now = () => Math.floor(Date.now() / 1000)

describe('an ID token is refused', () => {
  test.each<[string, (right: JWTPayload) => JWTPayload]>([
    ['with another nonce', (right) => ({ ...right, nonce: 'another' })],
    ['without a nonce', ({ nonce: _, ...rest }) => rest],
    ['of another issuer', (right) => ({ ...right, iss: 'https://attacker.example' })],
    ['without an issuer', ({ iss: _, ...rest }) => rest],
    ['for another client', (right) => ({ ...right, aud: 'another-client' })],
    ['for several clients, without an authorized party', (right) => ({ ...right, aud: [String(right.aud), 'another-client'] })],
    ['for several clients, authorized for another', (right) => ({ ...right, aud: [String(right.aud), 'b'], azp: 'b' })],
    ['that has expired', (right) => ({ ...right, iat: now() - 900, exp: now() - 300 })],
    ['without an expiry', ({ exp: _, ...rest }) => rest],
    ['that is not valid yet', (right) => ({ ...right, nbf: now() + 300 })],
    ['without a subject', ({ sub: _, ...rest }) => rest],
    ['with a blank subject', (right) => ({ ...right, sub: ' ' })],
    ['with a subject of 256 characters', (right) => ({ ...right, sub: 'a'.repeat(256) })],
    ['with a subject that is a number', (right) => ({ ...right, sub: 7 as never })],
  ])('%s', async (_what, claims) => {
    const provider = new StandIn()
    provider.claims = claims
    expect(await refusal(signIn(provider))).toMatchObject(FAILED)
  })

  const SIGNATURES: [string, NonNullable<StandIn['sign']>][] = [
    [
      'by another key under the id of the right one',
      async (claims) => signed(claims, { key: await stranger(), alg: 'ES256', kid: 'right' }),
    ],
    ['by another key under an id of its own', async (claims) => signed(claims, { key: await stranger(), alg: 'ES256', kid: 'other' })],
    ['by nobody (alg none)', async (claims) => new UnsecuredJWT(claims).encode()],
    ['with the client secret (HS256)', async (claims) => hmac(claims, 'secret-of-the-client-padded-to-32-bytes')],
    ['in an algorithm that the provider does not announce', async (claims) => rsaSigned(claims)],
    [
      'with a changed payload',
      async (claims, right) => {
        const [header, , signature] = (await signed(claims, right)).split('.')
        return [header, Buffer.from(JSON.stringify({ ...claims, sub: 'eve' })).toString('base64url'), signature].join('.')
      },
    ],
    ['with the signature cut off', async (claims, right) => (await signed(claims, right)).replace(/[^.]+$/, '')],
    ['with a key inside', async (claims) => withKeyInside(claims)],
    ['that is no JWT', async () => 'a.b.c'],
    ['that is encrypted', async () => 'a.b.c.d.e'],
  ]

  test.each(SIGNATURES)('signed %s', async (_what, sign) => {
    const provider = new StandIn()
    provider.sign = sign
    expect(await refusal(signIn(provider))).toMatchObject(FAILED)
  })

  test.each([['none'], ['HS256']])('in %s even where the provider announces it', async (alg) => {
    const provider = new StandIn({}, 'secret-of-the-client-padded-to-32-bytes')
    provider.metadata = (right) => ({ ...right, id_token_signing_alg_values_supported: ['ES256', alg] })
    provider.sign = (claims) =>
      alg === 'none' ? Promise.resolve(new UnsecuredJWT(claims).encode()) : hmac(claims, 'secret-of-the-client-padded-to-32-bytes')
    expect(await refusal(signIn(provider))).toMatchObject(FAILED)
  })

  test('that is missing', async () => {
    const provider = new StandIn()
    provider.replaced.token = async (right) => {
      const { id_token: _, ...rest } = (await (await right()).json()) as Record<string, unknown>
      return Response.json(rest)
    }
    expect(await refusal(signIn(provider))).toMatchObject(FAILED)
  })
})

describe('an address', () => {
  const address = async (about: JWTPayload, settings: Record<string, unknown> = {}) => {
    const { person } = await signIn(new StandIn(settings), { sub: 'ada', name: 'Ada', ...about })
    return [person.email, person.isEmailVerified]
  }

  test.each<[string, unknown, boolean]>([
    ['true', true, true],
    ['false', false, false],
    ['absent', undefined, false],
    ['null', null, false],
    ['the text "true"', 'true', false],
    ['1', 1, false],
  ])('counts as verified where email_verified is %s: no proof but true', async (_what, email_verified, isVerified) => {
    expect(await address({ email: 'ada@example.com', email_verified })).toEqual(['ada@example.com', isVerified])
  })

  test('never counts as verified where the operator does not trust the provider with it', async () => {
    expect(await address({ email: 'ada@example.com', email_verified: true }, { trustsEmail: false })).toEqual(['ada@example.com', false])
  })

  test('that is none is dropped, with what was said about it', async () => {
    for (const email of ['ada', 'ada@', '"<b>"@example.com', `${'a'.repeat(300)}@example.com`, 7]) {
      expect(await address({ email, email_verified: true }), String(email)).toEqual([null, false])
    }
  })

  test('of the ID token is not verified by what userinfo says about another', async () => {
    const provider = new StandIn()
    provider.userinfo = { email: 'own@example.com', email_verified: true, name: 'Eve' }
    const { person } = await signIn(provider, { sub: 'eve', email: 'victim@example.com' })
    expect(provider.asked.userinfo).toBe(1)
    expect(person).toMatchObject({ email: 'victim@example.com', isEmailVerified: false })
  })
})

describe('proposals for a new account', () => {
  const propose = async (about: JWTPayload) =>
    (await signIn(new StandIn(), { sub: 'ada', email: 'a@b.example', name: 'A', ...about })).person

  test.each<[JWTPayload, string | null]>([
    [{ preferred_username: 'ada_lovelace' }, 'ada_lovelace'],
    [{ preferred_username: 'Adéla Nováková' }, 'Adela_Novakova'],
    [{ preferred_username: 'ada', email: 'ada.lovelace@example.com' }, 'ada_lovelace'],
    [{ preferred_username: 'ada', nickname: 'countess ada' }, 'countess_ada'],
    [{ name: '', email: 'ada@example.com' }, null],
    [{ preferred_username: 'administrator' }, null],
    [{ preferred_username: '{"$ne":1}' }, null],
    [{ preferred_username: 'x'.repeat(100_000) }, 'x'.repeat(30)],
  ])('a user name is one that Kith takes, or none: %j', async (about, wanted) => {
    expect((await propose(about)).username).toBe(wanted)
  })

  test('names that no profile may have are dropped', async () => {
    const hostile = { given_name: '<img src=x>', family_name: 'https://attacker.example/x?y', name: 'x'.repeat(300) }
    expect(await propose(hostile)).toMatchObject({ givenName: null, familyName: null })
  })
})

async function stranger(): Promise<CryptoKey> {
  return (await generateKeyPair('ES256')).privateKey as CryptoKey
}

function hmac(claims: JWTPayload, secret: string): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'right' }).sign(Buffer.from(secret))
}

async function rsaSigned(claims: JWTPayload): Promise<string> {
  const apple = new StandIn({ preset: 'apple', teamId: 'TEAM000000', keyId: 'KEY0000000' })
  return signed(claims, await apple.signing())
}

async function withKeyInside(claims: JWTPayload): Promise<string> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = (await crypto.subtle.exportKey('jwk', publicKey as CryptoKey)) as never
  return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', jwk, kid: 'right' }).sign(privateKey)
}
