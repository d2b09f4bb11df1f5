// What other systems are told of: each change over HTTP, in the order of the changes, and nothing that is no news (docs/webhooks.md).
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { sweep } from '../../../src/core/sweep.ts'
import { EVENT_TYPE_NAMES } from '../../../src/core/webhooks/event-types.ts'
import { toHex } from '../../../src/ids.ts'
import { clock } from '../../platform/clock.ts'
import { rows } from '../../support/actors.ts'
import { signedInAdmin } from '../../support/admins.ts'
import { putBlock, putEdge } from '../../support/graph.ts'
import { Client, newestCode, platform } from '../../support/kith.ts'
import { newFile } from '../../support/media.ts'
import { logIn, PASSWORD, type Person, signedInPerson, signUp, verifiedPerson } from '../../support/people.ts'
import { idOf, newCtx, newGrant, newOAuthClient, putConsent } from '../../support/tokens.ts'
import { inbox, newEndpoint, noEndpoints, receive } from '../../support/webhooks.ts'

const API = '/user/admin-api'
const DAY_MS = 86_400_000

let admin: Person
let ann: Person
let ben: Person
const seen = new Set<string>()

beforeAll(async () => {
  platform.reset()
  admin = await signedInAdmin('hooks_admin', 'super_admin')
  ;[ann, ben] = [await signedInPerson('hooks_ann11'), await signedInPerson('hooks_ben11')]
  receive()
  await newEndpoint(admin.client)
})
beforeEach(receive)
afterEach(() => {
  for (const { type } of inbox.arrived) seen.add(type)
  clock.restore()
  vi.unstubAllGlobals()
})

/** What has arrived, without times and ids of its own. */
function told(): unknown[] {
  return inbox.take().map(({ type, data }) => {
    seen.add(type)
    return { type, ...data }
  })
}

/** Does something, which must succeed. */
async function act(promise: Promise<{ status: number; text: string }>): Promise<unknown[]> {
  const reply = await promise
  expect(reply.status, reply.text).toBeLessThan(400)
  return told()
}

const of = (person: Person, type: string, more: object = {}) => ({ type, userId: person.id, ...more })
const asAdmin = (path: string, body: Record<string, unknown>) => act(admin.client.post(`${API}/${path}`, body))

