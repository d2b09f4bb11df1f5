/** The variables of Hono's context. */
import type { Context, ErrorHandler } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Bindings, HostRoom } from '../config.ts'
import type { User } from '../core/accounts/user.ts'
import type { Ctx } from '../core/ctx.ts'
import type { AppError } from '../core/errors.ts'
import type { Claim, UserPrincipal } from '../core/principal.ts'
import type { SentProfile } from './doubts.ts'

/** An error that a page shows in its own words. */
export interface ShownError {
  readonly status: ContentfulStatusCode
  readonly error: AppError
  /** For whoever develops the app, in English. */
  readonly detail: string | null
}

/** As the log and the metrics name it. */
export type RoomName = HostRoom | 'user' | 'oauth' | 'scim'

/** What each request reads is read with `c.get`: `c.var` copies all variables at every use. */
export interface AppEnv {
  Bindings: Bindings
  Variables: {
    ctx: Ctx
    /** Set by the room's `credentials`: the claim of the caller's credential; null without one. */
    identify: () => Promise<Claim | null>
    /** Set by the gate (`access.ts`), for what a page shows around its content: its language, its navigation. Never for a decision. */
    viewer?: { readonly principal: UserPrincipal; readonly user: User }
    /** The name of a repeated parameter, for routes that report it in their own way (`bodies/reading.ts`). */
    repeated?: string
    /** The profile fields of the request (`validate.ts`), for `withoutShown`. */
    sent?: SentProfile
    /** The cookie that this reply sets for the forms on its page (`pages/form-token.ts`). */
    browserCookie?: string
    /** Set by the room; pages have none. */
    room?: RoomName
    /** Set by the room: renders any failure in the room's envelope (`errors.ts`). */
    renderError?: ErrorHandler<AppEnv>
    /** Set by the app: renders an error as a page, for rooms that browsers visit. */
    showError?: (c: Context<AppEnv>, error: ShownError) => Promise<Response>
    /** Set by the app: renders any failure as a page, with the wording of the pages. */
    showFailure?: (error: unknown, c: Context<AppEnv>) => Response | Promise<Response>
  }
}
