/** `/people`: finds people by name; `/people/suggestions`: whom the people followed follow. */
import { type Context, Hono } from 'hono'
import type { Gate } from '../../core/gate.ts'
import { SEARCH_QUERY_LENGTH_MAX, SEARCH_RESULTS_MAX } from '../../core/limits.ts'
import { searchForUsers } from '../../core/profiles/search.ts'
import { listSuggestedUsers } from '../../core/social/lists.ts'
import type { MetUser } from '../../core/social/visibility.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { fill, number, type Texts } from '../../texts/texts.ts'
import { Isolated } from '../isolated.tsx'
import { showPage } from '../layout.tsx'
import { Filled, textsOf } from '../texts.tsx'
import { PEOPLE } from './acts.ts'
import { actingOn, Empty, NextAct, PersonRow } from './parts.tsx'

const SUGGESTIONS = `${PEOPLE}/suggestions`

export const searchPages = new Hono<AppEnv>()
  .get(PEOPLE, requires('delegated:profile:search', { limit: 'search' }), async (c) => {
    const query = typedQuery(c.req.query('q'))
    const found = await find(c, c.var.gate, query)
    const t = await textsOf(c)
    return showPage(
      c,
      { title: t.people.search.title, section: PEOPLE },
      <>
        <SearchForm t={t} query={query} />
        {found === null || found.length === 0 ? <Nobody t={t} query={query} /> : await rowsOf(c, found)}
        {found?.length === SEARCH_RESULTS_MAX && (
          <p class="aside">{fill(t.people.search.more, { count: number(t, SEARCH_RESULTS_MAX) })}</p>
        )}
      </>,
    )
  })
  .get(SUGGESTIONS, requires('delegated:social:follow:read', { limit: 'people' }), async (c) => {
    const users = await listSuggestedUsers(c.var.ctx, c.var.gate)
    const t = await textsOf(c)
    const { title, lead, none } = t.people.suggestions
    return showPage(
      c,
      { title, lead, section: SUGGESTIONS },
      users.length > 0 ? (
        await rowsOf(c, users)
      ) : (
        <Empty title={none.title}>
          <p>{none.text}</p>
          <p class="links">
            <a href={PEOPLE}>{t.people.links.find}</a>
          </p>
        </Empty>
      ),
    )
  })

/** As people paste it: with the sign before a user name. What is longer than any name is compared by its beginning. */
function typedQuery(text = ''): string {
  return [...text.trim().replace(/^@/, '')].slice(0, SEARCH_QUERY_LENGTH_MAX).join('')
}

/** Null without a query, which counts nothing. */
async function find(c: Context, gate: Gate, query: string): Promise<MetUser[] | null> {
  if (query !== '') return searchForUsers(c.var.ctx, gate, { query, limit: SEARCH_RESULTS_MAX })
  await gate(undefined, () => 0)
  return null
}

function SearchForm({ t, query }: { t: Texts; query: string }) {
  return (
    <form method="get" action={PEOPLE} class="search">
      <div class="field">
        <label for="q">{t.people.search.label}</label>
        <input id="q" name="q" type="search" value={query} dir="auto" maxlength={SEARCH_QUERY_LENGTH_MAX} autocomplete="off" required />
      </div>
      <button type="submit" class="primary">
        {t.people.search.submit}
      </button>
    </form>
  )
}

function Nobody({ t, query }: { t: Texts; query: string }) {
  const { start, none } = t.people.search
  return (
    <Empty title={query === '' ? start.title : none.title}>
      <p>{query === '' ? start.text : <Filled text={none.text} with={{ query: <Isolated>{query}</Isolated> }} />}</p>
      <p class="links">
        <a href={SUGGESTIONS}>{t.people.links.suggestions}</a>
      </p>
    </Empty>
  )
}

async function rowsOf(c: Context, users: readonly MetUser[]) {
  const viewer = c.get('viewer')?.principal
  if (!viewer) return null
  const acting = await actingOn(c, viewer)
  return (
    <ul class="list">
      {users.map((user) => (
        <PersonRow ctx={c.var.ctx} viewer={viewer} user={user}>
          <NextAct acting={acting} user={user} />
        </PersonRow>
      ))}
    </ul>
  )
}
