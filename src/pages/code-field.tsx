/** The field for a code from a mail: the mail's link fills it in, and a button sends it. Opening a link changes nothing. */
import type { Context } from 'hono'
import * as z from 'zod'
import { type FormState, Input, type Labels } from './forms.tsx'

const LENGTH_MAX = 128

export const mailedCode = z.string().trim().min(3, 'is too short').max(LENGTH_MAX, 'is too long')
/** What a code is made of; anything else in an address is no code of ours. */
const CODE = /^[a-z0-9-]{3,128}$/i

/** The code of the link that has led here, if any. */
export function linkedCode(c: Context): string | null {
  const code = c.req.query('code') ?? ''
  return c.req.method === 'GET' && CODE.test(code) ? code : null
}

export function CodeField({ c, state, labels }: { c: Context; state: FormState; labels: Labels }) {
  const code = linkedCode(c)
  return (
    <Input
      name="code"
      labels={labels}
      state={state}
      value={code}
      hint="From the mail that we have sent to you."
      code
      autocomplete="one-time-code"
      maxlength={LENGTH_MAX}
      first={code === null}
    />
  )
}
