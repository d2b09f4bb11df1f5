// The tour of all routes: each keeps to its budget (design §7), every budget is used, and the plan of every statement is checked.
// A new route gets its line in test/tour/<noun>.ts. Routes of the rooms `user` and `mxit` are sent as the API document shows them;
// test/tour/walks covers the other rooms, and what is expensive only in large data or in another case.
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { spend } from '../support/budget.ts'
import { platform } from '../support/kith.ts'
import { allRoutes, mxitRoutes, nameOf, scopeOf, userRoutes } from '../support/routes.ts'
import { bearerOf, userToken } from '../support/tokens.ts'
import { checkColumns, noteMakers } from './columns.ts'
import { costsTable } from './costs.ts'
import { expectWithin, fileOf, hasLine, STOPS, spentBudgets, stopOf } from './index.ts'
import { checkPlans } from './plans.ts'
import { newCaller, newOther, requestOf } from './scene.ts'
import { remember, visitSweep } from './visits.ts'
import { walkAccounts } from './walks/accounts.ts'
import { walkAdministration } from './walks/administration.ts'
import { walkConsoleClients } from './walks/console-clients.ts'
import { walkConsoleFigures } from './walks/console-figures.ts'
import { walkConsoleMail } from './walks/console-mail.ts'
import { walkConsolePeople } from './walks/console-people.ts'
import { walkConsoleWebhooks } from './walks/console-webhooks.ts'
import { walkEpixel } from './walks/epixel.ts'
import { walkFound } from './walks/found.ts'
import { visitFurther } from './walks/further.ts'
import { walkImports } from './walks/imports.ts'
import { walkMedia } from './walks/media.ts'
import { walkMirrorfly } from './walks/mirrorfly.ts'
import { walkMovida } from './walks/movida.ts'
import { walkMxit } from './walks/mxit.ts'
import { walkOAuth } from './walks/oauth.ts'
import { walkPages } from './walks/pages.ts'
import { walkPeoplePages } from './walks/pages-people.ts'
import { walkPasskeys } from './walks/passkeys.ts'
import { walkScim } from './walks/scim.ts'
import { walkSessions } from './walks/sessions.ts'
import { walkSocialGraph } from './walks/social-graph.ts'
import { walkUpstream } from './walks/upstream.ts'

noteMakers()
afterEach(remember)

test('every route has its line', () => {
  const missing = allRoutes.filter((route) => !hasLine(route))
  expect(missing.map((route) => `${nameOf(route)}: add it to ${fileOf(route)}`)).toEqual([])
})

test('every route of the room user demands what its line says', () => {
  const wrong = userRoutes.filter(hasLine).flatMap((route) => {
    const { access } = route.tags
    const demanded = access?.kind === 'scope' ? [access.scope, access.clientScope] : [access?.kind, undefined]
    const said = [stopOf(route).access, stopOf(route).client]
    return demanded.join() === said.join() ? [] : [`${nameOf(route)} demands ${demanded}: ${fileOf(route)} says ${said}`]
  })
  expect(wrong).toEqual([])
})

test('every line is of a route', () => {
  const names = allRoutes.map(nameOf)
  expect(Object.keys(STOPS).filter((name) => !names.includes(name.split(' with ')[0] ?? ''))).toEqual([])
})

describe('accounts', walkAccounts)
describe('sessions', walkSessions)
describe('movida', walkMovida)
describe('scim', walkScim)
describe('mirrorfly', walkMirrorfly)
describe('epixel', walkEpixel)
describe('oauth', walkOAuth)
describe('media', walkMedia)
describe('administration', walkAdministration)
describe('console: roles, clients, APIs and machine clients', walkConsoleClients)
describe('console: figures', walkConsoleFigures)
describe('console: people', walkConsolePeople)
describe('console: mail', walkConsoleMail)
describe('imports', walkImports)
describe('found', walkFound)
describe('social graph', walkSocialGraph)
describe('mxit', walkMxit)
describe('pages', walkPages)
describe('pages: people', walkPeoplePages)
describe('passkeys', walkPasskeys)
describe('other providers', walkUpstream)

describe('as the API document shows it', () => {
  const shown = [...userRoutes.filter(scopeOf), ...mxitRoutes.filter(({ path }) => path.startsWith('/mxit/user'))]
  test.each(shown.map((route) => [nameOf(route), route] as const))('%s', async (name, route) => {
    const [{ own, ...person }, other] = [await newCaller(route), await newOther(route)]
    const client = mxitRoutes.includes(route) ? bearerOf(await userToken(person, ['delegated:all', 'openid'])) : person.client
    platform.reset()
    const { path, options } = requestOf(route, { other, own })
    const spent = await spend(client, route.method, path, options.body, options.headers)
    if (stopOf(route).nothingThere) expect(spent.status).toBe(404)
    else if (stopOf(route).signed || stopOf(route).linked) expect([400, 403]).toContain(spent.status)
    else expectWithin(name, spent, spent.status === 201 ? 201 : 200)
  })
})

// The last: once there was an endpoint, an isolate asks for a minute after each change whether anything is due.
describe('console: webhooks', walkConsoleWebhooks)

test('every budget was spent', () => {
  const unspent = Object.keys(STOPS).filter((name) => !spentBudgets.has(name))
  expect(unspent.map((name) => `${name}: no request of test/tour spends it`)).toEqual([])
})

test('docs/costs-of-routes.md is what the tour has measured: npm run costs writes it', ({ task }) => {
  const measured = costsTable()
  Object.assign(task.meta, { costs: measured })
  const written = import.meta.glob<string>('../../docs/costs-of-routes.md', { query: '?raw', import: 'default', eager: true })
  expect(Object.values(written)).toEqual([measured])
})

describe('query plans', () => {
  beforeAll(async () => {
    await visitFurther()
    await visitSweep()
  })
  checkPlans()
  checkColumns()
})
