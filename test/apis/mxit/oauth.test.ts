// The authorization server in Mxit's words (wire §1.2, §6.1, §6.3, §6.4): scopes in and out, grants, refusals.
import { decodeJwt } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { toCoreScope, toMxitScope } from '../../../src/apis/mxit/wire.ts'
import type { Scope } from '../../../src/core/scopes.ts'
import { Client, ORIGIN } from '../../support/kith.ts'
import { formOf, open, send, unescapeHtml } from '../../support/pages.ts'
import { type Person, signedInPerson } from '../../support/people.ts'
import { ALL_SCOPES, askForToken, authorize, mxitIdOf, newOldApp, type OldApp, oldClient, REDIRECT_URI, tokensFor } from './harness.ts'

let person: Person
let app: OldApp

beforeAll(async () => {
  person = await signedInPerson('old_oauth_person')
  app = await newOldApp()
})

const words = (text: string) => text.split(' ').sort()
const scopesOf = (token: string) => words(decodeJwt(token).scope as string)

describe('scopes', () => {
  test.each([
    ['profile/public', 'person', 'delegated:profile:read'],
    ['profile/private', 'person', 'delegated:profile:read'],
    ['profile/write', 'person', 'delegated:profile:write'],
    ['status/write', 'person', 'delegated:profile:status:write'],
    ['avatar/write', 'person', 'delegated:profile:avatar:write'],
    ['content/read,content/write', 'person', 'delegated:media:read delegated:media:write'],
    ['graph/read contact/invite', 'person', 'delegated:social:follow:read delegated:social:block:read delegated:social:follow:request'],
    ['openid', 'person', 'openid'],
    ['profile/public', 'app', 'client:profile:read'],
    // A scope that opens nothing is dropped, an unknown one is refused.
    ['message/send profile/private profile/public graph/read', 'app', 'client:profile:read'],
    ['content/send openid', 'person', 'openid'],
    ['profile/public nonsense', 'person', 'delegated:profile:read nonsense'],
    ['delegated:media:read', 'person', 'delegated:media:read'],
    // Never an empty scope: that would mean everything.
    ['message/send', 'person', 'message/send'],
    ['profile/private', 'app', 'profile/private'],
    [undefined, 'person', undefined],
  ] as const)('%s, of the token of a %s, is %s', (asked, whom, scope) => {
    expect(toCoreScope(asked, whom)).toBe(scope)
  })

  test.each([
    [['delegated:profile:read'], 'person', 'profile/public profile/private'],
    [['delegated:profile:status:write'], 'person', 'status/write'],
    [['delegated:profile:write'], 'person', 'profile/write status/write avatar/write'],
    [['openid', 'delegated:media:read'], 'person', 'content/read openid'],
    [['delegated:media:all'], 'person', 'content/read content/write delegated:media:all'],
    [['email'], 'person', 'email'],
    [['client:profile:read'], 'app', 'profile/public'],
    [['client:oauth:introspect'], 'app', 'client:oauth:introspect'],
  ] as const)('%j of a %s is told as %s', (granted, whom, text) => {
    expect(toMxitScope([...granted] as Scope[], whom)).toBe(text)
  })

  test('what is granted is told in Mxit\u2019s words, and asking for these again asks for nothing more', () => {
    const everything = toCoreScope(ALL_SCOPES, 'person').split(' ') as Scope[]
    const told = toMxitScope(everything, 'person')
    expect(words(told)).toEqual(words(ALL_SCOPES))
    expect(words(toMxitScope(toCoreScope(told, 'person').split(' ') as Scope[], 'person'))).toEqual(words(told))
  })

  test('the token holds the core\u2019s, the reply says Mxit\u2019s', async () => {
    const tokens = await tokensFor(person, app, 'profile/public status/write message/send')
    expect(words(tokens.scope)).toEqual(words('profile/public profile/private status/write'))
    expect(scopesOf(tokens.access_token)).toEqual(words('delegated:profile:read delegated:profile:status:write'))
    expect(tokens).not.toHaveProperty('id_token')
  })

  test('a refresh may ask for less, in the same words, and not for more', async () => {
    const { refresh_token } = await tokensFor(person, app, 'profile/write content/read')
    const less = await askForToken(app, { grant_type: 'refresh_token', refresh_token, scope: 'status/write' })
    expect([less.status, less.json.scope]).toEqual([200, 'status/write'])
    const more = await askForToken(app, { grant_type: 'refresh_token', refresh_token: less.json.refresh_token, scope: 'content/write' })
    expect([more.status, more.json.error]).toEqual([400, 'invalid_scope'])
  })

  test.each(['nonsense', 'message/send', 'admin:all'])('%s is told to the client: invalid_scope', async (scope) => {
    const end = await authorize(person, app, scope)
    expect([end.searchParams.get('error'), end.searchParams.get('code')]).toEqual(['invalid_scope', null])
    const reply = await askForToken(app, { grant_type: 'client_credentials', scope })
    expect([reply.status, reply.json.error]).toEqual([400, 'invalid_scope'])
  })
})

