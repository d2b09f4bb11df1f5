// Errors as pages: every code has words and reveals nothing internal; what needs a sign-in leads to it; devices have names.
import { createExecutionContext } from 'cloudflare:test'
import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { buildRequestContext } from '../../src/context.ts'
import { AppError, ERROR_CODES } from '../../src/core/errors.ts'
import type { AppEnv } from '../../src/http/app-env.ts'
import { requestScope } from '../../src/http/request-scope.ts'
import { deviceName } from '../../src/mail/device-words.ts'
import { renderError, showError } from '../../src/pages/errors.tsx'
import { en } from '../../src/texts/en.ts'
import { Client, ORIGIN, platform } from '../support/kith.ts'

function failing(error: unknown): Hono<AppEnv> {
  const app = new Hono<AppEnv>()
  app.onError(renderError)
  app.use(requestScope((c) => buildRequestContext(c.env, c.executionCtx, c.req.raw)))
  app.all('*', () => {
    throw error
  })
  return app
}
const ask = (app: Hono<AppEnv>, path: string, method = 'GET') =>
  app.request(`${ORIGIN}${path}`, { method }, platform.env, createExecutionContext())

test.each(ERROR_CODES)('%s is a page that says what to do, or the way to the sign-in', async (code) => {
  const cause = new Error('SQLITE_CONSTRAINT at /src/store/db/users.ts')
  const reply = await ask(failing(new AppError(code, 'the inside', { cause, retryAfter: 7, allow: ['GET'] })), '/account')
  const text = await reply.text()
  if (code === 'unauthenticated' || code === 'reauthentication_required') return expect(reply.status).toBe(303)
  expect(text).not.toMatch(/SQLITE|\/src\/|the inside/)
  expect(text).toMatch(/<h1>[A-Z].*<\/h1><p class="lead">[A-Z].*\.<\/p>/)
  expect([reply.headers.get('retry-after'), reply.headers.get('allow')]).toEqual(['7', 'GET'])
})

test('a sensitive act leads to a fresh sign-in, and back to its page', async () => {
  const app = failing(new AppError('reauthentication_required', 'Sign in again first', { reason: 'fresh_sign_in_required' }))
  for (const method of ['GET', 'POST']) {
    const reply = await ask(app, '/account/x?a=b', method)
    expect(reply.headers.get('location')).toBe('/sign-in?return_to=%2Faccount%2Fx%3Fa%3Db&reauth=1')
  }
})

test('a room shows an error to a browser, and its text stays text', async () => {
  const app = failing(new Error('of the room'))
  app.onError((_error, c) => showError(c, { status: 400, error: new AppError('invalid_request'), detail: '"x" & <b>y</b>' }))
  const reply = await ask(app, '/oauth/authorize')
  const text = await reply.text()
  expect([reply.status, reply.headers.get('content-type')]).toEqual([400, 'text/html; charset=utf-8'])
  expect(text).toMatch(/<h1>That did not work<.*lang="en" dir="ltr">&quot;x&quot; &amp; &lt;b&gt;y&lt;\/b&gt;<\/p>/)
  expect(text).not.toContain('<b>')
})

test('text of whoever made the link gets onto no page: names of parameters neither', async () => {
  const text = 'Call 555-1234 now'
  for (const path of ['/oauth/authorize', '/oauth/logout', '/consent', '/sign-out', '/sign-in', '/verify']) {
    const query = new URLSearchParams([...Array(2).fill([text, text]), ['notice', text], ['client_id', text], ['redirect_uri', text]])
    for (const more of ['', '&client_id=twice']) {
      const reply = await new Client().get(`${path}?${query}${more}`, { headers: { accept: 'text/html' } })
      expect(reply.text, path).not.toContain('555-1234')
    }
  }
})

test.each([
  ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox on Linux'],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Safari/537.36 Edg/150.0',
    'Edge on Windows',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1',
    'Safari on iPhone',
  ],
  [
    'Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Mobile Safari/537.36',
    'Chrome on Android',
  ],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/150.0 Safari/537.36',
    'Chrome on Mac',
  ],
  ['curl/8.5.0', 'curl/8.5.0'],
  ['x'.repeat(500), 'x'.repeat(80)],
  ['', 'Unknown device'],
])('the device of %j has a name', (userAgent, name) => {
  expect(deviceName(en, userAgent)).toBe(name)
})
