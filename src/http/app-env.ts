/** What a handler finds in Hono's context. */
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Bindings } from '../config.ts'
import type { Ctx } from '../core/ctx.ts'
import type { Claim } from '../core/sessions/principal.ts'

export interface AppEnv {
  Bindings: Bindings
  Variables: {
    ctx: Ctx
    /** Set by the room's `credentials`: what the caller's credential claims, null without one. */
    identify: () => Promise<Claim | null>
    /** A page that tells a person what went wrong, where the deployment has pages. */
    showError?: (c: Context<AppEnv>, error: ErrorPage) => Response | Promise<Response>
  }
}

export interface ErrorPage {
  readonly status: ContentfulStatusCode
  readonly title: string
  readonly message: string
}
