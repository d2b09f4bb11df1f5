/**
 * Passkeys in the browser: the only script of the hosted pages. It runs the WebAuthn ceremony of a form, puts the result
 * into the form's hidden field and submits it, so that the server judges it and shows refusals like any other. Bundled by
 * scripts/assets.ts. Its contract with the pages:
 *
 * - `[data-with-passkeys]` is hidden until this script finds that the browser supports passkeys; `[data-without-passkeys]`
 *   is shown until then.
 * - `form[data-ceremony]`: `create` or `get`, with the options in `data-options` and, if others can be had when these have
 *   expired, the path for that in `data-renew`. Their `timeout` is as long as they are valid. `data-words` has what to say when it fails.
 * - `form[data-first]`: its button gets the focus.
 * - `form[data-autofill]` is offered by the browser in the sign-in field as well.
 */
import {
  browserSupportsWebAuthn,
  browserSupportsWebAuthnAutofill,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  startAuthentication,
  startRegistration,
} from '@simplewebauthn/browser'
import { wordsOf } from './words.ts'

type Options = PublicKeyCredentialCreationOptionsJSON | PublicKeyCredentialRequestOptionsJSON
interface Source {
  readonly options: Options
  /** When others should be used. Half of their time is left then, for the ceremony itself. */
  readonly dueAt: number
}

const sources = new WeakMap<HTMLFormElement, Source>()
const RENEWAL_CHECK_MS = 10_000
/** The user has pressed a button, and the browser asks for a passkey: that is not interrupted. */
let isAsking = false
/** When a form was submitted last (`performance.now()`). */
let sentAt = Number.NEGATIVE_INFINITY
/** For so long its reply is waited for. After it the user has stopped the page, or come back to it, and may try again. */
const REPLY_MS = 5000

const sourceOf = (options: Options, since: number): Source => ({ options, dueAt: since + (options.timeout ?? 0) / 2 })

const isOnItsWay = () => performance.now() - sentAt < REPLY_MS

/** Options that are valid for long enough: the page's own, or new ones. */
async function currentOptions(form: HTMLFormElement): Promise<Options> {
  const { options = '', renew } = form.dataset
  let source = sources.get(form) ?? sourceOf(JSON.parse(options), performance.timeOrigin)
  if (renew !== undefined && Date.now() >= source.dueAt) {
    const reply = await fetch(renew, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
    if (!reply.ok) throw new DOMException(`${renew}: ${reply.status}`, 'NetworkError')
    source = sourceOf((await reply.json()).data.publicKey, Date.now())
  }
  sources.set(form, source)
  return source.options
}

/** Asks the user for a passkey, and submits the form with it. Ends an earlier request that still waits. */
async function perform(form: HTMLFormElement, useBrowserAutofill = false): Promise<void> {
  const options = await currentOptions(form)
  if ((useBrowserAutofill && isAsking) || isOnItsWay()) return
  const credential =
    form.dataset.ceremony === 'create'
      ? await startRegistration({ optionsJSON: options as PublicKeyCredentialCreationOptionsJSON })
      : await startAuthentication({ optionsJSON: options as PublicKeyCredentialRequestOptionsJSON, useBrowserAutofill })
  const field = form.elements.namedItem('credential') as HTMLInputElement
  field.value = JSON.stringify(credential)
  // The passkey offered in the field may be taken as its button is pressed. A second form would be judged by the first one's session.
  if (isOnItsWay()) return
  sentAt = performance.now()
  form.submit()
}

/** In place of what an earlier try left. */
function showProblem(form: HTMLFormElement, words: string): void {
  for (const earlier of document.querySelectorAll('[role=alert], [role=status]')) earlier.remove()
  const alert = document.createElement('div')
  alert.className = 'alert'
  alert.tabIndex = -1
  alert.setAttribute('role', 'alert')
  const text = document.createElement('p')
  text.textContent = words
  alert.append(text)
  form.prepend(alert)
  alert.focus()
}

/** Offers passkeys in the sign-in field, for as long as the page is open. What goes wrong there is not shown: nobody asked. */
function offerInField(form: HTMLFormElement): void {
  const offer = () => {
    if (!isAsking) perform(form, true).catch(() => undefined)
  }
  // More often than options expire: timers stand still while a device sleeps, and nobody needs an offer that is not seen.
  setInterval(() => {
    const isDue = Date.now() >= (sources.get(form)?.dueAt ?? 0)
    if (isDue && document.visibilityState === 'visible') offer()
  }, RENEWAL_CHECK_MS)
  form.addEventListener('ceremonyfailed', offer)
  offer()
}

async function prepare(form: HTMLFormElement): Promise<void> {
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    isAsking = true
    try {
      await perform(form)
    } catch (thrown) {
      const words = wordsOf(thrown, JSON.parse(form.dataset.words ?? '{}'))
      if (words === null) return
      isAsking = false
      showProblem(form, words)
      form.dispatchEvent(new Event('ceremonyfailed'))
    }
  })
  if (form.dataset.autofill !== undefined && (await browserSupportsWebAuthnAutofill())) offerInField(form)
}

if (browserSupportsWebAuthn()) {
  for (const one of document.querySelectorAll<HTMLElement>('[data-with-passkeys]')) one.hidden = false
  for (const one of document.querySelectorAll<HTMLElement>('[data-without-passkeys]')) one.hidden = true
  document.querySelector<HTMLElement>('form[data-first] button')?.focus()
  for (const form of document.querySelectorAll<HTMLFormElement>('form[data-ceremony]')) void prepare(form)
}
