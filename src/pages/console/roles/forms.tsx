/** `/admin/roles/new` and `/admin/roles/edit`: the form of a role. Its permissions are within those of whoever fills it in. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { ranking, roleDescription, roleId, roleName } from '../../../core/admin/fields.ts'
import { changeRole, createRole, getRoleForm } from '../../../core/admin/roles.ts'
import { AppError } from '../../../core/errors.ts'
import type { Gate } from '../../../core/gate.ts'
import { storedScopes } from '../../../core/scopes.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { fill, number } from '../../../texts/texts.ts'
import { form, formToken } from '../../form-token.ts'
import { Form, type FormState, Input, Submit, UNTOUCHED } from '../../forms.tsx'
import { showPage } from '../../layout.tsx'
import { redirectWith } from '../../notices.ts'
import { textsOf } from '../../texts.tsx'
import { SignInAgain, takeTyped, wordsOfRefusal } from '../confirm.tsx'
import { chosenScopes, ScopeChoices, scopeFields, shownScopes } from '../scope-choices.tsx'
import { wholeNumber } from '../typed-fields.ts'
import { queryOf, wanted } from '../wanted.ts'

const SECTION = '/admin/roles'
const NEW = `${SECTION}/new`
const EDIT = `${SECTION}/edit`

const fields = { displayName: roleName, ranking: wholeNumber(ranking), description: roleDescription, ...scopeFields }
const NewRoleForm = z.object({ id: roleId, ...fields })
const RoleForm = z.object(fields)

function toFields(values: z.output<typeof RoleForm>) {
  const scopes = chosenScopes(values)
  if (scopes.length === 0) throw AppError.ofFields([{ path: 'scopes', message: 'must name a scope' }])
  return { displayName: values.displayName, ranking: values.ranking, description: values.description, scopes }
}

export const roleForms = new Hono<AppEnv>()
  .get(NEW, requires('admin:roles:write'), (c) => showForm(c, c.var.gate, null, UNTOUCHED))
  .post(NEW, requires('admin:roles:write'), form('role-new', NewRoleForm), (c) =>
    takeTyped(c, c.req.valid('form'), {
      act: async ({ id, ...values }) => {
        await createRole(c.var.ctx, c.var.gate, { id, ...toFields(values) })
        return redirectWith(c, `${SECTION}/role${queryOf('id', id)}`, 'created')
      },
      again: (state) => showForm(c, c.var.gate, null, state),
    }),
  )
  .get(EDIT, requires('admin:roles:write'), (c) => showForm(c, c.var.gate, wanted(c, 'id', roleId), UNTOUCHED))
  .post(EDIT, requires('admin:roles:write'), form('role-edit', RoleForm), (c) => {
    const id = wanted(c, 'id', roleId)
    return takeTyped(c, c.req.valid('form'), {
      act: async (values) => {
        await changeRole(c.var.ctx, c.var.gate, { id, ...toFields(values) })
        return redirectWith(c, `${SECTION}/role${queryOf('id', id)}`, 'saved')
      },
      again: (state) => showForm(c, c.var.gate, id, state),
    })
  })

async function showForm(c: Context, gate: Gate, id: string | null, state: FormState): Promise<Response> {
  const { role, principal } = await getRoleForm(c.var.ctx, gate, id, state.error !== null)
  const t = await textsOf(c)
  const { roles, registry } = t.console
  const common = { labels: roles.fields, state }
  const shown = state.error ? state.typed : shownScopes(role ? storedScopes(role.scopes) : ['delegated:all'])
  const token = await formToken(c, role ? 'role-edit' : 'role-new')
  return showPage(
    c,
    {
      title: role ? roles.editTitle : roles.new,
      section: SECTION,
      ...(role && { lead: <bdi>{role.displayName}</bdi> }),
      error: state.error,
    },
    <Form action={role ? EDIT + queryOf('id', role.id) : NEW} token={token} state={wordsOfRefusal(t, state)} labels={roles.fields}>
      <SignInAgain state={state} />
      <Input name="displayName" {...common} value={role?.displayName} maxlength={128} first />
      {role === null && <Input name="id" {...common} hint={roles.idHint} code />}
      <Input
        name="ranking"
        {...common}
        value={role?.ranking.toString()}
        inputmode="numeric"
        hint={fill(roles.rankHint, { rank: number(t, principal.ranking) })}
      />
      <Input name="description" {...common} value={role?.description} hint={roles.descriptionHint} maxlength={512} />
      <fieldset id="scopes">
        <legend>{roles.fields.scopes}</legend>
        <p class="hint">{roles.scopesHint}</p>
        <ScopeChoices shown={shown} held={principal.scopes} hasIdentity={false} />
      </fieldset>
      <Submit>{role ? registry.save : roles.create}</Submit>
    </Form>,
  )
}
