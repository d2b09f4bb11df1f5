/** A walk through the pages about other people, by somebody with a crowd about them. */
import { expect, test } from 'vitest'
import { makeCrowd, putBlocks, putEdges } from '../../social/crowd.ts'
import { spend } from '../../support/budget.ts'
import { setColumns } from '../../support/graph.ts'
import { Client, db, ORIGIN } from '../../support/kith.ts'
import { browserOf, formsOf, type PageForm } from '../../support/pages.ts'
import { verifiedPerson } from '../../support/people.ts'
import { idOf } from '../../support/tokens.ts'
import { expectWithin } from '../index.ts'
import { PEOPLE_ACTS } from '../pages-people.ts'
import { expectToKeep, READ } from '../tour.ts'
import { routeOf } from '../visits.ts'

const CROWD = 120

/** People who stand to `me` in every way, more than a page of each; returns one who follows. */
async function gather(me: number): Promise<number> {
  const [followers = [], followed = [], asking = [], asked = [], blocked = []] = await Promise.all(
    [1, 2, 3, 4, 5].map(() => makeCrowd(CROWD)),
  )
  await putEdges(followers.map((id) => [id, me]))
  await putEdges(followed.map((id) => [me, id]))
  await putEdges(followed.flatMap((id, n) => followers.slice(n, n + 12).map((other) => [id, other] as const)))
  const waiting = [...asking.map((id) => [id, me] as const), ...asked.map((id) => [me, id] as const)]
  await putEdges(waiting, false)
  await putBlocks(blocked.map((id) => [me, id]))
  return followers[0] ?? 0
}

export function walkPeoplePages(): void {
  test('every page about people, and every button on it', async () => {
    const person = await verifiedPerson('plan_of_people')
    const client = await browserOf(person)
    await setColumns(person, { is_private: 1 })
    const follower = await gather(idOf(person))
    const name = await db.prepare('SELECT username FROM users WHERE id = ?').bind(follower).first('username')
    const lists = 'followers following requests requests/sent blocks suggestions'.split(' ').map((list) => `/people/${list}`)
    const profiles = [`/@${name}`, `/@${person.username}`]
    const forms = new Map<string, PageForm>()
    for (const path of [...lists, ...profiles, '/people', '/people?q=plan_of', '/people?q=One']) {
      const spent = await spend(client, 'GET', path)
      expectWithin(routeOf('GET', path.split('?')[0] ?? ''), spent)
      for (const form of formsOf(spent)) forms.set(form.action, form)
    }
    expect([...forms.keys()].sort()).toEqual([...PEOPLE_ACTS].sort())
    for (const [action, { fields }] of forms) {
      const spent = await spend(client, 'POST', action, new URLSearchParams(fields), { origin: ORIGIN })
      expectWithin(`POST ${action}`, spent, 303)
      expect(spent.headers.get('location')).not.toContain('people_changed')
      expectWithin(`GET ${action}`, await spend(client, 'GET', action), 303)
    }
    for (const path of [...profiles, '/@nobody_of_the_tour']) {
      expectToKeep(path, { ...READ, limiter: 1 }, await spend(new Client(), 'GET', path))
    }
  })
}
