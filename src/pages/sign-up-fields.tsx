/** What both pages that create an account ask for. */
import type { Context } from 'hono'
import * as z from 'zod'
import type { Ctx } from '../core/ctx.ts'
import * as fields from '../core/fields.ts'
import { type FormState, Input } from './forms.tsx'
import { useTexts } from './texts.tsx'

export const SIGN_UP_FIELDS = {
  givenName: fields.personName,
  familyName: fields.personName,
  username: z.string().trim().pipe(fields.username),
  email: z.string().trim().pipe(fields.email),
  inviteCode: z.string().max(128, 'must have at most 128 characters').optional(),
}

/** The code of an invitation's link, as shown on `/account/invites`. */
function inviteCodeOf(c: Context): string | undefined {
  return /^[A-Z]{2}-\d{4}-\d{13}$/i.exec(c.req.query('invite_code') ?? '')?.[0]
}

interface Known {
  readonly username?: string | null
  readonly givenName?: string | null
  readonly familyName?: string | null
}

/** Invite code, if the page asks for one, names and user name, with what is known filled in. */
export function WhoFields({ c, state, known = {} }: { c: Context; state: FormState; known?: Known }) {
  const { fields: labels, hints } = useTexts().signUp
  const shared = { labels, state }
  const { only } = (c.var.ctx as Ctx).config.invites
  const inviteCode = inviteCodeOf(c)
  const asksForCode = only || inviteCode !== undefined || state.typed.inviteCode !== undefined
  const hint = only ? hints.inviteNeeded : hints.inviteSeen
  return (
    <>
      {asksForCode && <Input name="inviteCode" value={inviteCode} hint={hint} optional={!only} code first={only} {...shared} />}
      <div class="pair">
        <Input name="givenName" value={known.givenName} autocomplete="given-name" first={!only} {...shared} />
        <Input name="familyName" value={known.familyName} autocomplete="family-name" {...shared} />
      </div>
      <Input name="username" value={known.username} hint={hints.username} type="text" autocomplete="username" maxlength={30} {...shared} />
    </>
  )
}
