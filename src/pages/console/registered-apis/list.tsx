/** `/admin/apis`: the list of the team's own APIs. */
import { type Context, Hono } from 'hono'
import { listApis } from '../../../core/oauth/api-registration.ts'
import { type Api, apiResource } from '../../../core/oauth/apis.ts'
import type { Listed } from '../../../core/paging.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { plural } from '../../../texts/texts.ts'
import { showPage } from '../../layout.tsx'
import { NextPage, Table } from '../../table.tsx'
import { textsOf } from '../../texts.tsx'
import { AddLink, mayDo, State } from '../registry.tsx'
import { queryOf, wanted } from '../wanted.ts'
import { API_ACTS } from './acts.tsx'

export const APIS = '/admin/apis'
const SHOWN = 25

export const apiList = new Hono<AppEnv>().get(APIS, requires('admin:client:read'), async (c) => {
  const after = wanted(c, 'after', apiResource) || null
  return show(c, await listApis(c.var.gate, { limit: SHOWN, after }))
})

async function show(c: Context, { records, next }: Listed<Api, string>): Promise<Response> {
  const t = await textsOf(c)
  const { apis, registry, clients } = t.console
  const mayWrite = mayDo(c, 'admin:client:write')
  const acts = (api: Api) => (
    <span class="links inline">
      <a href={`${APIS}/edit${queryOf('resource', api.resource)}`} aria-label={`${clients.edit}: ${api.name}`}>
        {clients.edit}
      </a>
      {API_ACTS.filter((act) => act !== (api.isEnabled ? 'enable' : 'disable')).map((act) => (
        <a href={`${APIS}/${act}${queryOf('resource', api.resource)}`} aria-label={`${apis[act]}: ${api.name}`}>
          {apis[act]}
        </a>
      ))}
    </span>
  )
  return showPage(
    c,
    { title: t.console.sections.apis, section: APIS, lead: apis.lead, isWide: true },
    <>
      <AddLink c={c} scope="admin:client:write" href={`${APIS}/new`} text={apis.new} />
      <Table
        caption={apis.caption}
        empty={apis.empty}
        rows={records}
        columns={[
          {
            title: apis.name,
            cell: ({ name, resource }) => (
              <>
                <bdi>{name}</bdi>
                <code class="below-name">{resource}</code>
              </>
            ),
          },
          { title: apis.scopesTitle, cell: ({ scopes }) => plural(t, apis.scopes, scopes.length) },
          { title: apis.state, cell: ({ isEnabled }) => <State isOn={isEnabled} /> },
          ...(mayWrite ? [{ title: registry.acts, cell: acts }] : []),
        ]}
      />
      <NextPage action={APIS} query={{}} after={next} text={registry.next} />
    </>,
  )
}
