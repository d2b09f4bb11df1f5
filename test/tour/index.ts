/** The tour: its lines for each route of the room `user`, by noun, and of the rooms `oauth` and `epixel`. */
import { userDocument } from '../../src/apis/user/index.ts'
import type { Spent } from '../support/budget.ts'
import { allRoutes, nameOf, type Route, routesOfRoom, userRoutes } from '../support/routes.ts'
import { stops as accounts } from './accounts.ts'
import { stops as administration } from './administration.ts'
import { stops as clients } from './clients.ts'
import { stops as connectedApps } from './connected-apps.ts'
import { stops as epixel } from './epixel.ts'
import { stops as inviteCodes } from './invite-codes.ts'
import { stops as machineClients } from './machine-clients.ts'
import { stops as mediaLibrary } from './media-library.ts'
import { stops as oauth } from './oauth.ts'
import { stops as people } from './people.ts'
import { stops as profile } from './profile.ts'
import { stops as roles } from './roles.ts'
import { stops as search } from './search.ts'
import { stops as secondFactors } from './second-factors.ts'
import { stops as service } from './service.ts'
import { stops as sessions } from './sessions.ts'
import { stops as socialGraph } from './social-graph.ts'
import { expectToKeep, type Stop, type Stops } from './tour.ts'

export const STOPS: Stops = {
  ...epixel,
  ...oauth,
  ...accounts,
  ...administration,
  ...clients,
  ...connectedApps,
  ...inviteCodes,
  ...machineClients,
  ...mediaLibrary,
  ...people,
  ...profile,
  ...roles,
  ...search,
  ...secondFactors,
  ...service,
  ...sessions,
  ...socialGraph,
}

/** The file of a route: that of its heading, or of its room. */
export function fileOf(route: Route): string {
  const [, room] = /^\/(epixel|oauth|\.well-known)\//.exec(route.path) ?? []
  if (room) return `test/tour/${room === 'epixel' ? room : 'oauth'}.ts`
  const [mount] = userDocument.mounts
  const group = mount?.groups.find(({ routes }) => routes.some((one) => routesOfRoom(one).some((two) => nameOf(two) === nameOf(route))))
  return `test/tour/${group?.name.toLowerCase().replaceAll(' ', '-')}.ts`
}

/** The routes that have a line. */
export const toured = allRoutes.filter(
  (route) =>
    userRoutes.some((one) => nameOf(one) === nameOf(route)) || /^\/(epixel\/|oauth\/|\.well-known\/(?!change-password))/.test(route.path),
)

export function stopOf(route: Route): Stop {
  const stop = STOPS[nameOf(route)]
  if (!stop) throw new Error(`${nameOf(route)}: add it to ${fileOf(route)}`)
  return stop
}

/** Names of `STOPS` that some request has used. */
export const spentBudgets = new Set<string>()

/** A request that succeeds, or ends with `status`, costs no more than its stop says. */
export function expectWithin(name: string, spent: Spent, status = 200): void {
  const budget = STOPS[name]
  if (!budget) throw new Error(`no budget for ${name} in test/tour`)
  spentBudgets.add(name)
  expectToKeep(name, budget, spent, status)
}
