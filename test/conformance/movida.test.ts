// Conformance of the room `movida` with its seed, the page "User" of BeBanjo's Metadata API: each sample, by names, types and
// nesting, in JSON and in XML. The XML samples are repaired as in wire §2.4. test/system/movida.test.ts runs the printed calls
// with curl. README.md has the status of each sentence.
import { beforeAll, describe, expect, test } from 'vitest'
import { idOf, newName, rows } from '../support/actors.ts'
import { copyOf, forgetEverybody } from '../support/copies.ts'
import { Robot } from '../support/digest.ts'
import { setColumns } from '../support/graph.ts'
import { Client, ORIGIN, platform } from '../support/kith.ts'
import { makeRobot } from '../support/machines.ts'
import { type Person, signedInPerson } from '../support/people.ts'
import { parseXml, type XmlElement } from '../support/xml.ts'
import { differences, type Json } from './samples.ts'

const HOST = 'https://movida.bebanjo.net'

const JOHN = {
  resource_type: 'user',
  id: 140,
  short_name: 'John S',
  full_name: 'John Smith',
  user_type: 'owner',
  avatar_color: 'red',
  avatar_initials: 'JS',
  avatar_url: null,
  self_link: `${HOST}/api/users/140`,
}
const LIST = {
  total_entries: 132,
  prev_link: `${HOST}/api/users?page=1`,
  next_link: `${HOST}/api/users?page=3`,
  entries: [JOHN],
}

const PROLOG = '<?xml version="1.0" encoding="UTF-8"?>\n'
const JOHN_XML = `<user>
    <id type="integer">140</id>
    <short-name>John S</short-name>
    <full-name>John Smith</full-name>
    <user-type>owner</user-type>
    <avatar-color>red</avatar-color>
    <avatar-initials>JS</avatar-initials>
    <avatar-url nil="true"/>
    <link rel="self" href="${HOST}/api/users/140"/>
  </user>`
/** `next` and `prev` lead where they do in the JSON sample, and all elements are closed. */
const LIST_XML = `${PROLOG}<users type="array">
  <total-entries>132</total-entries>
  <link rel="next" href="${HOST}/api/users?page=3"/>
  <link rel="prev" href="${HOST}/api/users?page=1"/>
  ${JOHN_XML}
</users>
`
const ROOT_XML = `${PROLOG}<movida>
  <link rel="users" href="${HOST}/api/users"/>
</movida>
`
const COLORS = ['yellow', 'orange', 'red', 'pink', 'purple', 'aqua', 'blue', 'green']

let robot: Robot
let john: Person
let people: Person[]

beforeAll(async () => {
  platform.reset()
  await forgetEverybody()
  robot = new Robot(await makeRobot({ name: 'robot_user' }))
  john = await signedInPerson(newName('john'))
  await setColumns(john, { given_name: 'John', family_name: 'Smith', role: 'owner' })
  people = [john]
  while (people.length < 132) people.push(await copyOf(john, newName('john')))
})

const xml = { headers: { accept: '*/*' } }

/** Names, attributes and order; for attributes that state a type, their values too. */
function shapeOf({ name, attributes, children }: XmlElement): unknown {
  const { href: _, ...said } = attributes
  return { name, attributes: said, hasLink: 'href' in attributes, children: children.map(shapeOf) }
}

