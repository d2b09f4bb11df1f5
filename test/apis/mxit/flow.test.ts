// From the first redirect to the last call, as an old client does it (wire §1.2, §1.3): authorize, code, token, every line of the
// API, refresh, revoke. Every success is exactly 200.
import { decodeJwt } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { JPEG, png } from '../../support/images.ts'
import { Client } from '../../support/kith.ts'
import { bytesOf } from '../../support/media.ts'
import { type Person, signedInPerson } from '../../support/people.ts'
import {
  ALL_SCOPES,
  askForToken,
  authorize,
  json,
  mxitIdOf,
  newOldApp,
  type OldApp,
  oldClient,
  REDIRECT_URI,
  tokensFor,
} from './harness.ts'

const HOST = 'https://api.old.test'
/** Where clients expect the API: below a path, and at the root of a host of its own. */
const PLACES = [
  ['/mxit', '/mxit', {}],
  ['a host of HOST_ROOMS', '', { origin: HOST, env: { HOST_ROOMS: 'api.old.test=mxit' } }],
] as const

describe.each(PLACES)('at %s', (place, base, options) => {
  let person: Person
  let app: OldApp
  const suffix = base === '' ? 'host' : 'path'

  beforeAll(async () => {
    person = await signedInPerson(`flow_person_${suffix}`)
    app = await newOldApp()
  })

  test('a browser comes back with a code, and with its state', async () => {
    const end = await authorize(person, app, ALL_SCOPES, { base, options, state: 'a b+c' })
    expect(`${end.origin}${end.pathname}`).toBe(REDIRECT_URI)
    expect(end.searchParams.get('state')).toBe('a b+c')
    expect(end.searchParams.get('code')).toMatch(/^[\w-]{32,}$/)
  })

  test('one who is not signed in is led to the pages of Kith', async () => {
    const stranger = { ...person, client: new Client() }
    const end = await authorize(stranger, app, 'openid', { base, options })
    expect(end.pathname).toBe('/sign-in')
    expect(end.searchParams.get('return_to')).toContain('/oauth/authorize?')
  })

  test('authorize, token, every line, refresh, revoke', async () => {
    const tokens = await tokensFor(person, app, ALL_SCOPES, { base, options })
    expect(tokens).toMatchObject({ token_type: 'bearer', expires_in: 3600, refresh_token: expect.any(String) })
    expect(tokens.scope.split(' ').sort()).toEqual(ALL_SCOPES.split(' ').sort())
    const id = decodeJwt(tokens.id_token)
    expect(id).toMatchObject({ aud: app.id, user_id: mxitIdOf(person) })

    const own = oldClient(tokens.access_token, base, tokens.token_type, options)
    const asked = await askForToken(app, { grant_type: 'client_credentials', scope: 'profile/public' }, base, options)
    expect(asked.json).toMatchObject({ token_type: 'bearer', expires_in: 3600, scope: 'profile/public' })
    expect(asked.json).not.toHaveProperty('refresh_token')
    const program = oldClient(asked.json.access_token, base, 'Bearer', options)
    const nobody = oldClient(null, base, '', options)
    const { username } = person
    const octets = { 'content-type': 'application/octet-stream' }
    const ok = async (call: Promise<{ status: number; text: string; headers: Headers }>, text?: string) => {
      const reply = await call
      expect(reply.status, reply.text).toBe(200)
      if (text !== undefined) expect(reply.text).toBe(text)
      return reply
    }

    await ok(nobody.call('GET', '/user/version'), '"1.0"')
    await ok(program.call('GET', `/user/lookup/${username}`), json(mxitIdOf(person)))
    await ok(own.call('POST', '/user/avatar', png(), octets), '')
    expect((await ok(own.call('GET', '/user/avatar'))).headers.get('content-type')).toBe('image/png')
    expect((await ok(nobody.call('GET', `/user/public/avatar/${username}`))).headers.get('content-type')).toBe('image/png')
    await ok(own.call('DELETE', '/user/avatar'), '')
    await ok(nobody.call('GET', `/user/public/avatar/${username}`))
    const basic = await program.call('GET', `/user/profile/${mxitIdOf(person)}`)
    expect([basic.status, basic.json.UserId]).toEqual([200, mxitIdOf(person)])
    const full = await own.call('GET', '/user/profile')
    expect([full.status, full.json.Email]).toEqual([200, person.email])
    const changed = await own.call('PUT', '/user/profile', { AboutMe: 'Old.', Gender: 1, RelationshipStatus: 5, Unknown: true })
    expect([changed.status, changed.json.AboutMe, changed.json.Gender, changed.json.RelationshipStatus]).toEqual([200, 'Old.', 1, 5])
    await ok(own.call('PUT', '/user/statusmessage', json('test status')), '')
    await ok(own.call('GET', '/user/statusmessage'), '"test status"')
    await ok(nobody.call('GET', `/user/public/statusmessage/${username}`), '"test status"')
    await ok(nobody.call('GET', `/user/public/displayname/${username}`), '"Test Person"')

    await ok(own.call('POST', '/user/media/Holidays', '{}'), '')
    await ok(own.call('PUT', '/user/media/Holidays', json('Other')), '')
    const folders = await own.call('GET', '/user/media/')
    expect(folders.json.Folders.map(({ FolderName }: { FolderName: string }) => FolderName)).toEqual(['Default', 'Other'])
    const uploaded = await own.call('POST', '/user/media/file/Other?fileName=a.jpg', JPEG, { 'content-type': 'image/jpeg' })
    expect([uploaded.status, uploaded.json]).toEqual([200, expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)])
    const file = uploaded.json
    const list = await own.call('GET', '/user/media/list/Other?skip=0&count=5')
    expect(list.json).toMatchObject([{ FileId: file, FileName: 'a.jpg' }])
    const content = await own.call('GET', `/user/media/content/${file}`)
    expect([content.status, content.headers.get('content-type'), content.bytes.length]).toEqual([200, 'image/jpeg', JPEG.length])
    await ok(own.call('PUT', `/user/media/file/${file}`, json('b.jpg')), '')
    await ok(own.call('DELETE', `/user/media/file/${file}`), '')
    await ok(own.call('POST', '/user/media/file/Other?fileName=b.txt', bytesOf('b'), { 'content-type': 'text/plain' }))
    await ok(own.call('DELETE', '/user/media/Other'), '')
    await ok(own.call('GET', '/user/socialgraph/contactlist'), '{"Contacts":[]}')
    const friend = await signedInPerson(`flow_friend_${suffix}`)
    await ok(own.call('PUT', `/user/socialgraph/contact/${friend.username}`, '{}'), '')
    await ok(own.call('GET', '/user/socialgraph/suggestions'), '[]')
    await ok(own.call('GET', '/userinfo?schema=openid'), JSON.stringify({ sub: mxitIdOf(person) }))

    const next = await askForToken(app, { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }, base, options)
    expect([next.status, next.json.scope, next.json.token_type]).toEqual([200, tokens.scope, 'bearer'])
    expect(decodeJwt(next.json.id_token).user_id).toBe(mxitIdOf(person))
    const later = oldClient(next.json.access_token, base, 'bearer', options)
    await ok(later.call('GET', '/user/statusmessage'))
    const revoked = await new Client().post(`${base}/revoke`, new URLSearchParams({ token: next.json.refresh_token }), {
      ...options,
      headers: { authorization: app.authorization },
    })
    expect(revoked.status).toBe(200)
    expect((await later.call('GET', '/user/statusmessage')).status).toBe(401)
    const dead = await askForToken(app, { grant_type: 'refresh_token', refresh_token: next.json.refresh_token }, base, options)
    expect([dead.status, dead.json.error]).toEqual([400, 'invalid_grant'])
    expect(place).toBeDefined()
  })
})
