/**
 * `/sign-out` asks, and a button signs out, for the user or for an app that sent the browser here (RP-Initiated Logout
 * 1.0 §2). `/continue` leads to sites to which a form may not redirect (see `goOn`).
 */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import {
  describeLogout,
  type LogoutQuestion,
  type LogoutRequest,
  performLogout,
  readLogoutRequest,
  toLogoutQuery,
} from '../core/oauth/logout.ts'
import { anyone, optionalSession } from '../http/access.ts'
import type { AppEnv } from '../http/app-env.ts'
import { clearSessionCookie } from '../http/credentials.ts'
import { networkLimit } from '../http/rate-limit.ts'
import { validate } from '../http/validate.ts'
import { ofApp, staleTicket } from './authorization.tsx'
import { form, formToken } from './form-token.ts'
import { Form, type FormState, Submit, take, UNTOUCHED } from './forms.tsx'
import { Isolated } from './isolated.tsx'
import { productOf, showPage } from './layout.tsx'
import { leave } from './leave.tsx'
import { redirectWith } from './notices.ts'
import { returnTo } from './return-to.ts'
import { Filled, textsOf } from './texts.tsx'

const SignOutForm = z.object({ ticket: z.string().max(512, 'is wrong') })
const LogoutQuery = z.looseObject({})
const NOBODY: LogoutQuestion = { client: null, ticket: null, location: null, frames: [] }
/** How long the frames have before the browser goes on. */
const FRAMES_SECONDS = 3

export const signOutPages = new Hono<AppEnv>()
  .get('/sign-out', optionalSession(), networkLimit('other'), validate('query', LogoutQuery), (c) =>
    ofApp(c, async () => {
      const request = readLogoutRequest(c.req.valid('query'))
      // Nobody is signed in and no client asks, so there is nothing to look up.
      const isIdle = toLogoutQuery(request) === '' && (await c.var.identify().catch(() => null)) === null
      return show(c, request, isIdle ? NOBODY : await describeLogout(c.var.ctx, c.var.gate, request), UNTOUCHED)
    }),
  )
  .post('/sign-out', optionalSession(), networkLimit('other'), validate('query', LogoutQuery), form('sign-out', SignOutForm), (c) =>
    ofApp(c, async () => {
      const request = readLogoutRequest(c.req.valid('query'))
      return take(c, c.req.valid('form'), {
        act: async (answer) => {
          const { location, frames } = await performLogout(c.var.ctx, c.var.gate, request, answer).catch(staleTicket)
          clearSessionCookie(c)
          if (frames !== null) return c.redirect(`/sign-out?${frames}`, 303)
          if (location === null) return redirectWith(c, '/sign-in', 'signed_out')
          const t = (await textsOf(c)).signOut
          return leave(c, { title: t.done.title, lead: t.takenBack, to: location })
        },
        again: async (state) => show(c, request, await describeLogout(c.var.ctx, c.var.gate, request), state),
      })
    }),
  )
  .get('/continue', anyone(), async (c) => {
    const t = (await textsOf(c)).signOut
    return leave(c, { title: t.signedIn, lead: t.takenBack, to: returnTo(c) })
  })

async function show(c: Context, request: LogoutRequest, question: LogoutQuestion, state: FormState): Promise<Response> {
  const { client, ticket } = question
  if (ticket === null) return showSignedOut(c, question)
  const query = toLogoutQuery(request)
  const token = await formToken(c, 'sign-out')
  const product = productOf(c.var.ctx.config)
  const t = (await textsOf(c)).signOut
  return showPage(
    c,
    {
      title: t.title,
      lead: client ? <Filled text={t.asked} with={{ app: <Isolated>{client.name}</Isolated>, product }} /> : t.lead,
      error: state.error,
    },
    <>
      <Form action={query === '' ? '/sign-out' : `/sign-out?${query}`} token={token} state={state}>
        <input type="hidden" name="ticket" value={ticket} />
        <Submit>{t.submit}</Submit>
      </Form>
      <p class="links">
        <a href="/account">{t.stay}</a>
      </p>
    </>,
  )
}

/**
 * Also removes the cookie of an ended session. Clients that are told in frames get a moment before the browser goes on, without a
 * script; sandboxed, a frame cannot navigate this page.
 */
async function showSignedOut(c: Context, { location, frames }: LogoutQuestion): Promise<Response> {
  const t = await textsOf(c)
  clearSessionCookie(c)
  const goesOn = frames.length > 0 && location !== null
  return showPage(
    c,
    {
      title: t.signOut.done.title,
      lead: goesOn ? t.signOut.takenBack : t.signOut.done.lead,
      frames,
      ...(goesOn ? { refreshTo: location, refreshSeconds: FRAMES_SECONDS } : {}),
    },
    <>
      {frames.map((url) => (
        <iframe src={url} title={t.signOut.done.frame} hidden sandbox="allow-scripts allow-same-origin allow-forms" />
      ))}
      {location !== null && (
        <p>
          <a class="button primary" href={location}>
            {t.signOut.done.back}
          </a>
        </p>
      )}
      <p class="links">
        <a href="/sign-in">{t.signIn.submit}</a>
      </p>
    </>,
  )
}
