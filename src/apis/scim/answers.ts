/** Replies of this room (RFC 7644 §3.1): `application/scim+json`, with the attributes that the client asks for (§3.9). */
import type { Context } from 'hono'
import { isObject, type Json } from './attributes.ts'

export const SCIM_JSON = 'application/scim+json'
export const SCIM_PATH = '/scim/v2'
const LIST_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:ListResponse'

/** From the configuration, not the request, so that links do not depend on the host that was called. */
export const baseOf = (c: Context): string => `${c.get('ctx').config.origin}${SCIM_PATH}`

interface Head {
  readonly status?: 200 | 201
  readonly etag?: string
  readonly location?: unknown
}

export function answer(c: Context, json: Json, { status = 200, etag, location }: Head = {}): Response {
  const headers = { ...(etag ? { etag } : {}), ...(location ? { location: String(location) } : {}) }
  return c.body(JSON.stringify(json), status, { 'content-type': SCIM_JSON, ...headers })
}

export function listOf(resources: readonly Json[], { total, startIndex }: { total: number; startIndex: number }): Json {
  return { schemas: [LIST_SCHEMA], totalResults: total, startIndex, itemsPerPage: resources.length, Resources: resources }
}

export interface Selection {
  readonly attributes: readonly string[] | null
  readonly excluded: readonly string[]
}

/** Returned whatever the client asks for. */
const ALWAYS = ['schemas', 'id']

/** The names may have the URN of their schema before them, and a part behind: `name.givenName`. */
export function select(json: Json, { attributes, excluded }: Selection): Json {
  const entries = Object.entries(json).flatMap(([name, value]): [string, unknown][] => {
    if (ALWAYS.includes(name)) return [[name, value]]
    const kept = attributes === null ? value : onlyParts(value, partsOf(name, attributes), true)
    const rest = onlyParts(kept, partsOf(name, excluded), false)
    return rest === undefined ? [] : [[name, rest]]
  })
  return Object.fromEntries(entries)
}

/** What the list says of an attribute: all of it, some parts, or nothing (null). */
function partsOf(name: string, list: readonly string[]): 'all' | readonly string[] | null {
  const lower = name.toLowerCase()
  if (list.includes(lower)) return 'all'
  const parts = list.filter((one) => one.startsWith(`${lower}.`) || one.startsWith(`${lower}:`)).map((one) => one.slice(lower.length + 1))
  return parts.length > 0 ? parts : null
}

function onlyParts(value: unknown, parts: 'all' | readonly string[] | null, isKept: boolean): unknown {
  if (value === undefined) return undefined
  if (parts === null) return isKept ? undefined : value
  if (parts === 'all') return isKept ? value : undefined
  if (Array.isArray(value)) return value.map((item) => onlyParts(item, parts, isKept))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([name]) => parts.includes(name.toLowerCase()) === isKept))
}
