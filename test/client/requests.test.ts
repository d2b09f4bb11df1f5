// What the client does with each request: the typed operations, errors, retries, bookmarks, files, and where tokens go.
import { decodeJwt } from 'jose'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { placeOrder } from '../../examples/api-node/orders.ts'
import { platform, rows } from '../apis/oauth/harness.ts'
import { newPerson } from '../apis/oauth/openid.ts'
import { ORDERS, putApi } from '../support/apis.ts'
import { png } from '../support/images.ts'
import { APP, type Browser, failureOf, newAppBrowser } from './browser.ts'

beforeEach(() => platform.reset())

async function newSession(options: Parameters<Browser['open']>[0] = {}) {
  const browser = await newAppBrowser({}, await newPerson())
  const kith = await browser.openSignedIn(options)
  browser.requests.length = 0
  return { browser, kith }
}

const busy = (status: number, headers: Record<string, string> = {}) => new Response('busy', { status, headers })

describe('operations', () => {
  test('resolve to what is in data, and to nothing where there is nothing', async () => {
    const { kith } = await newSession()
    expect((await kith.patch('/user/me', { body: { bio: 'Likes long walks.' } })).user.bio).toBe('Likes long walks.')
    expect((await kith.get('/user/me')).user.bio).toBe('Likes long walks.')
    const { folder } = await kith.post('/user/media/folders', { body: { name: 'Holidays' } })
    const gone: undefined = await kith.delete('/user/media/folders/{folderId}', { params: { path: { folderId: folder._id } } })
    expect(gone).toBeUndefined()
    expect((await kith.get('/oauth/userinfo')).sub).toBeTypeOf('string')
    const { data, error, response } = await kith.api.GET('/user/me')
    expect([data?.ok, error, response.status]).toEqual([1, undefined, 200])
  })

  test('throw what is wrong, by field', async () => {
    const { kith } = await newSession()
    const failure = await failureOf(kith.patch('/user/me', { body: { username: 'no spaces please', bio: 7 as never } }))
    expect(failure).toMatchObject({ kind: 'refused', status: 400, code: 'ClientInputError' })
    if (failure.kind !== 'refused') return
    expect(Object.keys(failure.fields).sort()).toEqual(['bio', 'username'])
    expect(failure.requestId).toMatch(/^[0-9a-f]{32}$/)
    expect(await failureOf(kith.get('/user/{userId}', { params: { path: { userId: '0'.repeat(24) } } }))).toMatchObject({
      kind: 'refused',
      status: 404,
      code: 'NotFound',
      fields: {},
    })
    await rows("UPDATE users SET username = 'taken_name', username_key = 'taken_name' WHERE id = ?", await newPerson())
    expect(await failureOf(kith.patch('/user/me', { body: { username: 'taken_name' } }))).toMatchObject({
      kind: 'refused',
      status: 409,
      fields: { username: 'is taken' },
    })
  })

  test('that are for everybody need no session; others say that there is none', async () => {
    const browser = await newAppBrowser()
    const kith = browser.open()
    expect((await kith.get('/user/scopes')).scopes).toHaveProperty('openid')
    expect(await failureOf(kith.get('/user/me'))).toMatchObject({ kind: 'signed_out', reason: 'never' })
    expect(await failureOf(kith.upload(new Blob(['large'])))).toMatchObject({ kind: 'signed_out', reason: 'never' })
    expect(browser.requests).toEqual(['GET /user/scopes', 'GET /user/me'])
  })

  test('that get no reply, in a browser that is online: its origin may be missing in CORS_ORIGINS, unless Kith has answered before', async () => {
    vi.stubGlobal('navigator', { onLine: true })
    const browser = await newAppBrowser()
    const kith = browser.open()
    const messageOf = async () => (await failureOf(kith.get('/user/scopes'))).message
    browser.trouble = () => Promise.reject(new TypeError('Failed to fetch'))
    expect(await messageOf()).toBe(`The server could not be reached. If it is running, its CORS_ORIGINS may lack ${APP}`)
    vi.stubGlobal('navigator', { onLine: false })
    expect(await messageOf()).toBe('The server could not be reached')
    vi.stubGlobal('navigator', { onLine: true })
    const { trouble } = browser
    browser.trouble = null
    await kith.get('/user/scopes')
    browser.trouble = trouble
    expect(await messageOf()).toBe('The server could not be reached')
    vi.unstubAllGlobals()
  })

  test('can be aborted', async () => {
    const { browser, kith } = await newSession()
    const controller = new AbortController()
    browser.trouble = (request) => {
      controller.abort()
      return Promise.reject(request.signal.reason)
    }
    expect(await failureOf(kith.get('/user/me', { signal: controller.signal }))).toMatchObject({ kind: 'aborted' })
    expect(browser.sent('/user/me')).toBe(1)
  })

  test('of an app with an API of its own: each gets the token that is meant for it', async () => {
    const resource = ORDERS
    await putApi()
    const browser = await newAppBrowser({ scopes: `openid delegated:all ${ORDERS}| ${ORDERS}|orders:read` })
    const kith = await browser.openSignedIn({ resource, scope: 'openid delegated:all orders:read orders:raed' })
    await kith.get('/user/me')
    expect(kith.session).toMatchObject({ scopes: ['openid', 'delegated:all'] })
    let authorization = ''
    browser.trouble = async (request, forward) => {
      if (!request.url.startsWith(resource)) return forward()
      authorization = request.headers.get('authorization') ?? ''
      return new Response('[]')
    }
    await kith.fetch(`${resource}orders`)
    expect(decodeJwt(authorization.slice('Bearer '.length))).toMatchObject({ aud: resource, scope: 'orders:read' })
    expect(authorization).toBe(`Bearer ${await kith.accessToken({ resource })}`)
    await kith.get('/user/me')
    expect(browser.sent('/oauth/token'), 'one more, for the API').toBe(2)
    expect(kith.session).toMatchObject({ scopes: ['openid', 'delegated:all', 'orders:read'] })
    expect(browser.warnings).toMatchObject([{ kind: 'scope_not_granted', scopes: ['orders:raed'] }])
  })
})

