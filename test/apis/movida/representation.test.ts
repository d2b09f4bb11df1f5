// JSON and XML say the same (wire §2.4), whatever people are called; and which of the two is sent (RFC 9110 §12.5.1).
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { prefersJson } from '../../../src/apis/movida/representation.ts'
import { toUser, toUsers } from '../../../src/apis/movida/wire.ts'
import { toXml } from '../../../src/apis/movida/xml.ts'
import type { AvatarColor } from '../../../src/core/media/default-avatars.ts'
import type { ActiveUser, PagePosition } from '../../../src/core/profiles/active-users.ts'
import type { UserId } from '../../../src/ids.ts'
import { newName } from '../../support/actors.ts'
import { copyOf } from '../../support/copies.ts'
import { Robot } from '../../support/digest.ts'
import { setColumns } from '../../support/graph.ts'
import { Client } from '../../support/kith.ts'
import { makeRobot } from '../../support/machines.ts'
import { type Person, signedInPerson } from '../../support/people.ts'
import { parseXml, type XmlElement } from '../../support/xml.ts'

const BASE = 'https://kith.test/api'

// --- what XML says, as JSON says it ------------------------------------------------------------------------------

const linksOf = (element: XmlElement) =>
  Object.fromEntries(
    element.children.filter(({ name }) => name === 'link').map(({ attributes }) => [`${attributes.rel}_link`, attributes.href]),
  )

function scalarOf({ attributes, text }: XmlElement): unknown {
  if (attributes.nil === 'true') return null
  return attributes.type === 'integer' ? Number(text) : text
}

function userIn(element: XmlElement) {
  const fields = element.children.filter(({ name }) => name !== 'link').map((child) => [child.name.replaceAll('-', '_'), scalarOf(child)])
  return { resource_type: element.name, ...Object.fromEntries(fields), ...linksOf(element) }
}

function usersIn(element: XmlElement) {
  expect([element.name, element.attributes]).toEqual(['users', { type: 'array' }])
  return {
    total_entries: Number(element.children.find(({ name }) => name === 'total-entries')?.text),
    prev_link: null,
    next_link: null,
    ...linksOf(element),
    entries: element.children.filter(({ name }) => name === 'user').map(userIn),
  }
}

// --- anybody -----------------------------------------------------------------------------------------------------

const HOSTILE = [
  ...['\u0000', '\u0001', '\u0008', '\u000b', '\u001b', '\u007f', '\u0085', '\u009f', '\ud800', '\udfff', '\ufffe', '\uffff', '\ufeff'],
  ...['\r', '\n', '\t', '\r\n', ' ', '\u00a0', '\u2028', '\u202e', '\u200f', 'שלום', 'مرحبا', '👩‍👩‍👧', '🏳️‍🌈', 'é', '𝕏'],
  ...[
    '&',
    '<',
    '>',
    '"',
    "'",
    ']]>',
    '<![CDATA[',
    '<!--',
    '-->',
    '<?xml',
    '?>',
    '&amp;',
    '&#0;',
    '&#x0;',
    '&lt;',
    '</full-name>',
    '%00',
    '\\u0000',
  ],
]
const text = fc.string({
  unit: fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })),
  maxLength: 20,
})
const color = fc.constantFrom<AvatarColor>('yellow', 'orange', 'red', 'pink', 'purple', 'aqua', 'blue', 'green')
const url = fc.webUrl({ withQueryParameters: true, withFragments: true })
const picture = fc.oneof(
  fc.record({ avatarUrl: fc.constant(null), avatarColor: color }),
  fc.record({ avatarUrl: url, avatarColor: fc.constant(null) }),
)
const id = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }).map((n) => n as UserId)
const person: fc.Arbitrary<ActiveUser> = fc
  .tuple(fc.record({ id, shortName: text, fullName: text, role: text, avatarInitials: text }), picture)
  .map(([one, more]) => ({ ...one, ...more }))
const position: fc.Arbitrary<PagePosition | null> = fc.option(fc.record({ number: fc.nat(), after: id }))

/** Production [2] of XML 1.0, again. */
const withoutForbidden = (name: string) =>
  [...name].filter((c) => /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd]$/.test(c) || (c.codePointAt(0) ?? 0) > 0xffff).join('')

