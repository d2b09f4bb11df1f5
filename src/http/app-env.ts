/** What a handler finds in Hono's context. */
import type { Bindings } from '../config.ts'
import type { Ctx } from '../core/ctx.ts'
import type { Claim } from '../core/sessions/principal.ts'

export interface AppEnv {
  Bindings: Bindings
  Variables: {
    ctx: Ctx
    /** Set by the room's `credentials`: what the caller's credential claims, null without one. */
    identify: () => Promise<Claim | null>
  }
}
