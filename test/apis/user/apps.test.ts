// Connected apps: what people see of the clients that they have allowed, and what disconnecting one ends.
import { beforeAll, describe, expect, test } from 'vitest'
import { AppsReply } from '../../../src/apis/user/connected-apps/presenters.ts'
import { issueAccessToken } from '../../../src/core/oauth/access-token.ts'
import type { Scope } from '../../../src/core/scopes.ts'
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

async function newCode(person: Person, clientId: string): Promise<string> {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: CALLBACK,
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
  })
  const reply = await person.client.get(`/oauth/authorize?${query}`)
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
    expect(first.scopes).toContainEqual({ scope: 'delegated:media:read', description: 'See your files' })
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
