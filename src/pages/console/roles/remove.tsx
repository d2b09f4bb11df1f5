/** `/admin/roles/delete`: asks once. A role that somebody has stays. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { roleId } from '../../../core/admin/fields.ts'
import { getRoleForm, removeRole } from '../../../core/admin/roles.ts'
import type { Gate } from '../../../core/gate.ts'
import { coveredBy } from '../../../core/scopes.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { fill } from '../../../texts/texts.ts'
import { form } from '../../form-token.ts'
import { type FormState, UNTOUCHED } from '../../forms.tsx'
import { redirectWith } from '../../notices.ts'
import { Filled, textsOf } from '../../texts.tsx'
import { showConfirmation, takeConfirmed } from '../confirm.tsx'
import { queryOf, wanted } from '../wanted.ts'

const SECTION = '/admin/roles'
const PATH = `${SECTION}/delete`

export const roleRemoval = new Hono<AppEnv>()
  .get(PATH, requires('admin:roles:write'), (c) => ask(c, c.var.gate, UNTOUCHED))
  .post(PATH, requires('admin:roles:write'), form('role-delete', z.object({})), (c) =>
    takeConfirmed(c, c.req.valid('form'), {
      mends: 'role_in_use',
      act: async () => {
        await removeRole(c.var.ctx, c.var.gate, wanted(c, 'id', roleId))
        return redirectWith(c, SECTION, 'removed')
      },
      again: (state) => ask(c, c.var.gate, state),
    }),
  )

async function ask(c: Context, gate: Gate, state: FormState): Promise<Response> {
  const { role, users, principal } = await getRoleForm(c.var.ctx, gate, wanted(c, 'id', roleId))
  const { roles } = (await textsOf(c)).console
  const names = new Intl.ListFormat((await textsOf(c)).locale).format(users)
  const inUse = coveredBy(principal.scopes, 'admin:profile:read') && users.length > 0 ? fill(roles.inUse, { names }) : roles.inUseBrief
  const name = (
    <strong>
      <bdi>{role?.displayName}</bdi>
    </strong>
  )
  return showConfirmation(c, {
    section: SECTION,
    title: roles.deleteTitle,
    lead: users.length > 0 && !state.error ? inUse : <Filled text={roles.deleteLead} with={{ name }} />,
    action: PATH + queryOf('id', role?.id ?? ''),
    purpose: 'role-delete',
    submit: roles.delete,
    back: `${SECTION}/role${queryOf('id', role?.id ?? '')}`,
    isDangerous: true,
    state: { ...state, words: { role_in_use: inUse } },
  })
}
