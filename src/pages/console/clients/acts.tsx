/** What can be done with a client beside editing it; each asks once. A new secret is shown in the reply to its form. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import type { Gate } from '../../../core/gate.ts'
import { clientId } from '../../../core/oauth/client-fields.ts'
import { changeClient, deleteClient, getClientForm, getPowerOverClient } from '../../../core/oauth/client-registration.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { fill } from '../../../texts/texts.ts'
import { form } from '../../form-token.ts'
import { type FormState, UNTOUCHED } from '../../forms.tsx'
import { redirectWith } from '../../notices.ts'
import { Filled, textsOf } from '../../texts.tsx'
import { showConfirmation, takeConfirmed } from '../confirm.tsx'
import { showSecrets } from '../secrets.tsx'
import { queryOf, wanted } from '../wanted.ts'
import { wholeVersion } from './fields.ts'
import { CLIENT, CLIENTS } from './paths.ts'

/** Those that stop a leak need no fresh sign-in. */
const ACTS = { rotate: 'danger', disable: 'danger', enable: 'primary', delete: 'danger' } as const
export type ClientAct = keyof typeof ACTS

const ActForm = z.object({ version: wholeVersion() })
type Work = (c: Context, gate: Gate, id: string, version: number) => Promise<Response>

const about = (id: string) => CLIENT + queryOf('id', id)

const WORK: Readonly<Record<ClientAct, Work>> = {
  rotate: async (c, gate, id, version) => {
    const { row, secret } = await changeClient(c.var.ctx, gate, { id, version, rotateSecret: true })
    const { clients } = (await textsOf(c)).console
    const secrets = secret === null ? [] : [{ label: clients.secretTitle, value: secret }]
    return showSecrets(c, { section: CLIENTS, title: fill(clients.secretOf, { name: row.name }), secrets, next: about(id) })
  },
  disable: async (c, gate, id, version) => {
    await changeClient(c.var.ctx, gate, { id, version, disabled: true })
    return redirectWith(c, about(id), 'saved')
  },
  enable: async (c, gate, id, version) => {
    await changeClient(c.var.ctx, gate, { id, version, disabled: false })
    return redirectWith(c, about(id), 'saved')
  },
  delete: async (c, gate, id) => {
    await deleteClient(c.var.ctx, gate, id)
    return redirectWith(c, CLIENTS, 'removed')
  },
}

export const pathOfAct = (act: ClientAct, id: string) => `${CLIENTS}/${act}${queryOf('id', id)}`

export const clientActs = new Hono<AppEnv>()
for (const act of Object.keys(ACTS) as ClientAct[]) {
  const path = `${CLIENTS}/${act}`
  clientActs
    .get(path, requires('admin:client:write'), (c) => ask(c, c.var.gate, act, UNTOUCHED))
    .post(path, requires('admin:client:write'), form(`client-${act}`, ActForm), (c) => {
      const id = wanted(c, 'id', clientId)
      return takeConfirmed(c, c.req.valid('form'), {
        mends: 'precondition_failed',
        act: ({ version }) => WORK[act](c, c.var.gate, id, version),
        again: async (state) => {
          if (state.error?.code !== 'precondition_failed') return ask(c, c.var.gate, act, state)
          return redirectWith(c, about(id), 'outdated')
        },
      })
    })
}

async function ask(c: Context, gate: Gate, act: ClientAct, state: FormState): Promise<Response> {
  const id = wanted(c, 'id', clientId)
  const isAtOnce = act === 'disable' || act === 'delete'
  const client = isAtOnce ? await getPowerOverClient(gate, id) : (await getClientForm(c.var.ctx, gate, id)).client
  const { clients } = (await textsOf(c)).console
  const name = (
    <strong>
      <bdi>{client?.name}</bdi>
    </strong>
  )
  return showConfirmation(c, {
    section: CLIENTS,
    title: clients[`${act}Title`],
    lead: <Filled text={clients[`${act}Lead`]} with={{ name }} />,
    action: pathOfAct(act, id),
    purpose: `client-${act}`,
    submit: clients[act],
    back: about(id),
    isDangerous: ACTS[act] === 'danger',
    state,
    children: <input type="hidden" name="version" value={client?.updatedAt} />,
  })
}
