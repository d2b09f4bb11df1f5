/**
 * A form whose answer is a passkey: the script (src/browser/passkeys.ts) shows it where passkeys work, and fills it in.
 * Without the script, the page says so and offers its other ways.
 */
import type { Child } from 'hono/jsx'
import * as z from 'zod'
import { authenticationCredential, passkeyName, registrationCredential } from '../core/passkeys/credential.ts'
import type { Texts } from '../texts/texts.ts'
import { Form, type FormState, type Labels, UNTOUCHED } from './forms.tsx'
import { useTexts } from './texts.tsx'

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

/** For refusals that the usual words would not fit. */
function wordsOf({ signIn: { passkey } }: Texts): Readonly<Record<keyof typeof RENEWALS, NonNullable<FormState['words']>>> {
  return {
    create: { invalid_request: passkey.notAdded, already_exists: passkey.known },
    get: { invalid_request: passkey.notUsed, unauthenticated: passkey.refused },
  }
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
  const t = useTexts()
  const { action, token, state = UNTOUCHED, labels, ceremony, renewable, autofill, first } = props
  const data = {
    'data-ceremony': ceremony,
    'data-options': JSON.stringify(props.options),
    'data-words': JSON.stringify(t.scripts.passkeys[ceremony]),
    ...(renewable ? { 'data-renew': RENEWALS[ceremony] } : {}),
    ...(autofill ? { 'data-autofill': '' } : {}),
    ...(first ? { 'data-first': '' } : {}),
  }
  return (
    <Form
      action={action}
      token={token}
      state={{ ...state, words: wordsOf(t)[ceremony] }}
      labels={labels}
      class={props.class}
      ceremony={data}
    >
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
