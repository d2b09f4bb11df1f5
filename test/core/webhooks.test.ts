// How events are delivered: signed, once, in order, again for three days, and to public addresses alone (docs/webhooks.md).
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { receive as receiver } from '../../examples/webhooks/receiver.ts'
import { sweep } from '../../src/core/sweep.ts'
import { deliverDueEvents } from '../../src/core/webhooks/deliver.ts'
import { EVENT_TYPES } from '../../src/core/webhooks/event-types.ts'
import { clock } from '../platform/clock.ts'
import { rows } from '../support/actors.ts'
import { giveRole, signedInAdmin } from '../support/admins.ts'
import { mailsTo, platform } from '../support/kith.ts'
import { type Person, signedInPerson } from '../support/people.ts'
import { idOf, newCtx } from '../support/tokens.ts'
import { inbox, newEndpoint, noEndpoints, receive } from '../support/webhooks.ts'

const pages = import.meta.glob<string>('../../docs/webhooks.md', { query: '?raw', import: 'default', eager: true })
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const API = '/webhook/admin-api'

let admin: Person
let ann: Person
let ben: Person

beforeAll(async () => {
  platform.reset()
  admin = await signedInAdmin('deliver_admin', 'super_admin')
  ;[ann, ben] = [await signedInPerson('deliver_ann'), await signedInPerson('deliver_ben')]
})
beforeEach(async () => {
  platform.reset()
  await noEndpoints()
  receive()
})
afterEach(() => {
  clock.restore()
  vi.unstubAllGlobals()
})

/** Something happens to a person, whoever did it. */
const change = (person: Person, bio: string) => rows('UPDATE users SET bio = ? WHERE id = ?', bio, idOf(person))
const deliveries = () =>
  rows<Record<string, unknown>>('SELECT attempts, next_attempt_at, delivered_at, last_result FROM event_deliveries ORDER BY id')
const run = () => deliverDueEvents(newCtx())
const endpointRow = async () => (await rows<Record<string, unknown>>('SELECT * FROM webhook_endpoints'))[0] ?? {}
const post = (path: string, body: Record<string, unknown>, by: Person = admin) => by.client.post(`${API}/${path}`, body)

describe('an endpoint that answers', () => {
  test('gets each event once, signed, right after the reply', async () => {
    await newEndpoint(admin.client)
    await ann.client.patch('/user/me', { bio: 'One' })
    expect(inbox.arrived).toMatchObject([{ type: 'user.updated', data: { userId: ann.id, fields: ['bio'] } }])
    await run()
    expect(inbox.arrived).toHaveLength(1)
    expect(await deliveries()).toMatchObject([{ attempts: 1, next_attempt_at: null, last_result: '204' }])
    expect(inbox.arrived[0]?.init).toMatchObject({ method: 'POST', redirect: 'manual' })
  })

  test('accepts the new secret and the old one during a rotation, and then the new one alone', async () => {
    clock.freeze()
    const { id, url } = await newEndpoint(admin.client)
    const old = inbox.secrets.get(url) ?? ''
    const reply = await post('rotate-secret', { endpoint: id })
    const { secret } = reply.json.data
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    await change(ann, 'two secrets')
    await run()
    const [both] = inbox.take()
    for (const key of [old, secret]) expect(() => new Webhook(key).verify(String(both?.init.body), both?.headers ?? {})).not.toThrow()
    inbox.secrets.set(url, secret)
    clock.advance(25 * HOUR_MS)
    await change(ann, 'one secret')
    await run()
    const [one] = inbox.take()
    expect(() => new Webhook(old).verify(String(one?.init.body), one?.headers ?? {})).toThrow()
    expect(JSON.stringify([await rows('SELECT * FROM webhook_endpoints'), await rows('SELECT detail FROM audit_events')])).not.toContain(
      secret.slice(6),
    )
  })

  test('as the documentation shows it, handles each event once and refuses a forged one', async () => {
    const { url } = await newEndpoint(admin.client)
    const [seen, handled] = [new Set<string>(), [] as unknown[]]
    const isNew = async (id: string) => !seen.has(id) && seen.add(id).size > 0
    const answer = (init: RequestInit) =>
      receiver(new Request(url, init as RequestInit), inbox.secrets.get(url) ?? '', async (event) => void handled.push(event), isNew)
    inbox.answer = ({ init }) => answer(init)
    await change(ann, 'for a receiver')
    await run()
    const [sent] = inbox.arrived
    expect((await answer(sent?.init ?? {})).status).toBe(204)
    expect((await answer({ ...sent?.init, body: '{}' })).status).toBe(400)
    expect(handled).toMatchObject([{ type: 'user.updated', data: { userId: ann.id } }])
  })

  test('64 deliverers at once send each event once', async () => {
    await newEndpoint(admin.client)
    for (const person of [ann, ben, admin]) for (let n = 0; n < 3; n++) await change(person, `race ${n}`)
    await Promise.all(Array.from({ length: 64 }, run))
    while ((await run()) > 0);
    expect(inbox.arrived).toHaveLength(9)
    expect(new Set(inbox.arrived.map(({ id }) => id)).size).toBe(9)
  })

  test('hears nothing of what it does not want, and nothing is written for it', async () => {
    await newEndpoint(admin.client, { events: ['user.deleted'] })
    await change(ann, 'unheard')
    await rows('INSERT INTO event_pauses VALUES (1)')
    await rows('UPDATE users SET deleted_at = 1 WHERE id = ?', idOf(ben))
    await rows('DELETE FROM event_pauses')
    expect(await rows('SELECT * FROM events')).toEqual([])
    await rows('UPDATE users SET deleted_at = NULL WHERE id = ?', idOf(ben))
  })
})

