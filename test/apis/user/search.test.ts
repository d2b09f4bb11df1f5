// Search over HTTP (wire §3.2, §6.13; design §1.15, §7; security rows 58, 63).
import { beforeAll, describe, expect, test } from 'vitest'
import { SearchReply } from '../../../src/apis/user/search/presenters.ts'
import { COUNT_WRITES } from '../../support/budget.ts'
import { db, platform, type Reply } from '../../support/kith.ts'
import { logIn, type Person, signedInPerson, signUp, verifiedPerson } from '../../support/people.ts'

let seeker: Person
beforeAll(async () => {
  seeker = await signedInPerson('the_seeker')
})

const search = (query: unknown, person = seeker, more: Record<string, unknown> = {}) =>
  person.client.post('/user/search', { query, ...more } as Record<string, unknown>)
const namesIn = (reply: Reply): string[] => reply.json.data.results.map((row: { username: string }) => row.username)
const find = async (query: unknown, person = seeker) => namesIn(await search(query, person))

async function named(username: string, firstName: string, lastName: string): Promise<Person> {
  const person = await signedInPerson(username)
  const reply = await person.client.patch('/user/me', { firstName, lastName })
  expect(reply.status).toBe(200)
  return person
}

describe('who is found', () => {
  test('by the beginning of the user name, of each name word, and of the full name in both orders', async () => {
    await named('quentin_quux', 'Quentin Maria', "Dall'Acqua")
    for (const query of ['quentin_q', 'quentin', 'maria', "dall'ac", 'acqua', 'quentin maria dall', "dall'acqua quen"]) {
      expect(await find(query), query).toEqual(['quentin_quux'])
    }
    for (const query of ['uentin', 'quux', 'quentin dall', 'quentinm', 'quentin_quux_']) expect(await find(query), query).toEqual([])
  })

  test('whatever the case, accents and width', async () => {
    await named('soren_kierke', 'Søren', 'Kierkegård')
    for (const query of [
      'SØREN',
      'soren',
      'Ｓｏｒｅｎ',
      'so\u0308ren',
      'kierkegard',
      '\u212Aierkeg',
      '\u200Fsø\u200Bren\u202E',
      '  søren \t kierkegård ',
    ])
      expect(await find(query), query).toEqual(['soren_kierke'])
  })

  test('however dashes, apostrophes, dots and joiners are typed, or left out', async () => {
    await named('jean_luc_obrien', 'Jean-Luc', 'O’Brien')
    for (const query of [
      'jean luc',
      'Jean-Luc',
      'jean‑luc',
      'jeanluc',
      'obrien',
      "O'Brien",
      'O’Brien',
      'o´brien',
      'o brien',
      'brien',
      'luc',
      'jean luc obrien',
      "o'brien jean-luc",
    ]) {
      expect(await find(query), query).toEqual(['jean_luc_obrien'])
    }
    await named('john_smith_ja', 'ジョン・スミス', 'J. R. R.')
    for (const query of ['ジョン スミス', 'ｼﾞｮﾝ･ｽﾐｽ', 'スミス', 'ジョンスミス', 'j r r', 'j.r.r.'])
      expect(await find(query), query).toEqual(['john_smith_ja'])
    await named('ali_reza_fa', 'علی‌رضا', 'کریمی')
    for (const query of ['علی‌رضا', 'علیرضا', 'علي رضا', 'كريمي']) expect(await find(query), query).toEqual(['ali_reza_fa'])
  })

  test('the owner of the id first, the owner of the user name second, then the rest', async () => {
    const exact = await verifiedPerson('zebra_zoe')
    await verifiedPerson('zebra_zoe_1')
    await verifiedPerson('zebra_zo')
    expect(await find('Zebra_Zoe')).toEqual(['zebra_zoe', 'zebra_zoe_1'])
    expect(await find('zebra_zo')).toEqual(['zebra_zo', 'zebra_zoe', 'zebra_zoe_1'])
    expect(await find(exact.id)).toEqual(['zebra_zoe'])
    expect(await find(exact.id.toUpperCase())).toEqual(['zebra_zoe'])
    await named('zebra_other', 'Zebra_zoe'.replace('_', ' '), 'Yak')
    expect(await find('ffffffffffffffffffffffff')).toEqual([])
    expect(await find('000000000000000000000000')).toEqual([])
  })

  test('each person once, however many of their names begin with the query', async () => {
    await named('mirjam_mirjam', 'Mirjam', 'Mirjams')
    expect(await find('mirjam')).toEqual(['mirjam_mirjam'])
  })

  test('oneself too', async () => {
    expect(await find('the_seek')).toEqual(['the_seeker'])
  })

  test('a new user name and new names are found, and the old ones no more', async () => {
    const person = await named('before_change', 'Ottoline', 'Morrell')
    expect(await find('ottoline')).toEqual(['before_change'])
    await person.client.patch('/user/me', { username: 'after_change', firstName: 'Ludmilla' })
    expect(await find('ottoline')).toEqual([])
    expect(await find('before_ch')).toEqual([])
    expect(await find('after_ch')).toEqual(['after_change'])
    expect(await find('ludmilla mor')).toEqual(['after_change'])
    expect(await find('morrell l')).toEqual(['after_change'])
  })

  test('two changes of different names at once leave the strings of the names as they are stored', async () => {
    const person = await signedInPerson('double_change')
    for (let round = 0; round < 5; round++) {
      const letter = 'abcde'[round]
      await Promise.all([
        person.client.patch('/user/me', { firstName: `Given${letter}` }),
        person.client.patch('/user/me', { lastName: `Family${letter}` }),
        person.client.patch('/user/me', { middleName: `Middle${letter}` }),
      ])
      const { results } = await db
        .prepare('SELECT string FROM search_strings WHERE user_id = (SELECT id FROM users WHERE username = ?) ORDER BY string')
        .bind(person.username)
        .all<{ string: string }>()
      expect(results.map((row) => row.string)).toEqual([
        'double_change',
        `family${letter} given${letter}`,
        `given${letter} family${letter}`,
        `middle${letter}`,
      ])
    }
  })

  test('e-mail addresses and phone numbers find nobody', async () => {
    const person = await signedInPerson('has_a_phone')
    await person.client.patch('/user/me', { phone: '5551234567', phoneCountryCode: '+1' })
    expect(await find('has_a_phone@example.com')).toEqual([])
    expect(await find('555123')).toEqual([])
  })
})

