/** `/admin/webhooks/replay`: sends one event again. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import type { Gate } from '../../../core/gate.ts'
import { readDelivery, replayDelivery } from '../../../core/webhooks/deliveries.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { type DeliveryId, fromHex, NO_ID, toHex } from '../../../ids.ts'
import { form } from '../../form-token.ts'
import { type FormState, UNTOUCHED } from '../../forms.tsx'
import { redirectWith } from '../../notices.ts'
import { Filled, textsOf } from '../../texts.tsx'
import { showConfirmation, takeConfirmed } from '../confirm.tsx'
import { queryOf } from '../wanted.ts'
import { about, WEBHOOKS } from './paths.ts'
import { typeName } from './words.tsx'

export const REPLAY = `${WEBHOOKS}/replay`

const wantedDelivery = (c: Context) => fromHex<DeliveryId>(c.req.query('id') ?? '') ?? (NO_ID as DeliveryId)

export const replayPages = new Hono<AppEnv>()
  .get(REPLAY, requires('admin:webhook:write'), (c) => ask(c, c.var.gate, UNTOUCHED))
  .post(REPLAY, requires('admin:webhook:write'), form('webhook-replay', z.object({})), (c) =>
    takeConfirmed(c, c.req.valid('form'), {
      act: async () => {
        const { endpointId } = await replayDelivery(c.var.ctx, c.var.gate, wantedDelivery(c))
        return redirectWith(c, about(endpointId), 'deliveries_retried')
      },
      again: (state) => ask(c, c.var.gate, state),
    }),
  )

async function ask(c: Context, gate: Gate, state: FormState): Promise<Response> {
  const { id, endpointId, type, messageId } = await readDelivery(c.var.ctx, gate, wantedDelivery(c))
  const t = await textsOf(c)
  const { webhooks } = t.console
  return showConfirmation(c, {
    section: WEBHOOKS,
    title: webhooks.replayTitle,
    lead: <Filled text={webhooks.replayLead} with={{ event: <strong>{typeName(t, type)}</strong>, id: <code>{messageId}</code> }} />,
    action: REPLAY + queryOf('id', toHex(id)),
    purpose: 'webhook-replay',
    submit: webhooks.replay,
    back: about(endpointId),
    state,
  })
}
