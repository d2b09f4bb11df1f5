/** `/admin/machines`: the list of machine clients, with those that are revoked. */
import { type Context, Hono } from 'hono'
import { listMachineCredentials, type Machine, type MachineKind } from '../../../core/machines/machines.ts'
import type { Listed } from '../../../core/paging.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { fromHex, type MachineId, toHex } from '../../../ids.ts'
import { fill } from '../../../texts/texts.ts'
import { showPage } from '../../layout.tsx'
import { NextPage, Table } from '../../table.tsx'
import { textsOf, useTexts } from '../../texts.tsx'
import { Time } from '../../time.tsx'
import { AddLink, LastUse, mayDo } from '../registry.tsx'
import { Tag } from '../tags.tsx'
import { queryOf } from '../wanted.ts'

const PATH = '/admin/machines'
const SHOWN = 25

export const machineList = new Hono<AppEnv>().get(PATH, requires('admin:client:read'), async (c) => {
  const before = fromHex<MachineId>(c.req.query('after') ?? '')
  return show(c, await listMachineCredentials(c.var.ctx, c.var.gate, { limit: SHOWN, before }))
})

async function show(c: Context, { records, next }: Listed<Machine>): Promise<Response> {
  const t = await textsOf(c)
  const { machines, registry } = t.console
  const revoke = ({ id, name, revokedAt }: Machine) =>
    revokedAt === null && (
      <span class="links inline">
        <a href={`${PATH}/revoke${queryOf('id', toHex(id))}`} aria-label={fill(machines.revoke, { name })}>
          {machines.revokeSubmit}
        </a>
      </span>
    )
  return showPage(
    c,
    { title: t.console.sections.machines, section: PATH, lead: machines.lead, isWide: true },
    <>
      <AddLink c={c} scope="admin:client:write" href={`${PATH}/new`} text={machines.new} />
      <Table
        caption={machines.caption}
        empty={machines.empty}
        rows={records}
        columns={[
          {
            title: machines.name,
            cell: ({ name, scopes }) => (
              <>
                <bdi>{name}</bdi>
                <code class="below-name">{scopes}</code>
              </>
            ),
          },
          { title: machines.kindTitle, cell: ({ kind }) => machines.kinds[kind as MachineKind] },
          { title: machines.state, cell: (row) => <MachineState row={row} now={c.var.ctx.now()} /> },
          { title: machines.created, cell: ({ createdAt }) => <Time at={createdAt} /> },
          { title: machines.lastUsed, cell: ({ lastUsedAt }) => <LastUse at={lastUsedAt} /> },
          ...(mayDo(c, 'admin:client:write') ? [{ title: registry.acts, cell: revoke }] : []),
        ]}
      />
      <NextPage action={PATH} query={{}} after={next === null ? null : toHex(next)} text={registry.next} />
    </>,
  )
}

function MachineState({ row: { revokedAt, expiresAt }, now }: { row: Machine; now: number }) {
  const { machines } = useTexts().console
  if (revokedAt !== null) return <Tag kind="bad">{machines.revoked}</Tag>
  if (expiresAt === null) return <Tag kind="good">{machines.live}</Tag>
  return (
    <>
      <Tag kind={expiresAt > now ? 'good' : 'bad'}>{expiresAt > now ? machines.live : machines.expired}</Tag>
      <small class="below-name">
        {machines.expires} <Time at={expiresAt} />
      </small>
    </>
  )
}
