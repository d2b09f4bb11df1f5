/** `/admin/invite-codes`: the newest codes, or those of a search, with who owns and who has used them. */
import { type Context, Hono } from 'hono'
import { type IssuedCode, listAllInviteCodes } from '../../../core/admin/invite-codes.ts'
import { SEARCH_QUERY_LENGTH_MAX } from '../../../core/limits.ts'
import type { Listed } from '../../../core/paging.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { toHex, type UserId } from '../../../ids.ts'
import { fill } from '../../../texts/texts.ts'
import { Isolated } from '../../isolated.tsx'
import { showPage } from '../../layout.tsx'
import { type Column, FilterForm, NextPage, Table } from '../../table.tsx'
import { textsOf, useTexts } from '../../texts.tsx'
import { Day } from '../../time.tsx'
import { pathOf, positionIn } from '../people/paths.ts'
import { mayDo } from '../registry.tsx'
import { Tag } from '../tags.tsx'
import { queryOf } from '../wanted.ts'

const PATH = '/admin/invite-codes'
const SHOWN = 25

export const inviteCodeList = new Hono<AppEnv>().get(PATH, requires('admin:profile:read'), async (c) => {
  const query = (c.req.query('q') ?? '').trim().slice(0, 2 * SEARCH_QUERY_LENGTH_MAX)
  return show(c, query, await listAllInviteCodes(c.var.ctx, c.var.gate, query || null, { limit: SHOWN, before: positionIn(c) }))
})

async function show(c: Context, query: string, { records, next }: Listed<IssuedCode>): Promise<Response> {
  const { sections, inviteCodes, registry } = (await textsOf(c)).console
  return showPage(
    c,
    { title: sections.inviteCodes, section: PATH, lead: inviteCodes.lead, isWide: true },
    <>
      <FilterForm action={PATH} submit={inviteCodes.submit}>
        <div class="field whole">
          <label for="q">{inviteCodes.search}</label>
          <input id="q" name="q" type="search" dir="auto" autocapitalize="none" spellcheck={false} value={query} />
        </div>
      </FilterForm>
      <div class="invite-codes">
        <Codes c={c} rows={records} isSearch={query !== ''} />
      </div>
      <NextPage action={PATH} query={query === '' ? {} : { q: query }} after={next === null ? null : toHex(next)} text={registry.next} />
    </>,
  )
}

/** Revoking is offered where the viewer's scopes and rank allow it. */
function Codes({ c, rows, isSearch }: { c: Context; rows: readonly IssuedCode[]; isSearch: boolean }) {
  const { inviteCodes: t, registry } = useTexts().console
  const ranking = c.get('viewer')?.principal.ranking ?? 0
  const acts: Column<IssuedCode> = {
    title: registry.acts,
    cell: (row) =>
      row.usedBy === null &&
      row.revokedAt === null &&
      row.ownerRanking > ranking && (
        <span class="links inline">
          <a href={`${PATH}/revoke${queryOf('code', row.code)}`} aria-label={fill(t.revoke, { code: row.code })}>
            {t.revokeSubmit}
          </a>
        </span>
      ),
  }
  return (
    <Table
      caption={t.caption}
      empty={isSearch ? t.emptyFound : t.empty}
      rows={rows}
      columns={[
        { title: t.code, cell: ({ code }) => <code>{code}</code> },
        { title: t.owner, cell: ({ ownerId, ownerName }) => <Who id={ownerId} name={ownerName} /> },
        { title: t.state, cell: (row) => <CodeState row={row} /> },
        { title: t.usedBy, cell: ({ usedBy, usedByName }) => (usedBy === null ? null : <Who id={usedBy} name={usedByName} />) },
        { title: t.created, cell: ({ createdAt }) => <Day at={createdAt} /> },
        ...(mayDo(c, 'admin:profile:write') ? [acts] : []),
      ]}
    />
  )
}

function Who({ id, name }: { id: UserId; name: string | null }) {
  if (name === null) return <code>{toHex(id)}</code>
  return (
    <a href={pathOf(id)}>
      <Isolated>@{name}</Isolated>
    </a>
  )
}

function CodeState({ row: { usedBy, revokedAt, updatedAt } }: { row: IssuedCode }) {
  const { states } = useTexts().console.inviteCodes
  if (usedBy === null && revokedAt === null) return <Tag kind="plain">{states.unused}</Tag>
  return (
    <>
      {usedBy === null ? <Tag kind="bad">{states.revoked}</Tag> : <Tag kind="good">{states.used}</Tag>}
      <small class="below-name">
        <Day at={revokedAt ?? updatedAt} />
      </small>
    </>
  )
}
