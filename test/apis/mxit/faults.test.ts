// The stores fail under the room (security §5.2): a reply in its envelope, either 200 or 503, and the request takes effect as a
// whole or not at all.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { mailsTo, platform } from '../../support/kith.ts'
import { mediaState } from '../../support/media.ts'
import { mxitRoutes, named, scopeOf } from '../../support/routes.ts'
import { SINGLE_STRIKES, underStrike } from '../../support/strikes.ts'
import { requestOf } from '../../tour/scene.ts'
import { act, isOpen, newScene, oldClient, personalClient, routeNamed } from './harness.ts'

beforeEach(() => platform.reset())
afterEach(() => platform.faults.clear())

const TRIPS = 3
/** The result of the same request a second time, if the first one took effect after all. */
const DONE_BEFORE: Readonly<Record<string, number>> = {
  'DELETE /mxit/user/media/file/:name': 404,
  'DELETE /mxit/user/media/:name': 404,
  'POST /mxit/user/media/:name': 409,
  'PUT /mxit/user/media/:name': 404,
}

const routes = mxitRoutes.filter((route) => scopeOf(route) || isOpen(route))

describe.each(named(routes))('%s', (name, route) => {
  test.each(Object.entries(SINGLE_STRIKES))('the database %s, at each round trip in turn', async (_what, strike) => {
    for (let n = 1; n <= TRIPS; n += 1) {
      const scene = await newScene(route)
      const client = isOpen(route) ? oldClient(null) : await personalClient(scene.person)
      const { reply, fired } = await underStrike(strike, n, () => act(route, scene, client))
      if (fired === 0) return
      // Work after the reply meets the fault too, unseen.
      expect([200, 503], `${n}: ${reply.text}`).toContain(reply.status)
      if (reply.status === 503) {
        expect(reply.json).toEqual({ error: 'temporarily_unavailable', error_description: expect.any(String) })
        expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0)
      }
      const again = await act(route, scene, client)
      expect([200, DONE_BEFORE[name] ?? 200], `${n}, again: ${again.text}`).toContain(again.status)
    }
  })
})

test('a profile is changed as a whole, with the start of a change of address, or not at all', async () => {
  for (const strike of Object.values(SINGLE_STRIKES)) {
    for (let n = 1; n <= TRIPS; n += 1) {
      const { person } = await newScene(routeNamed('PUT /mxit/user/profile'))
      const own = await personalClient(person)
      const before = (await own.call('GET', '/user/profile')).json
      const address = `new_${person.username}@example.com`
      const fields = { FirstName: 'Other', LastName: 'Names', Title: 'Dr', Email: address }
      const { reply } = await underStrike(strike, n, () => own.call('PUT', '/user/profile', fields))
      const after = (await own.call('GET', '/user/profile')).json
      const changed = { ...before, FirstName: 'Other', LastName: 'Names', DisplayName: 'Other Names', Title: 'Dr' }
      const isDone = after.FirstName === 'Other'
      expect(after).toEqual(isDone ? changed : before)
      if (reply.status === 200) expect(isDone).toBe(true)
      expect((await mailsTo(address)).length).toBeLessThanOrEqual(isDone ? 1 : 0)
    }
  }
})

describe('the buckets', () => {
  test('a picture that cannot be read is 503, for everybody and for oneself', async () => {
    const scene = await newScene(routeNamed('GET /mxit/user/media/content/:name'))
    const own = await personalClient(scene.person)
    await act(routeNamed('POST /mxit/user/avatar'), scene, own)
    platform.faults.r2('get', 'throw')
    const content = requestOf(routeNamed('GET /mxit/user/media/content/:name'), scene).path.slice('/mxit'.length)
    for (const path of ['/user/avatar', `/user/public/avatar/${scene.person.username}`, content]) {
      const reply = await own.call('GET', path)
      expect([reply.status, reply.json?.error, reply.headers.get('content-type')], path).toEqual([
        503,
        'temporarily_unavailable',
        'application/json',
      ])
      expect(reply.headers.get('cache-control'), path).toBe('no-store')
    }
    // Without one there is no need for the bucket.
    expect((await own.call('GET', `/user/public/avatar/${scene.other.username}`)).status).toBe(200)
  })

  test('an upload that the bucket does not take leaves nothing', async () => {
    const scene = await newScene(routeNamed('POST /mxit/user/media/file/:name'))
    const own = await personalClient(scene.person)
    const before = await mediaState()
    platform.faults.r2('put', 'throw')
    expect((await act(routeNamed('POST /mxit/user/media/file/:name'), scene, own)).status).toBe(503)
    expect((await act(routeNamed('POST /mxit/user/avatar'), scene, own)).status).toBe(503)
    platform.faults.clear()
    const { object_tombstones: _, ...after } = await mediaState()
    const { object_tombstones: __, ...untouched } = before
    expect(after).toEqual(untouched)
    expect((await act(routeNamed('POST /mxit/user/media/file/:name'), scene, own)).status).toBe(200)
  })
})
