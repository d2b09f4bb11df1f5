/** `/admin/clients/edit`: the same form for a client that exists. What the form does not show stays as it is. */
import { type Context, Hono } from 'hono'
import { AppError } from '../../../core/errors.ts'
import type { Gate } from '../../../core/gate.ts'
import { toApi } from '../../../core/oauth/apis.ts'
import { toMetadata } from '../../../core/oauth/client-columns.ts'
import { clientId } from '../../../core/oauth/client-fields.ts'
import { changeClient, getClientForm } from '../../../core/oauth/client-registration.ts'
import { signingAlgorithms } from '../../../core/oauth/signing-keys.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { fill } from '../../../texts/texts.ts'
import { form, formToken } from '../../form-token.ts'
import { type FormState, UNTOUCHED } from '../../forms.tsx'
import { showPage } from '../../layout.tsx'
import { redirectWith } from '../../notices.ts'
import { textsOf } from '../../texts.tsx'
import { takeTyped, wordsOfRefusal } from '../confirm.tsx'
import { showSecrets } from '../secrets.tsx'
import { queryOf, wanted } from '../wanted.ts'
import { ClientForm, toChanges, toShown } from './fields.ts'
import { ClientFormView } from './form.tsx'
import { kindOf } from './kinds.ts'
import { CLIENT, CLIENTS, EDIT } from './paths.ts'

export const editClientPages = new Hono<AppEnv>()
  .get(EDIT, requires('admin:client:write'), async (c) => showForm(c, c.var.gate, UNTOUCHED))
  .post(EDIT, requires('admin:client:write'), form('client-edit', ClientForm), (c) => {
    const id = wanted(c, 'id', clientId)
    const about = CLIENT + queryOf('id', id)
    return takeTyped(c, c.req.valid('form'), {
      act: async ({ version, ...values }) => {
        const { row, secret } = await changeClient(c.var.ctx, c.var.gate, { ...toChanges(values), id, version })
        if (secret === null) return redirectWith(c, about, 'saved')
        // Another way to prove itself, which takes a secret.
        const { clients } = (await textsOf(c)).console
        const title = fill(clients.secretOf, { name: row.name })
        return showSecrets(c, { section: CLIENTS, title, secrets: [{ label: clients.secretTitle, value: secret }], next: about })
      },
      again: (state) => showForm(c, c.var.gate, state),
    })
  })

async function showForm(c: Context, gate: Gate, state: FormState): Promise<Response> {
  const { ctx } = c.var
  const id = wanted(c, 'id', clientId)
  const { client, apis, principal } = await getClientForm(ctx, gate, id, state.error !== null)
  if (!client || client.source === 'document') throw new AppError('not_found')
  const t = await textsOf(c)
  const metadata = toMetadata(client)
  return showPage(
    c,
    { title: t.console.clients.editTitle, section: CLIENTS, lead: <bdi>{client.name}</bdi>, error: state.error },
    <ClientFormView
      action={EDIT + queryOf('id', id)}
      token={await formToken(c, 'client-edit')}
      state={wordsOfRefusal(t, state)}
      initial={toShown(metadata)}
      kind={kindOf(metadata)}
      held={principal.scopes}
      apis={apis.map(toApi)}
      algorithms={signingAlgorithms(ctx.config)}
      version={client.updatedAt}
      submit={t.console.registry.save}
    />,
  )
}
