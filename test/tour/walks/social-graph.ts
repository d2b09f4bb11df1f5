// Budgets of the graph's routes (design §7): round trips, rows and KV before the reply leaves, the same however large the graph
// is. The viewer follows everybody in the lists, which is the most expensive case.
import { beforeAll, describe, expect, test } from 'vitest'
import { makeCrowd, putBlocks, putEdges } from '../../social/crowd.ts'
import { COUNT_READS, COUNT_WRITES, type Spent, spend } from '../../support/budget.ts'
import { putEdge, setColumns } from '../../support/graph.ts'
import { db } from '../../support/kith.ts'
import { type Person, signedInPerson } from '../../support/people.ts'
import { idOf } from '../../support/tokens.ts'
import { spentBudgets } from '../index.ts'
import { type Budget, COUNTED_WRITE, counted, expectToKeep, page, READ, WRITE } from '../tour.ts'

export function walkSocialGraph(): void {
  const hex = (id: number) => id.toString(16).padStart(24, '0')
  /** Much larger than a page. */
  const CROWD = 1_200
  let star: Person
  let viewer: Person
  let crowd: number[]

  beforeAll(async () => {
    star = await signedInPerson('star_of_a_crowd')
    viewer = await signedInPerson('viewer_of_crowd')
    crowd = await makeCrowd(CROWD)
    for (const person of [star, viewer]) {
      await putEdges(crowd.map((id) => [id, idOf(person)]))
      await putEdges(crowd.map((id) => [idOf(person), id]))
      await putBlocks((await makeCrowd(300)).map((id) => [idOf(person), id]))
      await putEdges(
        (await makeCrowd(300)).map((id) => [id, idOf(person)]),
        false,
      )
    }
    // Nobody in the lists blocks the star or the viewer.
    await putBlocks((await makeCrowd(300)).map((id) => [id, idOf(viewer)]))
    await putEdge(viewer, star)
  })

  /** Nothing is left for after the reply. */
  function expectWithin(name: string, spent: Spent, budget: Budget): void {
    expectToKeep(name, { ...budget, later: 0 }, spent, 200)
    spentBudgets.add(name)
  }

  const LISTS: Readonly<Record<string, () => string>> = {
    'GET /user/followers': () => '/user/followers',
    'GET /user/following': () => '/user/following',
    'GET /user/follow-requests': () => '/user/follow-requests',
    'GET /user/blocks': () => '/user/blocks',
    'GET /user/:userId/followers': () => `/user/${star.id}/followers`,
    'GET /user/:userId/following': () => `/user/${star.id}/following`,
  }

  describe('a page costs what is on it', () => {
    for (const [name, path] of Object.entries(LISTS)) {
      const costs = name.includes(':userId') ? (size: number) => counted(page(size)) : page
      test.each([1, 10, 100])(`${name} of %i`, async (n) => {
        const first = await spend(viewer.client, 'GET', `${path()}?limit=${n}`)
        expect(first.json.data.records).toHaveLength(n)
        expectWithin(name, first, costs(n))
        const last = first.json.data.records.at(-1)._id
        const second = await spend(viewer.client, 'GET', `${path()}?limit=${n}&offset=${last}`)
        expect(second.json.data.records).toHaveLength(n)
        expect(second.json.data.records[0]._id < last).toBe(true)
        expectWithin(`${name}, second page`, second, costs(n))
        const oldest = await spend(viewer.client, 'GET', `${path()}?limit=${n}&offset=${hex(1)}`)
        expect(oldest.json.data.records).toEqual([])
        expectWithin(`${name}, past the end`, oldest, costs(0))
      })
    }

    test('the lists of a private account, to who may follow it, are no dearer', async () => {
      await setColumns(star, { is_private: 1 })
      for (const list of ['followers', 'following']) {
        const spent = await spend(viewer.client, 'GET', `/user/${star.id}/${list}?limit=100`)
        expect(spent.json.data.records).toHaveLength(100)
        expectWithin(list, spent, counted(page(100)))
      }
      await setColumns(star, { is_private: 0 })
    })

    test('a page of 100 of ten times as many costs the same', async () => {
      const before = await spend(viewer.client, 'GET', `/user/${star.id}/followers?limit=100`)
      const more = await makeCrowd(9 * CROWD)
      await putEdges(more.map((id) => [id, idOf(star)]))
      await putEdges(more.map((id) => [idOf(viewer), id]))
      const after = await spend(viewer.client, 'GET', `/user/${star.id}/followers?limit=100`)
      expect(after.counts.d1RoundTrips).toBe(before.counts.d1RoundTrips)
      // The viewer, who does not follow themselves, was on the page before.
      expect(Math.abs(after.counts.rowsRead - before.counts.rowsRead)).toBeLessThanOrEqual(1)
    })
  })

  describe('people who are hidden', () => {
    const HIDDEN = 1_000
    /** Twelve people, then very many whom nobody sees, then twelve. */
    async function arrange(banned: string): Promise<{ person: Person; seen: number[] }> {
      const person = await signedInPerson(banned)
      const [older, hidden, newer] = [await makeCrowd(12), await makeCrowd(HIDDEN), await makeCrowd(12)]
      for (const ids of [older, hidden, newer]) {
        await putEdges(ids.map((id) => [id, idOf(person)]))
        await putBlocks(ids.map((id) => [idOf(person), id]))
      }
      await db.prepare('UPDATE users SET banned_at = 1 WHERE id IN (SELECT value FROM json_each(?))').bind(JSON.stringify(hidden)).run()
      return { person, seen: [...older, ...newer] }
    }

    test.each([
      ['/user/followers', 'source', 'DELETE FROM blocks'],
      ['/user/blocks', 'target', 'DELETE FROM follows'],
    ])('%s: each page keeps to its budget, and `next` leads to everybody', async (path, side, alone) => {
      const { person, seen } = await arrange(`hidden_${side}_star`)
      await db.prepare(alone).run()
      const found: string[] = []
      let next: string | null = null
      let pages = 0
      do {
        const spent: Spent = await spend(person.client, 'GET', `${path}?limit=5${next === null ? '' : `&offset=${next}`}`)
        const { records, hasMore, ...rest } = spent.json.data
        // The entries of a page, and the hundred that it may also look at.
        expectWithin(path, spent, { ...page(5), rowsRead: 5 * 105 })
        found.push(...records.map((record: Record<string, { _id: string }>) => record[side]?._id))
        expect(hasMore).toBe(rest.next !== null)
        next = rest.next
        pages += 1
        expect(pages).toBeLessThan(30)
      } while (next !== null)
      expect(found).toEqual(seen.map(hex).reverse())
      expect(pages).toBeGreaterThanOrEqual(HIDDEN / 105)
    })
  })

  describe('one thing', () => {
    test.each(['/user/', '/user/info/', '/user/follow-status/', '/user/follow-status?target='])('GET %s<id>', async (path) => {
      expectWithin(path, await spend(viewer.client, 'GET', `${path}${star.id}`), counted(READ))
    })

    test('GET /user/status', async () => {
      expectWithin('GET /user/status', await spend(viewer.client, 'GET', '/user/status'), READ)
    })

    test('a refusal costs no more', async () => {
      const stranger = await signedInPerson('budget_stranger')
      await putBlocks([[idOf(stranger), idOf(star)]])
      for (const [by, path] of [
        [stranger, `/user/${star.id}`],
        [star, `/user/${stranger.id}`],
        [star, `/user/${stranger.id}/followers`],
        [star, `/user/${hex(12345)}`],
      ] as const) {
        const { status, counts } = await spend(by.client, 'GET', path)
        expect([403, 404]).toContain(status)
        expect(counts.d1RoundTrips).toBe(1)
        expect(counts.rowsWritten).toBe(COUNT_WRITES)
        expect(counts.rowsRead).toBeLessThanOrEqual(READ.rowsRead + COUNT_READS)
      }
    })
  })

  describe('several at once are one query', () => {
    test.each([
      ['/user/lookup', 10],
      ['/user/lookup', 100],
      ['/user/relationships', 10],
      ['/user/relationships', 100],
    ])('POST %s of %i', async (path, n) => {
      const spent = await spend(viewer.client, 'POST', path, { targets: crowd.slice(0, n).map(hex) })
      expect(spent.json.data.records).toHaveLength(n)
      // The ids are rows of json_each too, and again when they are sorted; a relationship is two edges.
      expectWithin(path, spent, counted({ roundTrips: 1, rowsRead: 5 * n + 12, rowsWritten: 0 }))
      expect(spent.statements).toHaveLength(3)
    })

    test('GET /user/suggestions looks at no more than 200 edges, whatever the size of the graph', async () => {
      const fan = await signedInPerson('budget_fan_of_all')
      await putEdges(crowd.slice(0, 300).map((id) => [idOf(fan), id]))
      // Each of the 300 follows 40 others: 12,000 edges.
      await putEdges(crowd.slice(0, 300).flatMap((id, n) => crowd.slice(300 + n, 340 + n).map((other) => [id, other] as const)))
      const spent = await spend(fan.client, 'GET', '/user/suggestions')
      expect(spent.json.data.records).toHaveLength(20)
      expectWithin('GET /user/suggestions', spent, counted({ roundTrips: 1, rowsRead: 1_000, rowsWritten: 0 }))
      await putEdges(crowd.slice(300, 600).map((id) => [idOf(fan), id]))
      const more = await spend(fan.client, 'GET', '/user/suggestions')
      expectWithin('GET /user/suggestions', more, counted({ roundTrips: 1, rowsRead: 1_000, rowsWritten: 0 }))
    })
  })

  describe('an act, by people with a crowd about them', () => {
    test('follow, follow again, unfollow', async () => {
      const fan = await signedInPerson('budget_follower')
      for (const path of ['/user/follow', '/user/follow', '/user/unfollow', '/user/unfollow']) {
        expectWithin(path, await spend(fan.client, 'POST', path, { target: star.id }), COUNTED_WRITE)
        expectWithin(path, await spend(star.client, 'POST', path, { target: fan.id }), COUNTED_WRITE)
      }
    })

    test('block and unblock of somebody who follows and is followed', async () => {
      const fan = await signedInPerson('budget_blocker')
      await putEdge(fan, star)
      await putEdge(star, fan)
      for (const path of ['/user/block', '/user/block', '/user/unblock', '/user/unblock']) {
        expectWithin(path, await spend(star.client, 'POST', path, { target: fan.id }), COUNTED_WRITE)
      }
    })

    test('accepting a request, and removing an entry', async () => {
      const fan = await signedInPerson('budget_asker')
      const request = hex(await putEdge(fan, viewer, false))
      for (let times = 0; times < 2; times++) {
        expectWithin('PATCH /user/follow-request', await spend(viewer.client, 'PATCH', '/user/follow-request', { request }), WRITE)
      }
      expectWithin('DELETE /user/follow-entry', await spend(viewer.client, 'DELETE', '/user/follow-entry', { entry: request }), WRITE)
    })

    test('status', async () => {
      expectWithin('PUT /user/status', await spend(star.client, 'PUT', '/user/status', { statusMessage: 'Here', mood: 'happy' }), WRITE)
      expectWithin('DELETE /user/status', await spend(star.client, 'DELETE', '/user/status'), WRITE)
    })

    test('going private, and public again with nobody who waits', async () => {
      const person = await signedInPerson('budget_private')
      await putEdges(crowd.map((id) => [id, idOf(person)]))
      for (const state of [true, true, false, false]) {
        expectWithin('POST /user/private', await spend(person.client, 'POST', '/user/private', { state }), WRITE)
      }
    })
  })

  describe('acts on very many edges (design §2)', () => {
    test('going public answers after the first thousand, says how many wait, and goes on after the reply', async () => {
      const person = await signedInPerson('budget_waited_for')
      await spend(person.client, 'POST', '/user/private', { state: true })
      await putEdges(
        crowd.map((id) => [id, idOf(person)]),
        false,
      )
      const { status, json, counts, later } = await spend(person.client, 'POST', '/user/private', { state: false })
      expect([status, json.data.acceptedCount]).toEqual([200, CROWD])
      expect(counts.d1RoundTrips).toBe(2)
      expect(later.d1RoundTrips).toBe(1)
      expect((await spend(person.client, 'GET', '/user/me')).json.data.user.followerCount).toBe(CROWD)
      expect((await spend(person.client, 'GET', '/user/follow-requests')).json.data.records).toEqual([])
    })
  })
}
