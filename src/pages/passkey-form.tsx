/**
 * A form whose answer is a passkey: the script (src/browser/passkeys.ts) shows it where passkeys work, and fills it in.
 * Without the script, the page says so and offers its other ways.
 */
import type { Child } from 'hono/jsx'
import * as z from 'zod'
import type { ErrorCode } from '../core/errors.ts'
import { authenticationCredential, passkeyName, registrationCredential } from '../core/passkeys/credential.ts'
import { Form, type FormState, type Labels, UNTOUCHED } from './forms.tsx'

const json = z.string().transform((text, issues) => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    issues.addIssue({ code: 'custom', message: 'must be JSON' })
    return z.NEVER
  }
})

/** The form of somebody who signs in with a passkey, and of somebody who adds one. */
export const PasskeyAnswer = z.object({ credential: json.pipe(authenticationCredential) })
export const NewPasskey = z.object({ name: passkeyName, credential: json.pipe(registrationCredential) })

const RENEWALS = { create: '/user/passkeys/registration-options', get: '/user/passkeys/authentication-options' } as const
const WORDS: Readonly<Record<keyof typeof RENEWALS, Partial<Record<ErrorCode, string>>>> = {
  create: {
    invalid_request: 'No passkey was added: the page was open for too long, or this kind of passkey does not work here. Try again.',
    already_exists: 'This passkey is already registered. Use it to sign in, or choose another device.',
  },
  get: {
    invalid_request: 'No passkey was used: the page was open for too long. Try again.',
    unauthenticated: 'This passkey was not accepted. It may have been removed from the account. Use another one, or sign in another way.',
  },
}

interface PasskeyFormProps {
  readonly action: string
  readonly token: string
  /** To make a passkey, or to use one. */
  readonly ceremony: 'create' | 'get'
  readonly options: unknown
  /** Whether the script may get new options by itself when these have expired. */
  readonly renewable?: boolean
  /** Whether the browser offers passkeys in the field for the user name as well. */
  readonly autofill?: boolean
  /** Whether its button gets the focus, once it is shown. */
  readonly first?: boolean
  readonly state?: FormState
  readonly labels?: Labels
  readonly class?: string
  readonly children: Child
}

export function PasskeyForm(props: PasskeyFormProps) {
  const { action, token, state = UNTOUCHED, labels, ceremony, renewable, autofill, first } = props
  const data = {
    'data-ceremony': ceremony,
    'data-options': JSON.stringify(props.options),
    ...(renewable ? { 'data-renew': RENEWALS[ceremony] } : {}),
    ...(autofill ? { 'data-autofill': '' } : {}),
    ...(first ? { 'data-first': '' } : {}),
  }
  return (
    <Form action={action} token={token} state={{ ...state, words: WORDS[ceremony] }} labels={labels} class={props.class} ceremony={data}>
      <input type="hidden" name="credential" value="" />
      {props.children}
    </Form>
  )
}

/** Shown until the script has found that passkeys work here. */
export function WithoutPasskeys({ children }: { children: Child }) {
  return (
    <p class="aside" data-without-passkeys="">
      {children}
    </p>
  )
}
