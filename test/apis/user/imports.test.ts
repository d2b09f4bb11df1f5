// Moving in: people with their password hashes and the edges between them, by an administrator or a service.
import { createHash, randomBytes } from 'node:crypto'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { DAY_MS } from '../../../src/core/limits.ts'
import { fold } from '../../../src/core/profiles/fold.ts'
import { clock } from '../../platform/clock.ts'
import { count, idOf, newName, rows } from '../../support/actors.ts'
import { newRanks, signedInAdmin } from '../../support/admins.ts'
import { runCron } from '../../support/cron.ts'
import { checkGraph } from '../../support/graph.ts'
import { JPEG } from '../../support/images.ts'
import { Client, platform, type Reply } from '../../support/kith.ts'
import { logIn, type Person, verifiedPerson } from '../../support/people.ts'
import { atTheLine, race } from '../../support/start-line.ts'
import { bearerOf, clientToken } from '../../support/tokens.ts'

const PEOPLE = '/user/admin-api/import/people'
const EDGES = '/user/admin-api/import/edges'

let admin: Person
let service: Client
beforeAll(async () => {
  admin = await signedInAdmin('import_admin')
  service = bearerOf(await clientToken(['client:import:write']))
})

const send = (records: unknown[], by: Client = admin.client, path = PEOPLE, more = {}) => by.post(path, { records, ...more })
async function results(reply: Promise<Reply>) {
  const { status, json, text } = await reply
  expect(status, text).toBe(200)
  return json.data.results
}
const one = async (record: unknown, by?: Client) => (await results(send([record], by)))[0]
const edge = async (record: unknown) => (await results(send([record], admin.client, EDGES)))[0]
/** A record that is fine. */
function somebody(more: Record<string, unknown> = {}) {
  const name = newName('moved')
  return { externalId: `old|${name}`, username: name, email: `${name}@example.com`, ...more }
}
const userOf = async (externalId: string) =>
  (await rows(`SELECT u.* FROM external_ids x JOIN users u ON u.id = x.user_id WHERE x.source = '' AND x.external_id = ?`, externalId))[0]

function ssha(password: string): string {
  const salt = randomBytes(8)
  return `{SSHA}${Buffer.concat([createHash('sha1').update(password).update(salt).digest(), salt]).toString('base64')}`
}

