// The console's section of webhooks: who may do what, secrets that are shown once, the log, and bad input. The rules themselves are
// tested at the API, whose functions these pages call.
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { EVENT_TYPE_NAMES } from '../../src/core/webhooks/event-types.ts'
import { rows } from '../support/actors.ts'
import { giveRole, signedInAdmin } from '../support/admins.ts'
import { type Client, db, ORIGIN, platform, type Reply } from '../support/kith.ts'
import { alertIn, browserOf, fillIn, follow, formOf, noticeIn, open, send } from '../support/pages.ts'
import { type Person, verifiedPerson } from '../support/people.ts'
import { idOf } from '../support/tokens.ts'
import { inbox, newEndpoint, noEndpoints, receive } from '../support/webhooks.ts'

const NEW = '/admin/webhooks/new'
const ACTS = ['edit', 'test', 'retry', 'rotate', 'disable', 'enable', 'delete']
const URL_ = 'https://console-hooks.example/kith'

let boss: Person
let root: Client

beforeAll(async () => {
  platform.reset()
  boss = await signedInAdmin('hooks_boss', 'super_admin')
  root = await browserOf(boss)
})
beforeEach(async () => {
  receive()
  await noEndpoints()
})
afterAll(() => {
  vi.unstubAllGlobals()
})

const about = (id: string, act = 'webhook') => `/admin/webhooks/${act}?id=${id}`
const look = (client: Client, path: string) => client.get(path, { headers: { accept: 'text/html' } })
const secretIn = ({ text }: Pick<Reply, 'text'>) => /whsec_[\w+/=]+/.exec(text)?.[0]
const idIn = ({ text }: Pick<Reply, 'text'>) => /webhook\?id=([0-9a-f]{24})/.exec(text)?.[1] ?? ''
const endpoints = () => rows<Record<string, unknown>>('SELECT * FROM webhook_endpoints')
const signedInAt = (person: Person, at: number) =>
  db.prepare('UPDATE sessions SET authenticated_at = ? WHERE user_id = ?').bind(at, idOf(person)).run()

async function withScopes(username: string, scopes: string): Promise<Person> {
  await db
    .prepare('INSERT INTO roles (id, display_name, ranking, description, scopes, created_at, updated_at) VALUES (?1, ?1, 50, ?1, ?2, 1, 1)')
    .bind(username, `delegated:all ${scopes}`)
    .run()
  const person = await verifiedPerson(username)
  await giveRole(person, username)
  return person
}

/** A new endpoint that wants nothing but tests. */
const quiet = () => newEndpoint(boss.client, { events: ['user.purged'] })

