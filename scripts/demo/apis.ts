/** The APIs of the examples: registered by the rules for all APIs, with a client of their own each (`clients.ts`). */
import type { Ctx } from '../../src/core/ctx.ts'
import { planApi, planApiChange } from '../../src/core/oauth/api-plans.ts'
import type { ApiScope } from '../../src/core/oauth/api-scopes.ts'
import type { Api } from '../../src/core/oauth/apis.ts'
import { findApi, insertApi, isApiNew, isApiOfVersion, updateApi } from '../../src/store/db/apis.ts'

/** What a program finds in demo.json about an API. */
export interface DemoApi {
  readonly resource: string
  readonly scope: string
}

type Registration = Pick<Api, 'resource' | 'name' | 'scopes' | 'serverClientId'> & Partial<Pick<Api, 'isOpenToAll'>>

const REGISTRATIONS: Readonly<Record<'orders' | 'notes', Registration>> = {
  orders: {
    resource: 'http://localhost:3001/',
    name: 'Orders',
    scopes: [
      { name: 'orders:read', description: 'See your orders' },
      { name: 'orders:write', description: 'Place orders for you' },
    ],
    serverClientId: 'demo-orders',
  },
  notes: {
    resource: 'http://localhost:3002/mcp',
    name: 'Notes',
    scopes: [
      { name: 'notes:read', description: 'Read your notes' },
      { name: 'notes:write', description: 'Add notes' },
    ],
    serverClientId: 'demo-notes',
    // For agents, which register themselves.
    isOpenToAll: true,
  },
}

/** For a client: the API with all of its scopes, or with none. */
export function scopesOf(name: keyof typeof REGISTRATIONS, scopes: 'all' | 'none'): readonly ApiScope[] {
  const { resource, scopes: described } = REGISTRATIONS[name]
  return ['', ...(scopes === 'all' ? described.map((scope) => scope.name) : [])].map((scope) => ({ resource, name: scope }))
}

/** The demo APIs, as demo.json has them. */
export const APIS: Readonly<Record<string, DemoApi>> = Object.fromEntries(
  Object.entries(REGISTRATIONS).map(([name, { resource, scopes }]) => [
    name,
    { resource, scope: scopes.map((scope) => scope.name).join(' ') },
  ]),
)

/** Creates the rows, or makes them what they should be. Without a difference they stay: a changed API ends what was granted for it. */
export async function saveApis(ctx: Ctx): Promise<void> {
  const now = ctx.now()
  for (const api of Object.values(REGISTRATIONS)) {
    const before = await ctx.db.one(findApi(api.resource))
    if (!before) await ctx.db.one(insertApi(planApi(api, true, { now, config: ctx.config }), isApiNew(api.resource)))
    else {
      const { row, events } = planApiChange(before, { ...api, disabled: false }, true, now)
      if (events.length > 0) await ctx.db.one(updateApi(row, isApiOfVersion(api.resource, before.updatedAt)))
    }
  }
}
