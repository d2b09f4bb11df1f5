/** `/admin/machines/revoke`: asks once. A leaked key must not wait for a fresh sign-in. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import type { Gate } from '../../../core/gate.ts'
import { getMachineCredential, revokeMachineCredential } from '../../../core/machines/machines.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { fromHex, type MachineId, NO_ID, toHex } from '../../../ids.ts'
import { form } from '../../form-token.ts'
import { type FormState, UNTOUCHED } from '../../forms.tsx'
import { redirectWith } from '../../notices.ts'
import { Filled, textsOf } from '../../texts.tsx'
import { showConfirmation, takeConfirmed } from '../confirm.tsx'
import { queryOf } from '../wanted.ts'

const SECTION = '/admin/machines'
const PATH = `${SECTION}/revoke`

const wantedMachine = (c: Context) => fromHex<MachineId>(c.req.query('id') ?? '') ?? (NO_ID as MachineId)

export const machineRevocation = new Hono<AppEnv>()
  .get(PATH, requires('admin:client:write'), (c) => ask(c, c.var.gate, UNTOUCHED))
  .post(PATH, requires('admin:client:write'), form('machine-revoke', z.object({})), (c) =>
    takeConfirmed(c, c.req.valid('form'), {
      act: async () => {
        await revokeMachineCredential(c.var.ctx, c.var.gate, wantedMachine(c))
        return redirectWith(c, SECTION, 'saved')
      },
      again: (state) => ask(c, c.var.gate, state),
    }),
  )

async function ask(c: Context, gate: Gate, state: FormState): Promise<Response> {
  const { id, name } = await getMachineCredential(gate, wantedMachine(c))
  const { machines } = (await textsOf(c)).console
  const named = (
    <strong>
      <bdi>{name}</bdi>
    </strong>
  )
  return showConfirmation(c, {
    section: SECTION,
    title: machines.revokeTitle,
    lead: <Filled text={machines.revokeLead} with={{ name: named }} />,
    action: PATH + queryOf('id', toHex(id)),
    purpose: 'machine-revoke',
    submit: machines.revokeSubmit,
    back: SECTION,
    isDangerous: true,
    state,
  })
}
