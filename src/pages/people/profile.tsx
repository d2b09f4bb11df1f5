/**
 * `/@<user name>`: a person's public page, for everybody. It shows what the viewer may see of them; whoever does not exist for
 * the viewer gets the same answer as a name that nobody has.
 */
import { type Context, Hono } from 'hono'
import { AppError } from '../../core/errors.ts'
import { usernameToFind } from '../../core/fields.ts'
import type { OptionalGate } from '../../core/gate.ts'
import type { UserPrincipal } from '../../core/principal.ts'
import { statusOf } from '../../core/profiles/status.ts'
import { isAdmin, type Meeting, type MetUser, meetUser } from '../../core/social/visibility.ts'
import { optionalSession } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { countOfNetwork, failuresLimited } from '../../http/rate-limit.ts'
import { toHex } from '../../ids.ts'
import { fill, number, plural, type Texts } from '../../texts/texts.ts'
import { Face, nameOf, pictureUrl } from '../face.tsx'
import { Isolated } from '../isolated.tsx'
import { showPage } from '../layout.tsx'
import { Filled, textsOf, useTexts } from '../texts.tsx'
import { mayAct } from './acts.ts'
import { ActButton, type Acting, actingOn, NextAct, profilePath, Standing } from './parts.tsx'

/** Only this: the router takes a parameter for a whole segment. Some programs escape the sign. */
export const HANDLE = '/:handle{(?:@|%40)\\w+}'

export const profilePages = new Hono<AppEnv>().get(HANDLE, optionalSession({ limit: 'people' }), failuresLimited(), async (c) => {
  const username = usernameToFind.safeParse(c.req.param('handle').replace(/^@/, ''))
  if (!username.success) throw new AppError('not_found')
  const { viewer, met, back } = await meet(c, c.var.gate, username.data)
  if (!met) throw new AppError('not_found')
  return showProfile(c, viewer, met, back)
})

/** The account counts for whoever is signed in, the network for everybody else, so that nobody reads all names. */
async function meet(c: Context, gate: OptionalGate, username: string): Promise<Meeting> {
  const count = () => countOfNetwork(c, 'other', HANDLE)
  const isAnonymous = (await c.var.identify().catch(() => null)) === null
  if (isAnonymous) await count()
  const meeting = await meetUser(c.var.ctx, gate, username)
  // Whoever has made up a cookie is no less a stranger.
  if (!isAnonymous && !meeting.viewer) await count()
  return meeting
}

async function showProfile(c: Context, viewer: UserPrincipal | null, user: MetUser, back: Meeting['back']): Promise<Response> {
  const t = await textsOf(c)
  const acting = viewer && (await actingOn(c, viewer))
  const name = nameOf(user)
  return showPage(
    c,
    {
      title: name,
      heading: <ProfileHeading c={c} user={user} />,
      openGraph: { title: `${name} (@${user.username})`, ...(user.avatarKey ? { image: pictureUrl(c.var.ctx, user, 512) } : {}) },
      ...(viewer ? { section: profilePath(user) } : {}),
    },
    <div class="profile">
      <p class="standing">
        {user.pronouns && <Isolated>{user.pronouns}</Isolated>}
        <Standing viewer={viewer} user={user} />
        {back?.approvedAt && <span class="tag plain">{t.people.states.followsYou}</span>}
      </p>
      {acting && back?.approvedAt === null && <Request acting={acting} user={user} id={back.id} />}
      <About t={t} user={user} now={c.var.ctx.now()} />
      <Counts t={t} user={user} />
      <Buttons user={user} acting={acting} />
      <Closed t={t} user={user} />
    </div>,
  )
}

function ProfileHeading({ c, user }: { c: Context; user: MetUser }) {
  const t = useTexts().people.profile
  return (
    <span class="profile-heading">
      <Face ctx={c.var.ctx} user={user} side={112} />
      <span>
        <Isolated>{nameOf(user)}</Isolated>
        {user.verifiedAt !== null && (
          <span class="verified" title={t.verified}>
            <span class="unseen"> {t.verified}</span>
          </span>
        )}
        <small dir="ltr">@{user.username}</small>
      </span>
    </span>
  )
}

