// Connected apps: what people see of the clients that they have allowed, and what disconnecting one ends.
import { beforeAll, describe, expect, test } from 'vitest'
import { AppsReply } from '../../../src/apis/user/connected-apps/presenters.ts'
import { issueAccessToken } from '../../../src/core/oauth/access-token.ts'
import type { Scope } from '../../../src/core/scopes.ts'
import { clock } from '../../platform/clock.ts'
import { rows } from '../../support/actors.ts'
import { Client, platform } from '../../support/kith.ts'
import { type Person, signedInPerson } from '../../support/people.ts'
import { atTheLine, whileAtTheLine } from '../../support/start-line.ts'
import { bearerOf, idOf, newCtx, newGrant, newOAuthClient, putConsent } from '../../support/tokens.ts'

const CALLBACK = 'https://app.kith.test/callback'
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

const appsOf = async ({ client }: Person) => (await client.get('/user/apps')).json.data.records
const disconnect = ({ client }: Person, clientId: string) => client.delete(`/user/apps/${clientId}`)
const disconnectedBy = async (person: Person) =>
  (
    await rows<{ client_id: string }>("SELECT client_id FROM audit_events WHERE user_id = ? AND type = 'app_disconnected'", idOf(person))
  ).map(({ client_id }) => client_id)

const codeQuery = (clientId: string, scope?: string) =>
  new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: CALLBACK,
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    ...(scope === undefined ? {} : { scope }),
  })

async function newCode(person: Person, clientId: string, scope?: string): Promise<string> {
  const reply = await person.client.get(`/oauth/authorize?${codeQuery(clientId, scope)}`)
  return new URL(reply.headers.get('location') ?? '').searchParams.get('code') ?? ''
}

const exchange = (clientId: string, code: string) =>
  new Client().post(
    '/oauth/token',
    new URLSearchParams({ grant_type: 'authorization_code', client_id: clientId, redirect_uri: CALLBACK, code, code_verifier: VERIFIER }),
  )
const refresh = (clientId: string, refreshToken: string, options = {}) =>
  new Client().post(
    '/oauth/token',
    new URLSearchParams({ grant_type: 'refresh_token', client_id: clientId, refresh_token: refreshToken }),
    options,
  )

async function connect(person: Person, clientId: string): Promise<{ access_token: string; refresh_token: string }> {
  const reply = await exchange(clientId, await newCode(person, clientId))
  expect(reply.status, reply.text).toBe(200)
  return reply.json
}

beforeAll(() => platform.reset())

describe('GET /user/apps', () => {
  test('shows consents and live grants once per client, with scopes in words, and nothing that has ended', async () => {
    const person = await signedInPerson('apps_reader')
    const [granted = '', agreed = '', ended = '', others = ''] = await Promise.all(Array.from({ length: 4 }, () => newOAuthClient()))
    const other = await signedInPerson('apps_other1')
    await newGrant(person, granted, 'delegated:profile:read delegated:social:follow:read')
    await newGrant(person, granted, 'delegated:profile:all')
    await putConsent(person.id, granted, 'delegated:media:read', 1_000)
    await putConsent(person.id, agreed, 'delegated:profile:read', 2_000)
    await rows('UPDATE sessions SET revoked_at = 1 WHERE id = ?', await newGrant(person, ended))
    await newGrant(other, others)
    const reply = await person.client.get('/user/apps')
    AppsReply.parse(reply.json)
    const [first, second, ...rest] = reply.json.data.records
    expect(rest).toEqual([])
    expect(first).toMatchObject({ clientId: granted, firstParty: true, liveSessions: 2, connectedAt: '1970-01-01T00:00:01.000Z' })
    expect(first.scopes.map(({ scope }: { scope: Scope }) => scope).sort()).toEqual([
      'delegated:media:read',
      'delegated:profile:all',
      'delegated:social:follow:read',
    ])
    expect(first.scopes).toContainEqual({ scope: 'delegated:media:read', description: 'See your files', lastUsedAt: null })
    expect(second).toMatchObject({ clientId: agreed, liveSessions: 0, lastUsedAt: null, connectedAt: '1970-01-01T00:00:02.000Z' })
  })

  test('shows no more than the client may still have, and no grant that a sign-out everywhere ended', async () => {
    const person = await signedInPerson('apps_narrow')
    const client = await newOAuthClient('delegated:profile:read')
    await newGrant(person, client, 'delegated:all')
    expect((await appsOf(person))[0].scopes.map(({ scope }: { scope: Scope }) => scope)).toEqual(['delegated:profile:read'])
    await rows('UPDATE users SET epoch = epoch + 1 WHERE id = ?', idOf(person))
    await rows('UPDATE sessions SET epoch = epoch + 1 WHERE user_id = ? AND client_id IS NULL', idOf(person))
    expect(await appsOf(person)).toEqual([])
  })
})

