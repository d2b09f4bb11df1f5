/** `/admin/people/:id/impersonate`: asks for the reason, says what happens, and opens the account. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { describeImpersonation, startImpersonation } from '../../../core/admin/impersonation.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { setImpersonationCookie } from '../../../http/credentials.ts'
import { fromHex, NO_ID, type UserId } from '../../../ids.ts'
import { form } from '../../form-token.ts'
import { type FormState, Input, Select, UNTOUCHED } from '../../forms.tsx'
import { Isolated } from '../../isolated.tsx'
import { Filled, textsOf } from '../../texts.tsx'
import { showConfirmation, takeConfirmed } from '../confirm.tsx'

const PATH = '/admin/people/:id/impersonate'
const StartForm = z.object({
  reason: z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(200, 'must have at most 200 characters')
    .regex(/^[^\p{Cc}\p{Cf}]*$/u, 'must not contain control characters'),
  kind: z.enum(['read', 'write'], 'must be read or write').default('read'),
})

const personIn = (c: Context) => fromHex<UserId>(c.req.param('id') ?? '') ?? (NO_ID as UserId)

export const impersonationPages = new Hono<AppEnv>()
  .get(PATH, requires('admin:impersonate'), (c) => show(c, UNTOUCHED))
  .post(PATH, requires('admin:impersonate'), form('impersonate', StartForm), (c) =>
    takeConfirmed(c, c.req.valid('form'), {
      act: async (values) => {
        const session = await startImpersonation(c.var.ctx, c.var.gate, { userId: personIn(c), ...values })
        setImpersonationCookie(c, session, c.var.ctx.now())
        return c.redirect('/account', 303)
      },
      again: (state) => show(c, state),
    }),
  )

async function show(c: Context, state: FormState): Promise<Response> {
  const { username, mayWrite } = await describeImpersonation(c.var.ctx, c.var.gate, personIn(c))
  const words = (await textsOf(c)).console.impersonation
  const { labels, kinds } = words
  const id = c.req.param('id') ?? ''
  return showConfirmation(c, {
    section: '/admin/people',
    title: words.title,
    lead: <Filled text={words.lead} with={{ name: <Isolated>{username}</Isolated> }} />,
    action: `/admin/people/${id}/impersonate`,
    purpose: 'impersonate',
    submit: words.start,
    back: `/admin/people/${id}`,
    state,
    labels,
    children: (
      <>
        <Input name="reason" labels={labels} state={state} hint={words.reasonHint} maxlength={200} first />
        {mayWrite ? (
          <Select
            name="kind"
            labels={labels}
            state={state}
            value="read"
            choices={[
              ['read', kinds.read],
              ['write', kinds.write],
            ]}
          />
        ) : (
          <input type="hidden" name="kind" value="read" />
        )}
      </>
    ),
  })
}