describe('an account', () => {
  test('is nobody until its address is verified; then it is created', async () => {
    const cat = await signUp('hooks_cat11')
    expect(told()).toEqual([])
    const code = await newestCode(cat.email)
    expect(await act(cat.client.post('/user/verify-email', { code }))).toEqual([of(cat, 'user.created'), of(cat, 'user.verified')])
    expect(await act(logIn(cat))).toEqual([of(cat, 'session.created', { sessionId: expect.any(String), clientId: null })])
  })

  test('that never verifies its address comes and goes unheard', async () => {
    clock.freeze()
    await signUp('hooks_dan11')
    clock.advance(2 * DAY_MS)
    await sweep(newCtx())
    expect(await rows("SELECT id FROM users WHERE username = 'hooks_dan11'")).toEqual([])
    expect(told()).toEqual([])
  })

  test('that an administrator creates is one at once', async () => {
    const body = { username: 'hooks_eva11', firstName: 'Eva', lastName: 'Test', email: 'hooks_eva11@example.com', password: PASSWORD }
    expect(await asAdmin('create', body)).toEqual([
      { type: 'user.created', userId: expect.any(String) },
      { type: 'user.verified', userId: expect.any(String) },
    ])
  })

  test('changes: the names of the fields alone', async () => {
    const updated = (...fields: string[]) => of(ann, 'user.updated', { fields })
    expect(await act(ann.client.patch('/user/me', { firstName: 'Anna', bio: 'Hello' }))).toEqual([updated('firstName', 'bio')])
    expect(await act(ann.client.patch('/user/me', { firstName: 'Anna' })), 'nothing new').toEqual([])
    expect(await act(ann.client.post('/user/private', { state: true }))).toEqual([updated('isPrivate')])
    expect(await act(ann.client.post('/user/private', { state: false }))).toEqual([updated('isPrivate')])
    expect(
      await act(admin.client.fetch(`${API}/custom-data`, { method: 'PUT', body: { target: ann.id, customData: { plan: 'gold' } } })),
    ).toEqual([updated('customData')])
    expect(await asAdmin('verify', { target: ann.id, state: true })).toEqual([updated('verified')])
    expect(await asAdmin('subscription', { target: ann.id, state: true, tier: 'gold' })).toEqual([updated('subscriptionTier')])
  })

  test('gets a new role or password: all its sessions end', async () => {
    const fay = await signedInPerson('hooks_fay11')
    told()
    const ended = of(fay, 'session.revoked', { sessionId: null, clientId: null })
    const role = await act(admin.client.patch(`${API}/update`, { target: fay.id, role: 'owner' }))
    expect(role).toHaveLength(2)
    expect(role).toEqual(expect.arrayContaining([of(fay, 'user.updated', { fields: ['role'] }), ended]))
    await logIn(fay)
    told()
    const password = { password: 'another-horse-battery', currentPassword: PASSWORD }
    const changed = await act(fay.client.patch('/user/me', password))
    expect(changed).toEqual(expect.arrayContaining([of(fay, 'user.updated', { fields: ['password'] })]))
    await rows('UPDATE users SET epoch = epoch + 1 WHERE id = ?', idOf(fay))
    await rows('UPDATE users SET epoch = epoch + 1 WHERE id = ?', idOf(fay))
    await sweep(newCtx())
    expect(told(), 'once: there were none left').toHaveLength(1)
  })

  test('is restricted and banned until a time, and is not any more', async () => {
    const until = new Date(Date.now() + DAY_MS).toISOString()
    const gus = await signedInPerson('hooks_gus11')
    told()
    expect(await asAdmin('restrict', { target: gus.id, state: true, until })).toEqual([of(gus, 'user.restricted', { until })])
    expect(await asAdmin('restrict', { target: gus.id, state: false })).toEqual([of(gus, 'user.unrestricted')])
    const banned = await asAdmin('ban', { target: gus.id, state: true, until, reason: 'Spam' })
    expect(banned).toHaveLength(2)
    expect(banned).toEqual(
      expect.arrayContaining([of(gus, 'user.banned', { until }), expect.objectContaining({ type: 'session.revoked' })]),
    )
    expect(await asAdmin('ban', { target: gus.id, state: true, until, reason: 'More spam' }), 'the reason is no news').toEqual([])
    expect(await asAdmin('ban', { target: gus.id, state: true })).toEqual([of(gus, 'user.banned', { until: null })])
    expect(await asAdmin('ban', { target: gus.id, state: false })).toEqual([of(gus, 'user.unbanned')])
  })

  test('is deleted, restored, and purged: one event each, and none for what the purge removes', async () => {
    clock.freeze()
    const hal = await signedInPerson('hooks_hal11')
    await newFile(hal.client)
    const client = await newOAuthClient()
    await putConsent(hal.id, client)
    await Promise.all([putEdge(hal, ann), putEdge(ann, hal), putBlock(hal, ben), putBlock(ben, hal)])
    await sweep(newCtx())
    told()
    expect(await asAdmin('delete', { target: hal.id })).toEqual(expect.arrayContaining([of(hal, 'user.deleted')]))
    expect(await asAdmin('restore', { target: hal.id })).toEqual([of(hal, 'user.restored')])
    await asAdmin('delete', { target: hal.id })
    clock.advance(15 * DAY_MS)
    // The purge, its edges, and what is left, which the next run removes.
    for (let run = 0; run < 4; run++) await sweep(newCtx())
    expect(await rows('SELECT id FROM users WHERE id = ?', idOf(hal))).toEqual([])
    expect(told()).toEqual([of(hal, 'user.purged')])
  })
})

describe('a session', () => {
  test('begins and ends', async () => {
    const browser = new Client()
    const [created] = (await act(logIn(ben, browser))) as { sessionId: string }[]
    expect(created).toEqual(of(ben, 'session.created', { sessionId: expect.stringMatching(/^[0-9a-f]{24}$/), clientId: null }))
    expect(await act(browser.post('/user/logout', {}))).toEqual([
      of(ben, 'session.revoked', { sessionId: created?.sessionId, clientId: null }),
    ])
  })

  test('of an app names the client; an administrator who looks at an account is none', async () => {
    const client = await newOAuthClient()
    const grant = toHex(await newGrant(ben, client))
    await act(ben.client.delete(`/user/sessions/${grant}`))
    seen.add('session.created')
    await rows("UPDATE sessions SET impersonator_id = 1, impersonation = 'read', revoked_at = 1 WHERE id = ?", Number.parseInt(grant, 16))
    expect(told()).toEqual([])
  })

  test('of a client that was deleted, or that ended with all others before, is not told of again', async () => {
    const client = await newOAuthClient('*', { token_endpoint_auth_method: 'deleted' })
    const other = await newOAuthClient()
    const [one, two] = [await newGrant(ben, client), await newGrant(ben, other)]
    await rows('UPDATE sessions SET epoch = epoch - 1 WHERE id = ?', two)
    await sweep(newCtx())
    told()
    await rows('UPDATE sessions SET revoked_at = 1 WHERE id IN (?, ?)', one, two)
    await sweep(newCtx())
    expect(told()).toEqual([])
  })
})