describe('a retry', () => {
  beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0))
  afterEach(() => vi.restoreAllMocks())

  const tries = async (method: 'GET' | 'POST' | 'DELETE', answer: () => Promise<Response>) => {
    const { browser, kith } = await newSession()
    browser.trouble = answer
    const path = { GET: '/user/me', POST: '/user/follow', DELETE: '/user/private' }[method]
    const failure = await failureOf(
      {
        GET: () => kith.get('/user/me'),
        POST: () => kith.post('/user/follow', { body: { target: 'x' } as never }),
        DELETE: () => kith.delete('/user/private' as never),
      }[method](),
    )
    return [browser.sent(path), browser.waited, failure.kind]
  }

  test('waits as long as Kith asks, three times at most, where nothing was done or may be done again', async () => {
    const limited = async () => busy(429, { 'retry-after': '3' })
    expect(await tries('GET', limited)).toEqual([3, 6_000, 'rate_limited'])
    expect(await tries('POST', limited)).toEqual([3, 6_000, 'rate_limited'])
    const unavailable = async () => busy(503, { 'retry-after': '2' })
    expect(await tries('GET', unavailable)).toEqual([3, 4_000, 'unavailable'])
    expect(await tries('DELETE', unavailable)).toEqual([3, 4_000, 'unavailable'])
    expect(await tries('POST', unavailable), 'it may have been done').toEqual([1, 0, 'unavailable'])
  })

  test('comes at a moment of its own, up to half as long again later: not all clients at once', async () => {
    vi.mocked(Math.random).mockReturnValueOnce(0.5).mockReturnValue(0.999)
    const [, waited] = await tries('GET', async () => busy(503, { 'retry-after': '2' }))
    expect(waited).toBeCloseTo(2_500 + 2_999)
  })

  test('is not made when Kith asks for more than ten seconds, or does not say', async () => {
    expect(await tries('GET', async () => busy(429, { 'retry-after': '11' }))).toEqual([1, 0, 'rate_limited'])
    expect(await tries('GET', async () => busy(503))).toEqual([1, 0, 'unavailable'])
    expect(await tries('GET', async () => busy(500))).toEqual([1, 0, 'unavailable'])
  })

  test('of a read makes up for a network that fails; a write is not repeated', async () => {
    const gone = () => Promise.reject(new TypeError('Failed to fetch'))
    expect(await tries('GET', gone)).toEqual([3, 2_000, 'offline'])
    expect(await tries('POST', gone)).toEqual([1, 0, 'offline'])
  })
})

