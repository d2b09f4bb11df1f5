// Search over HTTP (wire §3.2, §6.13; design §1.15, §7; security rows 58, 63).
import { beforeAll, describe, expect, test } from 'vitest'
import { SearchReply } from '../../../src/apis/user/search/presenters.ts'
import { idOf, rows } from '../../support/actors.ts'
import type { Reply } from '../../support/kith.ts'
import { type Person, signedInPerson, signUp, verifiedPerson } from '../../support/people.ts'
import { expectWrongField } from '../../support/replies.ts'

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
      const strings = await rows('SELECT string FROM search_strings WHERE user_id = ? ORDER BY string', idOf(person.id))
      expect(strings.map(({ string }) => string)).toEqual([
        'double_change',
        `family${letter} given${letter}`,
        `given${letter} family${letter}`,
        `middle${letter}`,
      ])
    }
  })

  test('email addresses and phone numbers find nobody', async () => {
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
    await rows("UPDATE users SET banned_at = 1 WHERE username = 'ghost_banned'")
    await rows("UPDATE users SET deleted_at = 1 WHERE username = 'ghost_deleted'")
    await rows("UPDATE users SET banned_at = 1, banned_until = 2 WHERE username = 'ghost_over'")
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

  test('a query has at most 128 characters of any plane, and a page 1 to 20 people', async () => {
    expect((await search('😀'.repeat(128), seeker, { limit: 20 })).status).toBe(200)
    expectWrongField(await search('😀'.repeat(129)), 'query')
    for (const limit of [0, 21]) expectWrongField(await search('a', seeker, { limit }), 'limit')
  })
})
