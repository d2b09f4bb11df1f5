/** `/account/activity`: what happened to the account, in words. Of what administrators did it says that, not who or from where. */
import { type Context, Hono } from 'hono'
import type { Child } from 'hono/jsx'
import { listOwnAudit, type OwnAuditEvent } from '../../core/admin/audit.ts'
import type { Listed } from '../../core/paging.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { type AuditEventId, fromHex, toHex } from '../../ids.ts'
import { fill, type Texts } from '../../texts/texts.ts'
import { Isolated } from '../isolated.tsx'
import { showPage } from '../layout.tsx'
import { NextPage } from '../table.tsx'
import { textsOf, useTexts } from '../texts.tsx'
import { Time } from '../time.tsx'
import { Device, Place } from '../whereabouts.tsx'

const PATH = '/account/activity'
const SHOWN = 25
const HEX_24 = /^[0-9a-f]{24}$/

export const activityPage = new Hono<AppEnv>().get(PATH, requires('delegated:profile:login-history:read'), async (c) => {
  const after = c.req.query('after') ?? ''
  const before = HEX_24.test(after) ? fromHex<AuditEventId>(after) : null
  return show(c, await listOwnAudit(c.var.ctx, c.var.gate, { limit: SHOWN, before }))
})

async function show(c: Context, { records, next }: Listed<OwnAuditEvent>): Promise<Response> {
  const t = await textsOf(c)
  return showPage(
    c,
    { title: t.activity.title, section: PATH, lead: t.activity.lead },
    <>
      {records.length === 0 ? (
        <p class="empty">{t.activity.empty}</p>
      ) : (
        <ul class="list">
          {records.map((event) => (
            <EventItem event={event} />
          ))}
        </ul>
      )}
      <NextPage action={PATH} query={{}} after={next === null ? null : toHex(next)} text={t.activity.older} />
      <section class="panel">
        <h2>{t.activity.wasNotYou.title}</h2>
        <p>{t.activity.wasNotYou.text}</p>
        <p class="buttons">
          <a class="button primary" href="/account/password">
            {t.activity.wasNotYou.password}
          </a>
          <a class="button secondary" href="/account/sessions">
            {t.activity.wasNotYou.devices}
          </a>
        </p>
      </section>
    </>,
  )
}

function EventItem({ event }: { event: OwnAuditEvent }) {
  const t = useTexts()
  // Each type has its text: without it, this does not compile.
  const events: Readonly<Record<OwnAuditEvent['type'], string>> = t.activity.events
  const about = aboutEvent(t, event)
  return (
    <li>
      <div>
        <h2>{events[event.type] ?? event.type}</h2>
        {about !== null && (
          <p>
            <Isolated>{about}</Isolated>
          </p>
        )}
        <p>
          <Where event={event} />
          <Time at={event.createdAt} />
        </p>
      </div>
    </li>
  )
}

/** From where, as far as it is known. */
export function Where({ event }: { event: { byAdmin?: boolean; userAgent: string | null; place: string | null } }) {
  const t = useTexts()
  const parts: Child[] = [
    ...(event.byAdmin ? [t.activity.byAdmin] : []),
    ...(event.userAgent ? [<Device userAgent={event.userAgent} />] : []),
    ...(event.place ? [<Place place={event.place} />] : []),
  ]
  return (
    <>
      {parts.map((part) => (
        <>{part} · </>
      ))}
    </>
  )
}

/** What it was about: an app, a passkey, a client. Details that are not for people stay out. */
function aboutEvent(t: Texts, { type, detail, clientName, byAdmin }: OwnAuditEvent): string | null {
  if (clientName !== null) return clientName
  if (detail === null) return null
  if (type === 'sign_in' || type === 'sign_in_failed') return t.activity.methods[detail as keyof typeof t.activity.methods] ?? null
  if (type === 'banned' || type === 'restricted') return fill(t.activity.reason, { reason: detail })
  if (type === 'role_changed' || byAdmin) return null
  return /^(passkey|role|client|api)_/.test(type) ? detail : null
}
