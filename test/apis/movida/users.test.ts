// The list of people and one of them (wire §2, §6.17): who is in it, what it says, in which format, and how its pages connect
// while people come and go.
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { idOf, newName } from '../../support/actors.ts'
import { copyOf, forgetEverybody } from '../../support/copies.ts'
import { Robot } from '../../support/digest.ts'
import { setColumns } from '../../support/graph.ts'
import { Client, ORIGIN, platform, type Reply } from '../../support/kith.ts'
import { makeRobot } from '../../support/machines.ts'
import { type Person, signedInPerson, signUp } from '../../support/people.ts'
import { parseXml } from '../../support/xml.ts'

const BASE = `${ORIGIN}/api`
const XML = { headers: { accept: '*/*' } }

let robot: Robot

beforeEach(async () => {
  platform.reset()
  robot = new Robot(await makeRobot())
})

const idsOf = ({ json }: Reply): number[] => json.entries.map(({ id }: { id: number }) => id)
const pathOf = (href: string) => href.slice(ORIGIN.length)

describe('a user', () => {
  let person: Person
  let path: string
  beforeAll(async () => {
    person = await signedInPerson(newName('smith'))
    await setColumns(person, { given_name: 'John', family_name: 'Smith', role: 'owner' })
    path = `/api/users/${idOf(person.id)}`
  })
  const seen = async () => (await robot.get(path)).json

  test.each([
    [{ given_name: 'John', family_name: 'smith' }, 'John S', 'John smith'],
    [{ given_name: 'Madonna', family_name: null }, 'Madonna', 'Madonna'],
    [{ given_name: null, family_name: 'Smith' }, 'Smith', 'Smith'],
    [{ given_name: 'John', family_name: '-' }, 'John -', 'John -'],
    [{ given_name: null, family_name: null, display_name: 'Mediagenix On-Demand' }, 'Mediagenix On-Demand', 'Mediagenix On-Demand'],
    [{ given_name: 'שרה', family_name: 'לוי' }, 'שרה ל', 'שרה לוי'],
    [{ given_name: '👩‍💻', family_name: '𝕏𝕪' }, '👩‍💻 𝕏', '👩‍💻 𝕏𝕪'],
  ])('the names of %j', async (names, short, full) => {
    await setColumns(person, { display_name: null, ...names })
    expect(await seen()).toMatchObject({ short_name: short, full_name: full })
    await setColumns(person, { given_name: 'John', family_name: 'Smith', display_name: null })
  })

  test('somebody without any name has the user name', async () => {
    await setColumns(person, { given_name: null, family_name: null })
    expect(await seen()).toMatchObject({ short_name: person.username, full_name: person.username })
    await setColumns(person, { given_name: 'John', family_name: 'Smith' })
  })

  test('somebody unknown, and an invalid id', async () => {
    for (const id of ['0', '999', '9007199254740993', '1'.repeat(400), `0x${idOf(person.id)}`, '-1', '1.5', 'abc', person.id]) {
      expect((await robot.get(`/api/users/${id}`)).status, id).toBe(404)
    }
    // Leading zeros do not change a number.
    expect((await robot.get(`/api/users/000${idOf(person.id)}`)).json.id).toBe(idOf(person.id))
  })
})

