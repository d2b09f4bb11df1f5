/** Parts of the pages about people: a picture, a name, a button, a row of a list. */
import type { Context } from 'hono'
import type { Child } from 'hono/jsx'
import type { Ctx } from '../../core/ctx.ts'
import type { UserPrincipal } from '../../core/principal.ts'
import type { MetUser, SeenUser } from '../../core/social/visibility.ts'
import { toHex } from '../../ids.ts'
import { fill, type Texts } from '../../texts/texts.ts'
import { Face, nameOf } from '../face.tsx'
import { formToken } from '../form-token.ts'
import { Form } from '../forms.tsx'
import { Isolated } from '../isolated.tsx'
import { useTexts } from '../texts.tsx'
import { ACT_NAMES, ACTS, type ActName, mayAct, purposeOf } from './acts.ts'

export const profilePath = ({ username }: Pick<SeenUser, 'username'>) => `/@${username}`

/** What the forms of a page need: their tokens, and where they lead back to. */
export interface Acting {
  readonly viewer: UserPrincipal
  readonly back: string
  readonly tokens: Readonly<Record<ActName, string>>
}

export async function actingOn(c: Context, viewer: UserPrincipal): Promise<Acting> {
  const tokens = await Promise.all(ACT_NAMES.map(async (name) => [name, await formToken(c, purposeOf(name))] as const))
  const { pathname, searchParams } = new URL(c.req.url)
  searchParams.delete('notice')
  const query = searchParams.toString()
  return { viewer, back: query === '' ? pathname : `${pathname}?${query}`, tokens: Object.fromEntries(tokens) as Acting['tokens'] }
}

interface ButtonProps {
  readonly acting: Acting
  readonly act: ActName
  readonly id: number
  readonly user: SeenUser
  /** If the act goes by another name here. */
  readonly words?: keyof Texts['people']['acts']
  readonly kind?: 'primary' | 'secondary' | 'danger'
}

/** Nothing for whoever may not. */
export function ActButton({ acting, act, id, user, words = act, kind = 'secondary' }: ButtonProps) {
  const t = useTexts().people.acts[words]
  if (!mayAct(acting.viewer, act)) return null
  return (
    <Form action={ACTS[act].path} token={acting.tokens[act]}>
      <input type="hidden" name="id" value={toHex(id)} />
      <input type="hidden" name="back" value={acting.back} />
      <button type="submit" class={kind} aria-label={fill(t.full, { name: nameOf(user) })}>
        {t.button}
      </button>
    </Form>
  )
}

/** The next step between the viewer and somebody else. */
export function NextAct({ acting, user }: { acting: Acting; user: MetUser }) {
  const button = { acting, user, id: user.id }
  if (user.id === acting.viewer.userId) return null
  if (user.viewerBlocks === 1) return <ActButton {...button} act="unblock" />
  if (user.viewerFollow === 'following') return <ActButton {...button} act="unfollow" />
  if (user.viewerFollow === 'requested') return <ActButton {...button} act="unfollow" words="withdraw" />
  return <ActButton {...button} act="follow" words={user.isPrivate === 1 ? 'ask' : 'follow'} kind="primary" />
}

/** How the viewer stands to somebody, in a word. */
export function Standing({ viewer, user }: { viewer: UserPrincipal | null; user: MetUser }) {
  const t = useTexts().people.states
  const word =
    user.id === viewer?.userId
      ? t.you
      : user.viewerBlocks === 1
        ? t.blocked
        : user.viewerFollow !== null
          ? t[user.viewerFollow]
          : user.isPrivate === 1
            ? t.private
            : null
  return word === null ? null : <span class="tag plain">{word}</span>
}

export function PersonRow({ ctx, viewer, user, children }: { ctx: Ctx; viewer: UserPrincipal; user: MetUser; children: Child }) {
  return (
    <li class="person">
      <a class="who" href={profilePath(user)}>
        <Face ctx={ctx} user={user} side={48} />
        <span>
          <strong>
            <Isolated>{nameOf(user)}</Isolated>
          </strong>
          <small>
            <bdi dir="ltr">@{user.username}</bdi> <Standing viewer={viewer} user={user} />
          </small>
        </span>
      </a>
      <div class="buttons">{children}</div>
    </li>
  )
}

/** Instead of a list without rows: what it would hold, and what to do now. */
export function Empty({ title, children }: { title: Child; children: Child }) {
  return (
    <section class="panel none">
      <h2>{title}</h2>
      {children}
    </section>
  )
}
