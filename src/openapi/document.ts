/**
 * The API document (OpenAPI 3.1) of a room, generated from the tags on its routes: access, input and description are
 * what the routes enforce. Generated when Kith is built; the Worker does not contain the generator.
 */
import type { Hono } from 'hono'
import type * as z from 'zod'
import type { AppEnv } from '../http/app-env.ts'
import { headingsOf, type RoomDocument, type RouteGroup, type SchemeName } from '../http/room-document.ts'
import { type Input, type Tags, tagsOf } from '../http/tags.ts'
import { Components, type Json } from './components.ts'
import { exampleOf } from './examples.ts'
import { shareRefusals, toResponses } from './responses.ts'
import { accessText, SECURITY_SCHEMES, toClientSecurity, toSecurity } from './security.ts'
import { toUploadBody } from './uploads.ts'

type RouteTags = Tags & { readonly inputs?: readonly Input[] }
type Operation = Json & { responses: Json }

/**
 * URLs are relative, so that one document is right for every deployment (OpenAPI 3.1 §4.8.5). `guide` is Markdown that follows
 * the room's description.
 */
export function toOpenApi(info: RoomDocument, guide?: string): Json {
  const components = new Components()
  const paths: Record<string, Record<string, Operation>> = {}
  for (const { prefix, room, groups } of info.mounts) {
    const headings = headingByRoute(groups)
    for (const [key, tags] of routesOf(room)) {
      const [method = '', path = ''] = key.split(' ')
      const template = `${prefix}${path.replace(/:(\w+)[^/]*/g, '{$1}')}`.replace(/(.)\/$/, '$1')
      const id = tags.operationId
      if (id === undefined) throw new Error(`${method} ${template} is not documented: add describe(...) to the route`)
      const heading = headings.get(key)
      const operation = toOperation({ method, path: template }, tags, info, components)
      paths[template] = {
        ...paths[template],
        [method.toLowerCase()]: { operationId: id, ...(heading === undefined ? {} : { tags: [heading] }), ...operation },
      }
    }
  }
  const responses = shareRefusals(Object.values(paths).flatMap((operations) => Object.values(operations)))
  return {
    openapi: '3.1.0',
    info: {
      title: info.title,
      version: '1.0',
      description: [info.description, guide].filter(Boolean).join('\n\n'),
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'The deployment that serves this document' }],
    tags: headingsOf(info),
    paths,
    components: {
      securitySchemes: Object.fromEntries(schemesOf(info).map((kind) => [kind, SECURITY_SCHEMES[kind]])),
      schemas: { ApiError: components.toJsonSchema(info.error, 'output'), ...components.schemas },
      responses,
    },
  }
}

/** Where clients authenticate at an endpoint, they may use HTTP Basic. */
function schemesOf({ credentials, mounts }: RoomDocument): SchemeName[] {
  const isForClients = mounts.some(({ room }) => [...routesOf(room).values()].some(({ description }) => description?.client))
  return [...credentials.flat(), ...(isForClients ? (['basic'] as const) : [])]
}

function headingByRoute(groups: readonly RouteGroup[]): Map<string, string> {
  return new Map(
    groups.flatMap(({ name, routes }) => routes.flatMap((one) => [...routesOf(one).keys()].map((key): [string, string] => [key, name]))),
  )
}

/** The tags of each route's handlers, merged. Hono lists a route once per handler, and middleware of a path separately. */
export function routesOf(room: Hono<AppEnv>): Map<string, RouteTags> {
  const routes = new Map<string, RouteTags>()
  const shared: { base: string; tags: Tags }[] = []
  for (const { method, path, handler } of room.routes) {
    const tags = tagsOf(handler)
    if (method === 'ALL') {
      if (path.endsWith('/*')) shared.push({ base: path.slice(0, -1), tags })
      continue
    }
    const key = `${method} ${path}`
    const known = routes.get(key) ?? Object.assign({}, ...shared.filter(({ base }) => `${path}/`.startsWith(base)).map(({ tags }) => tags))
    const inputs = [...(known?.inputs ?? []), ...(tags.input ? [tags.input] : [])]
    routes.set(key, { ...known, ...tags, inputs })
  }
  return routes
}

type Request = { readonly method: string; readonly path: string }

function toOperation(request: Request, tags: RouteTags, info: RoomDocument, components: Components): Operation {
  const { access, description, inputs = [] } = tags
  const body = inputs.find(({ target }) => target === 'json' || target === 'form')
  const inUrl = inputs.filter(({ target }) => target === 'query' || target === 'param')
  const parameters = inUrl.flatMap((input) => toParameters(input, components))
  return {
    summary: description?.summary,
    description: [description?.description, accessText(access, description, `${request.method} ${request.path}`)]
      .filter(Boolean)
      .join('\n\n'),
    ...(access?.kind === 'scope' ? { 'x-scope': access.scope } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: toRequestBody(body, components) } : {}),
    ...(tags.upload ? { requestBody: toUploadBody(tags.upload) } : {}),
    responses: toResponses(tags, inputs, { ...info, request }, components),
    security: description?.client ? toClientSecurity(description.client) : toSecurity(access, info.credentials),
  }
}

function toParameters({ target, schema }: Input, components: Components): Json[] {
  const object = components.toJsonSchema(schema, 'input') as { properties?: Record<string, Json>; required?: string[] }
  return Object.entries(object.properties ?? {}).map(([name, property]) => ({
    name,
    in: target === 'param' ? 'path' : 'query',
    required: target === 'param' || (object.required?.includes(name) ?? false),
    schema: property,
  }))
}

/** Lists JSON only, although forms are accepted too: generated clients use the first media type. */
function toRequestBody({ target, schema, multipart, json }: Input, components: Components): Json {
  const media = toMedia(schema, components)
  const form = { 'application/x-www-form-urlencoded': media }
  const required = !schema.safeParse({}).success
  if (target === 'form') return { required, content: { ...form, ...(json ? { 'application/json': toMedia(json, components) } : {}) } }
  // Old programs of these routes send forms.
  const forms = multipart ? { ...form, 'multipart/form-data': media } : {}
  return { required, content: { 'application/json': media, ...forms } }
}

function toMedia(schema: z.ZodType, components: Components): Json {
  const json = components.toJsonSchema(schema, 'input')
  return { schema: json, example: json.type === 'string' ? json.example : exampleOf(json) }
}
