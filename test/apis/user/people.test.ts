// A user by user name: what `GET /user/:userId` shows, under the name. Both, and several users at once, for clients that act for themselves.
import { beforeAll, describe, expect, test } from 'vitest'
import { issueAccessToken } from '../../../src/core/oauth/access-token.ts'
import { rows } from '../../support/actors.ts'
import { spend } from '../../support/budget.ts'
import { Client, type Reply } from '../../support/kith.ts'
import { type Person, signedInPerson } from '../../support/people.ts'
import { expectWrongField } from '../../support/replies.ts'
import { bearerOf, clientToken, idOf, newCtx, newOAuthClient } from '../../support/tokens.ts'
import { update } from '../../tour/scene.ts'

let viewer: Person
let alice: Person
beforeAll(async () => {
  viewer = await signedInPerson('looks_up_names')
  alice = await signedInPerson('Alice_By_Name')
})

const byName = (path: string, by = viewer): Promise<Reply> => by.client.get(`/user/by-username/${path}`)

describe('GET /user/by-username/:username', () => {
  test('shows what the id shows, whatever the case and however the path is escaped', async () => {
    const { text } = await viewer.client.get(`/user/${alice.id}`)
    for (const name of ['Alice_By_Name', 'alice_by_name', 'ALICE_BY_NAME', '%41lice%5Fby%5Fname', 'alice_by_name?by=name']) {
      expect((await byName(name)).text, name).toBe(text)
    }
    expect((await byName('alice_by_name', alice)).text).toBe((await alice.client.get(`/user/${alice.id}`)).text)
  })

  test('finds people whose names are words of other paths', async () => {
    for (const name of ['followers', 'following', 'by_username', 'follow_requests']) {
      const person = await signedInPerson(name)
      expect((await byName(name)).json.data.user).toMatchObject({ _id: person.id, username: name })
    }
    // Neither is an id, and an id is no name.
    expect((await viewer.client.get('/user/by-username')).status).toBe(404)
    expect((await byName(alice.id)).status).toBe(404)
    expect((await byName('alice_by_name/followers')).status).toBe(404)
  })

  test('a former name leads nowhere, while it is held back and for its owner too', async () => {
    const person = await signedInPerson('had_this_name')
    expect((await person.client.patch('/user/me', { username: 'has_that_name' })).status).toBe(200)
    for (const by of [viewer, person]) {
      expect((await byName('had_this_name', by)).status).toBe(404)
      expect((await byName('has_that_name', by)).json.data.user._id).toBe(person.id)
    }
  })

  test.each([
    ['another script', encodeURIComponent('алиса_по_имени')],
    ['an accent', encodeURIComponent('alicé_by_name')],
    ['full width', encodeURIComponent('ａlice_by_name')],
    // Lower case turns both into ASCII letters, or nearly.
    ['a Kelvin sign', encodeURIComponent('loo\u212As_up_names')],
    ['a dotted capital I', encodeURIComponent('al\u0130ce_by_name')],
    ['a character that is not seen', encodeURIComponent('alice_by_name\u200b')],
    ['an emoji', encodeURIComponent('👩‍🚀👩‍🚀👩‍🚀')],
    ['a slash', 'alice%2Fby_name'],
    ['a dot', 'alice.by.name'],
    ['a space', '%20alice_by_name'],
    ['a percent sign', 'alice%25by_name'],
    ['a null byte', 'alice_by_name%00'],
    ['half a character', 'alice%E0%A4'],
    ['an at sign', '@alice_by_name'],
    ['too much', 'a'.repeat(65)],
    ['far too much', 'a'.repeat(5_000)],
  ])('no user name has %s in it', async (_, name) => {
    expectWrongField(await byName(name), 'username')
  })

  test('is for those who are signed in', async () => {
    expect((await new Client().get('/user/by-username/alice_by_name')).status).toBe(401)
  })
})

