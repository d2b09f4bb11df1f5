// The effects of a ban, a restriction and a deletion by an administrator, over HTTP (design §2, §5; docs/decisions/006).
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { setBan } from '../../../src/core/admin/moderation.ts'
import { userGate } from '../../../src/core/gate.ts'
import { newId, type UserId } from '../../../src/ids.ts'
import { clock } from '../../platform/clock.ts'
import { count, rowOf, rows, trailOf } from '../../support/actors.ts'
import { giveRole, signedInAdmin } from '../../support/admins.ts'
import { Client, db, mailsTo, platform } from '../../support/kith.ts'
import { logIn, type Person, signedInPerson, signUp, verifiedPerson } from '../../support/people.ts'
import { expectWrongField } from '../../support/replies.ts'
import { idOf } from '../../support/tokens.ts'
import { ctxInterrupted, newBrowser } from '../oauth/harness.ts'

const API = '/user/admin-api'
const MINUTE_MS = 60_000
let admin: Person

beforeAll(async () => {
  admin = await signedInAdmin('admin_mod1')
})
afterEach(() => clock.restore())

const ban = (target: Person, more: Record<string, unknown> = {}) =>
  admin.client.post(`${API}/ban`, { target: target.id, state: true, ...more })
const lift = (target: Person) => admin.client.post(`${API}/ban`, { target: target.id, state: false })
const inMinutes = (minutes: number) => new Date(Date.now() + minutes * MINUTE_MS).toISOString()
const edgesOf = (person: Person) => count('follows WHERE follower_id = ?1 OR followed_id = ?1', idOf(person))
const actsOn = async (person: Person) => (await trailOf(person)).flatMap(({ type, actor_id }) => (actor_id === null ? [] : [type]))

