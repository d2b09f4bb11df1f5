// What every reply carries (security rows 31, 75, 78, 79), whatever room, route or failure it comes from.
import { describe, expect, test } from 'vitest'
import { Client, db, mailsTo, type Options, ORIGIN } from '../support/kith.ts'
import { newFile, newLink } from '../support/media.ts'
import { signedInPerson, verifiedPerson } from '../support/people.ts'

const CASES: readonly (readonly [name: string, path: string, options: Options, status: number])[] = [
  ['a success', '/health', {}, 200],
  ['the scopes', '/user/scopes', {}, 200],
  ['the keys', '/.well-known/jwks.json', {}, 200],
  ['the landing page', '/', {}, 200],
  ['a page', '/dev/mailbox', { headers: { accept: 'text/html' } }, 200],
  ['no credential', '/user/me', {}, 401],
  ['a dead token', '/user/me', { headers: { authorization: 'Bearer dead' } }, 401],
  ['a bad body', '/user/login', { method: 'POST', body: {} }, 400],
  ['a body that is no JSON', '/user/login', { method: 'POST', body: '{' }, 400],
  ['a foreign page', '/user/login', { method: 'POST', body: {}, headers: { origin: 'https://evil.example' } }, 403],
  ['an unknown path', '/nowhere', {}, 404],
  ['an unknown path of the OAuth room', '/oauth/nowhere', {}, 404],
  ['a wrong method', '/user/me', { method: 'PUT', body: {} }, 405],
  ['an OAuth error', '/oauth/token', { method: 'POST', body: new URLSearchParams({ grant_type: 'password' }) }, 401],
  ['an unknown client', '/oauth/authorize?client_id=x&redirect_uri=y', {}, 400],
  ['a large body', '/user/login', { method: 'POST', body: `"${'a'.repeat(70_000)}"` }, 413],
]

describe('headers', () => {
  test.each(CASES)('%s carries a request id and the headers that keep a browser safe', async (_name, path, options, status) => {
    const reply = await new Client().fetch(path, options)
    expect(reply.status).toBe(status)
    expect(reply.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/)
    expect(reply.headers.get('x-content-type-options')).toBe('nosniff')
    expect(reply.headers.get('strict-transport-security')).toBe('max-age=31536000')
    // Pages have forms: under `no-referrer` a browser would send them with `Origin: null`.
    expect(reply.headers.get('referrer-policy')).toBe(path === '/' ? 'same-origin' : 'no-referrer')
    expect(reply.headers.get('x-frame-options')).toBe('DENY')
    expect(reply.headers.get('cross-origin-opener-policy')).toBe('same-origin')
    const policy = reply.headers.get('content-security-policy')
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe-eval|script-src/)
    expect(reply.headers.get('content-type')).toMatch(/^(application\/json|text\/html; charset=utf-8)/i)
    expect(reply.headers.get('server')).toBeNull()
    expect(reply.headers.get('x-powered-by')).toBeNull()
  })

  test('HSTS reaches to the subdomains only where the operator says so', async () => {
    const reply = await new Client().get('/user/scopes', { env: { HSTS_INCLUDE_SUBDOMAINS: 'on' } })
    expect(reply.headers.get('strict-transport-security')).toBe('max-age=31536000; includeSubDomains')
  })

  test('each request has an id of its own, and a sent one is not taken over', async () => {
    const ids = await Promise.all([1, 2, 3].map(() => new Client().get('/health', { headers: { 'x-request-id': 'mine' } })))
    expect(new Set(ids.map(({ headers }) => headers.get('x-request-id'))).size).toBe(3)
    expect(ids.every(({ headers }) => headers.get('x-request-id') !== 'mine')).toBe(true)
  })

  test('what needs a credential, and what answers one, is never cached', async () => {
    const { client, username, password } = await signedInPerson('uncached')
    const paths = ['/user/me', '/user/session-state', '/user/sessions', '/user/login-history', '/user/sessions?limit=0']
    const replies = await Promise.all(paths.map((path) => client.get(path)))
    replies.push(await client.post('/user/login', { username, password }))
    replies.push(
      await client.post('/oauth/token', new URLSearchParams({ grant_type: 'refresh_token', client_id: 'x', refresh_token: 'y' })),
    )
    replies.push(await new Client().get('/user/me'))
    for (const { headers } of replies) expect(headers.get('cache-control')).toBe('no-store')
  })

  test('only what everyone may see may be cached', async () => {
    for (const path of ['/docs/user', '/.well-known/jwks.json', '/.well-known/oauth-authorization-server']) {
      const reply = await new Client().get(path)
      expect(reply.headers.get('cache-control')).toMatch(/^public, max-age=\d+$/)
      expect(reply.headers.getSetCookie()).toEqual([])
    }
  })

  test("a file may be kept by its own reader's browser, which asks each time whether it still may", async () => {
    const { client } = await signedInPerson('file_keeper')
    const file = await newFile(client)
    for (const path of [`/user/media/files/${file}/content`, await newLink(client, file)]) {
      const { headers } = await client.get(path)
      expect(headers.get('cache-control')).toBe('private, no-cache, no-transform')
      const again = await client.get(path, { headers: { 'if-none-match': headers.get('etag') ?? '' } })
      expect([again.status, again.headers.get('cache-control')]).toEqual([304, 'private, no-cache, no-transform'])
    }
    for (const path of ['/user/media/files', `/user/media/files/${file}`, `/user/media/files/${'f'.repeat(24)}/content`]) {
      expect((await client.get(path)).headers.get('cache-control')).toBe('no-store')
    }
  })

  test('a write answers with a bookmark of the database', async () => {
    const { client } = await signedInPerson('bookmarks')
    const reply = await client.patch('/user/me', { bio: 'Bookmarked.' })
    expect(reply.headers.get('x-d1-bookmark')).toMatch(/\S/)
  })

  test('HEAD answers as GET does, without a body', async () => {
    const { client } = await signedInPerson('head_person')
    const head = await client.fetch('/user/me', { method: 'HEAD' })
    expect([head.status, head.text]).toEqual([200, ''])
    expect(head.headers.get('content-type')).toMatch(/^application\/json/)
    expect((await new Client().fetch('/user/me', { method: 'HEAD' })).status).toBe(401)
    expect((await new Client().fetch('/nowhere', { method: 'HEAD' })).status).toBe(404)
  })

  test('TRACE is refused', async () => {
    const reply = await new Client().fetch('/user/me', { method: 'TRACE' })
    expect(reply.status).toBe(405)
    expect(reply.text).not.toContain('kith-test')
  })

  test.each(['/', '/docs/user', '/sign-in', '/dev/mailbox', '/health', '/user/me', '/oauth/token', '/.well-known/jwks.json'])(
    'a wrong method on %s is 405, and says which are right',
    async (path) => {
      const reply = await new Client().fetch(path, { method: 'PUT' })
      expect(reply.status).toBe(405)
      expect(reply.headers.get('allow')).toMatch(/^(GET|HEAD|POST|PATCH|DELETE)(, (GET|HEAD|POST|PATCH|DELETE))*$/)
    },
  )
})