describe('an endpoint that fails', () => {
  test('for a day gets each event once more when it works again, in order for each person', async () => {
    clock.freeze()
    await newEndpoint(admin.client)
    inbox.answer = () => new Response(null, { status: 500 })
    for (let n = 0; n < 3; n++) for (const person of [ann, ben]) await change(person, `day ${n}`)
    for (let hour = 0; hour < 24; hour++) {
      await run()
      clock.advance(HOUR_MS)
    }
    const tried = inbox.take()
    expect(new Set(tried.map(({ id }) => id)).size, 'only the first of each person').toBe(2)
    inbox.answer = () => new Response(null, { status: 200 })
    clock.advance(DAY_MS)
    while ((await run()) > 0);
    const ids = await rows<{ id: number; user_id: number }>('SELECT id, user_id FROM events ORDER BY id')
    for (const person of [ann, ben]) {
      const got = inbox.arrived.filter(({ data }) => data.userId === person.id).map(({ id }) => Number(id.split('_')[2]))
      expect(got).toEqual(ids.filter(({ user_id }) => user_id === idOf(person)).map(({ id }) => id))
    }
    expect(await endpointRow()).toMatchObject({ failing_since: null, disabled_at: null })
  })

  test('for three days is switched off, and the administrator is told; what it missed can be sent again, in order', async () => {
    clock.freeze()
    const start = new Date(Date.now() - MINUTE_MS).toISOString()
    const { id, url } = await newEndpoint(admin.client)
    inbox.answer = () => new Response(null, { status: 503 })
    for (let n = 0; n < 3; n++) await change(ann, `off ${n}`)
    for (let hour = 0; hour < 90; hour++) {
      await run()
      clock.advance(HOUR_MS)
    }
    expect(inbox.take()).toHaveLength(10)
    expect(await endpointRow()).toMatchObject({ disabled_reason: 'failing', disabled_at: expect.any(Number) })
    expect((await deliveries()).map(({ next_attempt_at, last_result }) => [next_attempt_at, last_result])).toEqual([
      [null, '503'],
      [null, 'endpoint disabled'],
      [null, 'endpoint disabled'],
    ])
    await sweep(newCtx())
    const told = (await mailsTo(admin.email)).filter(({ subject }) => subject.includes('webhook'))
    expect(told).toHaveLength(1)
    expect(told[0]?.text).toContain(new URL(url).host)

    await change(ann, 'missed')
    clock.restore()
    expect((await post('replay-failed', { endpoint: id, since: start })).status, 'disabled').toBe(400)
    inbox.answer = () => new Response(null, { status: 200 })
    expect((await admin.client.patch(`${API}/update`, { endpoint: id, disabled: false })).status).toBe(200)
    const replayed = await post('replay-failed', { endpoint: id, since: start })
    expect(replayed.json.data).toEqual({ count: 3 })
    while ((await run()) > 0);
    const order = inbox.arrived.map(({ id: message }) => Number(message.split('_')[2]))
    expect(order).toHaveLength(3)
    expect(order).toEqual([...order].sort((a, b) => a - b))
  })

  test.each(['replay', 'replay-failed'])('gets what waits for another try with the next run, in order, after %s', async (act) => {
    clock.freeze()
    const { id } = await newEndpoint(admin.client)
    inbox.answer = () => new Response(null, { status: 503 })
    for (let n = 0; n < 2; n++) await change(ann, `waits ${n}`)
    for (let tries = 0; tries < 3; tries++) {
      await run()
      clock.advance(HOUR_MS)
    }
    await run()
    inbox.take()
    inbox.answer = () => new Response(null, { status: 200 })
    await run()
    expect(inbox.arrived).toEqual([])
    // The second of the two: it waits for the first.
    const waiting = (await admin.client.get(`${API}/deliveries?endpoint=${id}`)).json.data.records[0]._id
    const { status, json } = await post(act, act === 'replay' ? { delivery: waiting } : { endpoint: id, since: new Date(0).toISOString() })
    expect([status, json.data.count]).toEqual([200, act === 'replay' ? undefined : 1])
    while ((await run()) > 0);
    const order = inbox.arrived.map(({ id: message }) => Number(message.split('_')[2]))
    expect(order).toHaveLength(2)
    expect(order).toEqual([...order].sort((a, b) => a - b))
    clock.restore()
  })

  test('with 410 is switched off at once', async () => {
    await newEndpoint(admin.client)
    inbox.answer = () => new Response(null, { status: 410 })
    await change(ann, 'gone')
    await run()
    expect(await endpointRow()).toMatchObject({ disabled_reason: 'gone' })
  })

  test('for one event alone stays on', async () => {
    clock.freeze()
    await newEndpoint(admin.client)
    inbox.answer = ({ data }) => new Response(null, { status: data.userId === ann.id ? 500 : 200 })
    await change(ann, 'poison')
    for (let hour = 0; hour < 90; hour++) {
      await change(ben, `fine ${hour}`)
      await run()
      clock.advance(HOUR_MS)
    }
    expect((await deliveries())[0]).toMatchObject({ attempts: 10, next_attempt_at: null, last_result: '500' })
    expect(await endpointRow()).toMatchObject({ disabled_at: null })
  })

  test.each([
    ['redirects', () => new Response(null, { status: 302, headers: { location: 'https://10.0.0.1/' } }), '302'],
    ['answers without an end', () => new Response(new ReadableStream({ pull: () => new Promise(() => undefined) })), '200'],
    ['is not there', () => Promise.reject(new TypeError('refused')), 'no connection'],
  ])('one that %s keeps nobody', async (_, answer, result) => {
    await newEndpoint(admin.client)
    inbox.answer = answer
    await change(ann, `bad ${result}`)
    await run()
    expect(inbox.arrived).toHaveLength(1)
    expect(await deliveries()).toMatchObject([{ attempts: 1, last_result: result }])
  })

  test('does not keep another waiting', async () => {
    const bad = await newEndpoint(admin.client)
    await newEndpoint(admin.client)
    inbox.answer = ({ url }) => new Response(null, { status: url === bad.url ? 500 : 200 })
    for (const person of [ann, ben, admin]) await change(person, 'two endpoints')
    await run()
    expect((await deliveries()).filter(({ delivered_at }) => delivered_at !== null)).toHaveLength(3)
  })
})

