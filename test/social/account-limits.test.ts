// What one account may do with other people in a day (docs/limits.md): the limits are exact, hold in every room, and are each
// account's own.
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import {
  ACCOUNT_WINDOW_MS,
  BLOCKS_PER_DAY,
  FOLLOWS_PER_DAY,
  PEOPLE_READ_PER_DAY,
  SEARCH_RESULTS_MAX,
  SEARCHES_PER_DAY,
} from '../../src/core/limits.ts'
import { clock } from '../platform/clock.ts'
import { attempts, rows } from '../support/actors.ts'
import { COUNT_WRITES, spend } from '../support/budget.ts'
import { runCron } from '../support/cron.ts'
import { Client, type Reply } from '../support/kith.ts'
import { type Person, signedInPerson } from '../support/people.ts'
import { atTheLine, raceOf64 } from '../support/start-line.ts'
import { bearerOf, idOf, userToken } from '../support/tokens.ts'

const KINDS = { search: SEARCHES_PER_DAY, people: PEOPLE_READ_PER_DAY, follow: FOLLOWS_PER_DAY, block: BLOCKS_PER_DAY } as const
type Kind = keyof typeof KINDS

let reader: Person
let other: Person
let app: Client

beforeAll(async () => {
  reader = await signedInPerson('reader_of_people')
  other = await signedInPerson('other_who_is_read')
  app = bearerOf(await userToken(reader, ['delegated:all', 'openid']))
})
beforeEach(async () => {
  clock.freeze()
  await rows("DELETE FROM attempt_counters WHERE key LIKE 'account-%'")
})
afterEach(() => clock.restore())

/** This much of the day's limit is used, as of now. */
async function use(kind: Kind, count: number, who = reader): Promise<void> {
  await rows(
    `INSERT INTO attempt_counters (key, count, window_ends_at, last_at, stamp) VALUES (?1, ?2, ?3, 0, 0)
     ON CONFLICT (key) DO UPDATE SET count = ?2, window_ends_at = ?3`,
    `account-${kind}:${idOf(who)}`,
    count,
    Date.now() + ACCOUNT_WINDOW_MS,
  )
}

const used = async (kind: Kind, who = reader) => (await attempts(`account-${kind}:${idOf(who)}`)) ?? 0

const post = (path: string, body: (target: string) => object) => (client: Client) => client.post(path, { ...body(other.id) })
const get = (path: (id: string) => string) => (client: Client) => client.get(path(other.id))
const target = (id: string) => ({ target: id })

/** What counts, against which limit, and how much. */
const COUNTED: Readonly<Record<string, readonly [Kind, number, (client: Client) => Promise<Reply>]>> = {
  'POST /user/search': ['search', 1, post('/user/search', () => ({ query: 'other', limit: SEARCH_RESULTS_MAX }))],
  'GET /user/:id': ['people', 1, get((id) => `/user/${id}`)],
  'GET /user/info/:id': ['people', 1, get((id) => `/user/info/${id}`)],
  'GET /user/:id/followers': ['people', 7, get((id) => `/user/${id}/followers?limit=7`)],
  'GET /user/:id/following': ['people', 10, get((id) => `/user/${id}/following`)],
  'GET /user/follow-status': ['people', 1, get((id) => `/user/follow-status?target=${id}`)],
  'GET /user/follow-status/:id': ['people', 1, get((id) => `/user/follow-status/${id}`)],
  'POST /user/lookup': ['people', 2, post('/user/lookup', (id) => ({ targets: [id, reader.id, 'f'.padStart(24, '0')] }))],
  'POST /user/relationships': ['people', 1, post('/user/relationships', (id) => ({ targets: [id] }))],
  'GET /user/suggestions': ['people', 20, get(() => '/user/suggestions')],
  'POST /user/follow': ['follow', 1, post('/user/follow', target)],
  'POST /user/block': ['block', 1, post('/user/block', target)],
  'GET /mxit/user/lookup/:name': ['people', 1, get(() => `/mxit/user/lookup/${other.username}`)],
  'GET /mxit/user/profile/:name': ['people', 1, get(() => `/mxit/user/profile/${other.username}`)],
  'GET /mxit/user/socialgraph/suggestions': ['people', 20, get(() => '/mxit/user/socialgraph/suggestions')],
  'PUT /mxit/user/socialgraph/contact/:name': [
    'follow',
    1,
    (client) => client.fetch(`/mxit/user/socialgraph/contact/${other.username}`, { method: 'PUT' }),
  ],
}

