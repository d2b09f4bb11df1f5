/**
 * The API document (OpenAPI 3.1), read from the tags on a room's own routes: access, input and description are what
 * the route enforces. One document per room.
 */
import type { Hono } from 'hono'
import * as z from 'zod'
import type { AppError } from '../core/errors.ts'
import type { AppEnv } from './app-env.ts'
import { exampleOf, exampleRefusal } from './openapi-examples.ts'
import { accessText, type SchemeName, SECURITY_SCHEMES, toClientSecurity, toSecurity } from './openapi-security.ts'
import { toBytes, toUploadBody } from './openapi-uploads.ts'
import { type Description, type Input, type Tags, tagsOf } from './tags.ts'

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
      securitySchemes: Object.fromEntries(schemesOf(info).map((kind) => [kind, SECURITY_SCHEMES[kind]])),
      schemas: { Error: toJsonSchema(info.error, 'output') },
    },
  }
}

/** Clients that prove themselves at an endpoint may do so by HTTP Basic. */
function schemesOf({ credentials, mounts }: RoomDocument): SchemeName[] {
  const isForClients = mounts.some(({ room }) => [...routesOf(room).values()].some(({ description }) => description?.client))
  return [...credentials.flat(), ...(isForClients ? (['basic'] as const) : [])]
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
    description: [description?.description, accessText(access, description)].filter(Boolean).join('\n\n'),
    ...(access?.kind === 'scope' ? { 'x-scope': access.scope } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: toRequestBody(body) } : {}),
    ...(tags.upload ? { requestBody: toUploadBody(tags.upload) } : {}),
    responses: toResponses(tags, inputs, { ...info, request: { method, path } }),
    security: description?.client ? toClientSecurity(description.client) : toSecurity(access, info.credentials),
  }
}

function operationId(method: string, path: string): string {
  const words = path.split(/[^\w]+/).filter(Boolean)
  return [method.toLowerCase(), ...words].join('_')
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

/** A JSON body alone, though forms are read as well: what a generator finds first is what its clients send. */
function toRequestBody({ target, schema, multipart, json }: Input): Json {
  const media = toMedia(schema)
  const form = { 'application/x-www-form-urlencoded': media }
  if (target === 'form') return { required: true, content: { ...form, ...(json ? { 'application/json': toMedia(json) } : {}) } }
  // The old programs of such a route send forms.
  const forms = multipart ? { ...form, 'multipart/form-data': media } : {}
  return { required: true, content: { 'application/json': media, ...forms } }
}

function toMedia(schema: z.ZodType): Json {
  const json = toJsonSchema(schema, 'input')
  return { schema: json, example: json.type === 'string' ? json.example : exampleOf(json) }
}

type Refusing = Pick<RoomDocument, 'toErrorBody' | 'refusedInput'> & { readonly request: { method: string; path: string } }

function toResponses(tags: Tags, inputs: readonly Input[], { toErrorBody, refusedInput = 400, request }: Refusing): Json {
  const { access, description } = tags
  const refusals = new Set(description?.refusals ?? [])
  if (inputs.length > 0 || tags.upload) refusals.add(refusedInput)
  const hasBody = tags.upload || inputs.some(({ target }) => target === 'json' || target === 'form')
  if (hasBody) for (const status of [413, 415]) refusals.add(status)
  if (access && access.kind !== 'anyone' && access.kind !== 'optional_session') refusals.add(401)
  if (access?.kind === 'scope') refusals.add(403)
  if (tags.limited || tags.accountLimit) refusals.add(429)
  const errors = [...refusals].sort().map((status) => {
    const media = {
      schema: { $ref: '#/components/schemas/Error' },
      example: toErrorBody(exampleRefusal(status === refusedInput ? 400 : status, tags, inputs), request),
    }
    return [String(status), { description: REASON[status] ?? 'Refused', content: { 'application/json': media } }]
  })
  const { images, page } = description ?? {}
  const bytes = images ? { 200: { description: REASON[200], content: toBytes(images) } } : {}
  const html = page
    ? { 200: { description: page, content: { 'text/html': { schema: { type: 'string' }, example: '<!doctype html>' } } } }
    : {}
  return { ...(description ? toSuccess(description) : {}), ...bytes, ...html, ...Object.fromEntries(errors) }
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
  return asDocumented(json) as Json
}

/**
 * What is taken may be wider than what is meant: a number as text, a boolean as a word. An atom of that kind says in its meta,
 * as `documented`, what programs should send.
 */
function asDocumented(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(asDocumented)
  if (json === null || typeof json !== 'object') return json
  const { documented, ...rest } = json as Json & { documented?: Json }
  if (!documented) return Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, asDocumented(value)]))
  const { description, example } = rest
  return { ...(description === undefined ? {} : { description }), ...(example === undefined ? {} : { example }), ...documented }
}