describe('who is there', () => {
  test('everybody verified, not banned and not deleted: alone, in the list, and in the total', async () => {
    const person = await signedInPerson(newName('present'))
    const waiting = await signUp(newName('waiting'))
    const now = Date.now()
    const ban = (until: number | null) => ({ banned_at: now - 2, banned_until: until })
    const states: [Record<string, number | string | null>, boolean][] = [
      [{}, true],
      [{ is_private: 1 }, true],
      [{ restricted_at: now }, true],
      [ban(null), false],
      [ban(now + 60_000), false],
      // Until it is lifted or replaced: the total cannot know that a time has come.
      [ban(now - 1), false],
      [{ deleted_at: now, deleted_reason: 'self' }, false],
    ]
    const clean = { is_private: 0, restricted_at: null, banned_at: null, banned_until: null, deleted_at: null, deleted_reason: null }
    const total = async () => (await robot.get('/api/users?per_page=1')).json.total_entries
    const before = await total()
    for (const [columns, isThere] of states) {
      await setColumns(person, { ...clean, ...columns })
      const name = JSON.stringify(columns)
      expect((await robot.get(`/api/users/${idOf(person.id)}`)).status, name).toBe(isThere ? 200 : 404)
      const { json } = await robot.get('/api/users?per_page=200')
      expect(
        json.entries.some(({ id }: { id: number }) => id === idOf(person.id)),
        name,
      ).toBe(isThere)
      expect(json.total_entries, name).toBe(isThere ? before : before - 1)
      expect(json.entries, name).toHaveLength(json.total_entries)
    }
    await setColumns(person, clean)
    expect((await robot.get(`/api/users/${idOf(waiting.id)}`)).status).toBe(404)
    expect(await total()).toBe(before)
  })
})

