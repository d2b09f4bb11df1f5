/** `/admin/people/:id`: who somebody is, how the account stands, why they cannot sign in, and what can be done about it. */
import { type Context, Hono } from 'hono'
import type { Child } from 'hono/jsx'
import { type AdminPerson, getPerson } from '../../../core/admin/person.ts'
import { coveredBy } from '../../../core/scopes.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { toHex } from '../../../ids.ts'
import { bytes, fill, number } from '../../../texts/texts.ts'
import { nameOf, pictureUrl } from '../../face.tsx'
import { formToken } from '../../form-token.ts'
import { UNTOUCHED } from '../../forms.tsx'
import { Isolated } from '../../isolated.tsx'
import { showPage } from '../../layout.tsx'
import { Facts } from '../../table.tsx'
import { textsOf, useTexts } from '../../texts.tsx'
import { Day, Time } from '../../time.tsx'
import { ACT_GROUPS, slugOf } from './acts.ts'
import { Mark } from './list.tsx'
import { NOTE_PURPOSES, Notes } from './notes.tsx'
import { PEOPLE, PERSON, pathOf, personIn } from './paths.ts'
import { Events, InvitedList, Sessions } from './person-lists.tsx'
import { Standing } from './standing.tsx'

export const personPage = new Hono<AppEnv>().get(PERSON, requires('admin:profile:read'), (c) => showPerson(c))

export async function showPerson(c: Context, state = UNTOUCHED): Promise<Response> {
  const person = await getPerson(c.var.ctx, c.var.gate, personIn(c))
  const t = await textsOf(c)
  const { user, principal } = person
  const tokens = { add: await formToken(c, NOTE_PURPOSES.add), remove: await formToken(c, NOTE_PURPOSES.remove) }
  const now = c.var.ctx.now()
  const more = (next: number | null, rest: string) => (next === null ? null : { href: pathOf(user.id, rest), text: t.console.person.all })
  return showPage(
    c,
    { title: nameOf(user), heading: <Heading c={c} person={person} />, section: PEOPLE, isWide: true, error: state.error },
    <>
      <Standing person={person} now={now} />
      {person.isBelow ? <Acts person={person} now={now} /> : <p class="aside">{t.console.person.notBelow}</p>}
      <Profile person={person} />
      <Ways person={person} />
      <Part title={t.console.person.sessions} empty={t.console.person.none} more={more(person.sessions.next, '/sessions')}>
        {person.sessions.records.length > 0 && <Sessions userId={user.id} sessions={person.sessions.records} mayEnd={mayEnd(person)} />}
      </Part>
      <Part title={t.console.person.trail} empty={t.console.person.none} more={more(person.trail.next, '/activity')}>
        {person.trail.records.length > 0 && <Events events={person.trail.records} />}
      </Part>
      <Part title={t.console.person.invited} empty={t.console.person.none} more={more(person.invited.next, '/invitations')}>
        {person.invited.records.length > 0 && <InvitedList people={person.invited.records} />}
      </Part>
      {person.notes && (
        <Notes
          user={user}
          notes={person.notes.records}
          viewer={principal.userId}
          tokens={coveredBy(principal.scopes, 'admin:profile:write') ? tokens : null}
          state={state}
        />
      )}
    </>,
  )
}

export const mayEnd = ({ principal, isBelow }: Pick<AdminPerson, 'principal' | 'isBelow'>) =>
  isBelow && coveredBy(principal.scopes, 'admin:profile:sensitive:medium:write')

function Heading({ c, person: { user } }: { c: Context; person: AdminPerson }) {
  const { identityVerified } = useTexts().console.people
  return (
    <span class="who large">
      <img class="face" src={pictureUrl(c.var.ctx, user)} alt="" width="64" height="64" />
      <span>
        <Isolated>{nameOf(user)}</Isolated>
        {user.verifiedAt !== null && <Mark title={identityVerified} />}
        <small>
          <Isolated>@{user.username}</Isolated>
        </small>
      </span>
    </span>
  )
}