describe('people', () => {
  test('follow, ask, accept and unfollow', async () => {
    const edge = { followId: expect.any(String), followedId: ann.id }
    expect(await act(ben.client.post('/user/follow', { target: ann.id }))).toEqual([of(ben, 'follow.created', edge)])
    expect(await act(ben.client.post('/user/unfollow', { target: ann.id }))).toEqual([of(ben, 'follow.deleted', edge)])
    await ann.client.post('/user/private', { state: true })
    told()
    const [asked] = (await act(ben.client.post('/user/follow', { target: ann.id }))) as { followId: string }[]
    expect(asked).toEqual(of(ben, 'follow.requested', edge))
    expect(await act(ann.client.patch('/user/follow-request', { request: asked?.followId }))).toEqual([of(ben, 'follow.created', edge)])
    await ann.client.post('/user/private', { state: false })
  })

  test('block and unblock; the follows between them end', async () => {
    told()
    const block = { blockId: expect.any(String), blockedId: ben.id }
    const told1 = await act(ann.client.post('/user/block', { target: ben.id }))
    expect(told1).toHaveLength(2)
    expect(told1).toEqual(
      expect.arrayContaining([of(ann, 'block.created', block), expect.objectContaining({ type: 'follow.deleted', userId: ben.id })]),
    )
    expect(await act(ann.client.post('/user/unblock', { target: ben.id }))).toEqual([of(ann, 'block.deleted', block)])
  })

  test('become followers of an account that goes public: its event stands for all of them', async () => {
    await ann.client.post('/user/private', { state: true })
    for (const person of [ben, admin]) await person.client.post('/user/follow', { target: ann.id })
    told()
    expect(await act(ann.client.post('/user/private', { state: false }))).toEqual([of(ann, 'user.updated', { fields: ['isPrivate'] })])
    expect(await rows('SELECT id FROM follows WHERE followed_id = ? AND approved_at IS NULL', idOf(ann))).toEqual([])
  })

  test('whom an account banned for good has followed: the ban stands for all of them', async () => {
    const ida = await verifiedPerson('hooks_ida11')
    await Promise.all([putEdge(ida, ann), putEdge(ben, ida)])
    await sweep(newCtx())
    told()
    expect(await asAdmin('ban', { target: ida.id, state: true })).toEqual([of(ida, 'user.banned', { until: null })])
    await sweep(newCtx())
    expect(await rows('SELECT id FROM follows WHERE ? IN (follower_id, followed_id)', idOf(ida))).toEqual([])
    expect(told()).toEqual([])
  })
})

describe('things of a person', () => {
  test('a file is created and deleted', async () => {
    const fileId = await newFile(ben.client)
    expect(told()).toEqual([of(ben, 'file.created', { fileId })])
    expect(await act(ben.client.delete(`/user/media/files/${fileId}`))).toEqual([of(ben, 'file.deleted', { fileId })])
  })

  test('a consent is granted, extended, reduced and withdrawn: with the scopes that the client has then', async () => {
    const clientId = await newOAuthClient('profile email phone', { first_party: 0 })
    await putConsent(ben.id, clientId, 'profile email')
    await rows("UPDATE consents SET scopes = 'profile email phone' WHERE client_id = ?", clientId)
    await sweep(newCtx())
    expect(told()).toEqual([
      of(ben, 'consent.granted', { clientId, scopes: ['profile', 'email'] }),
      of(ben, 'consent.granted', { clientId, scopes: ['profile', 'email', 'phone'] }),
    ])
    const withdraw = (scope: string) => act(ben.client.delete(`/user/apps/${clientId}/scopes?scope=${scope}`))
    expect(await withdraw('phone')).toEqual([of(ben, 'consent.revoked', { clientId, scopes: ['profile', 'email'] })])
    expect(await act(ben.client.delete(`/user/apps/${clientId}`))).toEqual([of(ben, 'consent.revoked', { clientId, scopes: [] })])
  })
})

afterAll(async () => {
  // Each type that there is has been told of here.
  expect(EVENT_TYPE_NAMES.filter((type) => !seen.has(type))).toEqual([])
  await noEndpoints()
})