describe('who is not found', () => {
  test('the unverified, the banned and the deleted', async () => {
    await signUp('ghost_unverified')
    await verifiedPerson('ghost_banned')
    await verifiedPerson('ghost_deleted')
    const over = await verifiedPerson('ghost_over')
    await db.prepare("UPDATE users SET banned_at = 1 WHERE username = 'ghost_banned'").run()
    await db.prepare("UPDATE users SET deleted_at = 1 WHERE username = 'ghost_deleted'").run()
    await db.prepare("UPDATE users SET banned_at = 1, banned_until = 2 WHERE username = 'ghost_over'").run()
    expect(await find('ghost')).toEqual(['ghost_over'])
    expect(await find('ghost_unverified')).toEqual([])
    expect(await find('ghost_banned')).toEqual([])
    expect(await find(over.id)).toEqual(['ghost_over'])
  })

  test('those who block the caller, and those whom the caller blocks, by no query', async () => {
    const [ann, bob] = [await signedInPerson('blocker_ann'), await signedInPerson('blocked_bob')]
    await ann.client.post('/user/block', { target: bob.id })
    for (const query of ['blocker', 'blocker_ann', ann.id]) expect(await find(query, bob), query).toEqual([])
    for (const query of ['blocked', 'blocked_bob', bob.id]) expect(await find(query, ann), query).toEqual([])
    await ann.client.post('/user/unblock', { target: bob.id })
    expect(await find('blocker_ann', bob)).toEqual(['blocker_ann'])
  })
})

