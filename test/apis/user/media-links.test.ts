// Links to files (security row 69), and the origin of files (security row 67): what a link opens, until when, and what ends it.
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, test } from 'vitest'
import type { Bindings } from '../../../src/config.ts'
import { clock } from '../../platform/clock.ts'
import { ban, markDeleted } from '../../support/actors.ts'
import { Client, type Options, ORIGIN, platform, type Reply } from '../../support/kith.ts'
import { bytesOf, FILES, newFile, newLink } from '../../support/media.ts'
import { logIn, PASSWORD, type Person, signedInPerson } from '../../support/people.ts'
import { expectWrongField } from '../../support/replies.ts'
import { bearerOf, userToken } from '../../support/tokens.ts'

let names = 0

interface Linked {
  readonly person: Person
  readonly file: string
  readonly link: string
}

async function linked(): Promise<Linked> {
  names += 1
  const person = await signedInPerson(`linker_${names}`)
  const file = await newFile(person.client, 'a.txt', bytesOf('linked'))
  return { person, file, link: await newLink(person.client, file) }
}

const follow = (link: string, options: Options = {}) => new Client().fetch(link, options)

function expectRefused(reply: Reply): void {
  expect([reply.status, reply.json.error, reply.json.additionalInfo]).toEqual([
    403,
    'Forbidden',
    { message: 'The link is invalid or has expired', reason: 'link_invalid' },
  ])
  expect(reply.headers.get('cache-control')).toBe('no-store')
}

afterEach(() => {
  clock.restore()
  platform.reset()
})

describe('a link', () => {
  test('opens its file for whoever has it, by GET and HEAD, as often as they like, and nothing else', async () => {
    const { link } = await linked()
    for (const _ of [1, 2]) expect((await follow(link)).text).toBe('linked')
    const head = await follow(link, { method: 'HEAD' })
    expect([head.status, head.text, head.headers.get('content-length')]).toEqual([200, '', '6'])
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) expect((await follow(link, { method })).status).toBe(405)
    expect((await follow(link, { headers: { range: 'bytes=1-2' } })).text).toBe('in')
  })

  test('with anything about it changed opens nothing', async () => {
    const [{ link, file }, other] = [await linked(), await linked()]
    const url = new URL(link, ORIGIN)
    const values: Record<string, readonly string[]> = {
      expires: [`${Number(url.searchParams.get('expires')) + 1}`, '99999999999', '0'],
      viewer: [other.person.id, 'f'.repeat(24), '0'.repeat(24)],
      version: ['0.0', '1.1', '0.1', '999999999999999.0'].filter((version) => version !== url.searchParams.get('version')),
      kid: ['test-2', 'x', '__proto__', 'constructor'],
      signature: ['A'.repeat(43), new URL(other.link, ORIGIN).searchParams.get('signature') ?? ''],
    }
    expect(Object.keys(values).sort()).toEqual([...url.searchParams.keys()].sort())
    for (const [name, wrong] of Object.entries(values)) {
      for (const value of wrong) {
        const changed = new URL(url)
        changed.searchParams.set(name, value)
        expectRefused(await follow(changed.pathname + changed.search))
      }
      const without = new URL(url)
      without.searchParams.delete(name)
      const refused = await follow(without.pathname + without.search)
      expect([refused.status, refused.json.additionalInfo.errors[0].path]).toEqual([400, name])
      expect((await follow(`${link}&${name}=${url.searchParams.get(name)}`)).status).toBe(400)
    }
    expectRefused(await follow(link.replace(file, other.file)))
    expect((await follow(link)).status).toBe(200)
  })

  test('is good for 5 minutes, or for as many seconds as it was made for', async () => {
    clock.freeze(Math.floor(Date.now() / 1_000) * 1_000)
    const { person, file, link } = await linked()
    const short = (await person.client.post(`${FILES}/${file}/links`, { expiresIn: 10 })).json.data.link
    expect(Date.parse(short.expiresAt)).toBe(Date.now() + 10_000)
    clock.advance(9_999)
    expect((await follow(short.url.replace(ORIGIN, ''))).status).toBe(200)
    clock.advance(1)
    expectRefused(await follow(short.url.replace(ORIGIN, '')))
    clock.advance(290_000 - 1)
    expect((await follow(link)).status).toBe(200)
    clock.advance(1)
    expectRefused(await follow(link))
  })

  test('is made for 1 to 300 seconds', async () => {
    const { person, file } = await linked()
    const make = (expiresIn: unknown) => person.client.post(`${FILES}/${file}/links`, { expiresIn })
    for (const wrong of [0, 301, 1.5, '60', null]) expectWrongField(await make(wrong), 'expiresIn')
    for (const right of [1, 300]) expect((await make(right)).status).toBe(201)
  })

  const ENDS: readonly (readonly [what: string, act: (linked: Linked) => Promise<unknown>])[] = [
    ['links are revoked', ({ person, file }) => person.client.delete(`${FILES}/${file}/links`)],
    ['the file is deleted', ({ person, file }) => person.client.delete(`${FILES}/${file}`)],
    ['its owner signs out everywhere', ({ person }) => person.client.post('/user/logout-all')],
    [
      'its owner changes the password',
      ({ person }) => person.client.patch('/user/me', { password: 'battery-staple-horse-correct', currentPassword: PASSWORD }),
    ],
    ['its owner is banned', ({ person }) => ban(person)],
    ['its owner is gone', ({ person }) => markDeleted(person)],
    ['its owner deletes the account', ({ person }) => person.client.delete('/user/me', { body: { password: PASSWORD } })],
  ]
  test.each(ENDS)('is over once %s', async (_what, act) => {
    const one = await linked()
    expect((await follow(one.link)).status).toBe(200)
    await act(one)
    expectRefused(await follow(one.link))
  })

  test('that was revoked leaves links to other files, and new ones, alone', async () => {
    const { person, file, link } = await linked()
    const elsewhere = await newLink(person.client, await newFile(person.client, 'b', bytesOf('b')))
    await person.client.delete(`${FILES}/${file}/links`)
    expectRefused(await follow(link))
    expect((await follow(elsewhere)).text).toBe('b')
    expect((await follow(await newLink(person.client, file))).text).toBe('linked')
  })

  test('stays good when its owner renames the file or signs out of one browser', async () => {
    const { person, file, link } = await linked()
    await person.client.patch(`${FILES}/${file}`, { name: 'b.txt' })
    await person.client.post('/user/logout')
    const reply = await follow(link)
    expect([reply.status, reply.headers.get('content-disposition')]).toEqual([200, 'attachment; filename=b.txt'])
    expect((await logIn(person)).status).toBe(200)
  })

  test('of an older key is good while the key is in the ring', async () => {
    const { person, file, link } = await linked()
    const old = JSON.parse((env as unknown as Bindings).HMAC_KEYS ?? '')
    const next = { 'test-2': Buffer.alloc(32, 7).toString('base64url') }
    const rotated = { env: { HMAC_KEYS: JSON.stringify({ ...next, ...old }) } }
    const removed = { env: { HMAC_KEYS: JSON.stringify(next) } }
    expect((await follow(link, rotated)).status).toBe(200)
    expectRefused(await follow(link, removed))
    const made = (await person.client.post(`${FILES}/${file}/links`, {}, rotated)).json.data.link.url.replace(ORIGIN, '')
    expect(made).toContain('kid=test-2')
    expect((await follow(made, removed)).status).toBe(200)
    expectRefused(await follow(made))
  })
})