describe('nothing is lost', () => {
  test('when a worker dies between the change and the delivery, or before it has noted the answer', async () => {
    for (const n of [1, 2, 3, 4]) {
      for (const strike of ['failStatement', 'loseReply'] as const) {
        await noEndpoints()
        clock.restore()
        await newEndpoint(admin.client)
        clock.freeze()
        inbox.take()
        await change(ann, `${strike} ${n}`)
        platform.beginInvocation()
        platform.faults[strike](n)
        await run().catch(() => undefined)
        expect(platform.faults.fired, `${strike} ${n}`).toBe(1)
        platform.faults.clear()
        clock.advance(3 * MINUTE_MS)
        await run()
        expect(new Set(inbox.arrived.map(({ id }) => id)).size).toBe(1)
        expect(inbox.arrived.length).toBeLessThanOrEqual(2)
        expect(await deliveries()).toMatchObject([{ next_attempt_at: null, last_result: '204' }])
      }
    }
  })

  test('a late answer does not overwrite what a later try has recorded', async () => {
    clock.freeze()
    await newEndpoint(admin.client)
    await change(ann, 'late')
    let release: (response: Response) => void = () => undefined
    inbox.answer = () => new Promise((resolve) => (release = resolve))
    const slow = run()
    await vi.waitUntil(() => inbox.arrived.length === 1)
    inbox.answer = () => new Response(null, { status: 200 })
    clock.advance(3 * MINUTE_MS)
    await run()
    release(new Response(null, { status: 500 }))
    await slow
    expect(await deliveries()).toMatchObject([{ attempts: 2, last_result: '200', next_attempt_at: null }])
  })

  test('events are kept for two weeks', async () => {
    clock.freeze()
    await newEndpoint(admin.client)
    await change(ann, 'old')
    await run()
    clock.advance(14 * DAY_MS - MINUTE_MS)
    await sweep(newCtx())
    expect(await deliveries()).toHaveLength(1)
    clock.advance(2 * MINUTE_MS)
    await sweep(newCtx())
    expect([await deliveries(), await rows('SELECT * FROM events')]).toEqual([[], []])
  })
})

