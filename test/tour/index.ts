/** The tour: its lines for each route, by noun in the room `user`, by room elsewhere. */
import { expect } from 'vitest'
import { userDocument } from '../../src/apis/user/index.ts'
import type { Spent } from '../support/budget.ts'
import { allRoutes, nameOf, type Route, routesOfRoom } from '../support/routes.ts'
import { noteCost } from './costs.ts'
import { expectToKeep, type Stop, type Stops } from './tour.ts'

/** Every file of this folder, except those that are not about routes of their own. */
const files = import.meta.glob<Stops>(['./*.ts', '!./{columns,costs,costs-reporter,forms,index,plans,scene,tour,tour.test,visits}.ts'], {
  import: 'stops',
  eager: true,
})
export const STOPS: Stops = Object.assign({}, ...Object.values(files))

/** The beginnings of the paths of each room but `user`. */
const ROOMS: Readonly<Record<string, RegExp>> = {
  epixel: /^\/epixel\//,
  mirrorfly: /^\/api\/v1\//,
  movida: /^\/api(\/|$)/,
  mxit: /^\/mxit\//,
  scim: /^\/scim\//,
  oauth: /^\/(oauth|\.well-known)\/(?!change-password)/,
}

/** The file of a route: that of its room, of its heading in the room `user`, or of the pages. */
export function fileOf(route: Route): string {
  const room = Object.keys(ROOMS).find((name) => ROOMS[name]?.test(route.path))
  const groups = userDocument.mounts[0]?.groups ?? []
  const group = groups.find(({ routes }) => routes.some((one) => routesOfRoom(one).some((two) => nameOf(two) === nameOf(route))))
  return `test/tour/${room ?? group?.name.toLowerCase().replaceAll(' ', '-') ?? 'pages'}.ts`
}

export const hasLine = (route: Route) => nameOf(route) in STOPS

/** Nothing of a route without a line: one test of the tour names it, and the others let it pass. */
export const stopOf = (route: Route): Partial<Stop> => STOPS[nameOf(route)] ?? {}

/** Names of `STOPS` that some request has used. */
export const spentBudgets = new Set<string>()

/** A request that succeeds, or ends with `status`, costs no more than its line says. Only a route that declares a limit asks the rate limiter, once. */
export function expectWithin(name: string, spent: Omit<Spent, 'json'>, status = 200): void {
  const route = allRoutes.find((one) => nameOf(one) === name.split(' with ')[0])
  const budget = STOPS[name]
  if (!budget && name !== (route && nameOf(route))) throw new Error(`no budget for ${name} in test/tour`)
  spentBudgets.add(name)
  noteCost(name, spent, budget)
  if (budget) expectToKeep(name, { limiter: route?.tags.limited ? 1 : 0, ...budget }, spent, status)
  else expect(spent.status, spent.text).toBe(status)
}