describe('where a request comes from', () => {
  async function networksOf(addresses: readonly string[], headers: Record<string, string> = {}): Promise<number> {
    const person = await verifiedPerson(`net_${crypto.randomUUID().slice(0, 12).replaceAll('-', '_')}`)
    // Keyed by a hash of the typed name, so whatever is there now belongs to this person.
    await db.prepare('DELETE FROM attempt_counters').run()
    for (const address of addresses) {
      const client = new Client()
      client.network = address
      await client.post('/user/login', { username: person.username, password: 'wrong' }, { headers })
    }
    const { results } = await db.prepare("SELECT key FROM attempt_counters WHERE key LIKE 'password:%'").all<{ key: string }>()
    return results.length
  }

  test('all addresses of one IPv6 /64 are one network, however they are written', async () => {
    const one = ['2001:db8:1:2::1', '2001:0DB8:0001:0002:ffff:ffff:ffff:ffff', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::']
    expect(await networksOf(one)).toBe(1)
    expect(await networksOf(['2001:db8:1:2::1', '2001:db8:1:3::1', '2001:db8::1', '::1', 'fe80::1'])).toBe(5)
  })

  test('each IPv4 address is a network of its own', async () => {
    expect(await networksOf(['192.0.2.1', '192.0.2.2'])).toBe(2)
  })

  test('X-Forwarded-For and the like are not trusted', async () => {
    const forged = {
      'x-forwarded-for': '203.0.113.9',
      'x-real-ip': '203.0.113.9',
      forwarded: 'for=203.0.113.9',
      'true-client-ip': '203.0.113.9',
    }
    expect(await networksOf(['192.0.2.1', '192.0.2.1'], forged)).toBe(1)
  })

  test('addresses are in the database only as keyed hashes', async () => {
    const client = new Client()
    client.network = '192.0.2.77'
    await client.post('/user/login', { username: 'nobody_there', email: 'secret@example.com', password: 'wrong' })
    const { results } = await db.prepare('SELECT key FROM attempt_counters').all<{ key: string }>()
    expect(JSON.stringify(results)).not.toMatch(/192\.0\.2\.77|secret@example|nobody_there/)
  })

  test('Host and X-Forwarded-Host never get into a mail, a document or a redirect', async () => {
    const headers = {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'http',
      forwarded: 'host=evil.example',
    }
    const client = new Client()
    const body = { username: 'host_header', firstName: 'A', lastName: 'B', email: 'host@example.com', password: 'correct-horse-battery' }
    expect((await client.post('/user/create', body, { headers })).status).toBe(201)
    const [mail] = await mailsTo('host@example.com')
    expect(mail?.text).toContain(ORIGIN)
    expect(JSON.stringify(mail)).not.toContain('evil.example')
    const metadata = await client.get('/.well-known/oauth-authorization-server', { headers })
    expect(metadata.text).toContain(ORIGIN)
    expect(metadata.text).not.toContain('evil.example')
  })
})
