/** `/admin/clients`: the list of clients. */
import { type Context, Hono } from 'hono'
import { toMetadata } from '../../../core/oauth/client-columns.ts'
import { clientId } from '../../../core/oauth/client-fields.ts'
import { listClients, type ShownClientRow } from '../../../core/oauth/client-registration.ts'
import type { ClientSource } from '../../../core/oauth/clients.ts'
import type { Listed } from '../../../core/paging.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { Isolated } from '../../isolated.tsx'
import { showPage } from '../../layout.tsx'
import { NextPage, Table } from '../../table.tsx'
import { textsOf, useTexts } from '../../texts.tsx'
import { AddLink, LastUse, State } from '../registry.tsx'
import { queryOf, wanted } from '../wanted.ts'
import { kindOf } from './kinds.ts'
import { CLIENT, CLIENTS, NEW } from './paths.ts'

const SHOWN = 25

export const clientList = new Hono<AppEnv>().get(CLIENTS, requires('admin:client:read'), async (c) => {
  const after = wanted(c, 'after', clientId) || null
  return show(c, await listClients(c.var.gate, { limit: SHOWN, after }))
})

async function show(c: Context, { records, next }: Listed<ShownClientRow, string>): Promise<Response> {
  const t = await textsOf(c)
  const { clients, registry } = t.console
  return showPage(
    c,
    { title: t.console.sections.clients, section: CLIENTS, lead: clients.lead, isWide: true },
    <>
      <AddLink c={c} scope="admin:client:write" href={NEW} text={clients.new} />
      <Table
        caption={clients.caption}
        empty={clients.empty}
        rows={records}
        columns={[
          { title: clients.name, cell: (row) => <Name row={row} /> },
          { title: clients.kindTitle, cell: (row) => <Kind row={row} /> },
          { title: clients.state, cell: ({ disabledAt }) => <State isOn={disabledAt === null} /> },
          { title: clients.lastUsed, cell: ({ lastUsedAt }) => <LastUse at={lastUsedAt} /> },
        ]}
      />
      <NextPage action={CLIENTS} query={{}} after={next} text={registry.next} />
    </>,
  )
}

function Name({ row: { id, name } }: { row: ShownClientRow }) {
  return (
    <>
      <a href={CLIENT + queryOf('id', id)}>
        <Isolated>{name}</Isolated>
      </a>
      <code class="below-name" translate="no">
        {id}
      </code>
    </>
  )
}

function Kind({ row }: { row: ShownClientRow }) {
  const t = useTexts().console.clients
  return (
    <>
      {t.kindShort[kindOf(toMetadata(row))]}
      {row.source !== 'operator' && <small class="below-name">{t.source[row.source as ClientSource]}</small>}
    </>
  )
}
