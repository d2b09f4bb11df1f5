// Providers with rules of their own: Google, Microsoft, Apple, GitHub.
import { decodeJwt, decodeProtectedHeader, importSPKI, type JWTPayload, jwtVerify } from 'jose'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { clock } from '../../platform/clock.ts'
import { StandIn } from '../../support/upstream.ts'
import { begin, finish, refusal, SIGN_IN, signIn } from './harness.ts'

const FAILED = { status: 502, reason: 'upstream_failed' }

/** The keys of these providers are remembered by address, so that each test comes an hour after the one before. */
let at = Date.now()
beforeEach(() => {
  at += 3_600_000
  clock.freeze(at)
})
afterEach(() => clock.restore())

describe('Google', () => {
  const verified = async (about: JWTPayload) => {
    const { person } = await signIn(new StandIn({ preset: 'google' }), { sub: '1', name: 'Ada', email_verified: true, ...about })
    return person.isEmailVerified
  }

  test('is found at its issuer', async () => {
    const provider = new StandIn({ preset: 'google' })
    const { url } = await begin(provider)
    expect(url).toContain('https://accounts.google.com/authorize?')
    expect((await signIn(provider)).person.issuer).toBe('https://accounts.google.com')
  })

  test.each<[string, JWTPayload, boolean]>([
    ['at gmail.com', { email: 'ada@gmail.com' }, true],
    ['of a Workspace', { email: 'ada@example.com', hd: 'example.com' }, true],
    ['of neither, which Google verified once', { email: 'ada@example.com' }, false],
    ['at gmail.com that is not verified', { email: 'ada@gmail.com', email_verified: false }, false],
    ['that only looks like gmail.com', { email: 'ada@gmail.com.example.com' }, false],
    ['at another domain that ends so', { email: 'ada@notgmail.com' }, false],
  ])('answers for an address %s: %j is %s', async (_what, about, wanted) => {
    expect(await verified(about)).toBe(wanted)
  })
})

describe('Microsoft', () => {
  const WORK = '11111111-2222-3333-4444-555555555555'
  const PERSONAL = '9188040d-6c67-4c5b-b112-36a304b66dad'
  const issuer = (tenant: string) => `https://login.microsoftonline.com/${tenant}/v2.0`
  const of = (tenant: string, about: JWTPayload = {}): JWTPayload => ({
    sub: 'm',
    iss: issuer(tenant),
    tid: tenant,
    name: 'A',
    email: 'ada@example.com',
    ...about,
  })

  /** `base` is where the documents of this kind of tenants are. */
  function microsoft(tenant = 'common', metadataIssuer = '{tenantid}'): StandIn {
    const provider = new StandIn({ preset: 'microsoft', tenant })
    Object.assign(provider, { base: issuer(tenant) })
    provider.metadata = (right) => ({ ...right, issuer: issuer(metadataIssuer) })
    return provider
  }

  test('the issuer of a token is that of its tenant', async () => {
    for (const tenant of [WORK, PERSONAL]) {
      expect((await signIn(microsoft(), of(tenant))).person).toMatchObject({ issuer: issuer(tenant), subject: 'm' })
    }
  })

  test.each<[string, JWTPayload]>([
    ['of another tenant than its issuer', of(WORK, { tid: PERSONAL })],
    ['without a tenant', of(WORK, { tid: undefined })],
    ['with a tenant that is none', of('common')],
    ['with a tenant that is a path', of('x/../y', {})],
    ['of the template itself', of('{tenantid}')],
    ['of another host', of(WORK, { iss: `https://attacker.example/${WORK}/v2.0` })],
  ])('a token %s is refused', async (_what, about) => {
    expect(await refusal(signIn(microsoft(), about))).toMatchObject(FAILED)
  })

  test('a key signs for the tenants that it is published for', async () => {
    for (const [keyIssuer, isRight] of [
      [issuer('{tenantid}'), true],
      [issuer(WORK), true],
      [issuer(PERSONAL), false],
    ] as const) {
      clock.advance(3_600_000)
      const provider = microsoft()
      provider.replaced.keys = async () => Response.json({ keys: [{ ...(await provider.publicKey()), issuer: keyIssuer }] })
      const result = signIn(provider, of(WORK))
      if (isRight) expect((await result).person.subject).toBe('m')
      else expect(await refusal(result)).toMatchObject(FAILED)
    }
    at += 4 * 3_600_000
  })

  test('organizations excludes personal accounts, consumers everybody else, a tenant the others', async () => {
    expect((await signIn(microsoft('organizations'), of(WORK))).person.issuer).toBe(issuer(WORK))
    expect(await refusal(signIn(microsoft('organizations'), of(PERSONAL)))).toMatchObject(FAILED)
    expect((await signIn(microsoft('consumers', PERSONAL), of(PERSONAL))).person.issuer).toBe(issuer(PERSONAL))
    expect(await refusal(signIn(microsoft('consumers', PERSONAL), of(WORK)))).toMatchObject(FAILED)
    expect((await signIn(microsoft(WORK, WORK), of(WORK))).person.issuer).toBe(issuer(WORK))
    expect(await refusal(signIn(microsoft(WORK, WORK), of(PERSONAL)))).toMatchObject(FAILED)
  })

  test.each<[unknown, boolean]>([
    [undefined, false],
    [false, false],
    ['0', false],
    [true, true],
    ['1', true],
  ])('an address counts as verified only with xms_edov (%j), whatever email_verified says', async (xms_edov, wanted) => {
    const { person } = await signIn(microsoft(), of(WORK, { xms_edov, email_verified: true }))
    expect(person).toMatchObject({ email: 'ada@example.com', isEmailVerified: wanted })
  })
})

