/** What a handler finds in Hono's context. */
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Bindings } from '../config.ts'
import type { Ctx } from '../core/ctx.ts'
import type { Claim } from '../core/principal.ts'
import type { SentProfile } from './doubts.ts'

/** An error as a user reads it. */
export interface ShownError {
  readonly status: ContentfulStatusCode
  readonly title: string
  readonly message: string
}

export interface AppEnv {
  Bindings: Bindings
  Variables: {
    ctx: Ctx
    /** Set by the room's `credentials`: what the caller's credential claims, null without one. */
    identify: () => Promise<Claim | null>
    /** A parameter that came more than once, where the route tells of it in its own way (`bodies/reading.ts`). */
    repeated?: string
    /** Fields of a profile as they were sent (`validate.ts`), for `withoutShown`. */
    sent?: SentProfile
    /** The cookie that this reply gives to a browser, for the forms on its page (`pages/form-token.ts`). */
    browserCookie?: string
    /** Set by the app: an error as a page, for a room that has a browser before it. */
    showError?: (c: Context<AppEnv>, error: ShownError) => Response
    /** Set by the app: a failure as a page, in the words that the pages have for it. */
    showFailure?: (error: unknown, c: Context<AppEnv>) => Response
  }
}