describe('the last use of a scope', () => {
  const usesOf = async (person: Person) =>
    Object.fromEntries(
      (await appsOf(person))[0].scopes.map(({ scope, lastUsedAt }: { scope: string; lastUsedAt: string }) => [scope, lastUsedAt]),
    )
  const rowsOf = (person: Person) =>
    rows<{ scope: string; last_used_at: number }>('SELECT scope, last_used_at FROM scope_uses WHERE user_id = ?', idOf(person))

  async function newApp(person: Person, scopes: Scope[]) {
    const client = await newOAuthClient('*', { first_party: 0 })
    const sessionId = await newGrant(person, client, scopes.join(' '))
    const token = await issueAccessToken(newCtx(), {
      clientId: client,
      scopes,
      lifeSeconds: 600,
      holder: { userId: idOf(person), sessionId },
    })
    return { client, app: bearerOf(token) }
  }

  test('is that of the scope which the token holds and the route needs; none for a refused request, a browser or the others', async () => {
    const person = await signedInPerson('apps_uses1')
    const { app } = await newApp(person, ['delegated:profile:all', 'delegated:media:read', 'delegated:session:read'])
    expect((await app.get('/user/me')).status).toBe(200)
    expect((await app.delete('/user/apps/none1')).status).toBe(403)
    await person.client.get('/user/apps')
    const uses = await usesOf(person)
    expect(uses).toEqual({ 'delegated:profile:all': expect.any(String), 'delegated:media:read': null, 'delegated:session:read': null })
    expect(Math.abs(Date.parse(uses['delegated:profile:all']) - Date.now())).toBeLessThan(60_000)
  })

  test('userinfo uses every identity scope; a sign-in uses openid', async () => {
    const person = await signedInPerson('apps_uses2')
    const { app } = await newApp(person, ['openid', 'email'])
    expect(await usesOf(person)).toEqual({ openid: expect.any(String), email: null })
    expect((await app.get('/oauth/userinfo')).status).toBe(200)
    expect(await usesOf(person)).toEqual({ openid: expect.any(String), email: expect.any(String) })
  })

  test('is written once in 15 minutes, and goes with the connection', async () => {
    clock.freeze()
    const person = await signedInPerson('apps_uses3')
    const { app, client } = await newApp(person, ['delegated:profile:read'])
    for (let i = 0; i < 3; i += 1) await app.get('/user/me')
    const [first] = await rowsOf(person)
    clock.advance(14 * 60_000)
    await rows('UPDATE scope_uses SET last_used_at = last_used_at - 1 WHERE user_id = ?', idOf(person))
    await app.get('/user/me')
    expect(await rowsOf(person)).toEqual([{ scope: 'delegated:profile:read', last_used_at: (first?.last_used_at ?? 0) - 1 }])
    await disconnect(person, client)
    expect(await rowsOf(person)).toEqual([])
  })
})