describe('pages', () => {
  const TOTAL = 132
  let ids: number[]
  let people: Person[]

  beforeAll(async () => {
    await forgetEverybody()
    const person = await signedInPerson(newName('of_many'))
    people = [person]
    for (let n = 1; n < TOTAL; n += 1) people.push(await copyOf(person, newName('of_many')))
    ids = people.map(({ id }) => idOf(id)).sort((a, b) => a - b)
  })

  const link = (json: Record<string, string | null>, rel: 'prev' | 'next') => json[`${rel}_link`] ?? null
  const numberIn = (href: string | null) => (href === null ? null : Number(new URL(href).searchParams.get('page')))
  const numbersOf = ({ json }: Reply) => [numberIn(link(json, 'prev')), numberIn(link(json, 'next'))]

  test('in XML a link that leads nowhere is left out, and next stands before prev', async () => {
    const rels = async (page: number) => {
      const { text } = await robot.get(`/api/users?page=${page}`, XML)
      return [...text.matchAll(/^ {2}<link rel="(\w+)" href="([^"]+)"\/>$/gm)].map(([, rel, href]) => [rel, href?.replaceAll('&amp;', '&')])
    }
    const { json } = await robot.get('/api/users?page=2')
    expect(await rels(1)).toEqual([['next', expect.stringContaining('page=2&per_page=50&after=')]])
    expect(await rels(2)).toEqual([
      ['next', json.next_link],
      ['prev', json.prev_link],
    ])
    expect((await rels(3)).map(([rel]) => rel)).toEqual(['prev'])
  })

  test.each([7, 50, 66, 131, 132, 133, 200])('with %i a page, along the links: everybody once, forwards and back', async (size) => {
    const pages: number[][] = []
    let href: string | null = `${BASE}/users?per_page=${size}`
    for (let number = 1; href !== null; number += 1) {
      const reply = await robot.get(pathOf(href))
      pages.push(idsOf(reply))
      expect(numbersOf(reply)).toEqual([number === 1 ? null : number - 1, number * size < TOTAL ? number + 1 : null])
      href = link(reply.json, 'next')
    }
    expect(pages.flat()).toEqual(ids)
    href = `${BASE}/users?per_page=${size}&page=${pages.length}`
    for (let number = pages.length; href !== null; number -= 1) {
      const reply = await robot.get(pathOf(href))
      expect(idsOf(reply)).toEqual(pages[number - 1])
      expect(numbersOf(reply)).toEqual([number === 1 ? null : number - 1, number === pages.length ? null : number + 1])
      href = link(reply.json, 'prev')
    }
  })

  test('a page beyond the end is empty, with the same total and a way back', async () => {
    for (const page of [4, 5, 999_999_999_999]) {
      const reply = await robot.get(`/api/users?page=${page}`)
      expect([reply.status, reply.json.entries, reply.json.total_entries]).toEqual([200, [], TOTAL])
      expect(numbersOf(reply)).toEqual([page - 1, null])
    }
    const { json } = await robot.get('/api/users?page=4')
    expect(idsOf(await robot.get(pathOf(json.prev_link)))).toEqual(ids.slice(100))
    const { text } = await robot.get('/api/users?page=4', XML)
    expect(text).not.toContain('<user>')
  })

  test('a position says where, the number is what the caller counts: they need not belong together', async () => {
    const first = ids[0] ?? 0
    const last = ids.at(-1) ?? 0
    const after = await robot.get(`/api/users?page=7&per_page=10&after=${first}`)
    expect(idsOf(after)).toEqual(ids.slice(1, 11))
    expect(numbersOf(after)).toEqual([6, 8])
    const before = await robot.get(`/api/users?page=7&per_page=10&before=${last}`)
    expect(idsOf(before)).toEqual(ids.slice(-11, -1))
    expect(numbersOf(before)).toEqual([6, 8])
    const atTheEnd = await robot.get(`/api/users?page=2&per_page=10&after=${last}`)
    expect([idsOf(atTheEnd), numbersOf(atTheEnd)]).toEqual([[], [1, null]])
    const beyond = await robot.get(`/api/users?page=9&per_page=10&after=${last}`)
    expect(idsOf(await robot.get(pathOf(beyond.json.prev_link)))).toEqual(ids.slice(-10))
    const atTheBeginning = await robot.get(`/api/users?page=3&per_page=10&before=${first}`)
    expect([idsOf(atTheBeginning), numbersOf(atTheBeginning)]).toEqual([[], [2, 4]])
    expect(idsOf(await robot.get(pathOf(atTheBeginning.json.next_link)))).toEqual(ids.slice(0, 10))
    for (const position of ['after=0', 'before=9007199254740993', `before=${'9'.repeat(20)}`]) {
      expect((await robot.get(`/api/users?page=2&${position}`)).json.entries, position).toHaveLength(50)
    }
    expect(numbersOf(await robot.get('/api/users?page=1&before=5'))).toEqual([null, 2])
  })

  test('the first page begins at the beginning, whatever page the way to it began at', async () => {
    const odd = await robot.get(`/api/users?page=2&per_page=50&after=${ids[9]}`)
    expect(odd.json.prev_link).toBe(`${BASE}/users?page=1&per_page=50`)
    expect((await robot.get('/api/users?page=3')).json.prev_link).toContain('&before=')
  })

  test('somebody who leaves while a robot walks the pages hides nobody else', async () => {
    const page1 = await robot.get('/api/users?per_page=66')
    const [goes, other] = [people[3], people[100]]
    if (!goes || !other) throw new Error('too few people')
    await setColumns(goes, { banned_at: 1 })
    const page2 = await robot.get(pathOf(page1.json.next_link))
    expect([...idsOf(page1), ...idsOf(page2)]).toEqual(ids)
    expect(page2.json.total_entries).toBe(TOTAL - 1)
    await setColumns(goes, { banned_at: null })
    // Three pages of 50, and one person who leaves the first after it was read: the second must still lead to the third.
    const small = await robot.get('/api/users?per_page=131')
    await setColumns(goes, { banned_at: 1 })
    expect(idsOf(await robot.get(pathOf(small.json.next_link)))).toEqual(ids.slice(131))
    await setColumns(goes, { banned_at: null })
  })

  test('an empty list is one page', async () => {
    await forgetEverybody()
    const reply = await robot.get('/api/users')
    expect(reply.json).toEqual({ total_entries: 0, prev_link: null, next_link: null, entries: [] })
    expect((await robot.get('/api/users', XML)).text).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<users type="array">\n  <total-entries>0</total-entries>\n</users>\n',
    )
  })
})