describe('JSON and XML say the same', () => {
  test('of a thousand people of any name', () => {
    fc.assert(
      fc.property(person, (one) => {
        const { json, xml } = toUser(BASE, one)
        const said = JSON.parse(JSON.stringify(json))
        expect(userIn(parseXml(toXml(xml)))).toEqual(said)
        expect(said.full_name).toBe(withoutForbidden(one.fullName))
      }),
      { numRuns: 1_000 },
    )
  })

  test('of pages of them', () => {
    fc.assert(
      fc.property(fc.array(person, { maxLength: 20 }), position, position, fc.nat(), (users, previous, next, total) => {
        const { json, xml } = toUsers(BASE, { total, users, previous, next }, 50)
        expect(usersIn(parseXml(toXml(xml)))).toEqual(JSON.parse(JSON.stringify(json)))
      }),
      { numRuns: 100 },
    )
  })

  describe('over HTTP', () => {
    let people: Person[]
    let robot: Robot
    beforeAll(async () => {
      const first = await signedInPerson(newName('any_name'))
      people = [first]
      while (people.length < 20) people.push(await copyOf(first, newName('any_name')))
      robot = new Robot(await makeRobot())
    })

    test('of what lies in the database', async () => {
      const names = fc.array(fc.record({ given_name: text, family_name: text }), { minLength: 20, maxLength: 20 })
      await fc.assert(
        fc.asyncProperty(names, async (rows) => {
          await Promise.all(people.map((one, at) => setColumns(one, rows[at] ?? {})))
          const json = await robot.get('/api/users?per_page=200')
          const xml = await robot.get('/api/users?per_page=200', { headers: { accept: '*/*' } })
          expect([json.status, xml.status]).toEqual([200, 200])
          expect(usersIn(parseXml(xml.text))).toEqual(json.json)
        }),
        { numRuns: 10 },
      )
    })
  })
})

describe('the reader of these tests', () => {
  test.each([
    '<a>',
    '<a></b>',
    '<a b="1" b="2"/>',
    '<a>&</a>',
    '<a>&nbsp;</a>',
    '<a>]]></a>',
    '<a>\u0001</a>',
    '<a>&#1;</a>',
    '<a/><b/>',
    '<a b=1/>',
    '<a>\r</a>',
    'x<a/>',
  ])('refuses %j', (xml) => expect(() => parseXml(`<?xml version="1.0" encoding="UTF-8"?>\n${xml}`)).toThrow())
})

describe('Accept', () => {
  const XML = ['', '*/*', '*', 'application/xml', 'text/xml', 'application/*', 'text/html', 'text/*', 'image/png', 'garbage', ',', ';q=1']
  const MORE_XML = [
    'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    'application/json;q=0',
    'application/json;q=0, */*',
    'application/json;q=0.0, text/html',
    'application/json;q=0.5, application/xml',
    'application/xml, application/json',
    'application/json, application/xml',
    'application/json;q=0.9, text/xml',
    'application/json;q=0.5, */*',
    'application/json;q=0.5, application/*;q=0.6',
    'application/vnd.api+json',
    'application/jsonp',
    'text/json',
    '*/*;q=0.1',
  ]
  const JSON_ = [
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;q=0.1',
    'application/json;q=0.001',
    'application/json ; q=0.8 , application/xml ; q=0.5',
    'application/json;Q=1, application/xml;q=0.9',
    'application/xml;q=0, application/json;q=0.1',
    'application/json, text/plain, */*',
    'application/json, */*;q=0.5',
    'application/xml;q=0.5, text/xml;q=0.5, */*',
    'application/xml;q=0, */*',
    'application/json;q=2, application/xml;q=0.9',
    'application/json;q=, application/xml;q=0.9',
  ]

  test.each([...XML, ...MORE_XML])('%j: XML', (accept) => expect(prefersJson(accept)).toBe(false))
  test.each(JSON_)('%j: JSON', (accept) => expect(prefersJson(accept)).toBe(true))

  test('every answer says what it is and that it depends on Accept, refusals too', async () => {
    const robot = new Robot(await makeRobot())
    for (const path of ['/api', '/api/users', '/api/users/1', '/api/users?page=0', '/api/nothing']) {
      for (const [accept, type] of [
        ['application/json', 'application/json'],
        ['image/png', 'application/xml; charset=utf-8'],
      ] as const) {
        for (const reply of [await robot.get(path, { headers: { accept } }), await new Client().get(path, { headers: { accept } })]) {
          expect([reply.headers.get('content-type'), reply.headers.get('vary')], `${path} ${accept}`).toEqual([type, 'Accept'])
        }
      }
    }
  })
})
