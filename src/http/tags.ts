/**
 * Tags: what a middleware enforces, written on the middleware itself. OpenAPI, the architecture test and the access
 * matrix read them from `app.routes`, so no document can say anything else than what happens.
 */
import type { MiddlewareHandler } from 'hono'
import { findTargetHandler } from 'hono/utils/handler'
import type * as z from 'zod'
import type { AccountLimit } from '../core/account-limits.ts'
import type { KeyKind } from '../core/machines/keys.ts'
import type { Scope } from '../core/scopes.ts'

export type Access =
  | { readonly kind: 'scope'; readonly scope: Scope; readonly callers: 'user' | 'user_or_client' | 'robot' }
  | { readonly kind: 'session' }
  | { readonly kind: 'key'; readonly key: KeyKind }
  | { readonly kind: 'optional_session' }
  | { readonly kind: 'anyone' }

/** A body gives 413 and 415, a busy isolate 503: no route lists those by itself. */
export type Refusal = 400 | 401 | 403 | 404 | 408 | 409 | 411 | 412 | 416 | 429

export interface Description {
  readonly summary: string
  readonly description?: string
  /** The success: its status, a schema of its body and an example. */
  readonly response: {
    readonly status: 200 | 201 | 302 | 303
    readonly schema?: z.ZodType
    readonly example?: unknown
    readonly contentType?: string
    readonly headers?: Readonly<Record<string, string>>
  }
  /** Where the success may as well be an image itself, with 200: of these types. */
  readonly images?: readonly string[]
  /** Where the success may as well be a page, with 200: what it does. */
  readonly page?: string
  /** An OAuth client proves itself in the request; or, where a scope is named, a token that holds it will do. */
  readonly client?: { readonly orToken?: Scope }
  /** Where the browser may be sent to a page first, with 303: which. */
  readonly detour?: string
  /** Statuses of refusals beyond those that follow from what the route declares (`src/openapi/responses.ts`). */
  readonly refusals?: readonly Refusal[]
}

export interface Input {
  readonly target: 'json' | 'form' | 'query' | 'param'
  readonly schema: z.ZodType
  /** Whether a body may also be a multipart form. */
  readonly multipart?: true
  /** What a JSON body holds, where a form may as well be JSON of another meaning. */
  readonly json?: z.ZodType
}

/** A body that no schema describes: bytes, or a form with a file. */
export interface Upload {
  /** Media types of a raw body. */
  readonly raw: readonly string[]
  /** The form's parts: the names of the file, and of another that goes with it; media types (none: any), and text fields with what they say. */
  readonly form: {
    readonly file: string
    readonly withFile?: string
    readonly types: readonly string[]
    readonly fields: Readonly<Record<string, string>>
    /** The files alone, unless told. */
    readonly required?: readonly string[]
    /** Of text fields. */
    readonly example?: Readonly<Record<string, string>>
  } | null
}

export interface Tags {
  /** Takes a place among the requests that the isolate works on: 503 is possible. */
  readonly admitted?: true
  /** Refuses foreign pages, all requests or writes: 403 is possible. */
  readonly foreignPages?: 'refused' | 'may only read'
  /** Limited per network: 429 is possible. */
  readonly limited?: true
  /** Limited per account: 429 is possible. */
  readonly accountLimit?: AccountLimit
  readonly access?: Access
  readonly input?: Input
  readonly upload?: Upload
  readonly description?: Description
}

const TAGS = Symbol('kith.tags')

export function tag<Handler extends MiddlewareHandler<never> | MiddlewareHandler>(handler: Handler, tags: Tags): Handler {
  return Object.assign(handler, { [TAGS]: tags })
}

/** The tags of a route's handler, also when a mounted room has wrapped it. */
export function tagsOf(handler: unknown): Tags {
  const target = findTargetHandler(handler as never) as { [TAGS]?: Tags }
  return target[TAGS] ?? {}
}

/** Says what a route takes as its body, where the handler reads it. Changes nothing of what it does. */
export function takes(upload: Upload): MiddlewareHandler {
  return tag(async (_c, next) => next(), { upload })
}

/** Says what a route is for, with a schema and an example of its answer. Changes nothing of what it does. */
export function describe(description: Description): MiddlewareHandler {
  return tag(async (_c, next) => next(), { description })
}
