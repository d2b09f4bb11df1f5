/** A place for each request of a room among those that the isolate works on (`core/admission.ts`). */
import type { MiddlewareHandler } from 'hono'
import { inPlace } from '../core/admission.ts'
import type { AppEnv } from './app-env.ts'
import { tag } from './tags.ts'

/** Refuses a request that finds the isolate full, in the words of the room. A body that is still being sent to the client takes no place. */
export function admission(): MiddlewareHandler<AppEnv> {
  const handler: MiddlewareHandler<AppEnv> = (c, next) => inPlace(c.var.ctx, next)
  return tag(handler, { admitted: true })
}
