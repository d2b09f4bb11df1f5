/**
 * The field for a mailed code: the mail's link fills it in, and a button submits it. Opening a link changes nothing. A
 * link that no longer works says so before anything is typed.
 */
import type { Context } from 'hono'
import type { Child } from 'hono/jsx'
import * as z from 'zod'
import { findMailedCode } from '../core/accounts/mailed-codes.ts'
import { type FormState, Input, type Labels } from './forms.tsx'
import { showPage } from './layout.tsx'
import { textsOf, useTexts } from './texts.tsx'

const LENGTH_MAX = 128

export const mailedCode = z
  .string()
  .trim()
  .min(1, { error: 'is required', abort: true })
  .min(3, 'is too short')
  .max(LENGTH_MAX, 'is too long')
/** The form of a code; ignores anything else in the URL. */
const CODE = /^[a-z0-9-]{3,128}$/i

/** The code of the followed link, if any. */
function linkedCode(c: Context): string | null {
  const code = c.req.query('code') ?? ''
  return c.req.method !== 'POST' && CODE.test(code) ? code : null
}

/** A followed link; `code` is null if it is used, expired or unknown. */
export interface MailedLink {
  readonly code: string | null
  /** The `return_to` with which the code was requested. */
  readonly returnTo: string | null
  /** Whose it is. */
  readonly username: string | null
}

export async function readMailedLink(c: Context, purposes: Parameters<typeof findMailedCode>[2]): Promise<MailedLink | null> {
  const code = linkedCode(c)
  return code === null ? null : findMailedLink(c, code, purposes)
}

export async function findMailedLink(c: Context, code: string, purposes: Parameters<typeof findMailedCode>[2]): Promise<MailedLink> {
  const found = await findMailedCode(c.var.ctx, code, purposes)
  return found ? { ...found, code } : { code: null, returnTo: null, username: null }
}

/** The page of a link that no longer works: what may have happened, and where to go from here. */
export async function showSpentLink(c: Context, lead: string, onward: Child): Promise<Response> {
  return showPage(c, { title: (await textsOf(c)).verify.spentTitle, lead, status: 410 }, onward)
}

export function CodeField({ link, state, labels }: { link: MailedLink | null; state: FormState; labels: Labels }) {
  const code = link?.code ?? null
  return (
    <Input
      name="code"
      labels={labels}
      state={state}
      value={code}
      hint={useTexts().verify.codeHint}
      code
      autocomplete="one-time-code"
      maxlength={LENGTH_MAX}
      first={code === null}
    />
  )
}