describe('what is shown', () => {
  test('rows are the user, and the same as an approved source; a private account shows its names alone', async () => {
    const person = await named('private_pat', 'Patricia', 'Private')
    await person.client.patch('/user/me', { bio: 'Secret.' })
    const open = await search('patricia')
    expect(open.json.data.results).toMatchObject([{ bio: 'Secret.', email: null, approved: true }])
    await person.client.post('/user/private', { state: true })
    const reply = await search('patricia')
    expect(SearchReply.parse(reply.json)).toEqual(reply.json)
    const [row] = reply.json.data.results
    const { approved, source, ...user } = row
    expect(approved).toBe(true)
    expect(source).toEqual(user)
    expect(user).toMatchObject({
      _id: person.id,
      firstName: 'Patricia',
      isPrivate: true,
      bio: null,
      email: null,
      role: null,
      customData: null,
    })
    expect((await search('patricia', person)).json.data.results[0]).toMatchObject({ bio: 'Secret.', email: person.email })
  })
})

describe('input', () => {
  test.each([
    ['nothing', {}],
    ['an empty query', { query: '' }],
    ['129 characters', { query: 'x'.repeat(129) }],
    ['10,000 characters', { query: 'x'.repeat(10_000) }],
    ['a number', { query: 7 }],
    ['null', { query: null }],
    ['a list', { query: ['a'] }],
    ['NUL', { query: 'a\0b' }],
    ['an unknown field', { query: 'a', offset: 1 }],
    ['limit 0', { query: 'a', limit: 0 }],
    ['limit -1', { query: 'a', limit: -1 }],
    ['limit 21', { query: 'a', limit: 21 }],
    ['limit 1e9', { query: 'a', limit: 1e9 }],
    ['limit 1.5', { query: 'a', limit: 1.5 }],
    ['limit x', { query: 'a', limit: 'x' }],
  ])('%s is a 400 that names the field', async (_what, body) => {
    const reply = await seeker.client.post('/user/search', body)
    expect(reply.status).toBe(400)
    expect(reply.json.error).toBe('ClientInputError')
    expect(reply.json.additionalInfo.errors[0].path).toMatch(/^(query|limit|offset)/)
  })

  test('a lone surrogate is a 400', async () => {
    expect((await seeker.client.post('/user/search', '{"query":"a\\ud800"}')).status).toBe(400)
  })

  test.each([
    '%',
    '_',
    '%%',
    '_he_seeker',
    'the%',
    '*',
    '?',
    '\\',
    "'",
    '"',
    ';--',
    '[',
    '😀',
    '\u200F',
    '\u202E\u200B',
    '   ',
    '\u0301',
    'the_seeker\u{10FFFE}x',
  ])('%j stands for itself and finds nobody', async (query) => {
    const reply = await search(query)
    expect(reply.status).toBe(200)
    expect(reply.json).toEqual({ ok: 1, data: { results: [] } })
  })

  test('128 characters of any plane are a query', async () => {
    expect((await search('😀'.repeat(128))).status).toBe(200)
    expect((await search('😀'.repeat(129))).status).toBe(400)
  })

  test('a form and a one-element array are read like an object', async () => {
    const form = await seeker.client.post('/user/search', new URLSearchParams({ query: 'the_see', limit: '5' }))
    expect(namesIn(form)).toEqual(['the_seeker'])
    expect(namesIn(await seeker.client.post('/user/search', [{ query: 'the_see' }]))).toEqual(['the_seeker'])
  })

  test('nobody who is not signed in may search', async () => {
    const person = await verifiedPerson('not_signed_in')
    expect((await person.client.post('/user/search', { query: 'a' })).status).toBe(401)
    await logIn(person)
    await db.prepare("UPDATE users SET banned_at = 1 WHERE username = 'not_signed_in'").run()
    expect((await person.client.post('/user/search', { query: '\u200F' })).status).toBe(401)
  })
})

