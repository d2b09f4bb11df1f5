// A missing page is an HTML page where a page was asked for; programs get their room's answer.
import { describe, expect, test } from 'vitest'
import { Client } from '../support/kith.ts'
import { headingOf } from '../support/pages.ts'

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8'
const PATHS = [
  '/nowhere',
  '/account/nowhere',
  '/user/nowhere/at/all',
  '/oauth/nowhere',
  '/.well-known/nowhere',
  '/mxit/nowhere',
  '/docs/nowhere',
  '/openapi/nowhere.json',
  '/sign-in/nowhere',
]

describe.each(PATHS)('%s', (path) => {
  test('is a page with a 404 where HTML is asked for', async () => {
    for (const method of ['GET', 'HEAD']) {
      const reply = await new Client().fetch(path, { method, headers: { accept: BROWSER } })
      expect([reply.status, reply.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8'])
      if (method === 'GET') expect(headingOf(reply)).toBe('Page not found')
    }
  })

  test('is what the room says to a program', async () => {
    if (/^\/(account|sign-in)/.test(path)) return
    for (const headers of [{}, { accept: '*/*' }, { accept: 'application/json, text/html;q=0.9' }] as Record<string, string>[]) {
      const reply = await new Client().get(path, { headers })
      expect([reply.status, reply.headers.get('content-type')]).toEqual([404, 'application/json'])
    }
    expect((await new Client().post(path, {}, { headers: { accept: BROWSER } })).headers.get('content-type')).toBe('application/json')
  })
})

test('what the API says of its own records stays its own, whoever asks', async () => {
  const reply = await new Client().get('/user/me', { headers: { accept: BROWSER } })
  expect([reply.status, reply.json.ok]).toEqual([401, 0])
})

test('W3C change-password: a password manager gets to the page, by way of the sign-in', async () => {
  const reply = await new Client().get('/.well-known/change-password')
  expect([reply.status, reply.headers.get('location')]).toEqual([302, '/account/password'])
  expect((await new Client().get('/account/password')).headers.get('location')).toBe('/sign-in?return_to=%2Faccount%2Fpassword')
  // §3: so that a password manager can rely on status codes.
  const none = '/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200'
  expect((await new Client().get(none)).status).toBe(404)
  expect((await new Client().fetch('/.well-known/change-password', { method: 'POST' })).status).toBe(405)
})
