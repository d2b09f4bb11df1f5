// Names that callers choose: fields named like properties of every object, and invalid Host headers.
import { createExecutionContext } from 'cloudflare:test'
import { describe, expect, test } from 'vitest'
import worker from '../../src/index.ts'
import { newName } from '../support/actors.ts'
import { Client, type Options, ORIGIN, platform } from '../support/kith.ts'
import { formOf, open, send, sendFile, signInOnPage } from '../support/pages.ts'
import { PASSWORD, signUpBody, verifiedPerson } from '../support/people.ts'

const NAMES = ['toString', 'constructor', 'valueOf', 'hasOwnProperty', '__defineGetter__']

describe.each(NAMES)('a field called %s', (name) => {
  test('is refused by its name, in JSON, in a form and in a query', async () => {
    const client = new Client()
    const body = { ...signUpBody(newName('keyed')), [name]: 'x' }
    const replies = [
      await client.post('/user/create', body),
      await client.post('/user/create', new URLSearchParams(body)),
      await client.get(`/user/usernames?${new URLSearchParams({ [name]: 'x' })}`),
    ]
    for (const { status, json } of replies.slice(0, 2)) {
      expect([status, json.additionalInfo.errors.map(({ path }: { path: string }) => path)]).toEqual([400, [name]])
      expect(json.additionalInfo.errors[0].msg).toBe('is not a known field')
    }
    for (const { text, status } of replies) {
      expect(status).toBeLessThan(500)
      expect(text).not.toMatch(/native code|function|\[object/)
    }
  })

  test('does not stand in for a missing field', async () => {
    const { json } = await new Client().post('/user/login', { [name]: { password: 'x' } })
    for (const error of json.additionalInfo.errors) expect(['password', name]).toContain(error.path)
  })
})

test('thousands of unknown fields get a refusal shorter than the request, which names the first of them', async () => {
  const body = Object.fromEntries(Array.from({ length: 6_000 }, (_, index) => [`k${index}`, 1]))
  const { status, json, text } = await new Client().post('/user/login', body)
  expect([status, json.additionalInfo.errors.length]).toEqual([400, 40])
  expect(text.length).toBeLessThan(5_000)
})

test('a part or field of that name reveals nothing internal on a page', async () => {
  const person = await verifiedPerson(newName('keyed'))
  const client = new Client()
  const typed = await send(client, formOf(await open(client, '/sign-in')), { toString: 'x', identifier: '', password: '' } as never)
  await signInOnPage(client, person.username, PASSWORD)
  const { picture: _, ...fields } = formOf(await open(client, '/account/picture')).fields
  const form = { action: '/account/picture', fields }
  const replies = [typed]
  for (const name of NAMES) {
    replies.push(await sendFile(client, form, name, new File(['x'], 'x.png', { type: 'image/png' })))
    replies.push(await send(client, formOf(await open(client, '/account/profile')), { [name]: 'x' }))
  }
  for (const { status, text } of replies) {
    expect([400, 303]).toContain(status)
    expect(text).not.toMatch(/native code|function |\[object/)
  }
})

describe('a Host header that is none', () => {
  const HOSTS = ['x:y', 'a b', '%', 'localhost:99999', '[::1']
  const PATHS = [
    '/user/me',
    '/user/search?q=a',
    '/sign-in',
    '/account?x=1',
    '/oauth/authorize?client_id=x',
    '/mxit/authorize?scope=x',
    '/api/users',
    '/health',
    '/nowhere',
  ]

  async function ask(host: string, path: string, vars: Options['env'] = {}) {
    const request = new Request(`${ORIGIN}${path}`, { headers: { accept: 'text/html', 'sec-fetch-site': 'none' } })
    // As the runtime passes it on: the text of the header, whatever it is.
    Object.defineProperty(request, 'url', { value: `https://${host}${path}` })
    return worker.fetch(request as never, { ...platform.env, ...vars } as never, createExecutionContext())
  }

  test.each(HOSTS)('%j is a 400 of ours, everywhere', async (host) => {
    for (const path of PATHS) {
      for (const vars of [{}, { HOST_ROOMS: 'mxit.kith.test=mxit' }, { ORIGIN: 'no origin' }]) {
        const reply = await ask(host, path, vars)
        expect([path, reply.status]).toEqual([path, 400])
        expect(await reply.json()).toEqual({ error: 'invalid_request', error_description: 'The Host header is malformed' })
        expect(reply.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/)
        expect(reply.headers.get('x-content-type-options')).toBe('nosniff')
      }
    }
  })

  test('a host that is well-formed and not ours leads nowhere but to our origin', async () => {
    const reply = await ask('evil.example', '/account')
    expect([reply.status, reply.headers.get('location')]).toEqual([303, '/sign-in?return_to=%2Faccount'])
    const mxit = await ask('evil.example', '/mxit/authorize?client_id=x')
    expect(mxit.headers.get('location')).toMatch(/^https:\/\/kith\.test\/oauth\/authorize/)
  })
})

test.each([
  ['/oauth/token', { grant_type: 'client_credentials' }],
  ['/oauth/token', { grant_type: 'client_credentials', client_id: 'nobody', client_secret: 'x' }],
  ['/oauth/revoke', { token: 'x', client_id: 'nobody' }],
  ['/oauth/introspect', { token: 'x', client_id: 'nobody', client_secret: 'x' }],
  ['/oauth/token/introspect', { token: 'x' }],
  ['/mxit/token', { grant_type: 'client_credentials', client_id: 'nobody', client_secret: 'x' }],
  ['/mxit/revoke', { token: 'x', client_id: 'nobody' }],
] as const)('RFC 6749 §5.2: a 401 of %s with %j says how a client proves itself', async (path, fields) => {
  const reply = await new Client().post(path, new URLSearchParams(fields))
  expect([reply.status, reply.json.error]).toEqual([401, 'invalid_client'])
  expect(reply.headers.get('www-authenticate')).toMatch(/^Basic realm="[^"]+", charset="UTF-8"$/)
})
