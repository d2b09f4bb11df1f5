/** `/admin/clients/new`: first what it is, then the form, and then its secret, shown once. */
import { type Context, Hono } from 'hono'
import { toApi } from '../../../core/oauth/apis.ts'
import { makeClientId } from '../../../core/oauth/client-metadata.ts'
import { createClient, defaultIdTokenAlg, getClientForm, type Registration } from '../../../core/oauth/client-registration.ts'
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
import { queryOf } from '../wanted.ts'
import { NewClientForm, toChanges, toShown } from './fields.ts'
import { ClientFormView } from './form.tsx'
import { defaultsOf, isKind, KINDS, type Kind } from './kinds.ts'
import { CLIENT, CLIENTS, NEW } from './paths.ts'
import { ReadySettings } from './settings.tsx'

/** Drawn by the form, so that it creates one client however often it is sent. */
const DRAWN = /^client-[0-9a-f]{24}$/

export const newClientPages = new Hono<AppEnv>()
  .get(NEW, requires('admin:client:write'), async (c) => {
    const kind = c.req.query('kind')
    if (isKind(kind)) return showForm(c, kind, UNTOUCHED)
    await getClientForm(c.var.ctx, c.var.gate, null)
    return showChoice(c)
  })
  .post(NEW, requires('admin:client:write'), form('client-new', NewClientForm), async (c) => {
    const kind = c.req.query('kind')
    return takeTyped(c, c.req.valid('form'), {
      act: async ({ client_id: id, ...values }) => {
        const created = await createClient(c.var.ctx, c.var.gate, { ...toChanges(values), id })
        return showCreated(c, created)
      },
      again: (state) => {
        const { client_id: id = '' } = state.typed
        if (state.error?.code === 'already_exists' && DRAWN.test(id))
          return c.var.gate().then(() => redirectWith(c, CLIENT + queryOf('id', id), 'repeated'))
        return showForm(c, isKind(kind) ? kind : 'web', state)
      },
    })
  })

async function showChoice(c: Context): Promise<Response> {
  const { clients } = (await textsOf(c)).console
  return showPage(
    c,
    { title: clients.chooseTitle, section: CLIENTS, lead: clients.chooseLead },
    <ul class="list">
      {KINDS.map((kind) => (
        <li class="go">
          <a href={`${NEW}?kind=${kind}`}>
            <span>
              <strong>{clients.kinds[kind].name}</strong>
              <small>{clients.kinds[kind].hint}</small>
            </span>
          </a>
        </li>
      ))}
    </ul>,
  )
}

async function showForm(c: Context, kind: Kind, state: FormState): Promise<Response> {
  const { ctx, gate } = c.var
  const { apis, principal } = await getClientForm(ctx, gate, null, state.error !== null)
  const t = await textsOf(c)
  const metadata = {
    ...defaultsOf(kind),
    idTokenAlg: defaultIdTokenAlg(ctx.config),
    accessTokenSeconds: ctx.config.lifetimes.accessTokenSeconds,
  }
  return showPage(
    c,
    { title: t.console.clients.newTitle, section: CLIENTS, lead: t.console.clients.kinds[kind].name, error: state.error },
    <ClientFormView
      action={`${NEW}?kind=${kind}`}
      token={await formToken(c, 'client-new')}
      state={wordsOfRefusal(t, state)}
      initial={{ ...toShown(metadata), client_id: makeClientId() }}
      kind={kind}
      held={principal.scopes}
      apis={apis.map(toApi)}
      algorithms={signingAlgorithms(ctx.config)}
      version={null}
      submit={t.console.clients.create}
    />,
  )
}

/** The client, its secret, and what to paste into the program. */
async function showCreated(c: Context, { row, secret }: Registration): Promise<Response> {
  const { clients } = (await textsOf(c)).console
  const about = CLIENT + queryOf('id', row.id)
  if (secret === null) return redirectWith(c, about, 'created')
  return showSecrets(c, {
    section: CLIENTS,
    title: fill(clients.readyTitle, { name: row.name }),
    secrets: [
      { label: clients.fields.client_id, value: row.id },
      { label: clients.secretTitle, value: secret },
    ],
    next: about,
    children: <ReadySettings row={row} config={c.var.ctx.config} />,
  })
}
