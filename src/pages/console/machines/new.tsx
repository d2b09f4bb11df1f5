/** `/admin/machines/new`: the form of a machine client, and then its secret, shown once. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import type { Gate } from '../../../core/gate.ts'
import { expiryProblem, machineKind, machineName, machineScope } from '../../../core/machines/machine-rules.ts'
import { createMachine, MACHINE_KINDS, type MadeMachine, openMachineForm } from '../../../core/machines/machines.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { fromHex, type MachineId, toHex } from '../../../ids.ts'
import { fill } from '../../../texts/texts.ts'
import { form, formToken } from '../../form-token.ts'
import { Form, type FormState, Input, Submit, UNTOUCHED } from '../../forms.tsx'
import { showPage } from '../../layout.tsx'
import { redirectWith } from '../../notices.ts'
import { textsOf } from '../../texts.tsx'
import { SignInAgain, takeTyped, wordsOfRefusal } from '../confirm.tsx'
import { showSecrets } from '../secrets.tsx'
import { optional } from '../typed-fields.ts'

const SECTION = '/admin/machines'
const PATH = `${SECTION}/new`

/** A day, until its end. */
const lastDay = z.iso
  .date('must be a date')
  .transform((day) => Date.parse(`${day}T23:59:59.999Z`))
  .superRefine((time, refine) => {
    const message = expiryProblem(time, Date.now())
    if (message !== null) refine.addIssue({ code: 'custom', message })
  })

const MachineForm = z.object({
  /** Drawn by the form, so that it creates one however often it is sent. */
  id: z
    .string()
    .regex(/^[0-9a-f]{24}$/, 'is wrong')
    .transform((text) => fromHex<MachineId>(text) as MachineId),
  kind: machineKind,
  name: machineName,
  scope: optional(machineScope),
  expiresAt: optional(lastDay),
})

export const newMachinePages = new Hono<AppEnv>()
  .get(PATH, requires('admin:client:write'), (c) => showForm(c, c.var.gate, UNTOUCHED))
  .post(PATH, requires('admin:client:write'), form('machine-new', MachineForm), (c) =>
    takeTyped(c, c.req.valid('form'), {
      act: async ({ scope, ...values }) =>
        showMade(c, await createMachine(c.var.ctx, c.var.gate, { ...values, scopes: scope ?? undefined })),
      again: async (state) => {
        // A name that is taken is told at its field.
        if (state.error?.code !== 'already_exists' || state.error.fields.length > 0) return showForm(c, c.var.gate, state)
        return redirectWith(c, SECTION, 'repeated')
      },
    }),
  )

async function showForm(c: Context, gate: Gate, state: FormState): Promise<Response> {
  await openMachineForm(c.var.ctx, gate, state.error !== null)
  const t = await textsOf(c)
  const { machines } = t.console
  const common = { labels: machines.fields, state }
  const kind = state.typed.kind ?? 'api_key'
  return showPage(
    c,
    { title: machines.newTitle, section: SECTION, error: state.error },
    <Form action={PATH} token={await formToken(c, 'machine-new')} state={wordsOfRefusal(t, state)} labels={machines.fields}>
      <SignInAgain state={state} />
      <input
        type="hidden"
        name="id"
        value={state.error?.fields.some(({ path }) => path === 'id') ? newId(c) : (state.typed.id ?? newId(c))}
      />
      <fieldset id="kind">
        <legend>{machines.fields.kind}</legend>
        <div class="choices">
          {MACHINE_KINDS.map((one) => (
            <label class="choice">
              <input type="radio" name="kind" value={one} checked={one === kind} />
              <span>{machines.kinds[one]}</span>
              <small>{machines.kindHints[one]}</small>
            </label>
          ))}
        </div>
      </fieldset>
      <Input name="name" {...common} hint={machines.hints.name} maxlength={128} />
      <Input name="scope" {...common} hint={machines.hints.scope} optional code />
      <Input name="expiresAt" type="date" {...common} hint={machines.hints.expiresAt} optional />
      <Submit>{machines.create}</Submit>
    </Form>,
  )
}

const newId = (c: Context) => toHex(c.var.ctx.newId())

async function showMade(c: Context, { machine, secret, account }: MadeMachine): Promise<Response> {
  const { machines } = (await textsOf(c)).console
  const kind = MACHINE_KINDS.find((one) => one === machine.kind) ?? 'robot'
  return showSecrets(c, {
    section: SECTION,
    title: fill(machines.madeTitle, { name: machine.name }),
    secrets: [
      { label: machines.secretOf[kind], value: secret },
      ...(account === null
        ? []
        : [
            { label: machines.account.username, value: account.username },
            { label: machines.account.password, value: account.password },
          ]),
    ],
    next: SECTION,
  })
}
