// Sign-in through another provider: what Kith sends, and what it takes from the answer.
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Config } from '../../../src/config.ts'
import { isSafeUrl } from '../../../src/core/upstream/requests.ts'
import { platform } from '../../support/kith.ts'
import { StandIn } from '../../support/upstream.ts'
import { begin, finish, signIn } from './harness.ts'

const ADA = {
  sub: 'ada-1',
  email: 'Ada@Example.com',
  email_verified: true,
  given_name: 'Ada',
  family_name: 'Lovelace',
  preferred_username: 'ada.lovelace',
}

describe('a sign-in at an OpenID provider', () => {
  test('asks with PKCE, state, nonce and a redirect URI of its own', async () => {
    const provider = new StandIn()
    const { url, cookie } = await begin(provider)
    const { searchParams, origin, pathname } = new URL(url)
    expect(origin + pathname).toBe(`${provider.base}/authorize`)
    expect(Object.fromEntries(searchParams)).toEqual({
      response_type: 'code',
      client_id: provider.clientId,
      redirect_uri: `https://kith.test/upstream/${provider.id}/callback`,
      scope: 'openid profile email',
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    })
    const values = ['state', 'nonce', 'code_challenge'].map((name) => searchParams.get(name))
    expect(new Set(values).size).toBe(3)
    for (const value of values) expect(cookie).not.toContain(value)
    expect(cookie.length).toBeLessThan(400)
    const again = await begin(provider)
    expect(new URL(again.url).searchParams.get('state')).not.toBe(searchParams.get('state'))
  })

  test('tells who the person is, with proposals for a new account', async () => {
    const provider = new StandIn()
    const { url, cookie } = await begin(provider, { kind: 'sign_in', returnTo: '/oauth/authorize?client_id=a' })
    const { intent, person, spent } = await finish(provider, { params: provider.visit(url, ADA), cookie })
    expect(intent).toEqual({ kind: 'sign_in', returnTo: '/oauth/authorize?client_id=a' })
    expect(person).toEqual({
      providerId: provider.id,
      issuer: provider.base,
      subject: 'ada-1',
      email: 'Ada@Example.com',
      isEmailVerified: true,
      givenName: 'Ada',
      familyName: 'Lovelace',
      username: 'ada_lovelace',
      label: 'Ada@Example.com',
    })
    const state = new URL(url).searchParams.get('state') ?? ''
    expect(spent.digest).toBe(createHash('sha256').update(state).digest('base64url'))
    expect(spent.expiresAt - Date.now()).toBeGreaterThan(9 * 60_000)
    expect(spent.expiresAt - Date.now()).toBeLessThanOrEqual(10 * 60_000)
    expect(provider.asked).toMatchObject({ discovery: 1, token: 1, keys: 1, userinfo: 0 })
  })

  test('stores nothing until the caller acts on it: no D1', async () => {
    platform.reset()
    await signIn(new StandIn())
    expect(platform.statements).toEqual([])
  })

  test('fetches userinfo for what the ID token lacks', async () => {
    const provider = new StandIn()
    provider.userinfo = { email: 'ada@example.com', email_verified: true, name: 'Ada King Lovelace' }
    const { person } = await signIn(provider, { sub: 'ada' })
    expect(person).toMatchObject({ email: 'ada@example.com', isEmailVerified: true, givenName: 'Ada King', familyName: 'Lovelace' })
    expect(provider.asked.userinfo).toBe(1)
  })
})

describe('a provider on this machine', () => {
  test.each<[string, Config['environment'], boolean]>([
    ['https://login.example.com/token', 'production', true],
    ['http://login.example.com/token', 'development', false],
    ['http://localhost:9000/token', 'development', true],
    ['http://127.0.0.1/token', 'test', true],
    ['http://[::1]:9000', 'development', true],
    ['http://localhost:9000/token', 'production', false],
    ['http://localhost.example.com/token', 'development', false],
    ['http://localhost@example.com/token', 'development', false],
    ['javascript://localhost/%0aalert(1)', 'development', false],
    ['//localhost/token', 'development', false],
  ])('%s in %s: %s', (url, environment, isSafe) => {
    expect(isSafeUrl({ environment } as Config, url)).toBe(isSafe)
  })
})