describe('grants', () => {
  test('an app by itself: the scopes of apps alone, and no refresh token', async () => {
    const { json } = await askForToken(app, {
      grant_type: 'client_credentials',
      scope: 'message/send profile/private profile/public graph/read',
    })
    expect(Object.keys(json).sort()).toEqual(['access_token', 'expires_in', 'scope', 'token_type'])
    expect(json).toMatchObject({ token_type: 'bearer', expires_in: 3600, scope: 'profile/public' })
    expect(scopesOf(json.access_token)).toEqual(['client:profile:read'])
    const program = oldClient(json.access_token)
    expect((await program.call('GET', `/user/lookup/${person.username}`)).status).toBe(200)
    expect((await program.call('GET', '/user/profile')).status).toBe(403)
  })

  test('expires_in is the client\u2019s', async () => {
    const brief = await newOldApp({ access_token_seconds: 900 })
    expect((await tokensFor(person, brief, 'openid')).expires_in).toBe(900)
  })

  test('the ID token says whom it is about in Mxit\u2019s way as well, after a refresh too', async () => {
    const tokens = await tokensFor(person, app, 'openid')
    expect(decodeJwt(tokens.id_token)).toMatchObject({ iss: ORIGIN, aud: app.id, sub: person.id, user_id: mxitIdOf(person) })
    expect((await oldClient(tokens.access_token).call('GET', '/userinfo?schema=openid')).json).toEqual({ sub: mxitIdOf(person) })
    const ours = await new Client().post(
      '/oauth/token',
      new URLSearchParams({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token }),
      {
        headers: { authorization: app.authorization },
      },
    )
    expect(decodeJwt(ours.json.id_token)).not.toHaveProperty('user_id')
    expect(ours.json).toMatchObject({ token_type: 'Bearer', scope: 'openid' })
  })

  test('a code is good once, for its redirect_uri', async () => {
    const end = await authorize(person, app, 'openid')
    const code = end.searchParams.get('code') ?? ''
    const ask = (redirectUri: string) => askForToken(app, { grant_type: 'authorization_code', code, redirect_uri: redirectUri })
    expect((await ask('https://old.example.com/other')).json.error).toBe('invalid_grant')
    expect((await ask(REDIRECT_URI)).status).toBe(200)
    expect((await ask(REDIRECT_URI)).json.error).toBe('invalid_grant')
  })

  test('PKCE is asked of every client but those that are registered to know none', async () => {
    const modern = await newOldApp({ require_pkce: 1 })
    const end = await authorize(person, modern, 'openid')
    expect(end.searchParams.get('error')).toBe('invalid_request')
    const challenge = { code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256' }
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: modern.id,
      redirect_uri: REDIRECT_URI,
      scope: 'openid',
      ...challenge,
    })
    const first = await new Client().get(`/mxit/authorize?${query}`)
    const second = await person.client.get((first.headers.get('location') ?? '').slice(ORIGIN.length))
    const code = new URL(second.headers.get('location') ?? '').searchParams.get('code') ?? ''
    const form = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI }
    expect((await askForToken(modern, form)).status).toBe(400)
    const verified = await askForToken(modern, { ...form, code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk' })
    expect(verified.status).toBe(200)
  })

  test('a wrong secret, none, and another way to send it: 401 invalid_client', async () => {
    const form = { grant_type: 'client_credentials', scope: 'profile/public' }
    const wrong = { ...app, authorization: `Basic ${Buffer.from(`${app.id}:wrong`).toString('base64')}` }
    for (const reply of [
      await askForToken(wrong, form),
      await askForToken({ ...app, authorization: 'Bearer x' }, form),
      await new Client().post('/mxit/token', new URLSearchParams(form)),
      await new Client().post('/mxit/token', new URLSearchParams({ ...form, client_id: app.id, client_secret: 'x' })),
    ]) {
      expect([reply.status, reply.json.error]).toEqual([401, 'invalid_client'])
      expect(reply.headers.get('www-authenticate')).toContain('Basic')
      expect(reply.headers.get('cache-control')).toBe('no-store')
    }
  })
})

