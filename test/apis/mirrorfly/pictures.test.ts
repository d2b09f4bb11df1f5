// Pictures of a license key's users (wire §5.3): only with a token, decodable by every old client, and private.
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Bindings } from '../../../src/config.ts'
import { PEOPLE_READ_PER_DAY } from '../../../src/core/limits.ts'
import { inspectImage } from '../../../src/core/media/images/inspect.ts'
import { expectAvatarsInOrder } from '../../support/avatars.ts'
import { JPEG, png } from '../../support/images.ts'
import { db, platform, type Reply } from '../../support/kith.ts'
import { bearerOf } from '../../support/tokens.ts'
import { BASE, call, createUser, type Deployment, getUser, type MadeUser, madeUser, newDeployment, picture } from './harness.ts'

let ours: Deployment
let user: MadeUser
beforeAll(async () => {
  ours = await newDeployment()
  user = await madeUser(ours, 'pictured', { profileFile: picture(JPEG, 'image/jpeg') })
})

const LIMITS = { bytesMax: 2_000_000, pixelsMax: 512 * 512 }
const pathOf = (url: string) => new URL(url).pathname.slice(BASE.length)
const get = (token: string | null, url: string, headers: Record<string, string> = {}) => call(token, pathOf(url), { headers })

async function expectPicture(reply: Reply, type: string, side: number): Promise<void> {
  expect([reply.status, reply.headers.get('content-type')], reply.text.slice(0, 200)).toEqual([200, type])
  const { width, height, format } = await inspectImage(new Uint8Array(reply.bytes), LIMITS)
  expect([width, height, format]).toEqual([side, side, type])
}

describe('a picture', () => {
  test('is a JPEG of 512 and a PNG of 128 for old clients, a WebP for who asks for it', async () => {
    await expectPicture(await get(ours.token, user.profileUrl), 'image/jpeg', 512)
    await expectPicture(await get(ours.token, user.profileUrlThumb), 'image/png', 128)
    await expectPicture(await get(ours.token, user.profileUrl, { accept: '*/*' }), 'image/jpeg', 512)
    await expectPicture(await get(ours.token, user.profileUrl, { accept: 'image/avif,image/webp,*/*;q=0.8' }), 'image/webp', 512)
    await expectPicture(await get(ours.token, user.profileUrlThumb, { accept: 'image/webp' }), 'image/png', 128)
  })

  test('is at an absolute URL of the configured origin', () => {
    expect(user.profileUrl).toMatch(/^https:\/\/kith\.test\/api\/v1\/media\/profilePics\/[0-9a-f]{24}\/[0-9a-f]{64}\/512\.jpg$/)
    expect(user.profileUrlThumb).toBe(user.profileUrl.replace('512.jpg', '128.png'))
  })

  test('stays private, does nothing in a browser, and is asked for again by its tag', async () => {
    const first = await get(user.token, user.profileUrl)
    expect(first.headers.get('cache-control')).toBe('private, no-cache, no-transform')
    expect(first.headers.get('vary')).toContain('Accept')
    expect(first.headers.get('x-content-type-options')).toBe('nosniff')
    expect(first.headers.get('content-security-policy')).toContain('sandbox')
    expect(first.headers.get('content-disposition')).toMatch(/^attachment/)
    const again = await get(user.token, user.profileUrl, { 'if-none-match': first.headers.get('etag') ?? '' })
    expect([again.status, again.bytes.length]).toEqual([304, 0])
  })

  test('that was replaced is no longer reachable; a URL alone does not replace it', async () => {
    const first = await madeUser(ours, 'changes', { profileFile: picture(png()) })
    const second = await madeUser(ours, 'changes', { profileFile: picture(JPEG, 'image/jpeg') })
    expect(second.profileUrl).not.toBe(first.profileUrl)
    expect((await get(ours.token, first.profileUrl)).status).toBe(404)
    expect((await get(ours.token, second.profileUrl)).status).toBe(200)
    expect((await madeUser(ours, 'changes', { profileUrl: 'https://example.com/a.png' })).profileUrl).toBe(second.profileUrl)
    await expectAvatarsInOrder()
  })

  test('set in another room is the same here, and vice versa', async () => {
    const made = await madeUser(ours, 'both rooms', { profileFile: picture(png()) })
    const key = (await db.prepare('SELECT avatar_key FROM users WHERE username = ?').bind(made.username).first<string>('avatar_key')) ?? ''
    const me = (await bearerOf(made.token).get('/user/me')).json.data.user
    expect(me.profilePictureUrl).toBe(`https://avatars.kith.test/${key}/512.webp`)
    await bearerOf(made.token).fetch('/user/profile-picture', { method: 'PUT', body: JPEG })
    const after = (await getUser(ours.token, 'both rooms')).json.data
    expect(after.profileUrl).not.toBe(made.profileUrl)
    expect((await get(ours.token, after.profileUrl)).status).toBe(200)
    await bearerOf(made.token).delete('/user/profile-picture')
    expect((await getUser(ours.token, 'both rooms')).json.data).toMatchObject({ profileUrl: '', profileUrlThumb: '' })
  })
})

