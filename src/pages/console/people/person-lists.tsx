/** Lists about one person: on their page, and as long as they are on pages of their own. */
import { type Context, Hono } from 'hono'
import type { Child } from 'hono/jsx'
import { type InvitedRow, listInvitedBy, listSessionsSeen, listTrailOf, type Seen, type TrailRow } from '../../../core/admin/person.ts'
import type { Listed } from '../../../core/paging.ts'
import { coveredBy } from '../../../core/scopes.ts'
import type { ListedSession } from '../../../core/sessions/sessions.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { toHex } from '../../../ids.ts'
import { deviceName } from '../../../mail/device-words.ts'
import { fill } from '../../../texts/texts.ts'
import { Isolated } from '../../isolated.tsx'
import { showPage } from '../../layout.tsx'
import { NextPage, Table } from '../../table.tsx'
import { textsOf, useTexts } from '../../texts.tsx'
import { Time } from '../../time.tsx'
import { AppOrDevice, Place } from '../../whereabouts.tsx'
import { PEOPLE, PERSON, pathOf, personIn, positionIn } from './paths.ts'
import { Called } from './words.tsx'

const READ = 'admin:profile:read'
const page = (c: Context) => ({ limit: 25, before: positionIn(c) })

export const personLists = new Hono<AppEnv>()
  .get(`${PERSON}/sessions`, requires(READ), async (c) => {
    const seen = await listSessionsSeen(c.var.ctx, c.var.gate, personIn(c), page(c))
    const mayEnd = seen.isBelow && coveredBy(seen.principal.scopes, 'admin:profile:sensitive:medium:write')
    return show(c, seen, 'sessions', <Sessions userId={seen.user.id} sessions={seen.list.records} mayEnd={mayEnd} />)
  })
  .get(`${PERSON}/activity`, requires(READ), async (c) => {
    const seen = await listTrailOf(c.var.ctx, c.var.gate, personIn(c), page(c))
    return show(c, seen, 'trail', <Events events={seen.list.records} />)
  })
  .get(`${PERSON}/invitations`, requires(READ), async (c) => {
    const seen = await listInvitedBy(c.var.ctx, c.var.gate, personIn(c), page(c))
    return show(c, seen, 'invited', <InvitedList people={seen.list.records} />)
  })

type Which = 'sessions' | 'trail' | 'invited'

async function show(
  c: Context,
  { user, list: { next } }: Seen & { list: Listed<unknown> },
  which: Which,
  children: Child,
): Promise<Response> {
  const t = await textsOf(c)
  const words = t.console.person
  const back = pathOf(user.id)
  return showPage(
    c,
    {
      title: fill(words.listTitle, { list: words[which], name: user.username }),
      section: PEOPLE,
      isWide: true,
      lead: (
        <a href={back}>
          <Called user={user} />
        </a>
      ),
    },
    <>
      {children}
      <NextPage action={new URL(c.req.url).pathname} query={{}} after={next === null ? null : toHex(next)} text={t.console.people.more} />
    </>,
  )
}

export function Sessions({ userId, sessions, mayEnd }: { userId: number; sessions: readonly ListedSession[]; mayEnd: boolean }) {
  const t = useTexts()
  const { columns, sessions: caption, none, acts } = t.console.person
  const deviceOf = ({ clientName, detail }: ListedSession) => clientName ?? deviceName(t, detail?.userAgent ?? '')
  return (
    <Table
      caption={caption}
      rows={sessions}
      empty={none}
      columns={[
        { title: columns.device, cell: ({ clientName, detail }) => <AppOrDevice name={clientName} userAgent={detail?.userAgent ?? ''} /> },
        { title: columns.place, cell: ({ detail }) => (detail?.place ? <Place place={detail.place} /> : '–') },
        { title: columns.signedIn, cell: ({ createdAt }) => <Time at={createdAt} /> },
        { title: columns.lastUsed, cell: ({ lastUsedAt }) => <Time at={lastUsedAt} /> },
        ...(mayEnd
          ? [
              {
                title: columns.act,
                cell: (session: ListedSession) => (
                  <a
                    href={pathOf(userId, `/end-session?session=${toHex(session.id)}`)}
                    aria-label={`${acts.endSession.button}: ${deviceOf(session)}`}
                  >
                    {acts.endSession.button}
                  </a>
                ),
              },
            ]
          : []),
      ]}
    />
  )
}

export function Events({ events }: { events: readonly TrailRow[] }) {
  const t = useTexts()
  const { columns, trail, none, bySelf, byOperator } = t.console.person
  const hows: Readonly<Record<string, string>> = t.activity.methods
  const words: Readonly<Record<TrailRow['type'], string>> = t.activity.events
  return (
    <Table
      caption={trail}
      rows={events}
      empty={none}
      columns={[
        {
          title: columns.event,
          cell: ({ type, detail }) => (
            <>
              <span title={type}>{words[type] ?? type}</span>
              {detail !== null && (
                <small>
                  {' '}
                  <Isolated>{/^(sign_in|second_factor)/.test(type) ? (hows[detail] ?? detail) : detail}</Isolated>
                </small>
              )}
            </>
          ),
        },
        { title: columns.when, cell: ({ createdAt }) => <Time at={createdAt} /> },
        {
          title: columns.who,
          cell: ({ actorId, actorName }) =>
            actorId === null ? bySelf : actorName === null ? byOperator : <a href={pathOf(actorId)}>@{actorName}</a>,
        },
        {
          title: columns.where,
          cell: ({ clientName, userAgent, place }) => (
            <>
              {clientName || userAgent ? <AppOrDevice name={clientName} userAgent={userAgent ?? ''} /> : '–'}
              {place ? (
                <small>
                  {' '}
                  <Place place={place} />
                </small>
              ) : null}
            </>
          ),
        },
      ]}
    />
  )
}

export function InvitedList({ people }: { people: readonly InvitedRow[] }) {
  const { columns, invited, none } = useTexts().console.person
  return (
    <Table
      caption={invited}
      rows={people}
      empty={none}
      columns={[
        { title: columns.person, cell: ({ userId, username }) => <a href={pathOf(userId)}>@{username}</a> },
        { title: columns.joined, cell: ({ createdAt }) => <Time at={createdAt} /> },
      ]}
    />
  )
}
