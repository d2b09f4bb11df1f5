/** `/admin/roles`: the list of roles, and `/admin/roles/role`: what one of them may do. */
import { type Context, Hono } from 'hono'
import { roleId } from '../../../core/admin/fields.ts'
import { listRolesInFull, type Role } from '../../../core/admin/roles.ts'
import { AppError } from '../../../core/errors.ts'
import { storedScopes } from '../../../core/scopes.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { number, plural } from '../../../texts/texts.ts'
import { showPage } from '../../layout.tsx'
import { Facts, Table } from '../../table.tsx'
import { textsOf } from '../../texts.tsx'
import { AddLink, mayDo } from '../registry.tsx'
import { queryOf, wanted } from '../wanted.ts'

export const ROLES = '/admin/roles'
export const ROLE = `${ROLES}/role`

export const roleList = new Hono<AppEnv>()
  .get(ROLES, requires('admin:roles:read'), async (c) => show(c, (await listRolesInFull(c.var.gate)).roles))
  .get(ROLE, requires('admin:roles:read'), async (c) => {
    const id = wanted(c, 'id', roleId)
    const { roles, principal } = await listRolesInFull(c.var.gate)
    const role = roles.find((one) => one.id === id)
    if (!role) throw new AppError('not_found')
    return showOne(c, role, principal.ranking)
  })

async function show(c: Context, roles: readonly Role[]): Promise<Response> {
  const t = await textsOf(c)
  const texts = t.console.roles
  return showPage(
    c,
    { title: t.console.sections.roles, section: ROLES, lead: texts.lead, isWide: true },
    <>
      <AddLink c={c} scope="admin:roles:write" href={`${ROLES}/new`} text={texts.new} />
      <Table
        caption={texts.caption}
        empty={texts.empty}
        rows={roles}
        columns={[
          {
            title: texts.name,
            cell: ({ id, displayName, description }) => (
              <>
                <a href={ROLE + queryOf('id', id)}>
                  <bdi>{displayName}</bdi>
                </a>
                <small class="below-name">
                  <bdi>{description}</bdi>
                </small>
              </>
            ),
          },
          { title: texts.rank, cell: ({ ranking }) => number(t, ranking), isNumber: true },
          { title: texts.scopesTitle, cell: ({ scopes }) => plural(t, texts.scopes, storedScopes(scopes).length) },
          { title: texts.kind, cell: ({ system }) => (system === 1 ? texts.system : texts.own) },
        ]}
      />
    </>,
  )
}

async function showOne(c: Context, role: Role, ownRank: number): Promise<Response> {
  const t = await textsOf(c)
  const texts = t.console.roles
  const isBelow = role.ranking > ownRank
  const mayWrite = mayDo(c, 'admin:roles:write')
  return showPage(
    c,
    { title: role.displayName, heading: <bdi>{role.displayName}</bdi>, section: ROLES, lead: <bdi>{role.description}</bdi> },
    <>
      {mayWrite && role.system === 1 && <p class="aside">{texts.systemLead}</p>}
      {mayWrite && role.system === 0 && !isBelow && <p class="aside">{texts.aboveLead}</p>}
      {mayWrite && role.system === 0 && isBelow && (
        <p class="buttons above">
          <a class="button primary" href={`${ROLES}/edit${queryOf('id', role.id)}`}>
            {t.console.clients.edit}
          </a>
          <a class="button secondary" href={`${ROLES}/delete${queryOf('id', role.id)}`}>
            {t.console.clients.delete}
          </a>
        </p>
      )}
      <section class="panel">
        <Facts
          facts={[
            [texts.fields.id, <code>{role.id}</code>],
            [texts.rank, number(t, role.ranking)],
            [texts.kind, role.system === 1 ? texts.system : texts.own],
          ]}
        />
      </section>
      <section class="panel">
        <h2>{texts.scopesTitle}</h2>
        <p>{t.console.registry.includesBelow}</p>
        <ul class="rights">
          {storedScopes(role.scopes).map((scope) => (
            <li>
              <p>
                {t.scopes.names[scope]}
                <small>
                  <code>{scope}</code>
                </small>
              </p>
            </li>
          ))}
        </ul>
      </section>
    </>,
  )
}