describe('a user', () => {
  test('"This is how a user looks like", and "Get a single user given its URL": JSON', async () => {
    const { json } = await robot.get(`/api/users/${idOf(john.id)}`)
    expect(Object.keys(json)).toEqual(Object.keys(JOHN))
    const id = idOf(john.id)
    expect(json).toEqual({ ...JOHN, id, avatar_color: COLORS[id % 8], self_link: `${ORIGIN}/api/users/${id}` })
  })

  test('the same: XML, to the letter but for id, colour and host', async () => {
    const { text } = await robot.get(`/api/users/${idOf(john.id)}`, xml)
    const printed = `${PROLOG}${JOHN_XML}\n`.replace(/^ {2}/gm, '')
    const made = text
      .replaceAll(String(idOf(john.id)), '140')
      .replaceAll(ORIGIN, HOST)
      .replace(new RegExp(`<avatar-color>(${COLORS.join('|')})<`), '<avatar-color>red<')
    expect(made).toBe(printed)
  })

  test('"a unique URL that will not change overtime", and the id in it is the id of the user', async () => {
    for (const person of people.slice(0, 3)) {
      const { json } = await robot.get(`/api/users/${idOf(person.id)}`)
      expect([json.id, json.self_link]).toEqual([idOf(person.id), `${ORIGIN}/api/users/${idOf(person.id)}`])
    }
  })

  test('"Possible values are ...": each of the eight, and always the same', async () => {
    const { json } = await robot.get('/api/users?per_page=200')
    const colors = new Set(json.entries.map((user: typeof JOHN) => user.avatar_color))
    expect([...colors].every((color) => COLORS.includes(color as string))).toBe(true)
    expect(colors.size).toBeGreaterThan(4)
    const again = await robot.get('/api/users?per_page=200')
    expect(again.json).toEqual(json)
  })

  test('"When the avatar-url is present, the avatar-color will be empty", and the other way round', async () => {
    const key = `${'0'.repeat(24)}/${'b'.repeat(64)}`
    const withPicture = people[1] as Person
    await setColumns(withPicture, { avatar_key: key })
    const { json } = await robot.get(`/api/users/${idOf(withPicture.id)}`)
    const url = `https://avatars.kith.test/${key}/512.webp`
    expect([json.avatar_url, json.avatar_color, json.avatar_initials]).toEqual([url, null, 'JS'])
    const { text } = await robot.get(`/api/users/${idOf(withPicture.id)}`, xml)
    expect(text).toContain(`<avatar-url>${url}</avatar-url>`)
    expect(text).toContain('<avatar-color nil="true"/>')
    await setColumns(withPicture, { avatar_key: null })
  })
})

describe('"Get a list of all users in the current account"', () => {
  test('"Users are linked from the root of the API"', async () => {
    for (const path of ['/api', '/api/']) expect((await robot.get(path)).json).toEqual({ users_link: `${ORIGIN}/api/users` })
    expect((await robot.get('/api', xml)).text.replaceAll(ORIGIN, HOST)).toBe(ROOT_XML)
  })

  test('the second page of 132: JSON', async () => {
    const { json } = await robot.get('/api/users?page=2')
    expect(differences(LIST as Json, json)).toEqual([])
    expect(Object.keys(json)).toEqual(Object.keys(LIST))
    const ids = people.map(({ id }) => idOf(id)).sort((a, b) => a - b)
    expect([json.total_entries, json.entries.map(({ id }: typeof JOHN) => id)]).toEqual([132, ids.slice(50, 100)])
    expect(json.prev_link).toMatch(/\/api\/users\?page=1(&|$)/)
    expect(json.next_link).toMatch(/\/api\/users\?page=3(&|$)/)
  })

  test('the same: XML, and its text as in JSON', async () => {
    const made = parseXml((await robot.get('/api/users?page=2&per_page=1', xml)).text)
    const printed = parseXml(LIST_XML)
    expect(shapeOf(made)).toEqual(shapeOf(printed))
    expect(made.children[0]?.text).toBe('132')
  })

  test('"only 50 users ... by default", "maximum value allowed is 200"', async () => {
    expect((await robot.get('/api/users')).json.entries).toHaveLength(50)
    expect((await robot.get('/api/users?per_page=200')).json.entries).toHaveLength(132)
    expect((await robot.get('/api/users?per_page=201')).status).toBe(422)
  })

  test('"the links rel=next and rel=prev should be used": three pages, the last of 32', async () => {
    const sizes: number[] = []
    for (let href: string | null = '/api/users'; href !== null; ) {
      const { json } = await robot.get(href)
      sizes.push(json.entries.length)
      href = json.next_link?.slice(ORIGIN.length) ?? null
    }
    expect(sizes).toEqual([50, 50, 32])
  })

  test('"excluding API users"', async () => {
    expect((await robot.get('/api/users?per_page=200')).text).not.toContain('robot_user')
    const [machine] = await rows<{ id: number }>('SELECT MAX(id) AS id FROM machine_credentials')
    expect((await robot.get(`/api/users/${machine?.id}`)).status).toBe(404)
  })

  test('"Only ... accounts configured for User Permissions will expose users in the API"', async () => {
    const env = { EXPOSE_USERS: 'off' }
    expect((await robot.get('/api', { env })).json).toEqual({})
    expect((await robot.get('/api', { ...xml, env })).text).toBe(`${PROLOG}<movida>\n</movida>\n`)
    for (const path of ['/api/users', `/api/users/${idOf(john.id)}`]) {
      expect((await robot.get(path, { env })).status).toBe(404)
      expect((await new Client().get(path, { env })).status).toBe(401)
      expect((await robot.get(path)).status).toBe(200)
    }
  })
})
