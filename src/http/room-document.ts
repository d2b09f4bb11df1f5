/** What a room says of itself: the pages list its headings, and `src/openapi` makes its API document of it and of its routes. */
import type { Hono } from 'hono'
import type * as z from 'zod'
import type { AppError } from '../core/errors.ts'
import type { AppEnv } from './app-env.ts'

/** How callers may authenticate: a security scheme of the API document. */
export type SchemeName = 'oauth2' | 'bearer' | 'session' | 'basic' | 'digest' | 'apikey' | 'token'

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

/** The headings of a room's reference, in the order of its routes. */
export function headingsOf({ mounts }: RoomDocument): { name: string; description: string }[] {
  return mounts.flatMap(({ groups }) => groups).map(({ name, description }) => ({ name, description }))
}