describe('what is asked for in a way that it cannot be', () => {
  const BAD: Readonly<Record<string, readonly string[]>> = {
    per_page: ['0', '00', '-1', 'abc', '', '1.5', '1e2', ' 1', '1\0', '50 ', '١', '0x10', '9'.repeat(13)],
    page: ['0', '-1', 'abc', '', '1.5', '2e1', 'NaN', '9'.repeat(13), '1\0', '\ufffd'],
    after: ['', '-1', 'abc', '1.5', '9'.repeat(21), '0x1', '💩'],
    before: ['', '-1', 'abc', '1.5', '9'.repeat(21), "1' OR '1'='1"],
  }

  test.each(Object.keys(BAD))('%s: 422 that names it, in the form that was asked for', async (name) => {
    for (const value of BAD[name] ?? []) {
      const path = `/api/users?${name}=${encodeURIComponent(value)}`
      const json = await robot.get(path)
      expect([json.status, Object.keys(json.json)], `${path} ${json.text}`).toEqual([422, ['error']])
      expect(json.json.error.message, path).toMatch(new RegExp(`^${name} \\w`))
    }
  })

  test('more than 200 is refused in the words of the original', async () => {
    for (const size of ['201', '1000', '9'.repeat(12)]) {
      const { status, text } = await robot.get(`/api/users?per_page=${size}`, XML)
      expect([status, text]).toEqual([
        422,
        '<?xml version="1.0" encoding="UTF-8"?>\n<error>\n  <message>per_page maximum value is 200</message>\n</error>\n',
      ])
    }
  })

  test('several problems are all named', async () => {
    const { text } = await robot.get('/api/users?page=x&per_page=0', XML)
    expect(text).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<errors>
  <error>page must be a whole number of at least 1</error>
  <error>per_page must be a whole number of at least 1</error>
</errors>
`)
    expect((await robot.get('/api/users?page=x&per_page=0')).json.errors).toHaveLength(2)
  })

  test('two positions, and what comes twice', async () => {
    for (const query of ['after=1&before=2', 'page=1&page=2', 'per_page=1&per_page=1', 'after=1&after=1']) {
      expect((await robot.get(`/api/users?${query}`)).status, query).toBe(422)
    }
  })

  test('a name that XML cannot hold comes back as one that it can', async () => {
    const name = encodeURIComponent('\u0001<b>\ufffe&"]]>')
    const { status, text } = await robot.get(`/api/users?${name}=1&${name}=2`, XML)
    expect(status).toBe(422)
    expect(parseXml(text).children[0]?.text).toBe('<b>&"]]> must not be repeated')
  })

  test('unknown parameters are ignored', async () => {
    expect((await robot.get('/api/users?user_type=owner&sort=-id&x[]=1')).status).toBe(200)
    expect((await robot.get('/api?x=1')).status).toBe(200)
  })

  test('no other method, no other path', async () => {
    for (const path of ['/api', '/api/users', '/api/users/1']) {
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
        const reply = await new Client().fetch(path, { method })
        expect([reply.status, reply.headers.get('allow')], `${method} ${path}`).toEqual([405, 'GET, HEAD'])
        expect(reply.text).toContain('<error>')
      }
    }
    for (const path of ['/api/teams', '/api/users/1/x', '/api/Users', '/api//users', '/api/users//']) {
      const reply = await new Client().get(path)
      expect([reply.status, reply.headers.get('content-type')], path).toEqual([404, 'application/xml; charset=utf-8'])
    }
  })
})

describe('a host of its own', () => {
  test('has the room at its root; links lead to the public origin all the same', async () => {
    const host = { origin: 'https://movida.kith.test', env: { HOST_ROOMS: 'movida.kith.test=movida' } }
    const made = await makeRobot()
    const other = new Robot(made)
    // The uri of the response is the path that the client has requested.
    expect((await other.get('/', host)).json).toEqual({ users_link: `${BASE}/users` })
    expect((await other.get('/users?per_page=1', host)).status).toBe(200)
    expect((await other.get('/api/users?per_page=1', host)).status).toBe(200)
    expect((await new Client().get('/user/me', host)).status).toBe(404)
  })
})