test('who may read sees the list and the log without any act; who may not sees nothing', async () => {
  const { id } = await quiet()
  const reader = await browserOf(await withScopes('hooks_reader', 'admin:webhook:read'))
  for (const path of ['/admin/webhooks', about(id)]) {
    const page = await open(reader, path)
    expect([path, page.text.match(/href="\/admin\/webhooks\/(?!webhook\?)\w+/g)]).toEqual([path, null])
  }
  const nobody = await browserOf(await verifiedPerson('hooks_nobody'))
  for (const path of ['/admin/webhooks', about(id)]) expect([path, (await look(nobody, path)).status]).toEqual([path, 403])
  for (const path of [NEW, ...ACTS.map((act) => about(id, act)), about(id, 'replay')]) {
    const { status } = await reader.post(path, new URLSearchParams({ version: '1' }), { headers: { origin: ORIGIN } })
    expect([path, (await look(reader, path)).status, status]).toEqual([path, 403, 403])
  }
  expect(await endpoints()).toMatchObject([{ disabled_at: null }])
})

test('to send data, or for a new secret, takes a fresh sign-in; to stop does not. A form that grew old keeps what was typed', async () => {
  const { id } = await quiet()
  const form = formOf(await open(root, NEW))
  await signedInAt(boss, 1)
  for (const path of [NEW, about(id, 'edit'), about(id, 'rotate'), about(id, 'enable')]) {
    const location = `/sign-in?${new URLSearchParams({ return_to: path, reauth: '1' })}`
    expect((await look(root, path)).headers.get('location')).toBe(location)
  }
  const refused = await send(root, form, { url: URL_, 'event user.created': 'on' })
  expect([refused.status, alertIn(refused)]).toEqual([403, expect.stringContaining('You signed in too long ago')])
  expect(formOf(refused).fields).toMatchObject({ url: URL_, 'event user.created': 'on' })
  expect((await fillIn(root, about(id, 'disable'))).status).toBe(303)
  expect(await endpoints()).toMatchObject([{ disabled_at: expect.any(Number) }])
  expect((await fillIn(root, about(id, 'delete'))).status).toBe(303)
  expect(await endpoints()).toEqual([])
  await signedInAt(boss, Date.now())
})

test('data about people is sent only by whoever may see it', async () => {
  const lesser = await browserOf(await withScopes('hooks_lesser', 'admin:webhook:all'))
  const reply = await fillIn(lesser, NEW, { url: URL_, 'event *': 'on', 'scope email': 'on' })
  expect([reply.status, alertIn(reply)]).toEqual([403, 'Nothing has changed: you lack powers that this takes.'])
  expect(await endpoints()).toEqual([])
})

describe('a new endpoint', () => {
  test('has its secret in the reply alone, and a test that it signs arrives and is in the log', async () => {
    const form = formOf(await open(root, NEW))
    const made = await send(root, form, { url: URL_, description: 'Search <b>', 'event user.purged': 'on', 'event file.deleted': 'on' })
    const [secret = '', id] = [secretIn(made), idIn(made)]
    expect([made.status, made.headers.get('cache-control'), secret !== '']).toEqual([200, 'no-store', true])
    const again = await send(root, form, { url: URL_, 'event *': 'on' })
    expect([again.headers.get('location'), secretIn(again)]).toEqual(['/admin/webhooks?notice=repeated', undefined])
    expect(await endpoints()).toMatchObject([{ url: URL_, events: 'user.purged file.deleted', payload: 'thin', scope: '' }])
    inbox.secrets.set(URL_, secret)
    const page = await follow(root, await fillIn(root, about(id, 'test')))
    expect(noticeIn(page)).toContain('The test is on its way.')
    await vi.waitFor(async () => expect((await open(root, about(id))).text).toContain('The receiver answered 204'))
    expect(inbox.types()).toEqual(['webhook.test'])
    for (const path of [about(id), '/admin/webhooks']) {
      const { text } = await open(root, path)
      expect(text).toContain('Search &lt;b&gt;')
      expect([path, secretIn({ text })]).toEqual([path, undefined])
    }
  })

  test('is made once by 64 that are sent at once', async () => {
    const form = formOf(await open(root, NEW))
    const values = { url: URL_, 'event *': 'on' }
    const replies = await Promise.all(Array.from({ length: 64 }, () => send(root, form, values)))
    expect(replies.filter((reply) => secretIn(reply) !== undefined)).toHaveLength(1)
    expect(await endpoints()).toHaveLength(1)
    expect(await rows("SELECT id FROM audit_events WHERE type = 'webhook_created' AND detail = ?", URL_)).toHaveLength(2)
  })

  test('can be the queue, where one is bound', async () => {
    const sent: unknown[] = []
    const env = { EVENTS: { send: async (message: unknown) => void sent.push(message) } as unknown as Queue }
    expect((await open(root, NEW)).text).not.toContain('name="kind"')
    const form = formOf(await root.get(NEW, { headers: { accept: 'text/html' }, env }))
    const made = await send(root, form, { kind: 'queue', url: 'https://ignored.example/', 'event *': 'on' }, { env })
    expect([made.status, secretIn(made)]).toEqual([200, undefined])
    expect(await endpoints()).toMatchObject([{ kind: 'queue', url: '', events: '*' }])
    const page = await open(root, about(idIn(made)))
    expect(page.text).toContain('<h1><bdi>Queue EVENTS</bdi></h1>')
    expect(formOf(await open(root, about(idIn(made), 'edit'))).fields).not.toHaveProperty('url')
  })

  const typed = { url: URL_, description: 'Typed', 'event user.created': 'on' }
  test.each([
    ['url', { url: 'http://hooks.example/' }, 'Address must be an https address that anybody can reach.'],
    ['url', { url: 'https://10.0.0.1/' }, 'Address must be an https address that anybody can reach.'],
    ['url', { url: '' }, 'Address must be an https address that anybody can reach.'],
    ['url', { url: `https://a.example/${'x'.repeat(2_000)}` }, 'Address must have at most 2000 characters.'],
    ['description', { description: 'x'.repeat(201) }, 'Description must have'],
    ['events', { 'event user.created': '' }, 'Events: choose at least one.'],
  ])('%s is named with what is wrong, and what was typed stays', async (field, values: Record<string, string>, words) => {
    const form = formOf(await open(root, NEW))
    const fields = Object.fromEntries(
      Object.entries({ ...form.fields, ...typed, ...values }).filter(([name, v]) => !/^event/.test(name) || v),
    )
    const reply = await send(root, { ...form, fields })
    expect([reply.status, alertIn(reply)]).toEqual([400, expect.stringContaining(words)])
    expect(reply.text).toMatch(new RegExp(`href="#${field}"`))
    expect(formOf(reply).fields.id).toBe(form.fields.id)
    expect(formOf(reply).fields[field === 'url' ? 'description' : 'url']).toBe(field === 'url' ? 'Typed' : URL_)
    expect(await endpoints()).toEqual([])
  })
})

test('a form without an address and without an event is told of both', async () => {
  const alert = alertIn(await send(root, formOf(await open(root, NEW))))
  expect(alert).toContain('Address must be an https address that anybody can reach.')
  expect(alert).toContain('Events: choose at least one.')
})

describe('an endpoint', () => {
  test('is changed as its form says, and what somebody else has changed meanwhile is not overwritten silently', async () => {
    const { id } = await quiet()
    const old = formOf(await open(root, about(id, 'edit')))
    expect(old.fields).toMatchObject({ 'event user.purged': 'on' })
    const sent = await send(root, old, { 'event follow.created': 'on', 'scope email': 'on', description: 'Renamed' })
    expect(sent.headers.get('location')).toBe(`${about(id)}&notice=saved`)
    expect(await endpoints()).toMatchObject([
      { events: 'user.purged follow.created', payload: 'full', scope: 'email', description: 'Renamed' },
    ])
    const refused = await send(root, old, { description: 'Again' })
    expect([refused.status, alertIn(refused)]).toEqual([412, expect.stringContaining('Somebody has changed this')])
    expect((await send(root, formOf(refused))).status).toBe(303)
    expect(await endpoints()).toMatchObject([{ events: 'user.purged', payload: 'thin', scope: '', description: 'Again' }])
  })

  test('gets one new secret by one form, however often it is sent; the old one signs as long as the form says', async () => {
    const { id } = await quiet()
    const form = formOf(await open(root, about(id, 'rotate')))
    const wrong = await send(root, form, { hours: '169' })
    expect([wrong.status, alertIn(wrong)]).toEqual([400, expect.stringContaining('must be 168 or less')])
    const replies = await Promise.all(Array.from({ length: 64 }, () => send(root, form, { hours: '0' })))
    expect(replies.filter((reply) => secretIn(reply) !== undefined)).toHaveLength(1)
    const after = await endpoints()
    expect(after).toMatchObject([{ previous_secret: null }])
    const again = await send(root, form)
    expect([again.headers.get('location'), secretIn(again)]).toEqual([`${about(id)}&notice=outdated`, undefined])
    expect(await endpoints()).toEqual(after)
    expect(secretIn(await fillIn(root, about(id, 'rotate')))).toBeDefined()
    expect((await open(root, about(id))).text).toContain('The old secret signs until')
  })

  test('that fails says since when; what it did not get is tried again one by one or all at once', async () => {
    const { id } = await quiet()
    inbox.answer = () => new Response(null, { status: 500 })
    for (const _ of [1, 2]) await fillIn(root, about(id, 'test'))
    await vi.waitFor(async () => expect(await endpoints()).toMatchObject([{ failing_since: expect.any(Number) }]))
    expect((await open(root, '/admin/webhooks')).text).toMatch(/Failing<\/span><small class="below-name">Since <time/)
    await db.prepare('UPDATE event_deliveries SET next_attempt_at = NULL').run()
    const log = async (state: string) => (await open(root, `${about(id)}&state=${state}`)).text.match(/msg_\w+/g)?.length ?? 0
    expect([await log('failed'), await log('waiting'), await log('delivered'), await log('nonsense')]).toEqual([2, 0, 0, 2])
    const page = await open(root, `${about(id)}&state=failed`)
    expect(page.text).toContain('The receiver answered 500')
    inbox.answer = () => new Response(null, { status: 204 })
    const replayed = await fillIn(root, /\/admin\/webhooks\/replay\?id=[0-9a-f]{24}/.exec(page.text)?.[0] ?? '')
    expect(replayed.headers.get('location')).toBe(`${about(id)}&notice=deliveries_retried`)
    await vi.waitFor(async () => expect([await log('failed'), await log('delivered')]).toEqual([1, 1]))
    expect(noticeIn(await follow(root, await fillIn(root, about(id, 'retry'))))).toContain('On its way again.')
    await vi.waitFor(async () => expect([await log('failed'), await log('delivered')]).toEqual([0, 2]))
    expect(noticeIn(await follow(root, await fillIn(root, about(id, 'retry'))))).toBe('There was nothing to send again.')
  })

  test('that is off says why, and can only be enabled, get a new secret, be edited or deleted', async () => {
    const { id } = await quiet()
    await fillIn(root, about(id, 'disable'))
    for (const [reason, words] of [
      ['', 'By an administrator'],
      ['gone', 'The receiver wants no more events'],
      ['failing', 'Nothing had arrived for three days'],
    ]) {
      await db.prepare('UPDATE webhook_endpoints SET disabled_reason = ?').bind(reason).run()
      const { text } = await open(root, about(id))
      expect(text).toMatch(new RegExp(`Disabled</span><small class="below-name">${words}, <time`))
      expect(text).not.toMatch(/webhooks\/(test|retry|disable)\?/)
    }
    expect((await fillIn(root, about(id, 'test'))).status).toBe(400)
    await fillIn(root, about(id, 'enable'))
    expect(await endpoints()).toMatchObject([{ disabled_at: null }])
  })
})

test.each(['', 'nonsense', 'f'.repeat(24), "' OR 1"])('what does not exist is not found: %j', async (id) => {
  for (const act of ['webhook', 'replay', ...ACTS]) {
    expect([act, (await look(root, about(encodeURIComponent(id), act))).status]).toEqual([act, 404])
  }
})

test('the form offers each type of event, in words', async () => {
  const { text } = await open(root, NEW)
  for (const type of EVENT_TYPE_NAMES) expect(text).toMatch(new RegExp(`name="event ${type}".*?<code>${type}</code>`))
})
