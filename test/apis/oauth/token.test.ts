// POST /oauth/token: the endpoint itself, client authentication, client_credentials. RFC 6749 §2.3, §3.2, §4.4, §5.
import { decodeJwt } from 'jose'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { tokenResponse } from '../../../src/http/token-endpoint.ts'
import { errorOf, newClient, platform, rows, send, type TestClient, type TokenReply, token } from './harness.ts'

const GRANT = { grant_type: 'client_credentials' }
const basic = (id: string, secret: string) => ({
  authorization: `Basic ${btoa(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`)}`,
})
const SCOPES = 'client:oauth:introspect client:profile:read delegated:profile:read'

let byBasic: TestClient
let byPost: TestClient
let isPublic: TestClient

beforeAll(async () => {
  const service = { grantTypes: 'client_credentials', scopes: SCOPES }
  byBasic = await newClient({ ...service, method: 'client_secret_basic' })
  byPost = await newClient({ ...service, method: 'client_secret_post' })
  isPublic = await newClient({ ...service, method: 'none' })
})
beforeEach(() => platform.reset())

const post = (client: TestClient, changes = {}) => token({ ...GRANT, client_id: client.id, client_secret: client.secret, ...changes })

describe('the endpoint', () => {
  test('RFC 6749 §5.1: the reply, kept by nobody', async () => {
    const response = await post(byPost)
    expect(response.status).toBe(200)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('pragma')).toBe('no-cache')
    const reply = tokenResponse('Bearer').parse(await response.json())
    expect(reply).toMatchObject({ token_type: 'Bearer', expires_in: 600, scope: 'client:oauth:introspect client:profile:read' })
    expect(reply.refresh_token).toBeUndefined()
  })

  test('§5.2: errors are kept by nobody either', async () => {
    const response = await post(byPost, { client_secret: 'x' })
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('pragma')).toBe('no-cache')
  })

  test('only a form is read', async () => {
    const body = new URLSearchParams({ ...GRANT, client_id: byPost.id, client_secret: byPost.secret }).toString()
    for (const type of ['application/json', 'text/plain', 'multipart/form-data; boundary=x', 'x', ';']) {
      expect(await errorOf(await send('/oauth/token', { method: 'POST', body, headers: { 'content-type': type } }))).toEqual([
        415,
        'invalid_request',
      ])
    }
    const headers = { 'content-type': 'Application/X-WWW-Form-Urlencoded; charset=utf-8' }
    expect((await send('/oauth/token', { method: 'POST', body, headers })).status).toBe(200)
    expect(await errorOf(await send('/oauth/token', { method: 'POST' }))).toEqual([415, 'invalid_request'])
    expect((await send('/oauth/token')).status).toBe(405)
  })

  test('§3.2: repeated parameters are refused, unknown and empty ones ignored', async () => {
    const right = `grant_type=client_credentials&client_id=${byPost.id}&client_secret=${byPost.secret}`
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const status = async (more: string) => (await send('/oauth/token', { method: 'POST', body: right + more, headers })).status
    expect(await status('&scope=&unknown=1&code=')).toBe(200)
    for (const again of ['&client_id=x', '&grant_type=password', '&scope=a&scope=b', '&x=1&x=1', '&__proto__=1', '&a=%00'])
      expect(await status(again)).toBe(400)
    expect(await status(`&x=${'a'.repeat(70_000)}`)).toBe(413)
  })

  test('unsupported grants', async () => {
    for (const grant of ['password', 'implicit', 'authorization_code ', 'urn:ietf:params:oauth:grant-type:jwt-bearer', 'toString']) {
      expect(await errorOf(await post(byPost, { grant_type: grant }))).toEqual([400, 'unsupported_grant_type'])
    }
    expect(await errorOf(await post(byPost, { grant_type: undefined }))).toEqual([400, 'invalid_request'])
    expect(await errorOf(await post(byPost, { grant_type: 'authorization_code' }))).toEqual([400, 'invalid_request'])
  })

  test('ASVS 10.4.4: a grant that the client is not registered for', async () => {
    expect(await errorOf(await post(byPost, { grant_type: 'refresh_token', refresh_token: 'x' }))).toEqual([400, 'unauthorized_client'])
    const code = { grant_type: 'authorization_code', code: 'x', redirect_uri: byPost.redirectUri }
    expect(await errorOf(await post(byPost, code))).toEqual([400, 'unauthorized_client'])
    const app = await newClient({ method: 'client_secret_post' })
    expect(await errorOf(await post(app))).toEqual([400, 'unauthorized_client'])
  })
})

describe('client authentication', () => {
  test('RFC 6749 §2.3.1: Basic, the scheme in any case, client_id in the body at will', async () => {
    const headers = basic(byBasic.id, byBasic.secret)
    expect((await token(GRANT, headers)).status).toBe(200)
    expect((await token(GRANT, { authorization: headers.authorization.replace('Basic', 'bAsIc ') })).status).toBe(200)
    expect((await token({ ...GRANT, client_id: byBasic.id }, headers)).status).toBe(200)
  })

  test('more than one way is refused', async () => {
    const right = basic(byBasic.id, byBasic.secret)
    expect(await errorOf(await token({ ...GRANT, client_secret: byBasic.secret }, right))).toEqual([400, 'invalid_request'])
    expect(await errorOf(await token({ ...GRANT, client_id: byPost.id }, right))).toEqual([401, 'invalid_client'])
  })

  test('§2.3.1: a client with a secret shows it by Basic or in the body, whichever it is registered with', async () => {
    for (const client of [byBasic, byPost]) {
      expect((await token(GRANT, basic(client.id, client.secret))).status).toBe(200)
      expect((await post(client)).status).toBe(200)
    }
  })

  test('a refusal says which rule was broken', async () => {
    const said = async (response: Promise<Response>) => ((await (await response).json()) as { error_description: string }).error_description
    expect(await said(token({ ...GRANT, client_id: byBasic.id }))).toMatch(/^The client has a secret/)
    expect(await said(token(GRANT, basic(byPost.id, '')))).toMatch(/^The client has a secret/)
    expect(await said(token(GRANT, basic(isPublic.id, 'x')))).toMatch(/^The client is public/)
    expect(await said(post(isPublic, { client_secret: 'x' }))).toMatch(/^The client is public/)
    expect(await said(token(GRANT))).toBe('The client_id is missing')
    expect(await said(token({ ...GRANT, client_id: 'x' }, basic(byBasic.id, byBasic.secret)))).toMatch(/not the one in the header/)
    expect(await said(token({ ...GRANT, client_secret: 'x' }, basic(byBasic.id, byBasic.secret)))).toMatch(/not in both/)
  })

  test('RFC 6749 §4.4: a public client has no credentials to be granted anything for', async () => {
    expect(await errorOf(await token({ ...GRANT, client_id: isPublic.id }))).toEqual([400, 'unauthorized_client'])
    expect(await errorOf(await token(GRANT, basic(isPublic.id, '')))).toEqual([400, 'unauthorized_client'])
  })

  test('§5.2: whoever fails is told the scheme, whatever was tried', async () => {
    const wrong = await token(GRANT, basic(byBasic.id, 'wrong'))
    expect(wrong.headers.get('www-authenticate')).toMatch(/^Basic /)
    expect(await errorOf(wrong)).toEqual([401, 'invalid_client'])
    expect((await post(byPost, { client_secret: 'wrong' })).headers.get('www-authenticate')).toMatch(/^Basic /)
  })

  test('malformed headers are failed tries, never 500', async () => {
    const headers = [
      'Basic',
      'Basic ',
      'Basic !!!',
      'Basic YQ==',
      `Basic ${btoa('%zz:x')}`,
      `Basic ${btoa(':x')}`,
      `Basic ${btoa('a%00:x')}`,
      'Bearer abc',
      'Digest x',
      'x',
    ]
    for (const authorization of headers) expect(await errorOf(await token(GRANT, { authorization }))).toEqual([401, 'invalid_client'])
  })

  test('unknown, disabled and wrong are one answer and one read', async () => {
    const disabled = await newClient({ method: 'client_secret_post' })
    await rows('UPDATE oauth_clients SET disabled_at = 1 WHERE id = ?', disabled.id)
    const tries = [
      { client_id: 'nobody' },
      { client_secret: 'wrong' },
      { client_secret: `${byPost.secret}x` },
      { client_id: disabled.id, client_secret: disabled.secret },
    ]
    const bodies = await Promise.all(tries.map(async (changes) => (await post(byPost, changes)).text()))
    expect(new Set(bodies).size).toBe(1)
    expect(await errorOf(await token(GRANT))).toEqual([401, 'invalid_client'])
    for (const changes of tries) {
      expect((await platform.counts.measure(() => post(byPost, changes))).counts).toMatchObject({ d1RoundTrips: 1, d1Statements: 1 })
    }
  })
})

describe('client_credentials', () => {
  test('the token carries the epoch of the client', async () => {
    const { access_token } = (await (await post(byPost)).json()) as TokenReply
    expect(decodeJwt(access_token)).toMatchObject({ sub: byPost.id, client_id: byPost.id, client_epoch: 0 })
    expect(decodeJwt(access_token).sid).toBeUndefined()
  })

  test('scopes: of the client, and for clients only', async () => {
    const scope = async (asked: string) => ((await (await post(byPost, { scope: asked })).json()) as TokenReply).scope
    expect(await scope('client:profile:read')).toBe('client:profile:read')
    expect(await scope('client:profile:all')).toBe('client:profile:read')
    expect(await scope('*')).toBe('client:oauth:introspect client:profile:read')
    for (const asked of ['delegated:profile:read', 'admin:all', 'client:profile:read delegated:profile:read', 'nonsense']) {
      expect(await errorOf(await post(byPost, { scope: asked }))).toEqual([400, 'invalid_scope'])
    }
    const nothing = await newClient({ method: 'client_secret_post', grantTypes: 'client_credentials', scopes: 'delegated:all' })
    expect(await errorOf(await post(nothing))).toEqual([400, 'invalid_scope'])
  })
})
