/** Admission: each request of a room takes one of the isolate's places (`core/admission.ts`). */
import type { MiddlewareHandler } from 'hono'
import { inPlace } from '../core/admission.ts'
import type { AppEnv } from './app-env.ts'
import { tag } from './tags.ts'

/** Refuses requests while the isolate is full. Streaming a reply to the client takes no place. */
export function admission(): MiddlewareHandler<AppEnv> {
  const handler: MiddlewareHandler<AppEnv> = (c, next) => inPlace(c.get('ctx'), next)
  return tag(handler, { admitted: true })
}