describe('people', () => {
  test('everything that a record says is there', async () => {
    const record = {
      ...somebody(),
      email: 'Mixed.Case@Example.COM',
      givenName: 'Zoë',
      familyName: '王',
      displayName: 'Zoë 🦊',
      phoneCountryCode: '+44',
      phone: '7911 123456',
      birthDate: '1990-02-03',
      locale: 'de-at',
      zoneinfo: 'Europe/Vienna',
      isPrivate: true,
      customData: { plan: 'school' },
      createdAt: '2015-06-07T08:09:10Z',
      verified: true,
      banned: { reason: 'Spam', until: '2999-01-01T00:00:00Z' },
      identities: [{ issuer: 'https://id.example.com', subject: newName('sub') }],
    }
    expect(await one(record)).toMatchObject({ status: 'created', usernameProposed: false, needsReset: false, unverified: false })
    const user = await userOf(record.externalId)
    expect(user).toMatchObject({
      email_key: 'mixed.case@example.com',
      given_name: 'Zoë',
      family_name: '王',
      phone: '7911123456',
      birth_date: '1990-02-03',
      locale: 'de-AT',
      is_private: 1,
      custom_data: '{"plan":"school"}',
      created_at: Date.parse('2015-06-07T08:09:10Z'),
      banned_reason: 'Spam',
      role: 'user',
    })
    expect(await count('upstream_identities WHERE user_id = ?', user?.id)).toBe(1)
    expect(await count('mail_outbox WHERE user_id = ?', user?.id)).toBe(0)
    expect(await rows('SELECT string FROM search_strings WHERE user_id = ? AND string = ?', user?.id, fold('Zoë 王'))).toHaveLength(1)
  })

  test('a password hash from elsewhere lets its owner in, and a hash that is too costly asks for a reset', async () => {
    const [own, foreign, costly] = [somebody(), somebody(), somebody()]
    const someone = await verifiedPerson(newName('hashed'))
    const [row] = await rows<{ password_hash: string }>('SELECT password_hash FROM credentials WHERE user_id = ?', idOf(someone.id))
    const replies = await results(
      send([
        { ...own, passwordHash: row?.password_hash },
        { ...foreign, passwordHash: ssha(someone.password) },
        { ...costly, passwordHash: `$2b$31$${'a'.repeat(53)}` },
      ]),
    )
    expect(replies.map(({ needsReset }: { needsReset: boolean }) => needsReset)).toEqual([false, false, true])
    for (const { username } of [own, foreign]) expect((await logIn({ ...someone, username })).status).toBe(200)
    const [after] = await rows('SELECT password_hash FROM credentials WHERE user_id = ?', (await userOf(foreign.externalId))?.id)
    expect(after?.password_hash).toMatch(/^\$scrypt\$/)
    expect((await logIn({ ...someone, username: foreign.username, password: 'not this one' })).status).toBe(401)
  })

  describe('a password that comes after its person', () => {
    const password = 'zebra crossing nine'
    const later = (record: Record<string, unknown>) => ({ ...record, passwordHash: ssha(password) })
    const signIn = ({ username }: { username: string }) => new Client().post('/user/login', { username, password })

    test('is added once, and signs its owner in', async () => {
      const record = somebody()
      const { _id } = await one(record)
      expect((await signIn(record)).status).toBe(401)
      expect((await send([later(record)], admin.client, PEOPLE, { dryRun: true })).json.data.counts).toMatchObject({ passwordsAdded: 1 })
      const start = () => admin.client.post(PEOPLE, { records: [later(record)] }, atTheLine)
      const { replies } = await race([start, start], /UPDATE credentials/)
      expect(replies.map(({ json }) => json.data.counts.passwordsAdded).sort()).toEqual([0, 1])
      expect(await one(later(record))).toEqual({ status: 'exists', _id, byAddress: false, passwordAdded: false })
      expect((await signIn(record)).status).toBe(200)
    })

    test.each([
      ['who has signed in', 'UPDATE users SET active_day = 1 WHERE id = ?'],
      ['who has set one', "UPDATE credentials SET password_hash = 'own', updated_at = updated_at + 1 WHERE user_id = ?"],
      ['who has removed one', 'UPDATE credentials SET updated_at = updated_at + 1 WHERE user_id = ?'],
      ['who is deleted', "UPDATE users SET deleted_at = 1, deleted_reason = 'self' WHERE id = ?"],
      [
        'with a passkey',
        `INSERT INTO passkeys (id, user_id, credential_id, public_key, sign_count, transports, aaguid, backup_eligible, backed_up, name, created_at)
         SELECT ?1, ?1, 'of ' || ?1, 'key', 0, '', '', 1, 1, 'Phone', 1`,
      ],
    ])('is not for somebody %s', async (_who, sql) => {
      const record = somebody()
      const { _id } = await one(record)
      await rows(sql, idOf(_id))
      const hashOf = () => rows('SELECT password_hash FROM credentials WHERE user_id = ?', idOf(_id))
      const before = await hashOf()
      expect(await one(later(record))).toEqual({ status: 'exists', _id, byAddress: false, passwordAdded: false })
      expect(await hashOf()).toEqual(before)
    })

    test('is not for an account that was here before, nor for the same id with another address', async () => {
      const here = await verifiedPerson(newName('keeps'))
      const linked = { ...somebody(), email: here.email }
      await one(linked)
      expect(await one(later(linked))).toEqual({ status: 'exists', _id: here.id, byAddress: false, passwordAdded: false })
      const record = somebody()
      const { _id } = await one(record)
      expect(await one(later({ ...record, email: 'other@example.com' }))).toEqual({
        status: 'exists',
        _id,
        byAddress: false,
        passwordAdded: false,
      })
    })

    test('is not given by a client to somebody with rights that the client lacks', async () => {
      const record = somebody({ role: 'super_admin' })
      const { _id } = await one(somebody())
      await rows("UPDATE users SET role = 'super_admin' WHERE id = ?", idOf(_id))
      const found = (
        await rows('SELECT external_id, email FROM external_ids x JOIN users u ON u.id = x.user_id WHERE u.id = ?', idOf(_id))
      )[0]
      const same = { ...record, externalId: found?.external_id, email: found?.email }
      expect(await one(later(same), service)).toMatchObject({ status: 'refused', field: 'passwordHash' })
    })
  })

  test('a batch that is repeated changes nothing, and finds everybody', async () => {
    const [a, b, c] = [somebody(), { ...somebody(), externalId: undefined }, { username: newName('nameless') }]
    const first = await results(send([a, b, c, a]))
    expect(first.map(({ status }: { status: string }) => status)).toEqual(['created', 'created', 'created', 'exists'])
    const before = await count('users')
    const again = await results(send([{ ...a, givenName: 'Other' }, b, c], service))
    expect(again).toEqual(
      first.slice(0, 3).map(({ _id }: { _id: string }) => ({ status: 'exists', _id, byAddress: false, passwordAdded: false })),
    )
    expect(await count('users')).toBe(before)
    expect((await userOf(a.externalId))?.given_name).toBeNull()
  })

  test('whoever has the verified address already stays as they are, and edges find them', async () => {
    const here = await verifiedPerson(newName('here'))
    const record = { ...somebody(), email: here.email.toUpperCase() }
    expect(await one(record)).toEqual({ status: 'exists', _id: here.id, byAddress: true, passwordAdded: false })
    expect((await userOf(record.externalId))?.id).toBe(idOf(here.id))
    expect(await one({ ...somebody(), email: here.email })).toEqual({
      status: 'refused',
      field: 'email',
      message: `is the verified address of ${record.externalId}`,
    })
  })

  test('two people of a batch cannot have one verified address; unverified ones can', async () => {
    const email = `${newName('shared')}@example.com`
    const verdicts = await results(send([somebody({ email, emailVerified: false }), somebody({ email }), somebody({ email })]))
    expect(verdicts.map(({ status, field = '' }: { status: string; field?: string }) => status + field)).toEqual([
      'created',
      'created',
      'refusedemail',
    ])
  })

  test('a batch judges people as several would: namesakes are two, and an account here is one person’s', async () => {
    const here = await one({ email: `${newName('alone')}@example.com` })
    const [{ email } = {}] = await rows<{ email: string }>('SELECT email FROM users WHERE id = ?', idOf(here._id))
    const username = newName('namesake')
    const [first, second, again] = [somebody(), somebody(), somebody()]
    const batch = [
      ...[
        { username, email: first.email },
        { username, email: second.email },
      ],
      ...[
        { ...first, email },
        { ...second, email },
        { ...again, externalId: first.externalId },
      ],
    ]
    const verdicts = await results(send(batch))
    expect(verdicts.map(({ status, field = '' }: { status: string; field?: string }) => status + field)).toEqual([
      ...['created', 'refusedusername', 'exists', 'refusedemail', 'exists'],
    ])
    expect((await userOf(first.externalId))?.id).toBe(idOf(here._id))
  })

  test.each([
    ['that is taken', () => admin.username, /^import_admin\d{3}$/],
    ['that breaks the rules', () => 'jo hn.döe!', /^jo_hn_doe\d*$/],
    ['that is reserved', () => 'administrator', /^administrator\d{3}$/],
    ['that looks like an id', () => 'm12345', /^m12345\d*$|^user_\d{12}$/],
    ['of another script', () => '王小明', /^moved_\d+$/],
    ['that is missing', () => null, /^moved_\d+$/],
  ])('a user name %s is replaced by a proposal, which is the same each time', async (_, name, expected) => {
    const record = { ...somebody(), username: name() }
    const dry = (await results(send([record], admin.client, PEOPLE, { dryRun: true })))[0]
    expect(dry).toMatchObject({ status: 'created', _id: null, usernameProposed: true, username: expect.stringMatching(expected) })
    expect(await userOf(record.externalId)).toBeUndefined()
    expect(await one(record)).toMatchObject({ username: dry.username })
  })

  test('a name that several people of a batch have is the first one’s', async () => {
    const username = newName('twin')
    const made = await results(send([somebody({ username }), somebody({ username: username.toUpperCase() })]))
    expect(made[0].username).toBe(username)
    expect(made[1].username).toMatch(new RegExp(`^${username}\\d{3}$`, 'i'))
  })

  test.each([
    ['null', null, ''],
    ['a list', [], ''],
    ['an unknown field', { shoeSize: 43 }, 'shoeSize'],
    ['an address that is none', { email: 'nobody' }, 'email'],
    ['a date that is none', { birthDate: '1990-13-01' }, 'birthDate'],
    ['a creation to come', { createdAt: '2999-01-01T00:00:00Z' }, 'createdAt'],
    ['a role that is none', { role: 'emperor' }, 'role'],
    ['an impossible cost', { passwordHash: `$2b$99$${'a'.repeat(53)}` }, 'passwordHash'],
    ['a hash of nothing', { passwordHash: 'hunter2' }, 'passwordHash'],
    ['too much data', { customData: { text: 'x'.repeat(5000) } }, 'customData'],
    ['an id that only the operator may give', { id: '00000000000000c13d5fe000' }, 'id'],
    ['a picture without https', { picture: 'http://example.com/a.png' }, 'picture'],
  ])('a record with %s is refused by itself, and names the field', async (_, wrong, field) => {
    const record = wrong === null || Array.isArray(wrong) ? wrong : { ...somebody(), ...wrong }
    const [refused, made] = await results(send([record, somebody()]))
    expect(refused).toMatchObject({ status: 'refused', field })
    expect(made.status).toBe('created')
  })

  test('nobody gets a role with rights that the importer lacks', async () => {
    const roles = ['user', 'owner', 'admin', 'super_admin', 'internal_client', 'star', 'editor']
    const made = (by: Client) =>
      results(
        send(
          roles.map((role) => somebody({ role })),
          by,
        ),
      )
    const statuses = (verdicts: { status: string }[]) => verdicts.map(({ status }) => status)
    expect(statuses(await made(service)).slice(0, 5)).toEqual(['created', 'created', 'refused', 'refused', 'refused'])
    await newRanks()
    expect(statuses(await made(admin.client))).toEqual(['created', 'created', 'refused', 'refused', 'refused', 'created', 'created'])
    // A client has no rank: nobody rises to that of moderators.
    expect(statuses(await made(service))).toEqual(['created', 'refused', 'refused', 'refused', 'refused', 'refused', 'created'])
    await rows("DELETE FROM roles WHERE id = 'moderator'")
  })

  test('of the same batch sent twice at once, each person is made once', async () => {
    const records = Array.from({ length: 20 }, () => somebody())
    const start = () => admin.client.post(PEOPLE, { records }, atTheLine)
    const { replies } = await race([start, start], /INSERT INTO users/)
    const created = replies.map(({ json }) => json.data.counts.created)
    expect(created.sort((a, b) => a - b)).toEqual([0, 20])
  })

  test('an import is in the trail of its administrator, and writes no events', async () => {
    const before = await count(`audit_events WHERE type = 'people_imported' AND user_id = ?`, idOf(admin.id))
    await one(somebody())
    expect(await count(`audit_events WHERE type = 'people_imported' AND user_id = ?`, idOf(admin.id))).toBe(before + 1)
    expect(await count('event_pauses')).toBe(0)
  })

  test('imported people without a verified address are not swept', async () => {
    const record = somebody({ emailVerified: false, createdAt: '2020-01-01T00:00:00Z' })
    await one(record)
    clock.freeze(Date.now() + 2 * DAY_MS)
    await runCron()
    clock.restore()
    expect(await userOf(record.externalId)).toBeDefined()
  })
})

