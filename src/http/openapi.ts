/**
 * The API document (OpenAPI 3.1), read from the tags on a room's own routes: access, input and description are what
 * the route enforces. One document per room.
 */
import type { Hono } from 'hono'
import * as z from 'zod'
import type { AppError } from '../core/errors.ts'
import { SCOPES } from '../core/oauth/scopes.ts'
import type { AppEnv } from './app-env.ts'
import { exampleOf, exampleRefusal } from './openapi-examples.ts'
import { toBytes, toUploadBody } from './openapi-uploads.ts'
import { type Access, type Description, type Input, type Tags, tagsOf } from './tags.ts'

/** The routes of one noun: a heading of the reference. */
export interface RouteGroup {
  readonly name: string
  readonly description: string
  readonly routes: readonly Hono<AppEnv>[]
}

/** What a room says of itself beyond its routes. */
export interface RoomDocument {
  readonly title: string
  readonly description: string
  /** Its routes, where they are mounted, and under which headings they stand. */
  readonly mounts: readonly { readonly prefix: string; readonly room: Hono<AppEnv>; readonly groups: readonly RouteGroup[] }[]
  /** How its callers prove who they are: any of these; a list within is needed together. */
  readonly credentials: readonly (SchemeName | readonly SchemeName[])[]
  /** Its error envelope, and what that holds for an error: the examples are rendered as the room renders. */
  readonly error: z.ZodType
  /** The status for input that is refused, where it is not 400. */
  readonly refusedInput?: number
  readonly toErrorBody: (error: AppError, request: { readonly method: string; readonly path: string }) => unknown
}

type Json = Record<string, unknown>

const SECURITY_SCHEMES = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'An access token, as the log-in of this API or the authorization server gives it',
  },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: '__Host-kith_session',
    description: 'The cookie of /user/login; a browser sends it by itself',
  },
  digest: { type: 'http', scheme: 'digest', description: 'HTTP Digest with the name and the secret of a robot' },
  apikey: { type: 'apiKey', in: 'header', name: 'apikey', description: 'An API key' },
  token: { type: 'apiKey', in: 'header', name: 'Authorization', description: 'The token of a log-in, without a scheme before it' },
}

type SchemeName = keyof typeof SECURITY_SCHEMES

export function toOpenApi(info: RoomDocument, origin: string): Json {
  const paths: Record<string, Json> = {}
  for (const { prefix, room, groups } of info.mounts) {
    const headings = headingByRoute(groups)
    for (const [key, tags] of routesOf(room)) {
      const [method = '', path = ''] = key.split(' ')
      const template = `${prefix}${path.replace(/:(\w+)[^/]*/g, '{$1}')}`.replace(/(.)\/$/, '$1')
      const heading = headings.get(key)
      const operation = { ...(heading === undefined ? {} : { tags: [heading] }), ...toOperation(method, template, tags, info) }
      paths[template] = { ...paths[template], [method.toLowerCase()]: operation }
    }
  }
  return {
    openapi: '3.1.0',
    info: { title: info.title, version: '1.0', description: info.description },
    servers: [{ url: origin }],
    tags: headingsOf(info),
    paths,
    components: {
      securitySchemes: Object.fromEntries(info.credentials.flat().map((kind) => [kind, SECURITY_SCHEMES[kind]])),
      schemas: { Error: toJsonSchema(info.error, 'output') },
    },
  }
}

/** The headings of a room's reference, in the order of its routes. */
export function headingsOf({ mounts }: RoomDocument): { name: string; description: string }[] {
  return mounts.flatMap(({ groups }) => groups).map(({ name, description }) => ({ name, description }))
}

function headingByRoute(groups: readonly RouteGroup[]): Map<string, string> {
  return new Map(
    groups.flatMap(({ name, routes }) => routes.flatMap((one) => [...routesOf(one).keys()].map((key): [string, string] => [key, name]))),
  )
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

function toOperation(method: string, path: string, tags: Tags & { inputs?: Input[] }, info: RoomDocument): Json {
  const { access, description, inputs = [] } = tags
  const body = inputs.find(({ target }) => target === 'json' || target === 'form')
  const parameters = inputs.filter(({ target }) => target === 'query' || target === 'param').flatMap(toParameters)
  return {
    operationId: operationId(method, path),
    summary: description?.summary,
    description: [description?.description, accessText(access)].filter(Boolean).join('\n\n'),
    ...(access?.kind === 'scope' ? { 'x-scope': access.scope } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: toRequestBody(body) } : {}),
    ...(tags.upload ? { requestBody: toUploadBody(tags.upload) } : {}),
    responses: toResponses(tags, inputs, { ...info, request: { method, path } }),
    security: toSecurity(access, info.credentials),
  }
}

