// Budgets of search, the audit trail, invite codes and roles (design §7), with enough data to make them expensive.
import { beforeAll, describe, expect, test } from 'vitest'
import { SEARCH_RESULTS_MAX } from '../../../src/core/limits.ts'
import { newId } from '../../../src/ids.ts'
import { spend } from '../../support/budget.ts'
import { db, platform } from '../../support/kith.ts'
import { type Person, signedInPerson } from '../../support/people.ts'
import { idOf } from '../../support/tokens.ts'
import { expectWithin } from '../index.ts'
import { RECORDS } from '../tour.ts'

export function walkFound(): void {
  /** People whose strings begin alike. Design §7 states the cost at 100,000, and reads do not grow with the number. */
  const CROWD = 10_000
  const INVITE_ONLY = { INVITE_ONLY: 'on', INVITE_CODE_WINDOW_SECONDS: '0' }

  async function crowdOfAnnas(): Promise<void> {
    const ids = JSON.stringify(Array.from({ length: CROWD }, () => newId()))
    const users = `INSERT INTO users (id, username, username_key, email_verified_at, given_name, family_name, created_at, updated_at)
    SELECT value, 'anna_' || key, 'anna_' || key, 1, 'Anna', 'Bell', 1, 1 FROM json_each(?1)`
    const strings = ["'anna_' || key", "'anna bell'", "'bell anna'"]
    await db.prepare(users).bind(ids).run()
    for (const string of strings) {
      await db.prepare(`INSERT INTO search_strings (string, user_id) SELECT ${string}, value FROM json_each(?1)`).bind(ids).run()
    }
  }

  describe('what is found costs what is shown', () => {
    let viewer: Person
    async function search(by: Person, query: string, more = {}): Promise<string[]> {
      const spent = await spend(by.client, 'POST', '/user/search', { query, ...more })
      expectWithin('POST /user/search', spent)
      return spent.json.data.results.map(({ username }: Person) => username)
    }

    beforeAll(async () => {
      platform.reset()
      await crowdOfAnnas()
      viewer = await signedInPerson('budget_viewer')
    })

    test('POST /user/search of what many are called, of few, of nobody, and by id', async () => {
      const queries = ['a', 'an', 'anna', 'anna bell', 'anna_', 'anna_77', 'anna_777', 'nobody at all', '%', ' ', 'A'.repeat(128)]
      for (const query of [...queries, viewer.id, '000000000000000000000001']) {
        for (const limit of [1, SEARCH_RESULTS_MAX]) await search(viewer, query, { limit })
      }
    })

    test('a full page has ten people, or as many as were asked for, and in front the one who is named exactly', async () => {
      expect(await search(viewer, 'anna', { limit: SEARCH_RESULTS_MAX })).toHaveLength(SEARCH_RESULTS_MAX)
      const names = await search(viewer, 'Anna_7')
      expect([names[0], names.length]).toEqual(['anna_7', 10])
    })

    test('POST /user/search of somebody who follows all who are found, blocks them or is blocked by them', async () => {
      const person = await signedInPerson('budget_known')
      const all = "FROM users WHERE username_key LIKE 'anna_77%'"
      const look = () => search(person, 'anna_77', { limit: SEARCH_RESULTS_MAX })
      await db
        .prepare(`INSERT INTO follows (id, follower_id, followed_id, approved_at) SELECT id, ?, id, 1 ${all}`)
        .bind(idOf(person))
        .run()
      expect(await look()).toHaveLength(SEARCH_RESULTS_MAX)
      await db.prepare(`INSERT INTO blocks (id, blocker_id, blocked_id, created_at) SELECT id, ?, id, 1 ${all}`).bind(idOf(person)).run()
      expect(await look()).toEqual([])
      await db.prepare('UPDATE blocks SET blocker_id = blocked_id, blocked_id = ?1 WHERE blocker_id = ?1').bind(idOf(person)).run()
      expect(await look()).toEqual([])
    })

    test('POST /user/search among people of whom many are hidden', async () => {
      await db.prepare("UPDATE users SET deleted_at = 1, deleted_reason = 'admin' WHERE username_key LIKE 'anna%' AND id % 10 <> 0").run()
      await search(viewer, 'anna', { limit: SEARCH_RESULTS_MAX })
    })

    test('GET /user/audit of a long past', async () => {
      const insert = "INSERT INTO audit_events (id, user_id, type, user_agent, place, created_at) VALUES (?, ?, 'sign_in', '', '', 0)"
      await db.batch(Array.from({ length: 200 }, () => db.prepare(insert).bind(newId(), idOf(viewer))))
      const spent = await spend(viewer.client, 'GET', `/user/audit?limit=${RECORDS}`)
      expect(spent.json.data.records).toHaveLength(RECORDS)
      expectWithin('GET /user/audit', spent)
    })

    test('GET /user/invite-codes, the first time and after it', async () => {
      for (const route of ['GET /user/invite-codes', 'GET /user/invite-codes with codes']) {
        expectWithin(route, await spend(viewer.client, 'GET', '/user/invite-codes', undefined, {}, INVITE_ONLY))
      }
    })

    test('GET /roles/list', async () => {
      expectWithin('GET /roles/list', await spend(viewer.client, 'GET', '/roles/list'))
    })
  })
}