describe('edges', () => {
  test('follows, requests and blocks are those of the social graph, and can be repeated', async () => {
    const [a, b, hidden] = [somebody(), somebody(), somebody({ isPrivate: true })]
    await results(send([a, b, hidden]))
    const edges = [
      { type: 'follow', from: a.externalId, to: b.externalId, createdAt: '2016-01-01T00:00:00Z' },
      { type: 'follow', from: b.externalId, to: `@${a.username.toUpperCase()}` },
      { type: 'follow', from: a.externalId, to: hidden.externalId },
      { type: 'follow', from: b.externalId, to: hidden.externalId, approved: true },
      { type: 'follow', from: a.externalId, to: a.externalId },
      { type: 'follow', from: a.externalId, to: 'nobody' },
      { type: 'follow', from: a.externalId, to: b.externalId },
      { type: 'like', from: a.externalId, to: b.externalId },
    ]
    const made = await results(send(edges, service, EDGES))
    expect(made.map(({ status, field = '' }: { status: string; field?: string }) => status + field)).toEqual([
      ...['created', 'created', 'created', 'created', 'refusedto', 'refusedto', 'exists', 'refusedtype'],
    ])
    const repeated = await results(send(edges.slice(0, 4), service, EDGES))
    expect(new Set(repeated.map(({ status }: { status: string }) => status))).toEqual(new Set(['exists']))
    expect(await userOf(hidden.externalId)).toMatchObject({ follower_count: 1, request_count: 1 })
    expect(await userOf(a.externalId)).toMatchObject({ follower_count: 1, following_count: 1 })

    expect(await edge({ type: 'block', from: a.externalId, to: b.externalId })).toEqual({ status: 'created' })
    expect(await userOf(a.externalId)).toMatchObject({ follower_count: 0, following_count: 0 })
    expect(await edge(edges[1])).toEqual({ status: 'refused', field: '', message: 'one of the two blocks the other' })
    await checkGraph()
  })

  test('a dry run says what a batch does: its blocks count first, in both directions, and a repeated edge is no other', async () => {
    const [a, b, c] = [somebody(), somebody(), somebody()]
    await results(send([a, b, c]))
    const edgeOf = (type: string, from: { externalId: string }, to: { externalId: string }) => ({
      type,
      from: from.externalId,
      to: to.externalId,
    })
    await edge(edgeOf('follow', b, a))
    const edges = [
      ...[edgeOf('follow', a, b), edgeOf('block', a, b), edgeOf('block', b, a), edgeOf('follow', b, a), edgeOf('follow', a, b)],
      ...[edgeOf('follow', a, c), edgeOf('follow', a, c)],
    ]
    const statuses = async (dryRun: boolean) =>
      (await results(send(edges, service, EDGES, { dryRun }))).map(({ status }: { status: string }) => status)
    const expected = ['refused', 'created', 'created', 'refused', 'refused', 'created', 'exists']
    expect(await statuses(true)).toEqual(expected)
    expect(await statuses(false)).toEqual(expected)
    await checkGraph()
  })

  test('of the same batch sent twice at once, each edge is made once', async () => {
    const people = Array.from({ length: 10 }, () => somebody())
    await results(send(people))
    const records = people.flatMap((from) =>
      people.filter((to) => to !== from).map((to) => ({ type: 'follow', from: from.externalId, to: to.externalId })),
    )
    const start = () => admin.client.post(EDGES, { records }, atTheLine)
    const { replies } = await race([start, start], /INSERT INTO follows/)
    expect(replies.map(({ json }) => json.data.counts.created).sort((a, b) => a - b)).toEqual([0, 90])
    await checkGraph()
  })
})

