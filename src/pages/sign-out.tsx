/** `/sign-out` asks, and a button does it. `/continue` leads on to where a form may not redirect (see `goOn`). */
import { Hono } from 'hono'
import * as z from 'zod'
import { signOut } from '../core/sessions/sessions.ts'
import { anyone, optionalSession } from '../http/access.ts'
import type { AppEnv } from '../http/app-env.ts'
import { clearSessionCookie } from '../http/credentials.ts'
import { form, formToken } from '../http/form-token.ts'
import { Form, Submit, take } from './forms.tsx'
import { showPage } from './layout.tsx'
import { redirectWith } from './notices.ts'
import { returnTo } from './return-to.ts'

export const signOutPages = new Hono<AppEnv>()
  .get('/sign-out', anyone(), async (c) => {
    const token = await formToken(c, 'sign-out')
    return showPage(
      c,
      { title: 'Sign out?', lead: 'Other devices stay signed in.' },
      <>
        <Form action="/sign-out" token={token}>
          <Submit>Sign out</Submit>
        </Form>
        <p class="links">
          <a href="/account">Stay signed in</a>
        </p>
      </>,
    )
  })
  .post('/sign-out', optionalSession(), form('sign-out', z.object({})), (c) =>
    take(c, c.req.valid('form'), {
      act: async () => {
        await signOut(c.var.ctx, c.var.gate)
        clearSessionCookie(c)
        return redirectWith(c, '/sign-in', 'signed_out')
      },
      // Nothing was typed that could be lost.
      again: async () => c.redirect('/sign-out', 303),
    }),
  )
  .get('/continue', anyone(), (c) => {
    const path = returnTo(c)
    return showPage(
      c,
      { title: 'You are signed in', lead: 'One moment, you are being taken back.', refreshTo: path },
      <p>
        <a class="button primary" href={path}>
          Continue
        </a>
      </p>,
    )
  })