describe('troubles', () => {
  test("a person's requests count like reading a profile, those of the service do not", async () => {
    const key = `account-people:${(await db.prepare('SELECT id FROM users WHERE username = ?').bind(user.username).first('id')) as number}`
    await db.prepare('DELETE FROM attempt_counters WHERE key = ?').bind(key).run()
    expect((await get(user.token, user.profileUrl)).status).toBe(200)
    expect(
      (await db.prepare('UPDATE attempt_counters SET count = ? WHERE key = ?').bind(PEOPLE_READ_PER_DAY, key).run()).meta.changes,
    ).toBe(1)
    expect([(await get(user.token, user.profileUrl)).status, (await get(ours.token, user.profileUrl)).status]).toEqual([429, 200])
    await db.prepare('DELETE FROM attempt_counters WHERE key = ?').bind(key).run()
  })

  test('the daily limit holds over all rooms: 429, and nothing of the request is done', async () => {
    const limit = { AVATAR_CHANGES_PER_DAY: '2' }
    const set = (nickname: string) => createUser(ours, 'fidgets', { nickname, profileFile: picture(png()) }, { env: limit })
    for (const nickname of ['One', 'Two']) expect((await set(nickname)).status).toBe(200)
    const before = (await getUser(ours.token, 'fidgets')).json
    const refused = await set('Three')
    expect([refused.status, refused.json]).toEqual([429, { status: 429, message: 'The picture was changed too often today' }])
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3600)
    expect((await getUser(ours.token, 'fidgets')).json).toEqual(before)
    expect((await createUser(ours, 'fidgets', { nickname: 'Three' }, { env: limit })).json.data.nickname).toBe('Three')
    await expectAvatarsInOrder()
  })

  test('Images or the bucket fails: 503; a missing object: 404', async () => {
    platform.faults.images('down')
    expect((await get(ours.token, user.profileUrl)).status).toBe(503)
    expect((await get(ours.token, user.profileUrlThumb)).status).toBe(200)
    platform.faults.clear()
    for (const fault of ['throw', 'break'] as const) {
      platform.faults.r2('get', fault)
      expect((await get(ours.token, user.profileUrlThumb)).status).toBe(503)
      platform.faults.clear()
    }
    const gone = await madeUser(ours, 'gone', { profileFile: picture(png()) })
    const [, upload = '', digest = ''] = /profilePics\/(\w+)\/(\w+)\//.exec(gone.profileUrl) ?? []
    await (env as unknown as Bindings).AVATARS.delete(`${upload}/${digest}/128.png`)
    expect((await get(ours.token, gone.profileUrlThumb)).status).toBe(404)
  })
})