describe('bounds', () => {
  test('a batch at its limits is one batch of D1, and one beyond them is refused', async () => {
    const big = Array.from({ length: 500 }, () => somebody({ about: 'x'.repeat(1000), bio: '王'.repeat(80) }))
    platform.reset()
    expect((await send(big)).json.data.counts.created).toBe(500)
    expect(platform.counts.d1RoundTrips).toBeLessThanOrEqual(2)
    expect((await send([...big, big[0]])).status).toBe(400)
    expect((await send(Array.from({ length: 400 }, () => somebody({ customData: { text: 'x'.repeat(4000) } })))).status).toBe(413)
    const pairs = big.flatMap((from, at) =>
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((n) => ({ type: 'follow', from: from.externalId, to: big[(at + n) % 500]?.externalId })),
    )
    platform.reset()
    expect((await send(pairs, service, EDGES)).json.data.counts).toEqual({ created: 5000, exists: 0, refused: 0 })
    expect(platform.counts.d1RoundTrips).toBeLessThanOrEqual(2)
  })
})

describe('pictures', () => {
  test('cron fetches them once, from public addresses only, and gives up', async () => {
    const picture = JPEG
    const served = vi.fn(async (url: string) => {
      if (url.includes('/moved')) return new Response(null, { status: 302, headers: { location: 'https://pictures.example.com/good.jpg' } })
      if (url.includes('/inwards')) return new Response(null, { status: 302, headers: { location: 'https://127.0.0.1/a.jpg' } })
      if (url.includes('/down')) return new Response('no', { status: 503 })
      return url.includes('/good') ? new Response(picture) : new Response('gone', { status: 404 })
    })
    vi.stubGlobal('fetch', served)
    const urls = ['good.jpg', 'moved.jpg', 'inwards.jpg', 'down.jpg', 'gone.jpg', 'good.jpg?killer'].map(
      (name) => `https://pictures.example.com/${name}`,
    )
    const people = [...urls, 'https://10.0.0.1/private.jpg'].map((url) => somebody({ picture: url }))
    await results(send(people))
    await rows(`UPDATE imported_pictures SET attempts = 3 WHERE url LIKE '%killer'`)
    await runCron()
    vi.unstubAllGlobals()
    const users = await Promise.all(people.map(({ externalId }) => userOf(externalId)))
    expect(users.map((user) => user?.avatar_key !== null)).toEqual([true, true, false, false, false, false, false])
    expect(served.mock.calls.some(([url]) => /127\.0\.0\.1|10\.0\.0\.1/.test(url))).toBe(false)
    const left = await rows('SELECT last_result, next_attempt_at IS NULL AS is_over FROM imported_pictures ORDER BY user_id')
    expect(left).toEqual([
      { last_result: 'not a public https address', is_over: 1 },
      { last_result: 'status 503', is_over: 0 },
      { last_result: 'status 404', is_over: 1 },
      { last_result: 'no try has come to an end', is_over: 1 },
      { last_result: 'not a public https address', is_over: 1 },
    ])
  })
})