describe('a refused token', () => {
  test('is renewed once, and the request sent again', async () => {
    const { browser, kith } = await newSession()
    let refusals = 1
    browser.trouble = async (_request, forward) =>
      refusals-- > 0 ? busy(401, { 'www-authenticate': 'Bearer error="invalid_token"' }) : forward()
    expect((await kith.patch('/user/me', { body: { bio: 'Again' } })).user.bio).toBe('Again')
    expect(browser.requests).toEqual(['PATCH /user/me', 'POST /oauth/token', 'PATCH /user/me'])
  })

  test('and its successor: an error, no loop, nobody signed out', async () => {
    const { browser, kith } = await newSession()
    browser.trouble = async (request, forward) => (request.url.endsWith('/token') ? forward() : busy(401))
    expect(await failureOf(kith.get('/user/me'))).toMatchObject({ kind: 'refused', status: 401 })
    expect(browser.sent('/user/me')).toBe(2)
    expect(kith.session.status).toBe('signed_in')
  })
})

describe('bookmarks', () => {
  test('the last one goes along with every later request, of every tab and after a reload', async () => {
    const { browser, kith } = await newSession()
    const other = browser.open()
    await other.accessToken()
    const sent: (string | null)[] = []
    let bookmark = ''
    browser.trouble = async (request, forward) => {
      sent.push(request.headers.get('x-d1-bookmark'))
      const response = await forward()
      bookmark = response.headers.get('x-d1-bookmark') ?? bookmark
      return response
    }
    await kith.patch('/user/me', { body: { bio: 'Written' } })
    expect(bookmark).not.toBe('')
    await kith.get('/user/me')
    await other.get('/user/me')
    await browser.open().get('/user/me')
    expect(sent.slice(1)).toEqual([bookmark, bookmark, bookmark])
  })
})

describe('kith.fetch', () => {
  test('sends the token to Kith, to the page and to the APIs that are named, and to nobody else', async () => {
    const { browser, kith } = await newSession({ apiOrigins: ['https://orders.example.com'] })
    const seen: [string, string | null, string | null][] = []
    browser.trouble = async ({ url, headers }) => {
      seen.push([url, headers.get('authorization'), headers.get('x-d1-bookmark')])
      return new Response('ok')
    }
    await kith.patch('/user/me', { body: { bio: 'x' } }).catch(() => {})
    seen.length = 0
    const token = `Bearer ${await kith.accessToken()}`
    for (const url of ['/api/cart', 'https://orders.example.com/orders']) await kith.fetch(url)
    expect(seen).toEqual([
      [`${APP}/api/cart`, token, null],
      ['https://orders.example.com/orders', token, null],
    ])
    for (const url of ['https://evil.example/', 'https://orders.example.com.evil.example/', 'http://orders.example.com/'])
      await expect(kith.fetch(url)).rejects.toThrow('sends no token')
    expect(seen).toHaveLength(2)
  })

  test('leaves the reply of an API as it is, but for a challenge to sign in again', async () => {
    const { browser, kith } = await newSession()
    browser.trouble = async () => new Response('{"sold":"out"}', { status: 409 })
    expect(await (await kith.fetch('/api/cart', { method: 'POST', body: '{}' })).text()).toBe('{"sold":"out"}')
    const challenge = 'Bearer error="insufficient_user_authentication", acr_values="urn:kith:acr:2fa", max_age="600"'
    browser.trouble = async () => new Response('', { status: 401, headers: { 'www-authenticate': challenge } })
    expect(await failureOf(kith.fetch('/api/pay', { method: 'POST' }))).toMatchObject({
      kind: 'step_up_required',
      acrValues: 'urn:kith:acr:2fa',
      maxAge: 600,
    })
  })
})