describe('Apple', () => {
  const APPLE = { preset: 'apple', teamId: 'TEAM000000', keyId: 'KEY0000000' }

  async function pair() {
    const { privateKey, publicKey } = (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
      'sign',
      'verify',
    ])) as CryptoKeyPair
    const pem = async (format: 'pkcs8' | 'spki', key: CryptoKey, label: string) => {
      const text = Buffer.from((await crypto.subtle.exportKey(format, key)) as ArrayBuffer).toString('base64')
      return `-----BEGIN ${label} KEY-----\n${text.match(/.{1,64}/g)?.join('\n')}\n-----END ${label} KEY-----\n`
    }
    return { secret: await pem('pkcs8', privateKey, 'PRIVATE'), publicPem: await pem('spki', publicKey, 'PUBLIC') }
  }

  test('gets a client secret that Kith signs anew each time, with a short life', async () => {
    const { secret, publicPem } = await pair()
    // As it stands in a settings file of one line.
    for (const spelled of [secret, secret.trim().replaceAll('\n', '\\n')]) {
      const provider = new StandIn(APPLE, spelled)
      await signIn(provider)
      await signIn(provider)
      const [first = '', second = ''] = provider.tokenRequests.map(({ form }) => form.get('client_secret') ?? '')
      expect(first).not.toBe(second)
      expect(decodeProtectedHeader(first)).toEqual({ alg: 'ES256', kid: 'KEY0000000' })
      const seconds = Math.floor(Date.now() / 1000)
      expect(decodeJwt(first)).toEqual({
        iss: 'TEAM000000',
        iat: seconds,
        exp: seconds + 300,
        aud: 'https://appleid.apple.com',
        sub: provider.clientId,
      })
      await jwtVerify(first, await importSPKI(publicPem, 'ES256'))
      expect(provider.tokenRequests[0]?.authorization).toBeNull()
      expect(JSON.stringify(provider.tokenRequests)).not.toContain('PRIVATE')
    }
  })

  test('answers with a form, and sends the name beside the code: it is a proposal', async () => {
    const provider = new StandIn(APPLE, (await pair()).secret)
    const { url, cookie } = await begin(provider)
    expect(Object.fromEntries(new URL(url).searchParams)).toMatchObject({ response_mode: 'form_post', scope: 'openid name email' })
    expect(url).toMatch(/^https:\/\/appleid\.apple\.com\/auth\/authorize\?/)
    const params = provider.visit(url, { sub: 'a.1', email: 'x@privaterelay.appleid.com', email_verified: 'true' })
    params.set('user', JSON.stringify({ name: { firstName: 'Ada', lastName: 'Lovelace' }, email: 'victim@example.com' }))
    expect((await finish(provider, { params, cookie })).person).toEqual({
      providerId: 'apple',
      issuer: 'https://appleid.apple.com',
      subject: 'a.1',
      email: 'x@privaterelay.appleid.com',
      isEmailVerified: true,
      givenName: 'Ada',
      familyName: 'Lovelace',
      username: null,
      label: 'x@privaterelay.appleid.com',
    })
  })

  test.each(['', 'null', '[]', '{"name":7}', '{"name":{"firstName":["x"]}}', '{', `{"name":{"firstName":"${'x'.repeat(300)}"}}`])(
    'a name that is none (%j) is left out',
    async (user) => {
      const provider = new StandIn(APPLE, (await pair()).secret)
      const { url, cookie } = await begin(provider, SIGN_IN)
      const params = provider.visit(url, { sub: 'a.1', email: 'ada@example.com', email_verified: false })
      params.set('user', user.slice(0, 2_000))
      const { person } = await finish(provider, { params, cookie })
      expect(person).toMatchObject({ givenName: null, familyName: null, isEmailVerified: false })
    },
  )
})