describe('DELETE /user/apps/:clientId/scopes', () => {
  const SCOPES = ['openid', 'profile', 'delegated:profile:read', 'delegated:media:read', 'delegated:media:write']
  const withdraw = ({ client }: Person, clientId: string, scope: string) =>
    client.delete(`/user/apps/${encodeURIComponent(clientId)}/scopes?${new URLSearchParams({ scope })}`)
  const heldBy = async (person: Person) =>
    (await appsOf(person)).flatMap(({ scopes }: { scopes: { scope: string }[] }) => scopes.map(({ scope }) => scope))
  const withdrawnBy = async (person: Person) =>
    (await rows<{ detail: string }>("SELECT detail FROM audit_events WHERE user_id = ? AND type = 'scope_withdrawn'", idOf(person))).map(
      ({ detail }) => detail,
    )
  const clientRow = { first_party: 0, redirect_uris: JSON.stringify([CALLBACK]) }

  /** A third-party app, with tokens that a person has allowed. */
  async function newApp(person: Person, scopes = SCOPES.join(' ')) {
    const id = await newOAuthClient('*', clientRow)
    await putConsent(person.id, id, scopes, Date.now())
    const code = (asked = scopes) => newCode(person, id, asked)
    const reply = await exchange(id, await code())
    expect(reply.status, reply.text).toBe(200)
    return { id, code, tokens: reply.json as { access_token: string; refresh_token: string } }
  }

  test('counts for the next request of every token, for refresh, introspection and open codes; only a new consent gives it back', async () => {
    const person = await signedInPerson('take_back')
    const { id, code, tokens } = await newApp(person)
    const app = bearerOf(tokens.access_token)
    const others = (await newApp(person)).id
    const [open, kept] = [await code(), await code('openid delegated:profile:read')]
    expect((await app.get('/user/media/folders')).status).not.toBe(403)
    expect((await withdraw(person, id, 'delegated:media:read')).json).toEqual({ ok: 1 })
    expect((await app.get('/user/media/folders')).json).toMatchObject({ ok: 0 })
    expect((await app.get('/user/media/folders')).status).toBe(403)
    expect((await app.get('/user/me')).status).toBe(200)
    expect((await exchange(id, open)).json.error).toBe('invalid_grant')
    expect((await exchange(id, kept)).status).toBe(200)
    const left = SCOPES.filter((scope) => scope !== 'delegated:media:read')
    const refreshed = (await refresh(id, tokens.refresh_token)).json
    expect(refreshed.scope.split(' ').sort()).toEqual([...left].sort())
    const more = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: id,
      refresh_token: refreshed.refresh_token,
      scope: 'delegated:media:read',
    })
    expect((await new Client().post('/oauth/token', more)).json.error).toBe('invalid_scope')
    const apps = await appsOf(person)
    const scopesIn = (clientId: string) =>
      apps
        .find((app: { clientId: string }) => app.clientId === clientId)
        .scopes.map(({ scope }: { scope: string }) => scope)
        .sort()
    expect([scopesIn(id), scopesIn(others)]).toEqual([[...left].sort(), [...SCOPES].sort()])
    const again = await person.client.get(`/oauth/authorize?${codeQuery(id, 'openid delegated:media:read')}`)
    expect(new URL(again.headers.get('location') ?? '', 'https://x.test').pathname).toBe('/consent')
    expect((await withdraw(person, id, 'delegated:media:read')).json).toEqual({ ok: 1 })
    expect(await withdrawnBy(person)).toEqual(['delegated:media:read'])
  })

  test('takes what is below it along; the last one disconnects the app', async () => {
    const person = await signedInPerson('take_below')
    const { id, tokens } = await newApp(person, 'delegated:media:all delegated:media:read delegated:profile:read')
    await withdraw(person, id, 'delegated:media:all')
    expect(await heldBy(person)).toEqual(['delegated:profile:read'])
    await withdraw(person, id, 'delegated:profile:read')
    expect(await heldBy(person)).toEqual([])
    expect((await bearerOf(tokens.access_token).get('/user/me')).status).toBe(401)
    expect((await refresh(id, tokens.refresh_token)).json.error).toBe('invalid_grant')
    expect(await rows('SELECT 1 FROM consents WHERE user_id = ?', idOf(person))).toEqual([])
  })

  test('never takes openid along, which goes with the app', async () => {
    const person = await signedInPerson('take_all11')
    const { id } = await newApp(person, 'openid * email')
    await withdraw(person, id, '*')
    expect(await heldBy(person)).toEqual(['openid'])
    expect((await withdraw(person, id, 'openid')).status).toBe(400)
  })

  test('of a grant that is wider than the client now: the rest of what the client may have stays', async () => {
    const person = await signedInPerson('take_narrow')
    const id = await newOAuthClient('openid delegated:profile:read delegated:media:read', clientRow)
    await newGrant(person, id, '* delegated:profile:read')
    await putConsent(person.id, id, 'openid delegated:all')
    expect((await heldBy(person)).sort()).toEqual(['delegated:media:read', 'delegated:profile:read', 'openid'])
    await withdraw(person, id, 'delegated:profile:read')
    expect((await heldBy(person)).sort()).toEqual(['delegated:media:read', 'openid'])
    expect(await rows('SELECT scopes FROM consents WHERE user_id = ?', idOf(person))).toEqual([{ scopes: 'openid delegated:media:read' }])
  })

  test('of an API, by its stored name; the API itself takes all of its scopes along', async () => {
    const person = await signedInPerson('take_api')
    const api = 'https://orders.example/v1?a=b'
    const scopes = JSON.stringify([
      { name: 'orders:read', description: 'See your orders' },
      { name: 'orders:write', description: 'Place orders' },
    ])
    await rows('INSERT INTO apis (resource, name, scopes, created_at, updated_at) VALUES (?, ?, ?, 0, 0)', api, 'Orders', scopes)
    const id = await newOAuthClient('*', clientRow)
    const granted = `openid ${api}| ${api}|orders:read ${api}|orders:write https://orders.example/v1?a=bc|x`
    await newGrant(person, id, granted)
    await rows('INSERT INTO scope_uses VALUES (?, ?, ?, ?)', idOf(person), id, `${api}|orders:read`, 1_000)
    const words = (await appsOf(person))[0].scopes
    expect(words).toContainEqual({
      scope: `${api}|orders:read`,
      description: 'Orders: See your orders',
      lastUsedAt: '1970-01-01T00:00:01.000Z',
    })
    await withdraw(person, id, `${api}|orders:read`)
    expect(await heldBy(person)).toEqual(['openid', `${api}|orders:write`])
    expect(await rows('SELECT 1 FROM scope_uses WHERE user_id = ?', idOf(person))).toEqual([])
    await withdraw(person, id, `${api}|`)
    expect(await rows('SELECT scope FROM sessions WHERE client_id = ?', id)).toEqual([{ scope: 'openid https://orders.example/v1?a=bc|x' }])
  })

  test('takes single claims along that say the same, wherever they are told', async () => {
    const person = await signedInPerson('take_claims')
    const id = await newOAuthClient('*', { ...clientRow, claims: 'role' })
    await newGrant(person, id, 'openid email userinfo|role id_token|role id_token|email id_token|email_verified userinfo|name')
    expect((await heldBy(person)).map((item: string) => item.replace('id_token|role', 'userinfo|role')).sort()).toEqual([
      'email',
      'openid',
      'userinfo|name',
      'userinfo|role',
    ])
    await withdraw(person, id, 'email')
    await withdraw(person, id, 'id_token|role')
    expect(await rows('SELECT scope FROM sessions WHERE client_id = ?', id)).toEqual([{ scope: 'openid userinfo|name' }])
  })

  test('a client whose id is a URL', async () => {
    const person = await signedInPerson('take_url')
    const id = await newOAuthClient('*', { ...clientRow, id: 'https://agent.example/client.json', source: 'document' })
    await newGrant(person, id, 'openid profile')
    expect((await withdraw(person, id, 'profile')).json).toEqual({ ok: 1 })
    expect(await heldBy(person)).toEqual(['openid'])
    expect((await disconnect(person, encodeURIComponent(id))).json).toEqual({ ok: 1 })
    expect(await heldBy(person)).toEqual([])
  })

  test.each([
    ['a part of a wider one', 'delegated:profile:read', 'is part of delegated:all: withdraw that'],
    ['what makes it a sign-in', 'openid', 'goes with the app: disconnect it instead'],
    ['no scope at all', 'delegated:everything', 'is no scope that a connected app may have'],
    ['one of an API by its name alone', 'orders:write', '(one of an API is <resource>|<name>)'],
    ['nothing', '', 'is no scope that a connected app may have'],
  ])('refuses %s, and changes nothing', async (_what, scope, message) => {
    const person = await signedInPerson(`take_no_${scope.length}`)
    const { id } = await newApp(person, 'openid delegated:all')
    const reply = await withdraw(person, id, scope)
    expect([reply.status, reply.text.includes(message)], reply.text).toEqual([400, true])
    expect(await heldBy(person)).toEqual(['delegated:all', 'openid'])
  })

  test('refuses an app of the service itself, which could have it again without asking', async () => {
    const person = await signedInPerson('take_first')
    const id = await newOAuthClient()
    await newGrant(person, id, 'delegated:profile:read delegated:media:read')
    expect((await withdraw(person, id, 'delegated:media:read')).status).toBe(400)
    expect((await heldBy(person)).sort()).toEqual(['delegated:media:read', 'delegated:profile:read'])
  })

  test('answers alike for an app that is not connected and for one that does not exist', async () => {
    const person = await signedInPerson('take_none')
    for (const id of [await newOAuthClient(), 'no-such-client']) expect((await withdraw(person, id, 'profile')).json).toEqual({ ok: 1 })
    expect(await withdrawnBy(person)).toEqual([])
  })

  test.each(
    [1, 2, 3].flatMap(
      (at) =>
        [
          ['failStatement', at],
          ['loseReply', at],
        ] as const,
    ),
  )('is done once while D1 may or may not have done it (%s %i)', async (fault, at) => {
    const person = await signedInPerson(`take_${fault.toLowerCase()}${at}`)
    const { id, tokens } = await newApp(person)
    platform.faults[fault](at)
    await withdraw(person, id, 'delegated:profile:read')
    platform.faults.clear()
    expect((await withdraw(person, id, 'delegated:profile:read')).status).toBe(200)
    expect((await bearerOf(tokens.access_token).get('/user/me')).status).toBe(403)
    expect(await withdrawnBy(person)).toEqual(['delegated:profile:read'])
  })

  test.each([
    ['a refresh', /UPDATE refresh_tokens AS t SET family_hash/],
    ['an exchange', /UPDATE authorization_codes SET consumed_at/],
  ])('racing %s leaves no token with it, whoever comes first', async (what, decides) => {
    for (const isFirst of [true, false]) {
      const person = await signedInPerson(`take_race_${what.length}_${Number(isFirst)}`)
      const { id, tokens, code } = await newApp(person)
      const fields: Record<string, string> =
        what === 'a refresh'
          ? { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }
          : { grant_type: 'authorization_code', redirect_uri: CALLBACK, code: await code(), code_verifier: VERIFIER }
      const body = new URLSearchParams({ client_id: id, ...fields })
      const send = () => new Client().post('/oauth/token', body, atTheLine)
      const reply = await whileAtTheLine(send, decides, async () => isFirst && withdraw(person, id, 'delegated:profile:read'))
      if (!isFirst) await withdraw(person, id, 'delegated:profile:read')
      if (isFirst && what === 'an exchange') expect(reply.json.error).toBe('invalid_grant')
      else expect((await bearerOf(reply.json.access_token).get('/user/me')).status).toBe(403)
      expect(await heldBy(person)).not.toContain('delegated:profile:read')
    }
  })

  test('64 at once, of withdrawals, refreshes and exchanges: no token has it after the reply, and one event tells', async () => {
    const person = await signedInPerson('take_crowd')
    const { id, tokens, code } = await newApp(person)
    const codes = await Promise.all(Array.from({ length: 16 }, () => code()))
    const replies = await Promise.all(
      Array.from({ length: 64 }, (_, i) => {
        if (i % 4 === 0) return exchange(id, codes[i / 4] ?? '')
        return i % 4 === 1 ? refresh(id, tokens.refresh_token) : withdraw(person, id, 'delegated:profile:read')
      }),
    )
    const issued = replies.flatMap(({ json }) => (json.access_token ? [json.access_token] : []))
    for (const token of [tokens.access_token, ...issued]) expect((await bearerOf(token).get('/user/me')).status).toBe(403)
    expect(await heldBy(person)).not.toContain('delegated:profile:read')
    expect(await withdrawnBy(person)).toEqual(['delegated:profile:read'])
  })
})

