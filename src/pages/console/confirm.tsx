/** How the console asks once before an act: a page that says what it will do and to whom, with one form. */
import type { Context } from 'hono'
import type { Child } from 'hono/jsx'
import type { AppError, ErrorCode } from '../../core/errors.ts'
import type { Texts } from '../../texts/texts.ts'
import type { Submitted } from '../form-token.ts'
import { formToken } from '../form-token.ts'
import { Form, type FormState, type Labels, Submit, take, UNTOUCHED } from '../forms.tsx'
import { showPage } from '../layout.tsx'
import { textsOf, useTexts } from '../texts.tsx'

export interface Confirmation {
  /** The path of its section in the navigation. */
  readonly section: string
  readonly title: string
  /** What the act will do, and to whom. */
  readonly lead: Child
  /** Where its form is sent; by default to the page itself. */
  readonly action: string
  /** Of the form's token: the name that the `POST` declares. */
  readonly purpose: string
  readonly submit: string
  /** Where whoever does not want it goes. */
  readonly back: string
  readonly isDangerous?: boolean
  /** After a refusal. */
  readonly state?: FormState | undefined
  readonly labels?: Labels
  /** Fields. */
  readonly children?: Child
}

/** Shows the page; after a refusal, with the reason in words. */
export async function showConfirmation(c: Context, page: Confirmation): Promise<Response> {
  const { state = UNTOUCHED, labels } = page
  const t = await textsOf(c)
  const token = await formToken(c, page.purpose)
  return showPage(
    c,
    { title: page.title, section: page.section, lead: page.lead, error: state.error },
    <Form action={page.action} token={token} state={wordsOfRefusal(t, state)} labels={labels}>
      {page.children}
      <div class="buttons">
        <Submit kind={page.isDangerous ? 'danger' : 'primary'}>{page.submit}</Submit>
        <a class="button secondary" href={page.back}>
          {t.console.confirm.cancel}
        </a>
      </div>
    </Form>,
  )
}

/** Handles its form: `act` redirects, and `again` shows the page again. Whoever lacks the rank or the powers reads it there. */
export function takeConfirmed<T>(
  c: Context,
  sent: Submitted<T>,
  handlers: {
    act: (values: T) => Promise<Response>
    again: (state: FormState) => Promise<Response>
    mends?: ErrorCode | readonly ErrorCode[]
  },
): Promise<Response> {
  return take(c, sent, { ...handlers, mends: ['forbidden', ...[handlers.mends ?? []].flat()] })
}

/** The same for a form with much to type, which a sign-in that has grown old must not throw away. */
export const takeTyped: typeof takeConfirmed = (c, sent, handlers) =>
  takeConfirmed(c, sent, { ...handlers, mends: ['reauthentication_required', 'precondition_failed'] })

/** The way to a fresh sign-in in a window of its own, where that is all that a form lacks. */
export function SignInAgain({ state }: { state: FormState }) {
  const { signIn } = useTexts().console.registry
  if (state.error?.code !== 'reauthentication_required') return null
  return (
    <p>
      <a class="button secondary" href="/sign-in?reauth=1&return_to=/admin" target="_blank" rel="noopener">
        {signIn}
      </a>
    </p>
  )
}

/** A form's state, with the words of the console for what the core refuses. */
export function wordsOfRefusal(t: Texts, state: FormState): FormState {
  return state.error ? { ...state, words: { ...wordsOf(t, state.error), ...state.words } } : state
}

function wordsOf(t: Texts, { code, reason }: AppError): FormState['words'] {
  if (code === 'reauthentication_required') return { reauthentication_required: t.console.registry.signInAgain }
  if (code === 'precondition_failed') return { precondition_failed: t.console.registry.changedForm }
  if (code !== 'forbidden') return {}
  const { rank, scope, forbidden } = t.console.confirm.refused
  return { forbidden: reason === 'rank' ? rank : reason === 'scope' ? scope : forbidden }
}
