/** `/admin/people`: everybody, by search and filters; what is chosen here leads on to the acts on several at once. */
import { type Context, Hono } from 'hono'
import { roleId } from '../../../core/admin/fields.ts'
import { EVERYBODY, listPeople, type UserQuery } from '../../../core/admin/users.ts'
import type { Ctx } from '../../../core/ctx.ts'
import { SEARCH_QUERY_LENGTH_MAX } from '../../../core/limits.ts'
import type { Listed } from '../../../core/paging.ts'
import { coveredBy } from '../../../core/scopes.ts'
import type { SeenUser } from '../../../core/social/visibility.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { toHex } from '../../../ids.ts'
import type { Texts } from '../../../texts/texts.ts'
import { Face, nameOf } from '../../face.tsx'
import { Address, Isolated } from '../../isolated.tsx'
import { showPage } from '../../layout.tsx'
import { type Column, FilterForm, NextPage, Table } from '../../table.tsx'
import { textsOf, useTexts } from '../../texts.tsx'
import { Day } from '../../time.tsx'
import { BULK_ACTS } from './bulk-acts.ts'
import { PEOPLE, pathOf, positionIn } from './paths.ts'
import { States } from './words.tsx'

const SHOWN = 25
const DAY_MS = 86_400_000
const DAY = /^\d{4}-\d\d-\d\d$/

/** The filters in the address, as typed. A wrong one counts as none. */
const FIELDS = ['q', 'role', 'state', 'verified', 'from', 'to'] as const
type Typed = Readonly<Partial<Record<(typeof FIELDS)[number], string>>>

function typedIn(c: Context): Typed {
  const pairs = FIELDS.map((name) => [name, (c.req.query(name) ?? '').trim().slice(0, 2 * SEARCH_QUERY_LENGTH_MAX)])
  return Object.fromEntries(pairs.filter(([, value]) => value !== ''))
}

const STATES: Readonly<Record<string, Partial<UserQuery>>> = {
  active: { banned: false, restricted: false, unverified: false, deleted: false },
  banned: { banned: true },
  restricted: { restricted: true },
  unverified: { unverified: true, deleted: false },
  deleted: { deleted: true },
}

function queryOf(typed: Typed): UserQuery {
  const dayOf = (text = '') => (DAY.test(text) && !Number.isNaN(Date.parse(text)) ? Date.parse(text) : null)
  const to = dayOf(typed.to)
  return {
    ...EVERYBODY,
    ...(Object.hasOwn(STATES, typed.state ?? '') ? STATES[typed.state ?? ''] : {}),
    query: typed.q ?? null,
    role: roleId.safeParse(typed.role).data ?? null,
    verified: typed.verified === 'yes' ? true : typed.verified === 'no' ? false : null,
    from: dayOf(typed.from),
    // The whole of the last day.
    to: to === null ? null : to + DAY_MS,
  }
}

export const peopleList = new Hono<AppEnv>().get(PEOPLE, requires('admin:profile:read'), async (c) => {
  const typed = typedIn(c)
  const { people, roles, principal } = await listPeople(c.var.ctx, c.var.gate, queryOf(typed), { limit: SHOWN, before: positionIn(c) })
  const t = await textsOf(c)
  const acts = BULK_ACTS.filter(({ scope }) => coveredBy(principal.scopes, scope))
  return showPage(
    c,
    { title: t.console.people.title, lead: t.console.people.lead, section: PEOPLE, isWide: true },
    <>
      <Filters typed={typed} roles={roles} />
      <List ctx={c.var.ctx} people={people} roles={roles} typed={typed} acts={acts.map(({ name }) => name)} />
    </>,
  )
})

type Roles = readonly { id: string; displayName: string }[]