describe('what an event shows', () => {
  const FULL = { profile: 'preferred_username', email: 'email', phone: 'phone_number', address: 'address' } as const
  const STATES: Readonly<Record<string, string>> = {
    banned: 'banned_at = 1, banned_until = NULL',
    deleted: "deleted_at = 1, deleted_reason = 'self'",
    unverified: 'email_verified_at = NULL',
  }

  test.each(Object.entries(FULL))('with the scope %s: its claims alone, as they are when it is sent', async (scope, claim) => {
    const cat = await signedInPerson(`full_${scope}_1`)
    await rows("UPDATE users SET phone = '5551234', country_code = 'PT' WHERE id = ?", idOf(cat))
    await newEndpoint(admin.client, { payload: 'full', scope: [scope] })
    await change(cat, 'full')
    await rows("UPDATE users SET phone = '5559999' WHERE id = ?", idOf(cat))
    await run()
    const user = inbox.take()[0]?.data.user as Record<string, unknown>
    expect(user).toHaveProperty(claim)
    for (const other of Object.values(FULL)) if (other !== claim) expect(user).not.toHaveProperty(other)
    if (scope === 'phone') expect(user.phone_number).toBe('5559999')
  })

  test.each(Object.entries(STATES))('of somebody %s: nothing', async (state, sets) => {
    const cat = await signedInPerson(`full_${state}_2`)
    await newEndpoint(admin.client, { payload: 'full', scope: ['profile', 'email', 'phone', 'address'] })
    await change(cat, 'gone meanwhile')
    await rows(`UPDATE users SET ${sets} WHERE id = ?`, idOf(cat))
    while ((await run()) > 0);
    expect(inbox.arrived.length).toBeGreaterThan(0)
    expect(inbox.arrived.map(({ data }) => data.user).filter((user) => user !== null)).toEqual([])
  })

  test('if it is thin: ids and names of fields, whatever changes', async () => {
    const values = {
      username: 'thin_secret',
      bio: 'secret',
      given_name: 'secret',
      phone: 'secret',
      custom_data: '{"a":"secret"}',
      role: 'owner',
    }
    await newEndpoint(admin.client)
    const sets = Object.keys(values).map((column) => `${column} = ?`)
    const cat = await signedInPerson('thin_before1')
    await rows(`UPDATE users SET ${sets.join(', ')} WHERE id = ?`, ...Object.values(values), idOf(cat))
    await rows("UPDATE users SET banned_at = 1, banned_reason = 'secret' WHERE id = ?", idOf(cat))
    while ((await run()) > 0);
    expect(inbox.arrived.map(({ type }) => type)).toEqual(expect.arrayContaining(['user.updated', 'user.banned']))
    expect(JSON.stringify(inbox.arrived.map(({ data }) => data))).not.toMatch(/secret|owner|thin_/)
  })
})

