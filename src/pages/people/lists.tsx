/** `/people/followers`, `following`, `requests`, `requests/sent` and `blocks`: the caller's own lists, newest first. */
import { type Context, Hono } from 'hono'
import type { Child } from 'hono/jsx'
import type { Ctx } from '../../core/ctx.ts'
import type { Gate } from '../../core/gate.ts'
import type { Listed, Page } from '../../core/paging.ts'
import type { UserPrincipal } from '../../core/principal.ts'
import type { Scope } from '../../core/scopes.ts'
import { listBlockedUsers } from '../../core/social/blocks.ts'
import { listOwnFollows } from '../../core/social/lists.ts'
import type { MetUser, SeenUser } from '../../core/social/visibility.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { fromHex, toHex } from '../../ids.ts'
import type { Texts } from '../../texts/texts.ts'
import { showPage } from '../layout.tsx'
import { textsOf } from '../texts.tsx'
import { PEOPLE } from './acts.ts'
import { ActButton, type Acting, actingOn, Empty, NextAct, PersonRow, profilePath } from './parts.tsx'

const SHOWN = 25
const REQUESTS = `${PEOPLE}/requests`
const SENT = `${REQUESTS}/sent`

interface Entry {
  readonly id: number
  readonly user: MetUser
}

interface List {
  readonly path: string
  /** The path in the navigation, if it is another. */
  readonly section?: string
  readonly scope: Scope
  readonly read: (ctx: Ctx, gate: Gate, page: Page) => Promise<Listed<Entry>>
  readonly words: (t: Texts, own: SeenUser['isPrivate']) => { title: string; lead: string; none: { title: string; text: string } }
  readonly buttons: (acting: Acting, entry: Entry) => Child
  /** Where to go from an empty list. */
  readonly whenEmpty?: (t: Texts, own: Pick<SeenUser, 'username' | 'isPrivate'>) => Child
  readonly below?: (t: Texts) => Child
}

const FOLLOW_READ: Scope = 'delegated:social:follow:read'
const find = (t: Texts) => <a href={PEOPLE}>{t.people.links.find}</a>

const LISTS: readonly List[] = [
  {
    path: `${PEOPLE}/followers`,
    scope: FOLLOW_READ,
    read: (ctx, gate, page) => listOwnFollows(ctx, gate, 'followers', page),
    words: ({ people: { followers } }, own) => ({ ...followers, lead: own === 1 ? followers.leadPrivate : followers.lead }),
    buttons: (acting, { id, user }) => <ActButton acting={acting} act="remove" id={id} user={user} />,
    whenEmpty: (_, own) => (
      <a href={profilePath(own)} dir="ltr">
        {profilePath(own).slice(1)}
      </a>
    ),
  },
  {
    path: `${PEOPLE}/following`,
    scope: FOLLOW_READ,
    read: (ctx, gate, page) => listOwnFollows(ctx, gate, 'following', page),
    words: ({ people }) => people.following,
    buttons: (acting, { user }) => <NextAct acting={acting} user={user} />,
    whenEmpty: find,
    below: (t) => <a href={SENT}>{t.people.following.sent}</a>,
  },
  {
    path: REQUESTS,
    scope: FOLLOW_READ,
    read: (ctx, gate, page) => listOwnFollows(ctx, gate, 'requests', page),
    words: ({ people: { requests } }, own) => ({ ...requests, none: own === 1 ? requests.none : requests.nonePublic }),
    buttons: (acting, { id, user }) => (
      <>
        <ActButton acting={acting} act="accept" id={id} user={user} kind="primary" />
        <ActButton acting={acting} act="refuse" id={id} user={user} />
      </>
    ),
    whenEmpty: (t, { isPrivate }) => isPrivate === 0 && <a href="/account/privacy">{t.people.links.privacy}</a>,
    below: (t) => <a href={SENT}>{t.people.requests.sent}</a>,
  },
  {
    path: SENT,
    section: REQUESTS,
    scope: FOLLOW_READ,
    read: (ctx, gate, page) => listOwnFollows(ctx, gate, 'requested', page),
    words: ({ people }) => people.sent,
    buttons: (acting, { user }) => <NextAct acting={acting} user={user} />,
    whenEmpty: find,
  },
  {
    path: `${PEOPLE}/blocks`,
    scope: 'delegated:social:block:read',
    read: async (ctx, gate, page) => {
      const { records, next } = await listBlockedUsers(ctx, gate, page)
      return { records: records.map(({ id, user }) => ({ id, user: { ...user, viewerFollow: null, viewerBlocks: 1 } })), next }
    },
    words: ({ people }) => people.blocks,
    buttons: (acting, { user }) => <NextAct acting={acting} user={user} />,
  },
]

export const listPages = new Hono<AppEnv>()
for (const list of LISTS) {
  listPages.get(list.path, requires(list.scope), async (c) => {
    const page = await list.read(c.var.ctx, c.var.gate, { limit: SHOWN, before: fromHex(c.req.query('after') ?? '') })
    return showList(c, list, page)
  })
}

async function showList(c: Context, list: List, { records, next }: Listed<Entry>): Promise<Response> {
  const seen = c.get('viewer')
  if (!seen) throw new Error('a list before the gate')
  const t = await textsOf(c)
  const { title, lead, none } = list.words(t, seen.user.isPrivate)
  const acting = await actingOn(c, seen.principal)
  const isEmpty = records.length === 0 && next === null && c.req.query('after') === undefined
  const whenEmpty = list.whenEmpty?.(t, seen.user)
  return showPage(
    c,
    { title, section: list.section ?? list.path, ...(isEmpty ? {} : { lead }) },
    <>
      {isEmpty ? (
        <Empty title={none.title}>
          <p>{none.text}</p>
          {whenEmpty && <p class="links">{whenEmpty}</p>}
        </Empty>
      ) : (
        <Rows c={c} viewer={seen.principal} acting={acting} list={list} records={records} />
      )}
      <p class="links">
        {next !== null && <a href={`${list.path}?after=${toHex(next)}`}>{t.people.links.older}</a>}
        {list.below?.(t)}
      </p>
    </>,
  )
}

interface RowsProps {
  readonly c: Context
  readonly viewer: UserPrincipal
  readonly acting: Acting
  readonly list: List
  readonly records: readonly Entry[]
}

function Rows({ c, viewer, acting, list, records }: RowsProps) {
  return (
    <ul class="list">
      {records.map((entry) => (
        <PersonRow ctx={c.var.ctx} viewer={viewer} user={entry.user}>
          {list.buttons(acting, entry)}
        </PersonRow>
      ))}
    </ul>
  )
}