/** What only those who may see the account get; null for others. */
function About({ t, user, now }: { t: Texts; user: MetUser; now: number }) {
  if (user.audience === 'outsider') return null
  const { designation, organization, customLink } = user
  const work = designation && organization ? fill(t.people.profile.work, { designation, organization }) : (designation ?? organization)
  return (
    <>
      <Status t={t} user={user} now={now} />
      {user.bio && (
        <p class="bio" dir="auto">
          {user.bio}
        </p>
      )}
      {work && (
        <p class="quiet" dir="auto">
          {work}
        </p>
      )}
      {customLink?.startsWith('https://') && (
        <p class="quiet">
          <a href={customLink} rel="nofollow ugc noopener" dir="ltr">
            {customLink.replace(/^https:\/\//, '').replace(/\/$/, '')}
          </a>
        </p>
      )}
    </>
  )
}

function Status({ t, user, now }: { t: Texts; user: MetUser; now: number }) {
  const { statusMessage, availability, mood } = statusOf(user, now)
  const { availabilities, moods } = t.account.status
  const words = [availability && availabilities[availability], mood && mood !== 'none' && moods[mood]].filter(Boolean)
  if (!statusMessage && words.length === 0) return null
  return (
    <p class="status">
      {statusMessage && <Isolated>{statusMessage}</Isolated>}
      {words.map((word) => (
        <span class="tag plain">{word}</span>
      ))}
    </p>
  )
}

function Counts({ t, user }: { t: Texts; user: MetUser }) {
  const { followers, following } = t.people.profile
  return (
    <ul class="counts">
      <li>{plural(t, followers, user.followerCount)}</li>
      <li>{fill(following, { count: number(t, user.followingCount) })}</li>
    </ul>
  )
}

function Buttons({ user, acting }: { user: MetUser; acting: Acting | null }) {
  const t = useTexts().people.profile
  if (!acting) {
    return (
      <div class="buttons">
        <a class="button primary" href={`/sign-in?${new URLSearchParams({ return_to: profilePath(user) })}`}>
          {t.signIn}
        </a>
      </div>
    )
  }
  if (user.id === acting.viewer.userId) {
    return (
      <div class="buttons">
        <a class="button secondary" href="/account/profile">
          {t.edit}
        </a>
        <a class="button secondary" href="/account/picture">
          {t.editPicture}
        </a>
      </div>
    )
  }
  return (
    <>
      {!mayAct(acting.viewer, 'follow') && acting.viewer.restricted && <p class="aside">{t.restricted}</p>}
      <div class="buttons">
        <NextAct acting={acting} user={user} />
        {user.viewerBlocks === 0 && <More acting={acting} user={user} />}
        {isAdmin(acting.viewer) && (
          <a class="button secondary" href={`/admin/people/${toHex(user.id)}`}>
            {t.console}
          </a>
        )}
      </div>
    </>
  )
}

/** They ask to follow the viewer. */
function Request({ acting, user, id }: { acting: Acting; user: MetUser; id: number }) {
  const t = useTexts().people.profile
  return (
    <section class="panel request">
      <p>
        <Filled text={t.asks} with={{ name: <Isolated>{nameOf(user)}</Isolated> }} />
      </p>
      <div class="buttons">
        <ActButton acting={acting} act="accept" id={id} user={user} kind="primary" />
        <ActButton acting={acting} act="refuse" id={id} user={user} />
      </div>
    </section>
  )
}

function More({ acting, user }: { acting: Acting; user: MetUser }) {
  const t = useTexts().people.profile
  return (
    <details class="more">
      <summary class="button secondary">{t.more}</summary>
      <div>
        <p>{t.blockHint}</p>
        <ActButton acting={acting} act="block" id={user.id} user={user} kind="danger" />
      </div>
    </details>
  )
}

/** Why there is not more to see. */
function Closed({ t, user }: { t: Texts; user: MetUser }) {
  if (user.audience !== 'outsider') return null
  const { blocked, requested, private: closed } = t.people.profile
  const { title, text } = user.viewerBlocks === 1 ? blocked : user.viewerFollow === 'requested' ? requested : closed
  return (
    <section class="panel none">
      <h2>{title}</h2>
      <p>{text}</p>
    </section>
  )
}
