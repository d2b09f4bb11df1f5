// The pages / and /docs/<room> (design §8): what they link, what they may load, and that they list the existing rooms.
import { describe, expect, test } from 'vitest'
import { headingsOf } from '../../src/http/room-document.ts'
import { DOCUMENTS } from '../../src/rooms.ts'
import { productionEnv } from '../apis/oauth/harness.ts'
import { documentOf } from '../support/documents.ts'
import { Client } from '../support/kith.ts'

const ROOMS = Object.keys(DOCUMENTS)
/** Without the way to skip, the brand, and the same page in other languages. */
const pagesIn = (page: string) =>
  linksIn(page)
    .slice(2)
    .filter((href) => !href.includes('ui_locales='))
const linksIn = (page: string) => [...page.matchAll(/<a [^>]*href="([^"]+)"/g)].map(([, href = '']) => href)
const loadedBy = (page: string) => [...page.matchAll(/<(?:script|link|img)\b[^>]*(?:src|href)="([^"]+)"/g)].map(([, url = '']) => url)

function directives(headers: Headers): Record<string, string> {
  const policy = headers.get('content-security-policy') ?? ''
  return Object.fromEntries(policy.split('; ').map((directive) => [directive.split(' ', 1)[0], directive.replace(/^\S+ /, '')]))
}

describe.each(ROOMS)('/docs/%s', (room) => {
  test('names its own document, and lists every room that has one, this one as the current', async () => {
    const { status, headers, text } = await new Client().get(`/docs/${room}`)
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('text/html; charset=UTF-8')
    expect(text).toMatch(/^<!doctype html><html lang="en">/)
    expect(text).toContain(`data-document="/openapi/${room}.json"`)
    expect(linksIn(text).filter((href) => href.startsWith('/docs/'))).toEqual(['/docs/guides', ...ROOMS.map((name) => `/docs/${name}`)])
    expect(text).toMatch(new RegExp(`<a href="/docs/${room}" aria-current="page">`))
    expect(text.match(/aria-current/g)).toHaveLength(1)
    expect(documentOf(`/openapi/${room}.json`).info.title).toBe(DOCUMENTS[room]?.title)
  })

  test('has a link to each heading of the document', async () => {
    const document = documentOf(`/openapi/${room}.json`)
    const headings = headingsOf(DOCUMENTS[room] as never).map(({ name }) => name)
    expect(document.tags.map(({ name }) => name)).toEqual(headings)
    const anchors = linksIn((await new Client().get(`/docs/${room}`)).text).filter((href) => href.startsWith('#operations-tag-'))
    expect(anchors).toEqual(headings.map((name) => `#operations-tag-${name.replaceAll(' ', '_')}`))
  })
})

describe('the reference', () => {
  test('nothing runs or is asked for but what is ours, and nothing is written into the page', async () => {
    const { headers, text } = await new Client().get('/docs/user')
    expect(directives(headers)).toEqual({
      'default-src': "'none'",
      'script-src': "'self'",
      'style-src': "'self'",
      'img-src': "'self' data:",
      'connect-src': "'self'",
      'base-uri': "'none'",
      'form-action': "'none'",
      'frame-ancestors': "'none'",
    })
    expect(loadedBy(text).filter((url) => url !== 'data:,')).toEqual([
      '/docs/viewer/swagger-ui.css',
      '/docs/docs.css',
      '/docs/viewer/swagger-ui-bundle.js',
      '/docs/docs.js',
    ])
    expect(text).not.toMatch(/<script(?![^>]*\bsrc=)|<style| style=| on[a-z]+="|https?:\/\//)
  })

  test.each(['/docs/nobody', '/docs/constructor', '/docs/User', '/docs/user/', '/docs/viewer'])('%s is nothing', async (path) => {
    const reply = await new Client().get(path)
    expect(reply.status).toBe(404)
    expect(reply.json).toMatchObject({ ok: 0, error: 'NotFound' })
  })
})

describe('/', () => {
  test('links the pages of people and, for developers, documents, discovery, console and mailbox', async () => {
    const { status, headers, text } = await new Client().get('/')
    expect(status).toBe(200)
    const documents = ROOMS.map((room) => `/openapi/${room}.json`)
    expect(pagesIn(text)).toEqual([
      '/sign-in',
      '/sign-up',
      '/account',
      '/docs/guides',
      '/docs',
      ...documents,
      '/.well-known/openid-configuration',
      '/admin',
      '/dev/mailbox',
    ])
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'self'; img-src 'self' data: /)
    expect(loadedBy(text)).toEqual(['data:,', expect.stringMatching(/^\/assets\/kith\.css\?v=/)])
    expect(headers.getSetCookie()).toEqual([])
  })

  test('in production has nothing for developers', async () => {
    const { status, text } = await new Client().get('/', { env: productionEnv() })
    expect([status, pagesIn(text)]).toEqual([200, ['/sign-in', '/sign-up', '/account']])
  })

  test('links no mailbox where mail is really sent', async () => {
    const production = { MAIL: 'email-service' } as const
    const { status, text } = await new Client().get('/', { env: production })
    expect(status).toBe(200)
    expect(text).not.toContain('mailbox')
    expect((await new Client().get('/dev/mailbox', { env: production })).status).toBe(404)
  })
})
