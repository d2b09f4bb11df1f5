/** A room's description of itself. The pages list its headings; `src/openapi` builds its API document from it and from the routes. */
import type { Hono } from 'hono'
import type * as z from 'zod'
import type { AppError } from '../core/errors.ts'
import type { AppEnv } from './app-env.ts'

/** Security schemes of the API document. */
export type SchemeName = 'oauth2' | 'bearer' | 'session' | 'basic' | 'digest' | 'apikey' | 'token'

/** The routes of one noun, a heading of the reference. */
export interface RouteGroup {
  readonly name: string
  readonly description: string
  readonly routes: readonly Hono<AppEnv>[]
}

export interface RoomDocument {
  readonly title: string
  readonly description: string
  /** Where its routes are mounted, and their headings. */
  readonly mounts: readonly { readonly prefix: string; readonly room: Hono<AppEnv>; readonly groups: readonly RouteGroup[] }[]
  /** Accepted credentials: any one of these; those in an inner list are needed together. */
  readonly credentials: readonly (SchemeName | readonly SchemeName[])[]
  /** The error envelope, and how it is filled: examples are rendered like real errors. */
  readonly error: z.ZodType
  /** Its media type, if not `application/json`. */
  readonly errorType?: string
  /** The status of invalid input, if not 400. */
  readonly refusedInput?: number
  readonly toErrorBody: (error: AppError, request: { readonly method: string; readonly path: string }) => unknown
}

export function headingsOf({ mounts }: RoomDocument): { name: string; description: string }[] {
  return mounts.flatMap(({ groups }) => groups).map(({ name, description }) => ({ name, description }))
}
