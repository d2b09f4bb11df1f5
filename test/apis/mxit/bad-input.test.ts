// Bad input to every route of the room: a 4xx in the room's envelope, never a 5xx, and nothing done in part.
import { beforeAll, describe, expect, test } from 'vitest'
import { HOSTILE_BODIES } from '../../support/hostile-bodies.ts'
import { png } from '../../support/images.ts'
import { Client, type Options, type Reply } from '../../support/kith.ts'
import { inputOf, mxitRoutes, named, nameOf, type Route, scopeOf } from '../../support/routes.ts'
import { dump } from '../../support/tables.ts'
import { requestOf } from '../../tour/scene.ts'
import { act, json, newOldApp, newScene, type OldClient, personalClient, routeNamed, type Scene } from './harness.ts'

let scene: Scene
let own: OldClient
beforeAll(async () => {
  scene = await newScene(routeNamed('GET /mxit/user/media/list/:name'))
  await scene.person.client.fetch('/user/profile-picture', { method: 'PUT', body: png() })
  own = await personalClient(scene.person)
  // What the session records about itself is recorded before.
  await own.call('GET', '/user/profile')
})

const withBody = mxitRoutes.filter((route) => inputOf(route, 'json'))
const withParams = mxitRoutes.filter((route) => inputOf(route, 'param'))

/** Refused, and everything is as before. */
async function expectRefused(send: () => Promise<Reply>, statuses: readonly number[] = [400]): Promise<void> {
  const before = await dump()
  const reply = await send()
  expect(statuses, reply.text).toContain(reply.status)
  expect(Object.keys(reply.json ?? {}), reply.text).toEqual(['error', 'error_description'])
  expect(reply.json.error_description).toMatch(/^[\x20-\x21\x23-\x5B\x5D-\x7E]{1,200}$/)
  expect(await dump()).toEqual(before)
}

const sendTo =
  (route: Route, body: Options['body'], headers: Record<string, string> = {}) =>
  () =>
    own.call(route.method, requestOf(route, scene).path.slice('/mxit'.length), body, headers)

const BODIES: typeof HOSTILE_BODIES = [
  ...HOSTILE_BODIES,
  ['a text and a comment', '"a" // b'],
  ['two texts', '"a""b"'],
  ['a list of texts', '["a","b"]'],
  ['a text in a list in a list', '[["a"]]'],
  ['nothing', ''],
  ['a text that is a lone surrogate', '"\\ud800"'],
  ['a text with NUL', '"a\\u0000b"'],
  ['lists, 33 deep', `${'['.repeat(33)}${']'.repeat(33)}`],
]

