/** `/admin/clients/client`: a client, what it may do, and what to paste into its program. */
import { type Context, Hono } from 'hono'
import { toMetadata } from '../../../core/oauth/client-columns.ts'
import { clientId } from '../../../core/oauth/client-fields.ts'
import { hasSecret } from '../../../core/oauth/client-metadata.ts'
import { getClient, mayChangeClient, type ShownClientRow } from '../../../core/oauth/client-registration.ts'
import type { ClientSource } from '../../../core/oauth/clients.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { showPage } from '../../layout.tsx'
import { Facts } from '../../table.tsx'
import { textsOf, useTexts } from '../../texts.tsx'
import { Time } from '../../time.tsx'
import { CopiedText } from '../copied-text.tsx'
import { LastUse, mayDo, State } from '../registry.tsx'
import { queryOf, wanted } from '../wanted.ts'
import { type ClientAct, pathOfAct } from './acts.tsx'
import { kindOf } from './kinds.ts'
import { CLIENT, CLIENTS, EDIT } from './paths.ts'
import { Endpoints, ReadySettings } from './settings.tsx'

export const clientPage = new Hono<AppEnv>().get(CLIENT, requires('admin:client:read'), async (c) =>
  show(c, await getClient(c.var.ctx, c.var.gate, wanted(c, 'id', clientId))),
)

async function show(c: Context, row: ShownClientRow): Promise<Response> {
  const t = await textsOf(c)
  const { clients } = t.console
  const { origin } = c.var.ctx.config
  const isOwn = row.source !== 'document'
  const mayWrite = mayDo(c, 'admin:client:write')
  const isInReach = mayWrite && mayChangeClient(c.get('viewer')?.principal.scopes ?? [], row)
  return showPage(
    c,
    { title: row.name, heading: <bdi>{row.name}</bdi>, section: CLIENTS, lead: clients.kinds[kindOf(toMetadata(row))].name },
    <>
      {mayWrite && !isOwn && <p class="aside">{clients.documentLead}</p>}
      {mayWrite && !isInReach && <p class="aside">{clients.beyondLead}</p>}
      {isInReach && <Acts row={row} />}
      <section class="panel">
        <h2>{clients.facts}</h2>
        <FactsOf row={row} />
      </section>
      <section class="panel">
        <h2>{clients.endpoints}</h2>
        <Endpoints issuer={origin} grantTypes={row.grantTypes.split(' ')} />
      </section>
      {isOwn && <ReadySettings row={row} config={c.var.ctx.config} />}
    </>,
  )
}

function Acts({ row }: { row: ShownClientRow }) {
  const { clients } = useTexts().console
  const isOwn = row.source !== 'document'
  const acts: ClientAct[] = [
    ...(isOwn && hasSecret(toMetadata(row).authMethod) ? ['rotate' as const] : []),
    row.disabledAt === null ? 'disable' : 'enable',
    'delete',
  ]
  return (
    <p class="buttons above">
      {isOwn && (
        <a class="button primary" href={EDIT + queryOf('id', row.id)}>
          {clients.edit}
        </a>
      )}
      {acts.map((act) => (
        <a class="button secondary" href={pathOfAct(act, row.id)}>
          {clients[act]}
        </a>
      ))}
    </p>
  )
}

function FactsOf({ row }: { row: ShownClientRow }) {
  const t = useTexts().console
  const { clients, registry } = t
  const metadata = toMetadata(row)
  const list = (texts: readonly string[]) =>
    texts.length === 0 ? (
      registry.none
    ) : (
      <ul>
        {texts.map((text) => (
          <li>
            <code>{text}</code>
          </li>
        ))}
      </ul>
    )
  return (
    <Facts
      facts={[
        [clients.fields.client_id, <CopiedText id="client-id" text={row.id} label={clients.fields.client_id} />],
        [clients.state, <State isOn={row.disabledAt === null} />],
        [clients.lastUsed, <LastUse at={row.lastUsedAt} />],
        [clients.created, <Time at={row.createdAt} />],
        [clients.sourceTitle, clients.source[row.source as ClientSource]],
        [clients.fields.token_endpoint_auth_method, clients.methods[metadata.authMethod]],
        [clients.fields.redirect_uris, list(metadata.redirectUris)],
        [clients.fields.scope, list(metadata.scopes)],
        ...(metadata.apiScopes.length > 0
          ? [[clients.fields.api_scopes, list(metadata.apiScopes.map(({ resource, name }) => `${resource} ${name}`))] as const]
          : []),
      ]}
    />
  )
}