describe('GitHub', () => {
  const github = () => new StandIn({ preset: 'github' })
  const PRIMARY = { email: 'ada@example.com', primary: true, verified: true }
  const ADA = { user: { id: 583231, login: 'ada-lovelace', name: 'Ada Lovelace', email: 'shown@example.com' }, emails: [PRIMARY] }

  test('says by its API who signed in: the numeric id, and the primary address', async () => {
    const provider = github()
    const { url } = await begin(provider)
    expect(url).toMatch(/^https:\/\/github\.com\/login\/oauth\/authorize\?/)
    expect(Object.fromEntries(new URL(url).searchParams)).toMatchObject({ scope: 'read:user user:email', code_challenge_method: 'S256' })
    expect(new URL(url).searchParams.has('nonce')).toBe(false)
    const emails = [{ email: 'old@example.com', primary: false, verified: true }, PRIMARY]
    expect((await signIn(provider, { ...ADA, emails })).person).toEqual({
      providerId: 'github',
      issuer: 'https://github.com',
      subject: '583231',
      email: 'ada@example.com',
      isEmailVerified: true,
      givenName: 'Ada',
      familyName: 'Lovelace',
      username: 'ada_lovelace',
      label: 'ada@example.com',
    })
    expect(provider.asked).toMatchObject({ discovery: 0, keys: 0, token: 1, user: 1, emails: 1 })
    expect(provider.tokenRequests[0]?.form.get('client_secret')).toBe(provider.secret)
  })

  test.each<[string, unknown, string | null, boolean]>([
    ['that is not verified is no proof', [{ ...PRIMARY, verified: false }], 'ada@example.com', false],
    ['is missing: no other one takes its place', [{ ...PRIMARY, primary: false }], null, false],
    ['is missing: nor the one on the profile', [], null, false],
  ])('a primary address %s', async (_what, emails, email, isEmailVerified) => {
    expect((await signIn(github(), { ...ADA, emails })).person).toMatchObject({ email, isEmailVerified })
  })

  test('without a name and with a short login: nothing is proposed', async () => {
    const { person } = await signIn(github(), { user: { id: 1, login: 'ada', name: null }, emails: [] })
    expect(person).toMatchObject({ subject: '1', givenName: null, familyName: null, username: null, label: 'ada' })
  })

  test.each<[string, JWTPayload]>([
    ['without an id', { ...ADA, user: { login: 'ada', name: null } }],
    ['with a text as the id', { ...ADA, user: { id: '583231', login: 'ada' } }],
    ['with an id beyond what is exact', { ...ADA, user: { id: 2 ** 60, login: 'ada' } }],
    ['without a list of addresses', { ...ADA, emails: { message: 'Not found' } }],
  ])('an answer %s is refused', async (_what, about) => {
    expect(await refusal(signIn(github(), about))).toMatchObject(FAILED)
  })

  test.each(['user', 'emails'] as const)('that does not answer for %s signs in nobody', async (endpoint) => {
    const provider = github()
    provider.replaced[endpoint] = () => Response.json({ message: 'Bad credentials' }, { status: 403 })
    expect(await refusal(signIn(provider, ADA))).toMatchObject(FAILED)
    provider.replaced[endpoint] = () => Response.json({}, { status: 503 })
    expect(await refusal(signIn(provider, ADA))).toMatchObject({ status: 503, reason: 'upstream_unavailable' })
  })

  test('a used code, which it reports with the status 200: the person begins again', async () => {
    const provider = github()
    const { url, cookie } = await begin(provider)
    const params = provider.visit(url, ADA)
    await finish(provider, { params, cookie })
    expect(await refusal(finish(provider, { params, cookie }))).toMatchObject({ status: 400, reason: 'upstream_begin_again' })
  })

  test('names its issuer in the answer (RFC 9207): another one is refused', async () => {
    const provider = github()
    for (const [iss, isRight] of [
      ['https://github.com/login/oauth', true],
      ['https://attacker.example', false],
    ] as const) {
      const { url, cookie } = await begin(provider)
      const params = provider.visit(url, ADA)
      params.set('iss', iss)
      const result = finish(provider, { params, cookie })
      if (isRight) expect((await result).person.subject).toBe('583231')
      else expect(await refusal(result)).toMatchObject(FAILED)
    }
  })
})