describe('the administration', () => {
  test('takes public https addresses alone', async () => {
    const bad = [
      'http://a.example/',
      'https://10.0.0.1/',
      'https://[::ffff:10.0.0.1]/',
      'https://[::1]/',
      'https://localhost/',
      'https://2130706433/',
      'https://db.internal/',
      'https://u:p@a.example/',
      'https://a.example/#x',
      'ftp://a.example/',
      '',
    ]
    for (const url of bad) {
      const reply = await post('create', { url, events: ['*'] })
      expect([url, reply.status, reply.json.additionalInfo?.errors?.[0]?.path]).toEqual([url, 400, 'url'])
    }
    const { id } = await newEndpoint(admin.client)
    // As if the rule had changed since.
    await rows("UPDATE webhook_endpoints SET url = 'https://[::ffff:7f00:1]/'")
    await post('test', { endpoint: id })
    expect(inbox.arrived).toEqual([])
    expect(await deliveries()).toMatchObject([{ last_result: 'not a public address' }])
  })

  test.each([
    [{ events: [] }, 'events'],
    [{ events: ['user.created', '*'] }, 'events'],
    [{ events: ['user.exploded'] }, 'events'],
    [{ events: ['*'], kind: 'queue', url: '' }, 'kind'],
    [{ events: ['*'], payload: 'full' }, 'scope'],
    [{ events: ['*'], scope: ['profile'] }, 'scope'],
    [{ events: ['*'], payload: 'full', scope: ['openid'] }, 'scope'],
    [{ events: ['*'], secret: 'mine' }, 'secret'],
  ])('refuses %j and names the field', async (fields, path) => {
    const reply = await post('create', { url: 'https://ok.example/', ...fields })
    expect(reply.status, reply.text).toBe(400)
    expect(reply.json.additionalInfo.errors[0].path).toMatch(new RegExp(`^${path}`))
  })

  test('a full payload takes the right to see users', async () => {
    await rows(
      "INSERT OR IGNORE INTO roles (id, display_name, ranking, description, scopes, system, created_at, updated_at) VALUES ('hooks', 'Hooks', 50, 'x', 'admin:webhook:all delegated:all', 0, 0, 0)",
    )
    const clerk = await signedInPerson('deliver_clerk')
    await giveRole(clerk, 'hooks')
    await clerk.client.post('/user/login', { username: clerk.username, password: clerk.password, userAgent: 'x' })
    const body = { url: 'https://clerk.example/', events: ['*'] }
    expect((await post('create', { ...body, payload: 'full', scope: ['email'] }, clerk)).status).toBe(403)
    expect((await post('create', body, clerk)).status).toBe(201)
  })

  test('shows what was delivered, sends one again with the same id, and deletes an endpoint with its log', async () => {
    const { id } = await newEndpoint(admin.client)
    await ann.client.patch('/user/me', { bio: 'shown' })
    const [sent] = inbox.take()
    const list = await admin.client.get(`${API}/deliveries?endpoint=${id}&state=delivered`)
    expect(list.json.data.records).toMatchObject([
      { messageId: sent?.id, type: 'user.updated', user: ann.id, data: { fields: ['bio'] }, lastResult: '204' },
    ])
    expect((await admin.client.get(`${API}/deliveries?endpoint=${id}&state=failed`)).json.data.records).toEqual([])
    expect((await post('replay', { delivery: list.json.data.records[0]._id })).status).toBe(200)
    expect(inbox.take().map(({ id: message }) => message)).toEqual([sent?.id])
    expect((await post('delete', { endpoint: id })).status).toBe(200)
    expect(await deliveries()).toEqual([])
  })

  test('a queue gets the same events, by its binding', async () => {
    const sent: unknown[] = []
    const EVENTS = { send: async (message: unknown) => void sent.push(message) } as unknown as Queue
    const env = { ...platform.env, EVENTS } as typeof platform.env
    await newEndpoint(admin.client)
    await rows("UPDATE webhook_endpoints SET kind = 'queue', url = ''")
    await change(ann, 'queued')
    await deliverDueEvents(newCtx(env))
    expect(sent).toMatchObject([{ id: expect.stringMatching(/^msg_/), type: 'user.updated', data: { userId: ann.id, fields: ['bio'] } }])
    expect(await deliveries()).toMatchObject([{ last_result: 'queued' }])
  })

  test('docs/webhooks.md lists each type of event as the code describes it', () => {
    for (const [type, { description }] of Object.entries(EVENT_TYPES))
      expect(Object.values(pages)[0]).toContain(`| \`${type}\` | ${description} |`)
  })
})