describe('authorize', () => {
  test('passes on what it was asked, and nothing of it is lost', async () => {
    const query =
      'response_type=code&client_id=x&redirect_uri=https%3A%2F%2Fa.example%2F%3Fb%3Dc&scope=profile%2Fpublic+openid&state=%26%3D+%2B&nonce=n&prompt=login'
    const { status, headers } = await new Client().get(`/mxit/authorize?${query}`)
    const to = new URL(headers.get('location') ?? '')
    expect([status, to.origin, to.pathname]).toEqual([302, ORIGIN, '/oauth/authorize'])
    const expected = { ...Object.fromEntries(new URLSearchParams(query)), scope: 'delegated:profile:read openid' }
    expect(Object.fromEntries(to.searchParams)).toEqual(expected)
  })

  test('leads back with a code and the state; whoever is not signed in is led to the page of Kith', async () => {
    const { searchParams } = await authorize(person, app, ALL_SCOPES, { state: 'a b+c' })
    expect([searchParams.get('state'), searchParams.get('code')]).toEqual(['a b+c', expect.stringMatching(/^[\w-]{32,}$/)])
    const end = await authorize({ ...person, client: new Client() }, app, 'openid')
    expect([end.pathname, end.searchParams.get('return_to')]).toEqual(['/sign-in', expect.stringContaining('/oauth/authorize?')])
  })

  test('a repeated parameter is judged where it leads to', async () => {
    const query = new URLSearchParams({ response_type: 'code', client_id: app.id, redirect_uri: REDIRECT_URI, scope: 'openid' })
    const { headers } = await new Client().get(`/mxit/authorize?${query}&scope=profile/write`)
    const second = await person.client.get((headers.get('location') ?? '').slice(ORIGIN.length))
    expect(new URL(second.headers.get('location') ?? '').searchParams.get('error')).toBe('invalid_request')
  })

  test('refusing leads back with access_denied', async () => {
    const strange = await newOldApp({ first_party: 0 })
    const end = await authorize(person, strange, 'profile/private', { state: 's' })
    expect(end.pathname).toBe('/consent')
    const page = await open(person.client, `${end.pathname}${end.search}`)
    expect(page.text).toContain('See profiles, including yours')
    const reply = await send(person.client, formOf(page, '/consent'), { answer: 'deny' })
    const back = new URL(unescapeHtml(/http-equiv="refresh" content="0;url=([^"]*)"/.exec(reply.text)?.[1] ?? ''))
    expect([`${back.origin}${back.pathname}`, back.searchParams.get('error'), back.searchParams.get('state')]).toEqual([
      REDIRECT_URI,
      'access_denied',
      's',
    ])
  })
})

describe('revoke', () => {
  const revoke = (token: string, by = app) =>
    new Client().post('/mxit/revoke', new URLSearchParams({ token }), { headers: { authorization: by.authorization } })

  test('ends the grant at once; another client\u2019s token, and one that is unknown, are left alone', async () => {
    const tokens = await tokensFor(person, app, 'profile/private')
    const client = oldClient(tokens.access_token)
    expect((await revoke(tokens.access_token, await newOldApp())).status).toBe(200)
    expect((await revoke('unknown')).status).toBe(200)
    expect((await client.call('GET', '/user/profile')).status).toBe(200)
    expect((await revoke(tokens.access_token)).status).toBe(200)
    expect((await client.call('GET', '/user/profile')).status).toBe(401)
  })
})

test('a token request without a Content-Type is a form', async () => {
  const body = new TextEncoder().encode('grant_type=client_credentials&scope=profile%2Fpublic')
  const reply = await new Client().post('/mxit/token', body, { headers: { authorization: app.authorization } })
  expect([reply.status, reply.json.scope]).toEqual([200, 'profile/public'])
  const typed = await new Client().post('/mxit/token', body, {
    headers: { authorization: app.authorization, 'content-type': 'text/plain' },
  })
  expect(typed.status).toBe(415)
})