describe('placeOrder of examples/api-node', () => {
  test('resolves to the order, asks for a scope that is missing, and throws what else is wrong', async () => {
    const { browser, kith } = await newSession({ apiOrigins: ['https://orders.example.com'] })
    const place = (answer: Response) => {
      browser.trouble = async () => answer
      return placeOrder(kith, 'https://orders.example.com/orders')
    }
    expect(await place(Response.json({ orderedFor: 'x' }))).toEqual({ orderedFor: 'x' })
    await expect(place(busy(503))).rejects.toThrow('The order was not placed: 503')
    const challenge = 'Bearer error="insufficient_scope", scope="orders:write"'
    browser.trouble = async ({ url }, forward) =>
      url.startsWith('https://orders.example.com') ? busy(403, { 'www-authenticate': challenge }) : forward()
    await placeOrder(kith, 'https://orders.example.com/orders')
    expect(new URL(browser.left).searchParams.get('scope')).toContain('orders:write')
  })
})

describe('files', () => {
  const text = () => new File(['hello'], 'Hello.txt', { type: 'text/plain' })

  test('are uploaded under their names, with progress, and downloaded', async () => {
    const { kith } = await newSession()
    const progress: number[] = []
    const file = await kith.upload(text(), { onProgress: ({ loaded, total }) => progress.push(loaded / total) })
    expect(file).toMatchObject({ name: 'Hello.txt', size: 5, contentType: 'text/plain', folder: 'default' })
    expect(progress).toEqual([0, 1])
    const path = { fileId: file._id }
    const bytes = await kith.get('/user/media/files/{fileId}/content', { params: { path }, parseAs: 'text' })
    expect(bytes).toBe('hello')
    expect((await kith.upload(new Blob(['x']), { name: 'x.bin', preventShare: true })).name).toBe('x.bin')
  })

  test('a 401 in the middle: the token is renewed and the whole file sent again', async () => {
    const { browser, kith } = await newSession()
    let refusals = 1
    browser.trouble = async (request, forward) => {
      if (refusals-- <= 0) return forward()
      await request.body?.getReader().read()
      return busy(401, { 'www-authenticate': 'Bearer error="invalid_token"' })
    }
    const progress: number[] = []
    const file = await kith.upload(text(), { onProgress: ({ loaded }) => progress.push(loaded) })
    expect(file.size).toBe(5)
    expect(progress).toEqual([0, 0, 5])
    expect(browser.requests).toEqual(['POST /user/media/files', 'POST /oauth/token', 'POST /user/media/files'])
  })

  test('are refused with a reason, and can be aborted', async () => {
    const { browser, kith } = await newSession()
    expect(await failureOf(kith.upload(text(), { folder: '0'.repeat(24) }))).toMatchObject({ kind: 'refused', status: 404 })
    expect(await failureOf(kith.uploadAvatar(text()))).toMatchObject({ kind: 'refused' })
    const controller = new AbortController()
    browser.trouble = (request) => {
      controller.abort()
      return Promise.reject(request.signal.reason)
    }
    expect(await failureOf(kith.upload(text(), { signal: controller.signal }))).toMatchObject({ kind: 'aborted' })
  })

  test('aborted while the token is renewed, are not sent after all', async () => {
    const { browser, kith } = await newSession()
    const controller = new AbortController()
    browser.trouble = async ({ url }, forward) => {
      if (!url.endsWith('/oauth/token')) return busy(401)
      controller.abort()
      return forward()
    }
    expect(await failureOf(kith.upload(text(), { signal: controller.signal }))).toMatchObject({ kind: 'aborted' })
    expect(browser.requests).toEqual(['POST /user/media/files', 'POST /oauth/token'])
  })

  test('a picture becomes the profile picture', async () => {
    const { kith } = await newSession()
    const { profilePictureUrl } = await kith.uploadAvatar(new Blob([png()], { type: 'image/png' }))
    expect((await kith.get('/user/me')).user.profilePictureUrl).toBe(profilePictureUrl)
  })
})
