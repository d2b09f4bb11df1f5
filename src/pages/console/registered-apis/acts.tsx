/** Disabling, enabling and deleting an API; each asks once. What stops it needs no fresh sign-in. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import type { Gate } from '../../../core/gate.ts'
import { changeApi, deleteApi, getApi } from '../../../core/oauth/api-registration.ts'
import { apiResource } from '../../../core/oauth/apis.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { form } from '../../form-token.ts'
import { type FormState, UNTOUCHED } from '../../forms.tsx'
import { redirectWith } from '../../notices.ts'
import { Filled, textsOf } from '../../texts.tsx'
import { showConfirmation, takeConfirmed } from '../confirm.tsx'
import { queryOf, wanted } from '../wanted.ts'

export const API_ACTS = ['disable', 'enable', 'delete'] as const
type ApiAct = (typeof API_ACTS)[number]

const SECTION = '/admin/apis'

export const apiActs = new Hono<AppEnv>()
for (const act of API_ACTS) {
  const path = `${SECTION}/${act}`
  apiActs
    .get(path, requires('admin:client:write'), (c) => ask(c, c.var.gate, act, UNTOUCHED))
    .post(path, requires('admin:client:write'), form(`api-${act}`, z.object({})), (c) => {
      const resource = wanted(c, 'resource', apiResource)
      return takeConfirmed(c, c.req.valid('form'), {
        act: async () => {
          if (act === 'delete') await deleteApi(c.var.ctx, c.var.gate, resource)
          else await changeApi(c.var.ctx, c.var.gate, { resource, disabled: act === 'disable' })
          return redirectWith(c, SECTION, act === 'delete' ? 'removed' : 'saved')
        },
        again: (state) => ask(c, c.var.gate, act, state),
      })
    })
}

async function ask(c: Context, gate: Gate, act: ApiAct, state: FormState): Promise<Response> {
  const api = await getApi(gate, wanted(c, 'resource', apiResource))
  const { apis } = (await textsOf(c)).console
  const name = (
    <strong>
      <bdi>{api.name}</bdi>
    </strong>
  )
  return showConfirmation(c, {
    section: SECTION,
    title: apis[`${act}Title`],
    lead: <Filled text={apis[`${act}Lead`]} with={{ name }} />,
    action: `${SECTION}/${act}${queryOf('resource', api.resource)}`,
    purpose: `api-${act}`,
    submit: apis[act],
    back: SECTION,
    isDangerous: act !== 'enable',
    state,
  })
}
