// Where the rooms of the older APIs are (wire §0.1, §0.3): below their paths, below EPIXEL_PATH, and at the root of a host of
// their own; with or without a trailing slash, and never by redirect. The rooms here echo the request.
import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import type { Bindings, HostRoom } from '../../src/config.ts'
import type { AppEnv } from '../../src/http/app-env.ts'
import { ROOM_PATHS, roomPath, toRoomPath } from '../../src/http/room-paths.ts'
import { platform } from '../support/kith.ts'

const NAMES = ['mirrorfly', 'movida', 'mxit', 'epixel'] as const

function room(name: HostRoom): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get('/', (c) => c.text(`${name} root`))
    .all('/user/:id', (c) => c.text(`${name} user ${c.req.param('id')} ${new URL(c.req.url).pathname}`))
    .all('*', (c) => c.text(`${name} nothing`, 404))
}

/** As `app.ts` mounts them. */
const app = new Hono<AppEnv>({ getPath: roomPath })
for (const name of NAMES) app.route(ROOM_PATHS[name], room(name))
app.all('*', (c) => c.text(`user ${c.req.path}`))

async function ask(url: string, vars: Partial<Bindings> = {}, headers: Record<string, string> = {}): Promise<string> {
  const env = { ...platform.env, ...vars } as Bindings
  const reply = await app.request(new Request(url, { headers, redirect: 'manual' }), undefined, env)
  expect(reply.headers.get('location')).toBeNull()
  return `${reply.status} ${await reply.text()}`
}

const KITH = 'https://kith.test'

describe('below its path', () => {
  test.each([
    ['/mxit/user/me', '200 mxit user me /mxit/user/me'],
    ['/api/user/me', '200 movida user me /api/user/me'],
    ['/api/v1/user/me', '200 mirrorfly user me /api/v1/user/me'],
    ['/epixel/v1/user/me', '200 epixel user me /epixel/v1/user/me'],
    // A trailing slash makes no difference; the request keeps it (a Digest proof covers it).
    ['/mxit/user/me/', '200 mxit user me /mxit/user/me/'],
    ['/api/user/me/?page=2', '200 movida user me /api/user/me/'],
    ['/mxit', '200 mxit root'],
    ['/mxit/', '200 mxit root'],
    ['/api/v1/', '200 mirrorfly root'],
    // Percent-encoded letters are letters; an encoded slash is not a slash.
    ['/%6Dxit/user/me', '200 mxit user me /%6Dxit/user/me'],
    ['/mxit/user/a%2Fb', '200 mxit user a/b /mxit/user/a%2Fb'],
    ['/mxit%2Fuser/me', '200 user /mxit%2Fuser/me'],
    ['/mxit/user/a+b', '200 mxit user a+b /mxit/user/a+b'],
    ['/mxit/user/%zz', '200 mxit user %zz /mxit/user/%zz'],
    // Similar paths belong to somebody else.
    ['/mxitery/user/me', '200 user /mxitery/user/me'],
    ['/apiary', '200 user /apiary'],
    ['/MXIT/user/me', '200 user /MXIT/user/me'],
    ['/user/me', '200 user /user/me'],
    ['/user/me/', '200 user /user/me/'],
    ['/', '200 user /'],
    ['//mxit/user/me', '200 user //mxit/user/me'],
    ['/mxit//user/me', '404 mxit nothing'],
    ['/mxit/user/me//', '404 mxit nothing'],
    ['/x/../mxit/user/me', '200 mxit user me /mxit/user/me'],
  ])('%s', async (path, answer) => {
    expect(await ask(KITH + path)).toBe(answer)
  })
})

describe('below EPIXEL_PATH', () => {
  test.each([
    ['/v7/user/me', '200 epixel user me /v7/user/me'],
    ['/v7/user/me/', '200 epixel user me /v7/user/me/'],
    ['/v7', '200 epixel root'],
    ['/v7/', '200 epixel root'],
    ['/v77/user/me', '200 user /v77/user/me'],
    ['/epixel/v1/user/me', '200 epixel user me /epixel/v1/user/me'],
  ])('%s', async (path, answer) => {
    expect(await ask(KITH + path, { EPIXEL_PATH: '/v7' })).toBe(answer)
  })

  test('it may take the place of another room', async () => {
    const vars = { EPIXEL_PATH: '/api/v1' }
    expect(await ask(`${KITH}/api/v1/user/me`, vars)).toMatch(/^200 epixel/)
    expect(await ask(`${KITH}/api/user/me`, vars)).toMatch(/^200 movida/)
  })
})

describe('at the root of a host of its own', () => {
  const vars = { HOST_ROOMS: 'old.example=mxit, api.example:8443=movida, e.example=epixel, m.example=mirrorfly' }

  test.each([
    ['https://old.example/user/me', '200 mxit user me /user/me'],
    ['https://old.example/user/me/', '200 mxit user me /user/me/'],
    ['https://old.example/', '200 mxit root'],
    ['https://old.example', '200 mxit root'],
    ['https://old.example/mxit/user/me', '200 mxit user me /mxit/user/me'],
    ['https://OLD.Example/user/me', '200 mxit user me /user/me'],
    ['https://old.example:443/user/me', '200 mxit user me /user/me'],
    ['https://old.example/%75ser/me', '200 mxit user me /%75ser/me'],
    ['https://old.example//user/me', '404 mxit nothing'],
    // Nothing else is available there: neither another room nor our own API.
    ['https://old.example/api/user/me', '404 mxit nothing'],
    ['https://old.example/epixel/v1/user/me', '404 mxit nothing'],
    ['https://old.example/oauth/token', '404 mxit nothing'],
    ['https://old.example/mxitery', '404 mxit nothing'],
    ['https://m.example/user/me', '200 mirrorfly user me /user/me'],
    ['https://e.example/user/me/', '200 epixel user me /user/me/'],
    // Another port is another host.
    ['https://api.example:8443/user/me', '200 movida user me /user/me'],
    ['https://api.example/user/me', '200 user /user/me'],
    ['https://old.example:8443/user/me', '200 user /user/me'],
    ['https://sub.old.example/user/me', '200 user /user/me'],
    ['https://kith.test/user/me', '200 user /user/me'],
  ])('%s', async (url, answer) => {
    expect(await ask(url, vars)).toBe(answer)
  })

  test('the host is the one that the request went to, whatever its headers say', async () => {
    for (const name of ['host', 'x-forwarded-host', 'forwarded']) {
      expect(await ask(`${KITH}/user/me`, vars, { [name]: 'old.example' })).toBe('200 user /user/me')
    }
  })

  test('EPIXEL_PATH lies there too', async () => {
    expect(await ask('https://e.example/v7/user/me', { ...vars, EPIXEL_PATH: '/v7' })).toBe('200 epixel user me /v7/user/me')
  })
})

test('without hosts of rooms nobody asks for the host', () => {
  const config = { hostRooms: new Map<string, HostRoom>(), epixelPath: '/epixel/v1' }
  const host = () => {
    throw new Error('asked')
  }
  expect(toRoomPath(host, '/user/me', config)).toBe('/user/me')
})
