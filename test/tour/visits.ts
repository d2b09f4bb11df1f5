/** Observes the statements of every route: a request that remembers its route, and what it sent to the database. */
import { createExecutionContext } from 'cloudflare:test'
import { buildCronContext } from '../../src/context.ts'
import { sweep } from '../../src/core/sweep.ts'
import { succeeded } from '../support/budget.ts'
import { type Client, type Options, platform, type Reply } from '../support/kith.ts'
import { allRoutes, nameOf } from '../support/routes.ts'

/** Names of routes. */
export const visited = new Set<string>()
/** SQL -> parameters. */
export const statements = new Map<string, readonly unknown[]>()

/** `:userId{[0-9a-f]{24}}` matches the pattern in braces, `:id` anything. */
const patterns = allRoutes.map((route) => {
  const source = route.path.replace(/:\w+(?:\{((?:[^{}]|\{[^}]*\})*)\})?/g, (_, pattern?: string) => pattern ?? '[^/]+')
  return { method: route.method, path: route.path, pattern: new RegExp(`^${source}$`), name: nameOf(route) }
})

/** The name of the route that a request goes to. */
export function routeOf(method: string, path: string): string {
  const bare = path.replace(/(.)\/$/, '$1')
  const ofMethod = patterns.filter((route) => route.method === method)
  const route = ofMethod.find((one) => one.path === bare) ?? ofMethod.find(({ pattern }) => pattern.test(bare))
  if (!route) throw new Error(`no route is ${method} ${path}`)
  return route.name
}

export function remember(): void {
  for (const { method, path } of succeeded.splice(0)) visited.add(routeOf(method === 'HEAD' ? 'GET' : method, path.split('?')[0] ?? ''))

  for (const { sql, params } of platform.statements) statements.set(sql, params)
  platform.counts.reset()
}

/** Remembers the route and every statement. */
export async function visit(
  client: Client,
  method: string,
  path: string,
  body?: Options['body'],
  wanted = [200, 201, 302],
  env?: Options['env'],
  headers?: Options['headers'],
): Promise<Reply> {
  const reply = await client.fetch(path, {
    method,
    ...(headers ? { headers } : {}),
    ...(env ? { env } : {}),
    ...(body === undefined ? {} : { body }),
  })
  if (!wanted.includes(reply.status)) throw new Error(`${method} ${path}: ${reply.status} ${reply.text}`)
  visited.add(routeOf(method, path.split('?')[0] ?? ''))
  remember()
  return reply
}

export async function visitSweep(): Promise<void> {
  platform.counts.reset()
  await sweep(buildCronContext(platform.env, createExecutionContext()))
  remember()
}