describe.each(named(withBody))('%s', (name, route) => {
  const isText = name !== 'PUT /mxit/user/profile'

  /** A text is a string; a profile may have fields that are not known, or none. */
  const valid = isText ? ['a string'] : ['constructor', 'hasOwnProperty', 'toString', 'a number beyond numbers', 'nothing']
  test.each(BODIES.filter(([what]) => !valid.includes(what)))('%s', async (_what, text) => expectRefused(sendTo(route, text)))

  test.each(
    isText ? [json('x'.repeat(257)), '{}', 'true', json('\u202Ex'), json('a\u0007')] : ['"text"', 'true', '{"AboutMe":"a\\u0007"}'],
  )('a value that it does not take: %s', async (text) => expectRefused(sendTo(route, text)))

  test('a body that is too long, no UTF-8, or of another type', async () => {
    await expectRefused(sendTo(route, json('x'.repeat(70_000))), [413])
    await expectRefused(sendTo(route, new Uint8Array([0x22, 0xc3, 0x28, 0x22])))
    for (const type of ['text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'nonsense']) {
      await expectRefused(sendTo(route, json('text'), { 'content-type': type }), [415])
    }
    await expectRefused(sendTo(route, 'text=1&text=2', { 'content-type': 'application/x-www-form-urlencoded' }))
  })
})

describe('paths', () => {
  const HOSTILE = ['..%2F..', '%00', '%0d%0aSet-Cookie:x', 'a%2Fb', '%5C', '%E2%80%AE', 'x'.repeat(300), '%20%20', '__proto__%00']

  test.each(named(withParams))('%s', async (_name, { method, path }) => {
    const isUpload = method === 'POST' && path.includes('/media/file')
    const body = method === 'PUT' && path.includes('/media/') ? json('x') : isUpload ? new Uint8Array(1) : undefined
    for (const text of HOSTILE) {
      const asked = path.slice('/mxit'.length).replace(/:\w+/, text) + (isUpload ? '?fileName=a.txt' : '')
      await expectRefused(() => own.call(method, asked, body))
    }
  })

  test('folders', async () => {
    for (const name of ['a%2Fb', '%2F', '.', '%2E%2E', 'con', 'a.', '%20a', 'x'.repeat(256), 'a%5Cb']) {
      await expectRefused(() => own.call('POST', `/user/media/${name}`), [400, 404, 405])
    }
  })

  test('no path is taken for another one', async () => {
    await expectRefused(() => own.call('GET', '/user/media/list/a%2Fb'))
    await expectRefused(() => own.call('POST', '/user/media/file%2FDefault?fileName=a'))
    await expectRefused(() => own.call('DELETE', `/user/media/file%2F${scene.own.file}`))
  })
})

describe('queries', () => {
  const bytes = new Uint8Array([1, 2, 3])
  const uploadTo = (query: string) => () => own.call('POST', `/user/media/file/Default${query}`, bytes, { 'content-type': 'text/plain' })

  test.each([
    '',
    '?fileName=',
    '?fileName=a%2Fb',
    '?fileName=..',
    '?fileName=a%00',
    `?fileName=${'x'.repeat(256)}`,
    '?fileName=a&fileName=b',
    '?filename=a',
    '?fileName=a&preventShare=yes',
    '?fileName=a&preventShare=',
    '?fileName=a&preventShare=TRUE',
    '?fileName=con.txt',
    '?fileName=exe%E2%80%AEgnp',
  ])('an upload with %s', async (query) => expectRefused(uploadTo(query)))

  test('a mimeType that is none counts where nothing else says the type', async () => {
    const octets = (mimeType: string) => () =>
      own.call('POST', `/user/media/file/Default?fileName=a&mimeType=${mimeType}`, bytes, { 'content-type': '' })
    await expectRefused(octets('nonsense'))
    await expectRefused(octets('x'.repeat(200)))
    await expectRefused(() => own.call('POST', '/user/media/file/Default?fileName=a', bytes, { 'content-type': 'nonsense' }))
  })

  test.each([
    'count=0',
    'count=101',
    'count=-1',
    'count=x',
    'count=',
    'count=1e1',
    'count=1.5',
    'count=%2B1',
    'count=1&count=1',
    'skip=-1',
    'skip=x',
    'skip=10001',
    'skip=9999999999',
  ])('a list with %s', async (query) => {
    await expectRefused(() => own.call('GET', `/user/media/list/Default?${query}`))
    await expectRefused(() => own.call('GET', `/user/socialgraph/contactlist?${query}`))
  })

  test('uploads without a length, of another length, or compressed', async () => {
    await expectRefused(() => own.call('POST', '/user/media/file/Default?fileName=a', undefined, { 'content-type': 'text/plain' }), [411])
    await expectRefused(() => own.call('POST', '/user/media/file/Default?fileName=a', bytes, { 'content-encoding': 'gzip' }), [415])
    await expectRefused(() =>
      own.call('POST', '/user/media/file/Default?fileName=a', bytes, { 'content-type': 'text/plain', 'content-length': '2' }),
    )
    await expectRefused(() =>
      own.call('POST', '/user/media/file/Default?fileName=a', bytes, { 'content-type': 'text/plain', 'content-length': 'x' }),
    )
    const form = new FormData()
    form.set('file', new File(['x'], 'a.txt'))
    await expectRefused(() => own.client.post('/mxit/user/avatar', form), [401])
  })

  test('a body that is not the one of its Content-Digest (RFC 9530) is refused, and no file', async () => {
    const headers = { 'content-type': 'text/plain', 'content-digest': `sha-256=:${Buffer.alloc(32).toString('base64')}:` }
    const before = (await own.call('GET', '/user/media/list/Default')).json
    const reply = await own.call('POST', '/user/media/file/Default?fileName=bent.txt', bytes, headers)
    expect([reply.status, Object.keys(reply.json)]).toEqual([400, ['error', 'error_description']])
    expect((await own.call('GET', '/user/media/list/Default')).json).toEqual(before)
  })
})

describe('the authorization server', () => {
  const post = (path: string, body: Options['body'], headers: Record<string, string> = {}) =>
    new Client().post(`/mxit${path}`, body, { headers })

  test.each([
    ['no grant type', 'scope=openid'],
    ['an unknown one', 'grant_type=magic'],
    ['implicit', 'grant_type=implicit'],
    ['a password', 'grant_type=password&username=someone&password=correct-horse&scope=profile/private'],
    ['no code', 'grant_type=authorization_code&redirect_uri=https://old.example.com/mxit'],
    ['no redirect_uri', 'grant_type=authorization_code&code=x'],
    ['no refresh token', 'grant_type=refresh_token'],
    ['an unknown code', 'grant_type=authorization_code&code=f00df00df00df00df00df00df00df00d&redirect_uri=https://old.example.com/mxit'],
    ['an unknown refresh token', 'grant_type=refresh_token&refresh_token=7f4b56bda11e4f7ba84c9e35c76b7aea'],
    ['a repeated parameter', 'grant_type=client_credentials&grant_type=client_credentials'],
    ['NUL', 'grant_type=client_credentials&scope=a%00'],
  ])('/token with %s', async (_what, form) => {
    const { authorization } = await newOldApp()
    await expectRefused(() => post('/token', new URLSearchParams(form), { authorization }))
  })

  test('another type than a form, and no client', async () => {
    const { authorization } = await newOldApp()
    for (const path of ['/token', '/revoke']) {
      await expectRefused(() => post(path, { grant_type: 'client_credentials', token: 'x' }, { authorization }), [415])
      // An empty form is valid; an empty one here.
      await expectRefused(() => post(path, undefined, { authorization }), [400])
      const form = new URLSearchParams({ grant_type: 'client_credentials', token: 'x' })
      for (const bad of [{}, { authorization: 'Basic' }, { authorization: 'Basic !!' }, { authorization: 'Basic YQ==' }]) {
        await expectRefused(() => post(path, form, bad as Record<string, string>), [401])
      }
    }
    await expectRefused(() => post('/revoke', new URLSearchParams(), { authorization }))
  })

  test('/authorize leads on with whatever it was asked, and never elsewhere', async () => {
    for (const query of [
      '',
      'a=b',
      'redirect_uri=https://evil.example/',
      'client_id=a&client_id=b',
      'scope=%0d%0aSet-Cookie:x',
      'state=%ff',
    ]) {
      const reply = await new Client().get(`/mxit/authorize?${query}`)
      expect(reply.status, query).toBe(302)
      expect(reply.headers.get('location')?.startsWith('https://kith.test/oauth/authorize?'), query).toBe(true)
    }
    expect((await new Client().get('/mxit/authorize?state=%00')).status).toBe(400)
  })
})

test('after all of this the routes do what they do', async () => {
  for (const route of mxitRoutes.filter((one) => scopeOf(one) && one.method === 'GET')) {
    expect((await act(route, scene, own)).status, nameOf(route)).toBe(200)
  }
})
