/** What both pages that create an account ask for. */
import type { Context } from 'hono'
import * as z from 'zod'
import { asUsername, proposeUsername } from '../core/accounts/username-proposals.ts'
import { usernameIssues } from '../core/accounts/username-rules.ts'
import type { Ctx } from '../core/ctx.ts'
import { AppError, type RefusedField } from '../core/errors.ts'
import * as fields from '../core/fields.ts'
import { fill } from '../texts/texts.ts'
import { botCheckField } from './bot-check.tsx'
import type { Typed } from './form-token.ts'
import { type FormState, Input } from './forms.tsx'
import { termsDemands, termsField } from './terms-field.tsx'
import { useTexts } from './texts.tsx'

/** What a browser sends of an empty field. */
function emptyOr<T extends z.ZodType>(field: T) {
  return z
    .literal('')
    .transform(() => null)
    .or(field)
    .optional()
}

/** Which of them may be empty is the operator's choice: `signUpDemands` judges that. */
export const SIGN_UP_FIELDS = {
  givenName: emptyOr(fields.personName),
  familyName: emptyOr(fields.personName),
  username: emptyOr(z.string().trim().pipe(fields.username)),
  email: z.string().trim().pipe(fields.email),
  inviteCode: z.string().max(128, 'must have at most 128 characters').optional(),
  ...termsField,
  ...botCheckField,
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
  const { invites, signUp } = (c.var.ctx as Ctx).config
  const { only } = invites
  const isProposed = signUp.usernames === 'proposed'
  const inviteCode = inviteCodeOf(c)
  const asksForCode = only || inviteCode !== undefined || state.typed.inviteCode !== undefined
  const hint = only ? hints.inviteNeeded : hints.inviteSeen
  return (
    <>
      {asksForCode && <Input name="inviteCode" value={inviteCode} hint={hint} optional={!only} code first={only} {...shared} />}
      {signUp.names !== 'off' && (
        <div class="pair">
          <Input
            name="givenName"
            value={known.givenName}
            autocomplete="given-name"
            first={!only}
            optional={signUp.names === 'optional'}
            {...shared}
          />
          <Input name="familyName" value={known.familyName} autocomplete="family-name" optional={signUp.names === 'optional'} {...shared} />
        </div>
      )}
      <Input
        name="username"
        value={known.username}
        hint={
          isProposed ? hints.usernameProposed : fill(hints.username, { min: signUp.usernameLengthMin, max: fields.USERNAME_LENGTH_MAX })
        }
        optional={isProposed}
        type="text"
        autocomplete="username"
        maxlength={fields.USERNAME_LENGTH_MAX}
        {...shared}
      />
    </>
  )
}

/** What is missing although the operator wants it, and a user name that is shorter than wanted. */
export function signUpDemands(ctx: Ctx, typed: Typed): RefusedField[] {
  const { names, usernames } = ctx.config.signUp
  const isBlank = (name: string) => (typed[name] ?? '').trim() === ''
  const wanted = [...(names === 'required' ? ['givenName', 'familyName'] : []), ...(usernames === 'asked' ? ['username'] : [])]
  return [
    ...wanted.filter(isBlank).map((path) => ({ path, code: 'required' as const, message: 'is required' })),
    ...(isBlank('username') ? [] : usernameIssues(ctx, (typed.username ?? '').trim())),
    ...termsDemands(ctx, typed),
  ]
}

type Values = Partial<Record<'givenName' | 'familyName', string | null | undefined>> & {
  readonly username?: fields.Username | null | undefined
  readonly email?: string | undefined
}

/**
 * The names of a new account, as the operator wants them; a user name that may be left out is made of the names or the address.
 * One round trip if one is made.
 */
export async function toNames(ctx: Ctx, { givenName, familyName, username, email }: Values) {
  const person =
    ctx.config.signUp.names === 'off'
      ? { givenName: null, familyName: null }
      : { givenName: givenName ?? null, familyName: familyName ?? null }
  return { ...person, username: username ?? (await nameFor(ctx, { ...person, username: null }, email ?? '')) }
}

async function nameFor(ctx: Ctx, person: Parameters<typeof proposeUsername>[1], email: string): Promise<fields.Username> {
  const ofAddress = asUsername(email.split('@')[0] ?? '') || 'member'
  const proposal = (await proposeUsername(ctx, person)) ?? (await proposeUsername(ctx, { ...person, username: ofAddress }))
  const name = fields.username.safeParse(proposal)
  if (!name.success) throw AppError.ofFields([{ path: 'username', code: 'required', message: 'is required' }])
  return name.data
}
