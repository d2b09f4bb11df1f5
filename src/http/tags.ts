/**
 * Tags: what a middleware enforces, attached to the middleware itself. OpenAPI, the architecture test and the access
 * matrix read them from `app.routes`, so documents cannot differ from behavior.
 */
import type { MiddlewareHandler } from 'hono'
import { findTargetHandler } from 'hono/utils/handler'
import type * as z from 'zod'
import type { AccountLimit } from '../core/account-limits.ts'
import type { KeyKind } from '../core/machines/keys.ts'
import type { Scope } from '../core/scopes.ts'

export type Access =
  | {
      readonly kind: 'scope'
      readonly scope: Scope
      readonly callers: 'user' | 'user_or_client' | 'client' | 'robot'
      /** What a client acting for itself needs, for `user_or_client`; `scope` is what a user's credential needs. */
      readonly clientScope?: Scope
    }
  | { readonly kind: 'session' }
  | { readonly kind: 'key'; readonly key: KeyKind }
  | { readonly kind: 'optional_session' }
  | { readonly kind: 'anyone' }

/** Excludes 413 and 415, which follow from having a body, and 503 of a busy isolate. */
export type Refusal = 400 | 401 | 403 | 404 | 408 | 409 | 411 | 412 | 416 | 429

export interface Description {
  readonly summary: string
  readonly description?: string
  /** The success reply. */
  readonly response: {
    readonly status: 200 | 201 | 204 | 302 | 303
    readonly schema?: z.ZodType
    readonly example?: unknown
    readonly contentType?: string
    readonly headers?: Readonly<Record<string, string>>
  }
  /** Media types, if the success may also be an image, with 200. */
  readonly images?: readonly string[]
  /** If the success may also be a page, with 200: what the page does. */
  readonly page?: string
  /** An OAuth client authenticates in the request; with `orToken`, a token with that scope is accepted instead. */
  readonly client?: { readonly orToken?: Scope }
  /** If the browser may be sent to a page first, with 303: which page. */
  readonly detour?: string
  /** Errors beyond those implied by the route's declarations (`src/openapi/responses.ts`). */
  readonly refusals?: readonly Refusal[]
}

export interface Input {
  readonly target: 'json' | 'form' | 'query' | 'param'
  readonly schema: z.ZodType
  /** The body may also be a multipart form. */
  readonly multipart?: true
  /** For forms that may also be sent as JSON with another meaning: the schema of that JSON. */
  readonly json?: z.ZodType
}

/** A body without a schema: bytes, or a form with a file. */
export interface Upload {
  /** Media types of a raw body. */
  readonly raw: readonly string[]
  /** The form: the file's part and an optional second file; media types (empty: any); text fields with descriptions. */
  readonly form: {
    readonly file: string
    readonly withFile?: string
    readonly types: readonly string[]
    readonly fields: Readonly<Record<string, string>>
    /** Default: the files. */
    readonly required?: readonly string[]
    /** For text fields. */
    readonly example?: Readonly<Record<string, string>>
  } | null
}

export interface Tags {
  /** Takes a place in the isolate; may answer 503. */
  readonly admitted?: true
  /** Refuses foreign pages, entirely or for writes; may answer 403. */
  readonly foreignPages?: 'refused' | 'may only read'
  /** Limited per network; may answer 429. */
  readonly limited?: true
  /** Limited per account; may answer 429. */
  readonly accountLimit?: AccountLimit
  readonly access?: Access
  readonly input?: Input
  readonly upload?: Upload
  readonly operationId?: string
  readonly description?: Description
}

const TAGS = Symbol('kith.tags')

export function tag<Handler extends MiddlewareHandler<never> | MiddlewareHandler>(handler: Handler, tags: Tags): Handler {
  return Object.assign(handler, { [TAGS]: tags })
}

/** The tags of a handler, even if a mounted room has wrapped it. */
export function tagsOf(handler: unknown): Tags {
  const target = findTargetHandler(handler as never) as { [TAGS]?: Tags }
  return target[TAGS] ?? {}
}

const declarations = new WeakSet<object>()

/** A middleware that only carries tags. The router leaves it out of requests (`router.ts`). */
export function declaration(tags: Tags): MiddlewareHandler {
  const handler = tag<MiddlewareHandler>((_c, next) => next(), tags)
  declarations.add(handler)
  return handler
}

export function isDeclaration(handler: object): boolean {
  return declarations.has(handler)
}

/** Documents a body that the handler reads itself. */
export function takes(upload: Upload): MiddlewareHandler {
  return declaration({ upload })
}

/**
 * Documents a route, with schema and example of its reply. The operation id names the function in generated clients, so it
 * is part of the API and unique in its room.
 */
export function describe(operationId: string, description: Description): MiddlewareHandler {
  return declaration({ operationId, description })
}