describe('an origin for files alone', () => {
  const FILES_ORIGIN = 'https://files.kith.test'
  const configured = { env: { FILES_ORIGIN } }

  test('gets a browser by a link, with no cookie of ours; a program is answered at once', async () => {
    const { person, file } = await linked()
    const path = `${FILES}/${file}/content`
    const redirect = await person.client.get(path, configured)
    expect([redirect.status, redirect.text]).toEqual([302, ''])
    expect(redirect.headers.get('cache-control')).toBe('no-store')
    expect(redirect.headers.get('referrer-policy')).toBe('no-referrer')
    const url = new URL(redirect.headers.get('location') ?? '')
    expect(url.origin).toBe(FILES_ORIGIN)
    const got = await follow(url.pathname + url.search, { ...configured, origin: FILES_ORIGIN })
    expect([got.status, got.text, got.headers.getSetCookie()]).toEqual([200, 'linked', []])
    const program = bearerOf(await userToken(person))
    expect((await program.get(path, configured)).text).toBe('linked')
    const link = (await program.post(`${FILES}/${file}/links`, {}, configured)).json.data.link.url
    expect(new URL(link).origin).toBe(FILES_ORIGIN)
  })

  test('serves files and nothing else, and the other one serves no files', async () => {
    const { person, link } = await linked()
    const there = { ...configured, origin: FILES_ORIGIN }
    for (const path of [
      '/',
      '/health',
      '/user/me',
      '/user/media/usage',
      '/oauth/token',
      '/.well-known/jwks.json',
      '/files',
      '/dev/mailbox',
    ]) {
      expect([path, (await person.client.get(path, there)).status]).toEqual([path, 404])
    }
    expect((await person.client.post('/user/logout-all', undefined, there)).status).toBe(404)
    expect((await follow(link, configured)).status).toBe(404)
    expect((await follow(link, there)).status).toBe(200)
    expect((await person.client.get('/user/me', configured)).status).toBe(200)
  })
})
