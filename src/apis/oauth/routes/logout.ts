/**
 * `GET` and `POST /oauth/logout`: the end session endpoint (RP-Initiated Logout 1.0 §2). A POST from a client's page
 * arrives without the cookie and is redirected to the equivalent GET, as at the authorization endpoint.
 */
import { type Context, Hono } from 'hono'
import type { OptionalGate } from '../../../core/gate.ts'
import { judgeLogout, type LogoutRequest, readLogoutRequest, toLogoutQuery } from '../../../core/oauth/logout.ts'
import { optionalSession } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { clearSessionCookie } from '../../../http/credentials.ts'
import { networkLimit } from '../../../http/rate-limit.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { LogoutParameters } from '../wire.ts'

const LOCATION = { location: 'The post_logout_redirect_uri with state; or a page that asks for confirmation or confirms the sign-out' }

export const logoutRoutes = new Hono<AppEnv>()
  .get(
    '/logout',
    optionalSession(),
    networkLimit('other'),
    validate('query', LogoutParameters),
    describe('endSession', {
      summary: 'Sign the browser out on behalf of a client',
      description:
        'With an ID token of the signed-in user, even an expired one, the session ends at once; otherwise the user is asked ' +
        'first. The browser is redirected only to a post_logout_redirect_uri that exactly matches one registered for the client.',
      response: { status: 303, headers: LOCATION },
      refusals: [400],
    }),
    (c) => answer(c as never, c.var.gate, readLogoutRequest(c.req.valid('query'))),
  )
  .post(
    '/logout',
    optionalSession(),
    networkLimit('other'),
    validate('form', LogoutParameters),
    describe('endSessionByForm', {
      summary: 'Sign the browser out on behalf of a client, with a form',
      description: 'Like GET. Without the session cookie, the browser is redirected to the GET, which carries it.',
      response: { status: 303, headers: LOCATION },
      refusals: [400],
    }),
    async (c) => {
      const request = readLogoutRequest(c.req.valid('form'))
      if (!(await c.var.identify())) return c.redirect(`/oauth/logout?${toLogoutQuery(request)}`, 303)
      return answer(c as never, c.var.gate, request)
    },
  )

async function answer(c: Context<AppEnv>, gate: OptionalGate, request: LogoutRequest): Promise<Response> {
  const outcome = await judgeLogout(c.var.ctx, gate, request)
  if (outcome.kind === 'confirmation_required') return c.redirect(toSignOut(request), 303)
  clearSessionCookie(c)
  return c.redirect(outcome.frames === null ? (outcome.location ?? '/sign-out') : `/sign-out?${outcome.frames}`, 303)
}

/** The sign-out page, with the client's request in its URL. */
function toSignOut(request: LogoutRequest): string {
  const query = toLogoutQuery(request)
  return query === '' ? '/sign-out' : `/sign-out?${query}`
}