function Filters({ typed, roles }: { typed: Typed; roles: Roles }) {
  const { filters, states, title, verifiedChoices } = useTexts().console.people
  const named = roles.map(({ id, displayName }) => [id, displayName] as const)
  return (
    <FilterForm action={PEOPLE} submit={filters.submit}>
      <div class="field whole">
        <label for="q">{filters.q}</label>
        <input
          id="q"
          name="q"
          type="search"
          dir="auto"
          autocapitalize="none"
          spellcheck={false}
          value={typed.q}
          aria-label={`${title}: ${filters.q}`}
        />
      </div>
      <Choice name="role" label={filters.role} value={typed.role} any={filters.any} choices={named} />
      <Choice name="state" label={filters.state} value={typed.state} any={filters.any} choices={Object.entries(states)} />
      <Choice name="verified" label={filters.verified} value={typed.verified} any={filters.any} choices={Object.entries(verifiedChoices)} />
      {(['from', 'to'] as const).map((name) => (
        <div class="field">
          <label for={name}>{filters[name]}</label>
          <input id={name} name={name} type="date" value={typed[name]} />
        </div>
      ))}
    </FilterForm>
  )
}

function Choice(props: {
  name: string
  label: string
  value: string | undefined
  any: string
  choices: readonly (readonly [value: string, label: string])[]
}) {
  return (
    <div class="field">
      <label for={props.name}>{props.label}</label>
      <select id={props.name} name={props.name}>
        <option value="">{props.any}</option>
        {props.choices.map(([value, label]) => (
          <option value={value} selected={value === props.value}>
            {label}
          </option>
        ))}
      </select>
    </div>
  )
}

interface ListProps {
  readonly ctx: Ctx
  readonly people: Listed<SeenUser>
  readonly roles: Roles
  readonly typed: Typed
  readonly acts: readonly (keyof Texts['console']['people']['bulk']['acts'])[]
}

/** With its buttons it is a form that asks for the page of the act: nothing is done here. */
function List({ ctx, people: { records, next }, roles, typed, acts }: ListProps) {
  const t = useTexts()
  const { empty, emptySoFar, bulk, more, title } = t.console.people
  const mayChoose = acts.length > 0 && records.length > 0
  const after = next === null ? null : toHex(next)
  const table = (
    <div class="people">
      <Table caption={title} rows={records} empty={next === null ? empty : emptySoFar} columns={columnsOf(t, ctx, roles, mayChoose)} />
    </div>
  )
  return (
    <>
      {mayChoose ? (
        <form method="get" action={`${PEOPLE}/several/${acts[0]}`} class="chosen">
          {table}
          <fieldset class="buttons">
            <legend>{bulk.legend}</legend>
            {acts.map((name) => (
              <button type="submit" class="secondary" formaction={`${PEOPLE}/several/${name}`}>
                {bulk.acts[name].button}
              </button>
            ))}
          </fieldset>
        </form>
      ) : (
        table
      )}
      <NextPage action={PEOPLE} query={typed as Record<string, string>} after={after} text={more} />
    </>
  )
}

function columnsOf(t: Texts, ctx: Ctx, roles: Roles, mayChoose: boolean): readonly Column<SeenUser>[] {
  const { columns, addressVerified, identityVerified, choose } = t.console.people
  return [
    {
      title: columns.name,
      cell: (user) => (
        <div class="who">
          {mayChoose && (
            <label class="tick">
              <input type="checkbox" name="person" value={toHex(user.id)} />
              <span class="unseen">{choose.replace('{name}', user.username)}</span>
            </label>
          )}
          <Face ctx={ctx} user={user} />
          <a href={pathOf(user.id)}>
            <Isolated>{nameOf(user)}</Isolated>
            {user.verifiedAt !== null && <Mark title={identityVerified} />}
            <small>
              <Isolated>@{user.username}</Isolated>
            </small>
          </a>
        </div>
      ),
    },
    {
      title: columns.address,
      cell: (user) => (
        <>
          {user.email === null ? '–' : <Address>{user.email}</Address>}
          {user.emailVerifiedAt !== null && <Mark title={addressVerified} />}
        </>
      ),
    },
    { title: columns.role, cell: (user) => roles.find(({ id }) => id === user.role)?.displayName ?? user.role },
    { title: columns.state, cell: (user) => <States user={user} now={ctx.now()} /> },
    { title: columns.created, cell: (user) => <Day at={user.createdAt ?? 0} /> },
    { title: columns.seen, cell: (user) => (user.lastSeenAt === null ? '–' : <Day at={user.lastSeenAt} />) },
  ]
}

export function Mark({ title }: { title: string }) {
  return (
    <span class="checked" role="img" aria-label={title} title={title}>
      ✓
    </span>
  )
}
