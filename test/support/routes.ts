/** The routes of the built Worker with their declarations, for tests over all routes. */
import type { z } from 'zod'
import { user } from '../../src/apis/user/index.ts'
import { createApp } from '../../src/app.ts'
import type { Scope } from '../../src/core/scopes.ts'
import type { Input, Tags } from '../../src/http/tags.ts'
import { routesOf } from '../../src/openapi/document.ts'
import { pages } from '../../src/pages/index.ts'

export interface Route {
  readonly method: string
  /** As Hono writes it: `/user/sessions/:id`. */
  readonly path: string
  readonly tags: Tags & { readonly inputs?: readonly Input[] }
}

type Room = Parameters<typeof routesOf>[0]

export function routesOfRoom(room: Room): Route[] {
  return [...routesOf(room)].map(([key, tags]) => {
    const [method = '', path = ''] = key.split(' ')
    return { method, path, tags }
  })
}

export const allRoutes: readonly Route[] = routesOfRoom(
  createApp(() => {
    throw new Error('routes are looked at here, not called')
  }),
)
export const userRoutes: readonly Route[] = routesOfRoom(user)
export const mxitRoutes: readonly Route[] = allRoutes.filter(({ path }) => path.startsWith('/mxit/'))
/** The hosted pages and their files: in no API document. */
export const pageRoutes: readonly Route[] = routesOfRoom(pages)

/** Those that forms are sent to; a script of ours may send a file as it is. */
export const formRoutes = pageRoutes.filter(({ method, tags }) => method === 'POST' && tags.upload?.form !== null)

export const nameOf = ({ method, path }: Route) => `${method} ${path}`

/** For `test.each`: each route under its name. */
export const named = (routes: readonly Route[]): [string, Route][] => routes.map((route) => [nameOf(route), route])

export function inputOf(route: Route, target: Input['target']): z.ZodObject | null {
  const input = route.tags.inputs?.find((one) => one.target === target)
  return input ? (input.schema as z.ZodObject) : null
}

/** A path without parameters; a parameter and its pattern end where the segment ends. */
export const concretePath = (route: Route, id = 'ffffffffffffffffffffffff') => route.path.replace(/:\w+[^/]*/g, () => id)

/** A path parameter's pattern: a path that does not match it is not of this route. */
export const hasPattern = (route: Route) => /:\w+\{/.test(route.path)

/** The scope that a route needs; null if any session, or none, is enough. */
export const scopeOf = ({ tags }: Route): Scope | null => (tags.access?.kind === 'scope' ? tags.access.scope : null)

/** Whether a page's forms are tested apart: those of the console, but for People, and of a look at an account. */
export const hasFormsOfItsOwn = ({ path }: Route) =>
  (path.startsWith('/admin') && !path.startsWith('/admin/people')) || /\/impersonat(e|ion)\b/.test(path)

/** Whether a route is for administrators. */
export const isAdminRoute = (route: Route) => scopeOf(route)?.startsWith('admin:') ?? false

/** A value for each field that has an example, as the API document shows them. */
export function exampleInput(route: Route, target: Input['target']): Record<string, unknown> {
  const schema = inputOf(route, target)
  if (!schema) return {}
  // A body that is a JSON string is its own example.
  if (!('shape' in schema)) return exampleOf(schema) as Record<string, unknown>
  const examples = Object.entries(schema.shape).map(([name, field]) => [name, exampleOf(field as z.ZodType)])
  return Object.fromEntries(examples.filter(([, example]) => example !== undefined))
}

interface Wrapped {
  meta(): { example?: unknown } | undefined
  def: { innerType?: Wrapped; options?: Wrapped[]; in?: Wrapped }
}

function exampleOf(field: z.ZodType): unknown {
  const { def, meta } = field as unknown as Wrapped
  const own = meta.call(field)?.example
  if (own !== undefined) return own
  const inner = [def.innerType, def.in, ...(def.options ?? [])].filter((one) => one !== undefined)
  return inner.map((one) => exampleOf(one as unknown as z.ZodType)).find((example) => example !== undefined)
}

/** Whether a field is optional. */
export const isOptional = (field: unknown) => (field as z.ZodType).safeParse(undefined).success
