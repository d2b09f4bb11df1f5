/** `/account/sessions`: lists live sessions; signs out one device, or all of them. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import type { Listed } from '../../core/paging.ts'
import { type ListedSession, listSessions, revokeSession, signOutEverywhere } from '../../core/sessions/sessions.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { clearSessionCookie } from '../../http/credentials.ts'
import { fromHex, type SessionId, toHex } from '../../ids.ts'
import { deviceName } from '../../mail/device-words.ts'
import { fill } from '../../texts/texts.ts'
import { form, formToken } from '../form-token.ts'
import { Form, Submit, take } from '../forms.tsx'
import { showPage } from '../layout.tsx'
import { redirectWith } from '../notices.ts'
import { Filled, textsOf, useTexts } from '../texts.tsx'
import { Time } from '../time.tsx'
import { AppOrDevice, Place } from '../whereabouts.tsx'

const PATH = '/account/sessions'
/** Per page; a link leads to more. */
const SHOWN = 20

const HEX_24 = /^[0-9a-f]{24}$/
const EndForm = z.object({
  session: z
    .string()
    .regex(HEX_24, 'is wrong')
    .transform((v) => fromHex<SessionId>(v) as SessionId),
})

const toList = async (c: Context) => c.redirect(PATH, 303)

export const sessionsPage = new Hono<AppEnv>()
  .get(PATH, requires('delegated:session:read'), async (c) => {
    const after = c.req.query('after') ?? ''
    const before = HEX_24.test(after) ? fromHex<SessionId>(after) : null
    return show(c, await listSessions(c.var.ctx, c.var.gate, { limit: SHOWN, before }))
  })
  .post('/account/sessions/end', requires('delegated:session:write'), form('session-end', EndForm), (c) =>
    take(c, c.req.valid('form'), {
      mends: 'not_found',
      act: async ({ session }) => {
        await revokeSession(c.var.ctx, c.var.gate, session)
        return redirectWith(c, PATH, 'session_ended')
      },
      // If the session has ended already, that was the goal; an outdated form can be sent again from the list.
      again: async () => {
        await c.var.gate()
        return toList(c)
      },
    }),
  )
  .post('/account/sessions/end-all', requires('delegated:session:write'), form('session-end-all', z.object({})), (c) =>
    take(c, c.req.valid('form'), {
      act: async () => {
        await signOutEverywhere(c.var.ctx, c.var.gate)
        clearSessionCookie(c)
        return redirectWith(c, '/sign-in', 'signed_out_everywhere')
      },
      again: async () => {
        await c.var.gate()
        return toList(c)
      },
    }),
  )

async function show(c: Context, { records, next }: Listed<ListedSession>): Promise<Response> {
  const t = (await textsOf(c)).account.sessions
  const tokens = [await formToken(c, 'session-end'), await formToken(c, 'session-end-all')] as const
  return showPage(
    c,
    { title: t.title, section: PATH, lead: t.lead },
    <>
      <ul class="list">
        {records.map((session) => (
          <SessionItem session={session} token={tokens[0]} />
        ))}
      </ul>
      {next !== null && (
        <p class="links">
          <a href={`${PATH}?after=${toHex(next)}`}>{t.older}</a>
        </p>
      )}
      <section class="panel">
        <h2>{t.everywhere.title}</h2>
        <p>{t.everywhere.text}</p>
        <Form action="/account/sessions/end-all" token={tokens[1]}>
          <Submit kind="danger">{t.everywhere.submit}</Submit>
        </Form>
      </section>
    </>,
  )
}

function SessionItem({ session, token }: { session: ListedSession; token: string }) {
  const t = useTexts()
  const userAgent = session.detail?.userAgent ?? ''
  const name = session.clientName ?? deviceName(t, userAgent)
  return (
    <li>
      <div>
        <h2>
          <AppOrDevice name={session.clientName} userAgent={userAgent} />
          {session.current && <span class="tag">{t.account.sessions.current}</span>}
        </h2>
        <p>
          {session.detail?.place && (
            <>
              <Place place={session.detail.place} /> ·{' '}
            </>
          )}
          <Filled text={t.account.sessions.signedIn} with={{ time: <Time at={session.createdAt} /> }} />
        </p>
      </div>
      {!session.current && (
        <Form action="/account/sessions/end" token={token}>
          <input type="hidden" name="session" value={toHex(session.id)} />
          <button type="submit" class="secondary" aria-label={fill(t.account.sessions.endNamed, { device: name })}>
            {t.account.sessions.end}
          </button>
        </Form>
      )}
    </li>
  )
}