test.each(Object.entries(COUNTED))('%s counts, up to the limit, and answers 429 past it', async (name, [kind, weight, ask]) => {
  await rows('DELETE FROM blocks')
  const clients = name.includes('mxit') ? [app] : [app, reader.client]
  for (const client of clients) {
    await use(kind, KINDS[kind] - weight)
    expect((await ask(client)).status).toBe(200)
    expect(await used(kind)).toBe(KINDS[kind])
    await rows('DELETE FROM blocks')
    clock.advance(60_000)
    const refused = await ask(client)
    expect([refused.status, refused.headers.get('retry-after')], refused.text).toEqual([429, String((ACCOUNT_WINDOW_MS - 60_000) / 1000)])
    expect(await used(kind), 'a refusal does not count').toBe(KINDS[kind])
    // Tokens live less than a day.
    await rows('UPDATE attempt_counters SET window_ends_at = ? WHERE key = ?', Date.now(), `account-${kind}:${idOf(reader)}`)
    expect((await ask(client)).status, 'a day later').toBe(200)
    expect(await used(kind)).toBe(weight)
    await rows('DELETE FROM blocks')
  }
})

test('what is the account’s own does not count, whatever is used up', async () => {
  for (const kind of Object.keys(KINDS) as Kind[]) await use(kind, KINDS[kind])
  const own = ['/user/me', `/user/${reader.id}`, '/user/followers', '/user/following', '/user/follow-requests', '/user/blocks']
  for (const path of own) expect((await reader.client.get(path)).status, path).toBe(200)
  for (const path of ['/user/unfollow', '/user/unblock']) expect((await reader.client.post(path, target(other.id))).status, path).toBe(200)
  expect((await app.get('/mxit/user/profile')).status).toBe(200)
  expect((await other.client.get(`/user/${reader.id}`)).status, 'another account').toBe(200)
})

test('64 at once at the end of the limit: as many as are left get through', async () => {
  await use('search', SEARCHES_PER_DAY - 5)
  const replies = await raceOf64(() => app.post('/user/search', { query: 'other' }, atTheLine), /INSERT INTO attempt_counters/)
  const statuses = replies.map(({ status }) => status)
  expect([statuses.filter((s) => s === 200).length, statuses.filter((s) => s === 429).length]).toEqual([5, 59])
  expect(await used('search')).toBe(SEARCHES_PER_DAY)
})

test('a lookup that does not fit is refused as a whole, and a smaller one fits', async () => {
  await use('people', PEOPLE_READ_PER_DAY - 2)
  const targets = Array.from({ length: 3 }, (_, n) => String(n + 1).padStart(24, '0'))
  expect((await app.post('/user/lookup', { targets })).status).toBe(429)
  expect((await app.post('/user/lookup', { targets: targets.slice(1) })).status).toBe(200)
})

test('a forged cookie, and a session or token that has ended, use up nothing of whoever they name', async () => {
  const search = (client: Client) => client.post('/user/search', { query: 'other' })
  const cookie = '__Host-kith_session'
  const value = reader.client.cookies.get(cookie) ?? ''
  const [session, user] = value.split('.')
  const [ofOther, , secret] = (other.client.cookies.get(cookie) ?? '').split('.')
  for (const forged of [`${session}.${user}.forged`, `${session}.${user}.${secret}`, `${ofOther}.${user}.${secret}`]) {
    const stranger = new Client()
    stranger.cookies.set(cookie, forged)
    expect((await search(stranger)).status, forged).toBe(401)
  }
  const without = bearerOf(await userToken(reader, ['openid']))
  expect((await search(without)).status, 'a token that lacks the scope').toBe(403)
  const stolen = bearerOf(await userToken(reader))
  await rows('UPDATE sessions SET revoked_at = 1 WHERE id = (SELECT MAX(id) FROM sessions WHERE user_id = ?)', idOf(reader))
  expect((await search(stolen)).status, 'a token of a session that was ended').toBe(401)
  expect([await used('search'), await used('search', other)]).toEqual([0, 0])
})

test('counting takes no round trip, and one row written', async () => {
  await use('people', 1)
  const { counts } = await spend(reader.client, 'GET', `/user/${other.id}`)
  expect([counts.d1RoundTrips, counts.rowsWritten]).toEqual([1, COUNT_WRITES])
  const me = await spend(reader.client, 'GET', '/user/me')
  expect([me.counts.d1RoundTrips, me.counts.rowsWritten]).toEqual([1, 0])
})

test('counters are swept when their day is over', async () => {
  await use('people', 1)
  clock.advance(ACCOUNT_WINDOW_MS + 1_000)
  await runCron()
  expect(await rows("SELECT key FROM attempt_counters WHERE key LIKE 'account-%'")).toEqual([])
})