describe('DELETE /user/apps/:clientId', () => {
  test("ends the consent, tokens, refresh family and open codes of this client and this person, and nobody else's; told once", async () => {
    const [person, other] = [await signedInPerson('apps_leaver'), await signedInPerson('apps_stays1')]
    const [client, kept] = [await newOAuthClient(), await newOAuthClient()]
    const tokens = await connect(person, client)
    const [keptTokens, othersTokens] = [await connect(person, kept), await connect(other, client)]
    await putConsent(person.id, client)
    await putConsent(other.id, client)
    const open = await newCode(person, client)
    expect((await disconnect(person, client)).json).toEqual({ ok: 1 })
    expect((await bearerOf(tokens.access_token).get('/user/me')).status).toBe(401)
    expect((await refresh(client, tokens.refresh_token)).json.error).toBe('invalid_grant')
    expect((await exchange(client, open)).json.error).toBe('invalid_grant')
    expect((await appsOf(person)).map(({ clientId }: { clientId: string }) => clientId)).toEqual([kept])
    expect((await bearerOf(keptTokens.access_token).get('/user/me')).status).toBe(200)
    expect((await bearerOf(othersTokens.access_token).get('/user/me')).status).toBe(200)
    expect((await refresh(client, othersTokens.refresh_token)).status).toBe(200)
    expect((await appsOf(other))[0]).toMatchObject({ clientId: client, liveSessions: 1 })
    expect((await disconnect(person, client)).json).toEqual({ ok: 1 })
    expect(await disconnectedBy(person)).toEqual([client])
  })

  test('answers alike for a client that is not connected and for one that does not exist', async () => {
    const person = await signedInPerson('apps_asker1')
    const replies = [await disconnect(person, await newOAuthClient()), await disconnect(person, 'no-such-client')]
    for (const reply of replies) expect([reply.status, reply.json]).toEqual([200, { ok: 1 }])
    expect(await disconnectedBy(person)).toEqual([])
  })

  test('an app may disconnect itself', async () => {
    const person = await signedInPerson('apps_itself')
    const client = await newOAuthClient()
    const sessionId = await newGrant(person, client)
    const holder = { userId: idOf(person), sessionId }
    const app = bearerOf(await issueAccessToken(newCtx(), { clientId: client, scopes: ['delegated:all'], lifeSeconds: 600, holder }))
    expect((await app.delete(`/user/apps/${client}`)).status).toBe(200)
    expect((await app.get('/user/apps')).status).toBe(401)
  })

  test.each(['failStatement', 'loseReply'] as const)('is done once while D1 may or may not have done it (%s)', async (fault) => {
    const person = await signedInPerson(`apps_fault${fault.length}`)
    const client = await newOAuthClient()
    const tokens = await connect(person, client)
    await putConsent(person.id, client)
    platform.faults[fault](2)
    await disconnect(person, client)
    platform.faults.clear()
    expect((await disconnect(person, client)).status).toBe(200)
    expect((await bearerOf(tokens.access_token).get('/user/me')).status).toBe(401)
    expect(await disconnectedBy(person)).toEqual([client])
  })

  test.each([
    ['a refresh', /UPDATE refresh_tokens AS t SET family_hash/],
    ['an exchange', /UPDATE authorization_codes SET consumed_at/],
  ])('racing %s leaves no live token, whoever comes first', async (what, decides) => {
    for (const isFirst of [true, false]) {
      const person = await signedInPerson(`apps_race_${what.length}_${Number(isFirst)}`)
      const client = await newOAuthClient()
      const { refresh_token } = await connect(person, client)
      const code = await newCode(person, client)
      const body =
        what === 'a refresh'
          ? { grant_type: 'refresh_token', client_id: client, refresh_token }
          : { grant_type: 'authorization_code', client_id: client, redirect_uri: CALLBACK, code, code_verifier: VERIFIER }
      const send = () => new Client().post('/oauth/token', new URLSearchParams(body as Record<string, string>), atTheLine)
      const reply = await whileAtTheLine(send, decides, async () => isFirst && disconnect(person, client))
      if (isFirst) expect(reply.json.error).toBe('invalid_grant')
      else {
        expect(reply.status).toBe(200)
        await disconnect(person, client)
        expect((await bearerOf(reply.json.access_token).get('/user/me')).status).toBe(401)
        expect((await refresh(client, reply.json.refresh_token)).json.error).toBe('invalid_grant')
      }
      expect(await appsOf(person)).toEqual([])
    }
  })

  test('32 of them and 32 refreshes at once leave no live token', async () => {
    const person = await signedInPerson('apps_crowd1')
    const client = await newOAuthClient()
    const grants = await Promise.all(Array.from({ length: 4 }, () => connect(person, client)))
    const replies = await Promise.all(
      Array.from({ length: 64 }, (_, i) =>
        i % 2 === 0 ? disconnect(person, client) : refresh(client, grants[i % 4]?.refresh_token ?? '', {}),
      ),
    )
    const issued = replies.flatMap(({ json }) => (json.access_token ? [json] : []))
    for (const { access_token, refresh_token } of [...grants, ...issued]) {
      expect((await bearerOf(access_token).get('/user/me')).status).toBe(401)
      expect((await refresh(client, refresh_token)).json.error).toBe('invalid_grant')
    }
  })
})