describe('a client that acts for itself', () => {
  const SCOPE = 'client:profile:read'
  const NAME = 'Read_By_Services'
  let person: Person
  let service: Client

  beforeAll(async () => {
    person = await signedInPerson(NAME)
    // Even with every scope there is.
    service = bearerOf(await clientToken(['*']))
  })

  /** Each read of the person, by the client and by somebody unrelated. */
  const readsBy = async (client: Client) => {
    const replies = await Promise.all([
      client.get(`/user/${person.id}`),
      client.get(`/user/info/${person.id}`),
      client.get(`/user/by-username/${NAME}`),
      client.post('/user/lookup', { targets: [person.id, alice.id] }),
    ])
    return replies.map(({ status, json }) => ({ status, json }))
  }

  /** All replies are those to the stranger; returns them. */
  async function expectAsToStrangers() {
    const [ofClient, ofStranger] = [await readsBy(service), await readsBy(viewer.client)]
    const body = (json: Reply['json']) => (json.ok === 1 ? json : { error: json.error, message: json.message })
    expect(ofClient.map(({ status, json }) => [status, body(json)])).toEqual(ofStranger.map(({ status, json }) => [status, body(json)]))
    return ofClient
  }

  const bio = (json: Reply['json']) => (json.data.user ?? json.data.records[0]).bio

  test('sees a person as somebody unrelated does, public or private, and never more', async () => {
    expect((await person.client.patch('/user/me', { bio: 'Seen by services', phoneCountryCode: '+44', phone: '7911123456' })).status).toBe(
      200,
    )
    for (const { status, json } of await expectAsToStrangers()) {
      expect([status, bio(json)]).toEqual([200, 'Seen by services'])
      expect(JSON.stringify(json)).not.toMatch(/7911123456|@example\.com/)
    }
    await update(person, 'is_private = 1')
    const replies = await expectAsToStrangers()
    for (const { status, json } of replies) expect([status, bio(json)]).toEqual([200, null])
    expect(replies[0]?.json.data.user).toMatchObject({ username: NAME, isPrivate: true })
    await update(person, 'is_private = 0')
  })

  test.each(['banned_at = 1', 'deleted_at = 1', 'email_verified_at = NULL'])('finds nobody whose account has %s', async (sets) => {
    const column = sets.split(' ')[0]
    const [before] = await rows<Record<string, number | null>>(`SELECT ${column} AS was FROM users WHERE id = ?`, idOf(person))
    await update(person, sets)
    const replies = await expectAsToStrangers()
    expect(replies.map(({ status }) => status)).toEqual([404, 404, 404, 200])
    expect(replies[3]?.json.data.records.map((user: { _id: string }) => user._id)).toEqual([alice.id])
    await update(person, `${column} = ${before?.was ?? 'NULL'}`)
  })

  test('costs one round trip, and is not counted', async () => {
    for (const [method, path, body] of [
      ['GET', `/user/${person.id}`],
      ['GET', `/user/by-username/${NAME}`],
      ['POST', '/user/lookup', { targets: [person.id, alice.id] }],
    ] as const) {
      const spent = await spend(service, method, path, body)
      expect([spent.status, spent.counts.d1RoundTrips, spent.counts.rowsWritten]).toEqual([200, 1, 0])
    }
  })

  test.each(['disabled_at = 1', 'epoch = epoch + 1', "scopes = 'client:oauth:all'"])(
    'reads nothing once the client has %s',
    async (sets) => {
      const clientId = await newOAuthClient(SCOPE)
      const grant = { clientId, scopes: [SCOPE], lifeSeconds: 600, holder: { clientEpoch: 0 } } as const
      const client = bearerOf(await issueAccessToken(newCtx(), grant))
      expect((await readsBy(client)).map(({ status }) => status)).toEqual([200, 200, 200, 200])
      await rows(`UPDATE oauth_clients SET ${sets} WHERE id = ?`, clientId)
      const status = sets.startsWith('scopes') ? 403 : 401
      expect((await readsBy(client)).map((reply) => reply.status)).toEqual([status, status, status, status])
    },
  )
})