function Acts({ person: { user, principal, factors, passkeys }, now }: { person: AdminPerson; now: number }) {
  const { impersonation, person } = useTexts().console
  const { acts, groups } = person
  const hasFactor = factors.length + passkeys.length > 0
  const offered = Object.entries(ACT_GROUPS).map(([group, list]) => ({
    group: group as keyof typeof groups,
    list: list.filter(
      ({ name, scope, isOffered }) => coveredBy(principal.scopes, scope) && isOffered(user, now) && (name !== 'factors' || hasFactor),
    ),
  }))
  return (
    <div class="acts">
      {offered
        .filter(({ list }) => list.length > 0)
        .map(({ group, list }) => (
          <section>
            <h2>{groups[group]}</h2>
            <ul>
              {list.map(({ name }) => (
                <li>
                  <a class="button secondary" href={pathOf(user.id, `/${slugOf(name)}`)}>
                    {acts[name].button}
                  </a>
                </li>
              ))}
            </ul>
          </section>
        ))}
      {coveredBy(principal.scopes, 'admin:impersonate') && (
        <section>
          <h2>{impersonation.support}</h2>
          <a class="button secondary" href={pathOf(user.id, '/impersonate')}>
            {impersonation.title}
          </a>
        </section>
      )}
    </div>
  )
}

function Profile({ person: { user, usage, standing } }: { person: AdminPerson }) {
  const t = useTexts()
  const { facts, profile, files, invitedNobody } = t.console.person
  const { inviterId } = standing
  const path = `/@${user.username}`
  return (
    <section class="panel">
      <h2>{profile}</h2>
      <Facts
        facts={[
          [facts.address, <Address person={user} />],
          [facts.id, <code>{toHex(user.id)}</code>],
          [facts.role, <Isolated>{user.roleName}</Isolated>],
          [facts.created, <Time at={user.createdAt} />],
          [facts.seen, user.lastSeenAt === null ? '–' : <Time at={user.lastSeenAt} />],
          [facts.followers, <a href={path}>{number(t, user.followerCount)}</a>],
          [facts.following, <a href={path}>{number(t, user.followingCount)}</a>],
          [facts.files, fill(files, { files: number(t, usage?.files ?? 0), bytes: bytes(t, usage?.bytes ?? 0) })],
          [facts.invitedBy, inviterId === null ? invitedNobody : <a href={pathOf(inviterId)}>@{standing.inviterName}</a>],
        ]}
      />
    </section>
  )
}

function Address({ person }: { person: AdminPerson['user'] }) {
  const { addressVerified } = useTexts().console.people
  return (
    <>
      <Isolated>{person.email ?? '–'}</Isolated>
      {person.emailVerifiedAt !== null && <Mark title={addressVerified} />}
    </>
  )
}

/** What they sign in with, and which apps may use the account. */
function Ways({ person }: { person: AdminPerson }) {
  const { ways, factorChoices, none } = useTexts().console.person
  const { factors, passkeys, providers, apps } = person
  const listed = (items: readonly Child[]) =>
    items.length === 0 ? (
      none
    ) : (
      <ul>
        {items.map((item) => (
          <li>{item}</li>
        ))}
      </ul>
    )
  return (
    <section class="panel">
      <h2>{ways.title}</h2>
      <Facts
        facts={[
          [ways.password, person.hasPassword ? ways.set : none],
          [ways.factors, listed(factors.map(({ kind }) => factorChoices[kind as 'totp' | 'email']))],
          [ways.codes, String(person.recoveryCodes)],
          [ways.passkeys, listed(passkeys.map(({ name, createdAt }) => named(name, createdAt)))],
          [ways.providers, listed(providers.map(({ name, label }) => <Isolated>{label === null ? name : `${name}: ${label}`}</Isolated>))],
          [ways.apps, listed(apps.map(({ name, lastUsedAt }) => named(name, lastUsedAt)))],
        ]}
      />
    </section>
  )
}

const named = (name: string, at: number | null) => (
  <>
    <Isolated>{name}</Isolated>{' '}
    {at !== null && (
      <small>
        <Day at={at} />
      </small>
    )}
  </>
)

interface PartProps {
  readonly title: string
  readonly empty: string
  readonly more: { readonly href: string; readonly text: string } | null
  readonly children: Child
}

function Part({ title, empty, more, children }: PartProps) {
  return (
    <section class="part">
      <h2>{title}</h2>
      {children || <p class="empty">{empty}</p>}
      {more && (
        <p class="links">
          <a href={more.href}>
            {more.text}
            <span class="unseen">: {title}</span>
          </a>
        </p>
      )}
    </section>
  )
}