describe('at 20,000 people', () => {
  const PEOPLE = 20_000
  beforeAll(async () => {
    const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${PEOPLE})`
    await db
      .prepare(
        `INSERT INTO users (id, username, username_key, email_verified_at, given_name, family_name, created_at, updated_at)
         ${numbers} SELECT i, 'wx_person_' || i, 'wx_person_' || i, 1, 'Wx' || (i % 7), 'Wy' || i, 1, 1 FROM n`,
      )
      .run()
    await db
      .prepare(
        `INSERT INTO search_strings (string, user_id)
         SELECT username_key, id FROM users WHERE id <= ${PEOPLE} UNION ALL SELECT lower(given_name), id FROM users WHERE id <= ${PEOPLE}
         UNION ALL SELECT lower(given_name || ' ' || family_name), id FROM users WHERE id <= ${PEOPLE}
         UNION ALL SELECT lower(family_name || ' ' || given_name), id FROM users WHERE id <= ${PEOPLE}
         UNION ALL SELECT lower(family_name), id FROM users WHERE id <= ${PEOPLE}`,
      )
      .run()
  })

  async function measured(query: string, person = seeker, more: Record<string, unknown> = {}) {
    const { counts, statements, result } = await platform.counts.measure(() => search(query, person, more))
    expect(result.status).toBe(200)
    expect(counts.d1RoundTrips).toBe(1)
    expect(counts.rowsRead, `${query}: ${JSON.stringify(statements.map(({ rowsRead }) => rowsRead))}`).toBeLessThanOrEqual(400)
    expect(counts.rowsWritten).toBe(COUNT_WRITES)
    expect([counts.kvReads, counts.r2Operations, counts.limiterCalls]).toEqual([0, 0, 0])
    return { rowsRead: counts.rowsRead, names: namesIn(result) }
  }

  test('one round trip and at most 400 rows, whatever the query', async () => {
    for (const query of [
      'w',
      'wx',
      'wx_',
      'wx_person_1',
      'wx3',
      'wy',
      'wy1',
      'zzz',
      '%',
      '000000000000000000000001',
      ' ',
      'W'.repeat(128),
    ]) {
      for (const limit of [1, 20]) await measured(query, seeker, { limit })
    }
  })

  test('a full page, with the one who is named exactly in front', async () => {
    expect((await measured('wx')).names).toHaveLength(10)
    expect((await measured('wx', seeker, { limit: 20 })).names).toHaveLength(20)
    const { names } = await measured('WX_Person_7')
    expect(names[0]).toBe('wx_person_7')
    expect(names).toHaveLength(10)
  })

  test('the same where the caller follows, is blocked by or blocks everybody, and where nobody is there', async () => {
    const person = await signedInPerson('knows_everyone')
    const { id } = (await db.prepare("SELECT id FROM users WHERE username = 'knows_everyone'").first<{ id: number }>()) ?? { id: 0 }
    const some = 'FROM users WHERE id <= 2000'
    await db.prepare(`INSERT INTO follows (id, follower_id, followed_id, approved_at) SELECT 900000 + id, ${id}, id, 1 ${some}`).run()
    expect((await measured('wx', person, { limit: 20 })).names).toHaveLength(20)
    await db.prepare(`INSERT INTO blocks (id, blocker_id, blocked_id, created_at) SELECT 10000 + id, ${id}, id, 1 ${some}`).run()
    expect((await measured('wx0', person, { limit: 20 })).names).toEqual([])
    await db.prepare(`UPDATE blocks SET blocker_id = blocked_id, blocked_id = ${id} WHERE blocker_id = ${id}`).run()
    expect((await measured('wx0', person, { limit: 20 })).names).toEqual([])
    await db.prepare('UPDATE users SET email_verified_at = NULL WHERE id <= 20000').run()
    expect((await measured('w', seeker, { limit: 20 })).names).toEqual([])
  })

  test('a change of names reads and writes no more than any profile write', async () => {
    const person = await signedInPerson('budget_change')
    const { counts, statements } = await platform.counts.measure(() => person.client.patch('/user/me', { firstName: 'Wanda' }))
    expect(counts.d1RoundTrips).toBeLessThanOrEqual(2)
    expect(counts.rowsRead, JSON.stringify(statements.map((s) => [s.rowsRead, s.sql.trim().slice(0, 40)]))).toBeLessThanOrEqual(20)
  })
})
