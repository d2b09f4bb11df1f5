/**
 * The API document (OpenAPI 3.1), read from the tags on a room's own routes: access, input and description are what
 * the route enforces. One document per room.
 */
import type { Hono } from 'hono'
import * as z from 'zod'
import { SCOPES } from '../core/oauth/scopes.ts'
import type { AppEnv } from './app-env.ts'
import { type Access, type Description, type Input, type Tags, tagsOf } from './tags.ts'

/** What a room says of itself beyond its routes. */
export interface RoomDocument {
  readonly title: string
  readonly description: string
  /** Its routes, and where they are mounted. */
  readonly mounts: readonly { readonly prefix: string; readonly room: Hono<AppEnv> }[]
  /** How its callers prove who they are. */
  readonly credentials: readonly (keyof typeof SECURITY_SCHEMES)[]
  /** Its error envelope. */
  readonly error: z.ZodType
}

type Json = Record<string, unknown>

const SECURITY_SCHEMES = {
  bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'An access token of /oauth/token' },
  session: { type: 'apiKey', in: 'cookie', name: '__Host-kith_session', description: 'The cookie of /user/login' },
}

export function toOpenApi(info: RoomDocument, origin: string): Json {
  const paths: Record<string, Json> = {}
  for (const { prefix, room } of info.mounts) {
    for (const [key, tags] of routesOf(room)) {
      const [method = '', path = ''] = key.split(' ')
      const template = `${prefix}${path.replace(/:(\w+)[^/]*/g, '{$1}')}` || '/'
      paths[template] = { ...paths[template], [method.toLowerCase()]: toOperation(method, template, tags, info.credentials) }
    }
  }
  return {
    openapi: '3.1.0',
    info: { title: info.title, version: '1.0', description: info.description },
    servers: [{ url: origin }],
    paths,
    components: { securitySchemes: SECURITY_SCHEMES, schemas: { Error: toJsonSchema(info.error, 'output') } },
  }
}

/** The tags of all handlers of each route, merged: Hono lists a route once per handler. */
export function routesOf(room: Hono<AppEnv>): Map<string, Tags> {
  const routes = new Map<string, Tags & { inputs?: Input[] }>()
  for (const { method, path, handler } of room.routes) {
    if (method === 'ALL') continue
    const key = `${method} ${path}`
    const tags = tagsOf(handler)
    const known = routes.get(key)
    const inputs = [...(known?.inputs ?? []), ...(tags.input ? [tags.input] : [])]
    routes.set(key, { ...known, ...tags, inputs })
  }
  return routes
}

function toOperation(method: string, path: string, tags: Tags & { inputs?: Input[] }, credentials: RoomDocument['credentials']): Json {
  const { access, description, inputs = [] } = tags
  const body = inputs.find(({ target }) => target === 'json' || target === 'form')
  const parameters = inputs.filter(({ target }) => target === 'query' || target === 'param').flatMap(toParameters)
  return {
    operationId: operationId(method, path),
    summary: description?.summary,
    ...(description?.description || access
      ? { description: [description?.description, accessText(access)].filter(Boolean).join('\n\n') }
      : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: toRequestBody(body) } : {}),
    responses: toResponses(tags, inputs.length > 0),
    security: toSecurity(access, credentials),
  }
}

function operationId(method: string, path: string): string {
  const words = path.split(/[^\w]+/).filter(Boolean)
  return [method.toLowerCase(), ...words].join('_')
}

function accessText(access: Access | undefined): string {
  if (access?.kind !== 'scope') return ''
  return `Scope: \`${access.scope}\` (${SCOPES[access.scope].description.toLowerCase()}).`
}

function toSecurity(access: Access | undefined, credentials: RoomDocument['credentials']): Json[] {
  if (!access || access.kind === 'anyone') return [{}]
  const kinds = credentials.map((kind) => ({ [kind]: [] }))
  return access.kind === 'optional_session' ? [...kinds, {}] : kinds
}

function toParameters({ target, schema }: Input): Json[] {
  const object = toJsonSchema(schema, 'input') as { properties?: Record<string, Json>; required?: string[] }
  return Object.entries(object.properties ?? {}).map(([name, property]) => ({
    name,
    in: target === 'param' ? 'path' : 'query',
    required: target === 'param' || (object.required?.includes(name) ?? false),
    schema: property,
  }))
}

function toRequestBody({ target, schema }: Input): Json {
  const json = toJsonSchema(schema, 'input')
  const media = { schema: json, example: exampleOf(json) }
  const form = { 'application/x-www-form-urlencoded': media }
  return { required: true, content: target === 'form' ? form : { 'application/json': media, ...form } }
}

/** The examples of the atoms, put together. */
function exampleOf(schema: Json): Json {
  const properties = (schema.properties ?? {}) as Record<string, { example?: unknown; anyOf?: { example?: unknown }[] }>
  const examples = Object.entries(properties).map(([name, { example, anyOf }]) => [
    name,
    example ?? anyOf?.find((s) => s.example !== undefined)?.example,
  ])
  return Object.fromEntries(examples.filter(([, example]) => example !== undefined))
}

function toResponses(tags: Tags, hasInput: boolean): Json {
  const { access, description } = tags
  const refusals = new Set(description?.refusals ?? [])
  if (hasInput) refusals.add(400)
  if (access && access.kind !== 'anyone' && access.kind !== 'optional_session') refusals.add(401)
  if (access?.kind === 'scope') refusals.add(403)
  if (tags.limited) refusals.add(429)
  const errors = [...refusals]
    .sort()
    .map((status) => [
      String(status),
      { description: REASON[status] ?? 'Refused', content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } },
    ])
  return { ...(description ? toSuccess(description) : {}), ...Object.fromEntries(errors) }
}

function toSuccess({ response }: Description): Json {
  const type = response.contentType ?? 'application/json'
  const content = response.schema
    ? { content: { [type]: { schema: toJsonSchema(response.schema, 'output'), example: response.example } } }
    : {}
  const headers = response.headers
    ? {
        headers: Object.fromEntries(
          Object.entries(response.headers).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
        ),
      }
    : {}
  return { [response.status]: { description: REASON[response.status] ?? 'Done', ...content, ...headers } }
}

const REASON: Readonly<Record<number, string>> = {
  200: 'Done',
  201: 'Made',
  302: 'Go on there',
  303: 'Go on there',
  400: 'Something in the request is wrong; the reply names it',
  401: 'No credential, or one that does not count',
  403: 'Not allowed',
  404: 'Not found',
  409: 'Taken',
  429: 'Too many; Retry-After says when to come back',
  503: 'Busy; Retry-After says when to come back',
}

function toJsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'draft-2020-12' })
  return json
}