describe('a ban', () => {
  test('without a state is told that it is required, not that its value is wrong', async () => {
    const reply = await admin.client.post(`${API}/ban`, { target: admin.id })
    expect([reply.status, reply.json.additionalInfo.errors]).toMatchObject([400, [{ path: 'state', msg: 'is required' }]])
  })

  test('kills every credential on the next request, and hides the person from everybody but administrators', async () => {
    const [bob, eve] = [await signedInPerson('gone_bob11'), await signedInPerson('gone_eve11')]
    await eve.client.post('/user/follow', { target: bob.id })
    await bob.client.post('/user/follow', { target: eve.id })
    expect((await ban(bob, { reason: 'Spam' })).json.data.user).toMatchObject({ isBanned: true, bannedReason: 'Spam', bannedUntil: null })
    expect((await bob.client.get('/user/me')).status).toBe(401)
    const refused = await logIn(bob, new Client())
    const wrong = await logIn({ ...bob, password: 'not-the-password-at-all' }, new Client())
    expect([refused.status, refused.json]).toEqual([wrong.status, wrong.json])
    expect((await eve.client.get(`/user/${bob.id}`)).status).toBe(404)
    expect((await eve.client.post('/user/follow', { target: bob.id })).status).toBe(404)
    expect((await eve.client.get('/user/me')).json.data.user).toMatchObject({ followerCount: 0, followingCount: 0 })
    expect((await admin.client.get(`/user/${bob.id}`)).json.data.user).toMatchObject({
      isBanned: true,
      followerCount: 0,
      followingCount: 0,
    })
    expect(await edgesOf(bob)).toBe(0)
    expect(await count('edge_work')).toBe(0)
  })

  test('without end that is lifted leaves the person able to sign in; edges do not come back, blocks stayed', async () => {
    const [bob, eve, mal] = [await signedInPerson('back_bob11'), await signedInPerson('back_eve11'), await signedInPerson('back_mal11')]
    await eve.client.post('/user/follow', { target: bob.id })
    await bob.client.post('/user/block', { target: mal.id })
    await ban(bob)
    expect((await lift(bob)).json.data.user).toMatchObject({ isBanned: false, bannedReason: null, bannedDate: null })
    expect((await bob.client.get('/user/me')).status).toBe(401)
    expect((await logIn(bob)).status).toBe(200)
    expect((await bob.client.get('/user/me')).json.data.user.followerCount).toBe(0)
    expect((await mal.client.get(`/user/${bob.id}`)).status).toBe(404)
    expect((await lift(bob)).status).toBe(200)
    expect(await actsOn(bob)).toEqual(['banned', 'ban_lifted'])
  })

  test('with an end keeps the edges, and ends by itself', async () => {
    clock.freeze()
    const [bob, eve] = [await signedInPerson('time_bob11'), await signedInPerson('time_eve11')]
    await eve.client.post('/user/follow', { target: bob.id })
    await ban(bob, { until: inMinutes(30) })
    expect((await bob.client.get('/user/me')).status).toBe(401)
    expect((await eve.client.get('/user/following')).json.data.records).toEqual([])
    expect(await edgesOf(bob)).toBe(1)
    clock.advance(31 * MINUTE_MS)
    expect((await eve.client.get('/user/following')).json.data.records).toHaveLength(1)
    expect((await bob.client.get('/user/me')).status).toBe(401)
    expect((await logIn(bob)).status).toBe(200)
    expect((await bob.client.get('/user/me')).json.data.user).toMatchObject({ followerCount: 1, isBanned: false })
    // A later ban is a new one.
    await ban(bob, { until: inMinutes(30) })
    expect((await bob.client.get('/user/me')).status).toBe(401)
  })

  test('with an end that is made endless removes the edges then', async () => {
    const [bob, eve] = [await signedInPerson('more_bob11'), await signedInPerson('more_eve11')]
    await eve.client.post('/user/follow', { target: bob.id })
    await ban(bob, { until: inMinutes(30) })
    const since = (await admin.client.get(`${API}/user-info?target=${bob.id}`)).json.data.user.bannedDate
    expect((await ban(bob)).json.data.user).toMatchObject({ bannedDate: since, bannedUntil: null })
    expect(await edgesOf(bob)).toBe(0)
  })

  const bansMailed = (person: Person) => count("mail_outbox WHERE user_id = ? AND kind = 'banned'", idOf(person))

  test('is mailed to the person, with its end and reason: once for each act that changes something', async () => {
    const bob = await verifiedPerson('told_bob11')
    await ban(bob, { reason: 'Spam <b>here</b>', until: '2099-01-01T00:00:00Z' })
    const [mail] = await mailsTo(bob.email, 1)
    expect(mail?.subject).toBe('Your Kith account was suspended')
    expect(mail?.text).toMatch(/Until: 1 January 2099 at 00:00 UTC\n+Reason: Spam <b>here<\/b>\n/)
    expect(mail?.html).toContain('Spam &lt;b&gt;here&lt;/b&gt;')
    await ban(bob, { reason: 'Spam <b>here</b>', until: '2099-01-01T00:00:00Z' })
    expect(await bansMailed(bob)).toBe(1)
    await ban(bob)
    expect((await mailsTo(bob.email, 1))[0]?.text).toMatch(/Until further notice\n/)
    await lift(bob)
    expect(await bansMailed(bob)).toBe(2)
  })

  test('is mailed once, however often it is asked for and whatever becomes of the reply', async () => {
    const raced = await verifiedPerson('told_race11')
    await Promise.all(Array.from({ length: 64 }, () => ban(raced, { reason: 'Spam' })))
    expect(await bansMailed(raced)).toBe(1)
    for (const fault of ['failStatement', 'loseReply'] as const) {
      const bob = await verifiedPerson(`told_${fault.toLowerCase()}`)
      platform.faults[fault](2)
      expect((await ban(bob)).status).toBe(200)
      platform.faults.clear()
      expect(await bansMailed(bob)).toBe(1)
    }
  })

  test('is mailed to no address that is not proved, nor about an account that is deleted', async () => {
    const [unproved, gone] = [await signUp('told_not11'), await verifiedPerson('told_gone11')]
    await rows("UPDATE users SET deleted_at = ?1, deleted_reason = 'self' WHERE id = ?2", Date.now(), idOf(gone))
    for (const person of [unproved, gone]) {
      expect((await ban(person)).status).toBe(200)
      expect([person.username, await bansMailed(person)]).toEqual([person.username, 0])
    }
  })

  test('of somebody with very many edges removes a chunk at once, the rest after the reply, and keeps the counters right', async () => {
    const bob = await signedInPerson('many_bob11')
    const people = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)`
    await rows(
      `INSERT INTO users (id, username, username_key, email_verified_at, created_at, updated_at) ${people} SELECT i, 'f_' || i, 'f_' || i, 1, 1, 1 FROM n`,
    )
    await rows(`INSERT INTO follows (id, follower_id, followed_id, approved_at) ${people} SELECT i, i, ?1, 1 FROM n`, idOf(bob))
    expect((await bob.client.get('/user/me')).json.data.user.followerCount).toBe(2500)
    expect((await ban(bob)).json.data.user.followerCount).toBe(1500)
    expect(await edgesOf(bob)).toBe(0)
    expect(await count('edge_work')).toBe(0)
    expect(await count('users WHERE id <= 2500 AND following_count <> 0')).toBe(0)
  })

  test('that is lifted while edges are being removed stops the removal; a deletion goes on', async () => {
    const [bob, gone, eve] = [await signedInPerson('half_bob11'), await signedInPerson('half_del11'), await signedInPerson('half_eve11')]
    for (const person of [bob, gone]) {
      await ban(person)
      // The state between two chunks.
      const edge = db.prepare('INSERT INTO follows (id, follower_id, followed_id, approved_at) VALUES (?1, ?2, ?3, 1)')
      await edge.bind(newId(), idOf(eve), idOf(person)).run()
      await rows("INSERT INTO edge_work (user_id, kind, created_at) VALUES (?1, 'remove_edges', 1)", idOf(person))
    }
    await admin.client.post(`${API}/delete`, { target: gone.id })
    await lift(bob)
    await lift(gone)
    expect([await edgesOf(bob), await edgesOf(gone)]).toEqual([1, 0])
    expect(await count('edge_work')).toBe(0)
  })

  test.each([
    ['until', { until: '2001-01-01T00:00:00.000Z' }],
    ['until', { until: 'tomorrow' }],
    ['until', { state: false, until: '2099-01-01T00:00:00.000Z' }],
    ['reason', { reason: 'x'.repeat(257) }],
    ['reason', { reason: '\u202Egnorw' }],
    ['state', { state: 1 }],
    ['edges', { edges: false }],
  ])('with a wrong %s is refused and changes nothing', async (path, more) => {
    const bob = await verifiedPerson(`bad_${crypto.randomUUID().slice(0, 8)}`)
    for (const act of ['ban', 'restrict']) {
      expectWrongField(await admin.client.post(`${API}/${act}`, { target: bob.id, state: true, ...more }), path)
    }
    expect(await count('users WHERE id = ?1 AND banned_at IS NULL AND restricted_at IS NULL', idOf(bob))).toBe(1)
    expect(await actsOn(bob)).toEqual([])
  })

  test.each([1, 2, 3])('whose reply D1 loses at round trip %i is done once', async (n) => {
    const bob = await signedInPerson(`lost_bob1${n}`)
    const before = await rowOf(bob)
    platform.faults.loseReply(n)
    const first = await ban(bob)
    platform.faults.clear()
    expect([200, 503]).toContain(first.status)
    expect((await ban(bob)).status).toBe(200)
    expect((await rowOf(bob))?.epoch).toBe(Number(before?.epoch) + 1)
    expect(await actsOn(bob)).toEqual(['banned'])
  })

  test.each([1, 2])('that D1 fails at round trip %i with an ambiguous error is done or refused, never falsely confirmed', async (n) => {
    const bob = await signedInPerson(`fail_bob1${n}`)
    platform.faults.failStatement(n)
    const reply = await ban(bob)
    platform.faults.clear()
    expect(await count('users WHERE id = ?1 AND banned_at IS NOT NULL', idOf(bob))).toBe(reply.status === 200 ? 1 : 0)
    expect(await actsOn(bob)).toEqual(reply.status === 200 ? ['banned'] : [])
  })

  test('of somebody who is promoted in between does not happen', async () => {
    const bob = await verifiedPerson('rise_bob11')
    const { sessionId, cookie } = await newBrowser(idOf(admin))
    const secret = cookie.split('.').at(-1) ?? ''
    const ctx = ctxInterrupted(() => giveRole(bob, 'super_admin'))
    const gate = userGate(ctx, { kind: 'browser', sessionId, userId: idOf(admin), secret }, 'admin:profile:sensitive:high:write')
    await expect(setBan(ctx, gate, { userId: idOf(bob), state: true, reason: null, until: null })).rejects.toMatchObject({
      code: 'forbidden',
    })
    expect(await count('users WHERE id = ?1 AND banned_at IS NULL', idOf(bob))).toBe(1)
    expect(await count('edge_work')).toBe(0)
    expect(await actsOn(bob)).toEqual([])
  })
})

describe('a restriction', () => {
  test('lets the person sign in and read, and refuses social and profile writes, until it ends', async () => {
    clock.freeze()
    const [bob, eve] = [await signedInPerson('rest_bob11'), await signedInPerson('rest_eve11')]
    const body = { target: bob.id, state: true, reason: 'Cool down', until: inMinutes(30) }
    expect((await admin.client.post(`${API}/restrict`, body)).json.data.user).toMatchObject({
      isRestricted: true,
      restrictedReason: 'Cool down',
    })
    expect((await logIn(bob)).status).toBe(200)
    expect((await bob.client.get('/user/me')).json.data.user.isRestricted).toBe(true)
    expect((await bob.client.get(`/user/${eve.id}`)).status).toBe(200)
    expect((await bob.client.get('/user/followers')).status).toBe(200)
    expect((await eve.client.get(`/user/${bob.id}`)).json.data.user.isRestricted).toBeNull()
    const writes = [
      () => bob.client.post('/user/follow', { target: eve.id }),
      () => bob.client.post('/user/unfollow', { target: eve.id }),
      () => bob.client.post('/user/private', { state: false }),
      () => bob.client.patch('/user/me', { bio: 'Not now.' }),
      () => bob.client.fetch('/user/status', { method: 'PUT', body: { statusMessage: 'no' } }),
      () => bob.client.delete('/user/status'),
    ]
    for (const write of writes) {
      const reply = await write()
      expect([reply.status, reply.json.error, reply.json.additionalInfo.reason]).toEqual([403, 'Forbidden', 'restricted'])
    }
    expect((await bob.client.get('/user/logout-all', { headers: { 'sec-fetch-site': 'same-origin' } })).status).toBe(200)
    clock.advance(31 * MINUTE_MS)
    expect((await logIn(bob)).status).toBe(200)
    for (const write of writes) expect((await write()).status).toBeLessThan(300)
  })

  test('can be lifted, and does not sign anybody out', async () => {
    const bob = await signedInPerson('free_bob11')
    await admin.client.post(`${API}/restrict`, { target: bob.id, state: true })
    expect((await bob.client.patch('/user/me', { bio: 'Hello.' })).status).toBe(403)
    await admin.client.post(`${API}/restrict`, { target: bob.id, state: false })
    expect((await bob.client.patch('/user/me', { bio: 'Hello.' })).status).toBe(200)
    expect(await actsOn(bob)).toEqual(['restricted', 'restriction_lifted'])
  })
})

describe('a deletion by an administrator', () => {
  test('signs out at once, hides the person, and leaves no way back', async () => {
    const [bob, eve] = [await signedInPerson('dele_bob11'), await signedInPerson('dele_eve11')]
    expect((await admin.client.delete(`${API}/delete`, { body: { target: bob.id } })).json).toEqual({ ok: 1 })
    expect((await bob.client.get('/user/me')).status).toBe(401)
    expect((await eve.client.get(`/user/${bob.id}`)).status).toBe(404)
    expect((await logIn(bob, new Client())).status).toBe(401)
    expect(await rowOf(bob)).toMatchObject({ deleted_reason: 'admin', deleted_at: expect.any(Number) })
    expect(await actsOn(bob)).toEqual(['account_deleted'])
  })

  test('takes away the way back of an account that its owner has deleted, also after a failure', async () => {
    const bob = await signedInPerson('dele_own11')
    await rows("UPDATE users SET deleted_at = ?2, deleted_reason = 'self' WHERE id = ?1", idOf(bob), Date.now())
    platform.faults.failStatement(2)
    expect((await admin.client.post(`${API}/delete`, { target: bob.id })).status).toBe(200)
    platform.faults.clear()
    expect(await count("users WHERE id = ?1 AND deleted_reason = 'admin'", idOf(bob))).toBe(1)
    expect((await logIn(bob, new Client())).status).toBe(401)
  })

  test('of an account that is being purged finds nobody', async () => {
    const id = newId<UserId>()
    await rows(
      "INSERT INTO users (id, username, username_key, deleted_at, deleted_reason, created_at, updated_at) VALUES (?1, 'deleted:1', 'deleted:1', 1, 'purged', 1, 1)",
      id,
    )
    const target = id.toString(16).padStart(24, '0')
    expect((await admin.client.post(`${API}/delete`, { target })).status).toBe(404)
    expect((await admin.client.fetch(`${API}/custom-data`, { method: 'PUT', body: { target, customData: { a: 1 } } })).status).toBe(404)
    expect((await admin.client.get(`${API}/user-info?target=${target}`)).status).toBe(404)
  })
})
