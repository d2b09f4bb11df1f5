/** What can be done with an endpoint beside editing it; each asks once. A new secret is shown in the reply to its form. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import type { Gate } from '../../../core/gate.ts'
import { replayFailed } from '../../../core/webhooks/deliveries.ts'
import { rotationHours } from '../../../core/webhooks/endpoint-plans.ts'
import { changeEndpoint, deleteEndpoint, getEndpointForm, readEndpoint, rotateSecret, sendTest } from '../../../core/webhooks/endpoints.ts'
import { ROTATION_HOURS_DEFAULT } from '../../../core/webhooks/limits.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import type { WebhookEndpointId } from '../../../ids.ts'
import { fill } from '../../../texts/texts.ts'
import { form } from '../../form-token.ts'
import { type FormState, Input, UNTOUCHED } from '../../forms.tsx'
import { redirectWith } from '../../notices.ts'
import { Filled, textsOf } from '../../texts.tsx'
import { wholeVersion } from '../clients/fields.ts'
import { showConfirmation, takeConfirmed } from '../confirm.tsx'
import { showSecrets } from '../secrets.tsx'
import { wholeNumber } from '../typed-fields.ts'
import { about, WEBHOOKS, wantedEndpoint } from './paths.ts'
import { nameOf } from './words.tsx'

const ACTS = { test: 'primary', retry: 'primary', rotate: 'danger', disable: 'danger', enable: 'primary', delete: 'danger' } as const
export type WebhookAct = keyof typeof ACTS

const ActForm = z.object({ version: wholeVersion(), hours: wholeNumber(rotationHours).optional() })
type Values = z.output<typeof ActForm>

const WORK: Readonly<Record<WebhookAct, (c: Context, gate: Gate, id: WebhookEndpointId, values: Values) => Promise<Response>>> = {
  test: async (c, gate, id) => {
    await sendTest(c.var.ctx, gate, id)
    return redirectWith(c, about(id), 'webhook_tested')
  },
  retry: async (c, gate, id) => {
    const count = await replayFailed(c.var.ctx, gate, { endpointId: id, since: 0 })
    return redirectWith(c, about(id), count === 0 ? 'deliveries_none_retried' : 'deliveries_retried')
  },
  rotate: async (c, gate, id, { version, hours = ROTATION_HOURS_DEFAULT }) => {
    const { endpoint, secret } = await rotateSecret(c.var.ctx, gate, id, hours, version)
    const t = await textsOf(c)
    const { clients, webhooks } = t.console
    const title = fill(clients.secretOf, { name: nameOf(t, endpoint) })
    return showSecrets(c, { section: WEBHOOKS, title, secrets: [{ label: webhooks.secret, value: secret }], next: about(id) })
  },
  disable: async (c, gate, id, { version }) => {
    await changeEndpoint(c.var.ctx, gate, id, { isDisabled: true }, version)
    return redirectWith(c, about(id), 'saved')
  },
  enable: async (c, gate, id, { version }) => {
    await changeEndpoint(c.var.ctx, gate, id, { isDisabled: false }, version)
    return redirectWith(c, about(id), 'saved')
  },
  delete: async (c, gate, id) => {
    await deleteEndpoint(c.var.ctx, gate, id)
    return redirectWith(c, WEBHOOKS, 'removed')
  },
}

export const pathOfAct = (act: WebhookAct, id: WebhookEndpointId) => about(id, `${WEBHOOKS}/${act}`)

export const webhookActs = new Hono<AppEnv>()
for (const act of Object.keys(ACTS) as WebhookAct[]) {
  const path = `${WEBHOOKS}/${act}`
  webhookActs
    .get(path, requires('admin:webhook:write'), (c) => ask(c, c.var.gate, act, UNTOUCHED))
    .post(path, requires('admin:webhook:write'), form(`webhook-${act}`, ActForm), (c) =>
      takeConfirmed(c, c.req.valid('form'), {
        mends: 'precondition_failed',
        act: (values) => WORK[act](c, c.var.gate, wantedEndpoint(c), values),
        again: async (state) => {
          if (state.error?.code !== 'precondition_failed') return ask(c, c.var.gate, act, state)
          return redirectWith(c, about(wantedEndpoint(c)), 'outdated')
        },
      }),
    )
}

/** What begins to send data, or makes a secret, takes a fresh sign-in. */
const takesFresh = (act: WebhookAct) => act === 'rotate' || act === 'enable'

async function ask(c: Context, gate: Gate, act: WebhookAct, state: FormState): Promise<Response> {
  const id = wantedEndpoint(c)
  const endpoint = takesFresh(act) ? await getEndpointForm(c.var.ctx, gate, id) : await readEndpoint(c.var.ctx, gate, id)
  const t = await textsOf(c)
  const { webhooks } = t.console
  const labels = webhooks.fields
  const name = <strong>{endpoint && <bdi>{nameOf(t, endpoint)}</bdi>}</strong>
  return showConfirmation(c, {
    section: WEBHOOKS,
    title: webhooks[`${act}Title`],
    lead: <Filled text={webhooks[`${act}Lead`]} with={{ name }} />,
    action: pathOfAct(act, id),
    purpose: `webhook-${act}`,
    submit: webhooks[act],
    back: about(id),
    isDangerous: ACTS[act] === 'danger',
    state,
    labels,
    children: (
      <>
        <input type="hidden" name="version" value={endpoint?.updatedAt} />
        {act === 'rotate' && (
          <Input
            name="hours"
            labels={labels}
            state={state}
            value={`${ROTATION_HOURS_DEFAULT}`}
            inputmode="numeric"
            hint={webhooks.hints.hours}
          />
        )}
      </>
    ),
  })
}