function operationId(method: string, path: string): string {
  const words = path.split(/[^\w]+/).filter(Boolean)
  return [method.toLowerCase(), ...words].join('_')
}

/** Who may call, in words: what a reader looks for first. */
function accessText(access: Access | undefined): string {
  if (access?.kind === 'scope') return `Scope: \`${access.scope}\` (${SCOPES[access.scope].description.toLowerCase()}).`
  if (access?.kind === 'session') return 'Any signed-in session, whatever its scopes.'
  if (access?.kind === 'key') return 'The key alone; no token.'
  if (access?.kind === 'optional_session') return 'No credential needed; a session is looked at where there is one.'
  return 'No credential needed.'
}

/** The names within are what a credential must hold: OpenAPI 3.1 allows them for every kind of scheme. */
function toSecurity(access: Access | undefined, credentials: RoomDocument['credentials']): Json[] {
  if (!access || access.kind === 'anyone') return [{}]
  if (access.kind === 'key') return [{ apikey: [] }]
  const scopes = access.kind === 'scope' ? [access.scope] : []
  const kinds = credentials.map((kind) => Object.fromEntries([kind].flat().map((name) => [name, scopes])))
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

function toRequestBody({ target, schema, multipart }: Input): Json {
  const json = toJsonSchema(schema, 'input')
  // A body that is a JSON string has no form.
  if (json.type === 'string') return { required: true, content: { 'application/json': { schema: json, example: json.example } } }
  const media = { schema: json, example: exampleOf(json) }
  const form = { 'application/x-www-form-urlencoded': media }
  const parts = multipart ? { 'multipart/form-data': media } : {}
  return { required: true, content: target === 'form' ? form : { 'application/json': media, ...form, ...parts } }
}

type Refusing = Pick<RoomDocument, 'toErrorBody' | 'refusedInput'> & { readonly request: { method: string; path: string } }

function toResponses(tags: Tags, inputs: readonly Input[], { toErrorBody, refusedInput = 400, request }: Refusing): Json {
  const { access, description } = tags
  const refusals = new Set(description?.refusals ?? [])
  if (inputs.length > 0 || tags.upload) refusals.add(refusedInput)
  if (access && access.kind !== 'anyone' && access.kind !== 'optional_session') refusals.add(401)
  if (access?.kind === 'scope') refusals.add(403)
  if (tags.limited) refusals.add(429)
  const errors = [...refusals].sort().map((status) => {
    const media = {
      schema: { $ref: '#/components/schemas/Error' },
      example: toErrorBody(exampleRefusal(status === refusedInput ? 400 : status, tags, inputs), request),
    }
    return [String(status), { description: REASON[status] ?? 'Refused', content: { 'application/json': media } }]
  })
  const images = description?.images ? { 200: { description: REASON[200], content: toBytes(description.images) } } : {}
  return { ...(description ? toSuccess(description) : {}), ...images, ...Object.fromEntries(errors) }
}

function toSuccess({ response }: Description): Json {
  const type = response.contentType ?? 'application/json'
  const content = response.schema
    ? { content: { [type]: { schema: toJsonSchema(response.schema, 'output'), example: response.example } } }
    : response.contentType
      ? { content: toBytes([response.contentType]) }
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
  408: 'The body did not go on',
  409: 'Taken, or in use',
  411: 'Content-Length is missing',
  412: 'The file is not the one that the request is about',
  413: 'Too large',
  415: 'Not a type that is taken here',
  416: 'The file ends before the range',
  422: 'Something in the request is wrong; the reply names it',
  429: 'Too many; Retry-After says when to come back',
  503: 'Busy; Retry-After says when to come back',
}

function toJsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'draft-2020-12' })
  return json
}
