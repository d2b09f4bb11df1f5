// Subjects (OpenID Connect Core §8): what two clients can tell of one person, and what Kith reads back.
import { expect, test } from 'vitest'
import { getConfig } from '../../../src/config.ts'
import { readSubject, type SubjectRules, sectorOf, subjectFor } from '../../../src/core/oauth/subjects.ts'
import { NO_ID, newId, toHex, type UserId } from '../../../src/ids.ts'
import { platform } from '../../support/kith.ts'

const configWith = (key: string | undefined) => getConfig({ ...platform.env, PAIRWISE_KEY: key } as never)
const config = configWith(platform.env.PAIRWISE_KEY)
const another = configWith(JSON.stringify({ 'test-2': 'B'.repeat(43) }))
const keyless = configWith(undefined)

const pairwise = (uri: string, sectorIdentifierUri: string | null = null): SubjectRules => ({
  subjectType: 'pairwise',
  sectorIdentifierUri,
  redirectUris: [uri],
})
const SHOP = pairwise('https://shop.example/cb')
const ada = newId<UserId>()
const bob = newId<UserId>()

test('a public subject is the id of the user', () => {
  expect(subjectFor(config, { ...SHOP, subjectType: 'public' }, ada)).toBe(toHex(ada))
  expect(readSubject(config, toHex(ada))).toBe(ada)
})

test('a pairwise subject is one of a sector and a person', () => {
  const sub = subjectFor(config, SHOP, ada)
  expect(sub).toMatch(/^[0-9a-f]{32}$/)
  expect(subjectFor(config, pairwise('https://shop.example:8443/other'), ada), 'the same host').toBe(sub)
  expect(subjectFor(config, pairwise('https://x.example/', 'https://shop.example/uris.json'), ada), 'by its document').toBe(sub)
  expect(subjectFor(config, pairwise('https://bank.example/cb'), ada), 'another sector').not.toBe(sub)
  expect(subjectFor(config, SHOP, bob), 'another person').not.toBe(sub)
  expect(subjectFor(another, SHOP, ada), 'another key').not.toBe(sub)
})

test.each([1, ada, Number.MAX_SAFE_INTEGER])('the person %d is read from their pairwise subject', (id) => {
  expect(readSubject(config, subjectFor(config, SHOP, id as UserId))).toBe(id)
})

test('nobody is read from a subject that is garbled, or of another key', () => {
  const sub = subjectFor(config, SHOP, ada)
  for (let at = 0; at < sub.length; at += 1) {
    const garbled = sub.slice(0, at) + (sub[at] === '0' ? '1' : '0') + sub.slice(at + 1)
    expect(readSubject(config, garbled), garbled).toBeNull()
  }
  for (const text of ['', 'ada', sub.slice(1), `${sub}0`, sub.toUpperCase(), '0'.repeat(32), toHex(ada).slice(1)]) {
    expect(readSubject(config, text), text).toBeNull()
  }
  expect(readSubject(another, sub)).toBeNull()
  expect(readSubject(keyless, sub)).toBeNull()
  expect(readSubject(config, 'f'.repeat(24)), 'an id that cannot be').toBe(NO_ID)
})

test('without the key, or a sector, there is no subject rather than the public one', () => {
  expect(() => subjectFor(keyless, SHOP, ada)).toThrow()
  expect(() => subjectFor(config, pairwise('com.example.app:/cb'), ada)).toThrow()
})

test.each([
  ['one host', ['https://a.example/cb', 'https://a.example:444/x'], 'a.example'],
  ['two hosts', ['https://a.example/cb', 'https://b.example/cb'], null],
  ['a host and an app', ['https://a.example/cb', 'com.example.app:/cb'], null],
  ['loopback, which all programs share', ['http://127.0.0.1/cb'], null],
  ['no redirect URI', [], null],
])('Core §8.1: the sector of a client with %s', (_what, redirectUris, sector) => {
  expect(sectorOf({ sectorIdentifierUri: null, redirectUris })).toBe(sector)
  expect(sectorOf({ sectorIdentifierUri: 'https://s.example/list', redirectUris })).toBe('s.example')
})
