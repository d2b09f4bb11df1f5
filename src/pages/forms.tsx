/**
 * Building blocks of forms: accessible fields with label, hint and error; the summary of errors; and the one way to
 * handle a form, which redirects on success (Post/Redirect/Get) or shows it again.
 */
import type { Context } from 'hono'
import type { Child } from 'hono/jsx'
import { AppError, type ErrorCode, type RefusedField } from '../core/errors.ts'
import { logFailure, toAppError } from '../http/errors.ts'
import { setErrorHeaders } from './errors.tsx'
import { type FormState, issuesOf, type Labels, textOf, UNTOUCHED } from './form-state.ts'
import { FORM_TOKEN_FIELD, OUT_OF_DATE, type Submitted, type Typed } from './form-token.ts'
import { useLookOnly } from './look-only.ts'
import { useTexts } from './texts.tsx'

export { type FormState, type Labels, UNTOUCHED } from './form-state.ts'

/** Never shown again; the user retypes them. */
const SECRETS: ReadonlySet<string> = new Set(['password', 'currentPassword', 'code', 'credential'])
/** What the user can fix, or wait out, at the form. */
const MENDABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'invalid_request',
  'username_taken',
  'email_taken',
  'already_exists',
  'code_invalid',
  'invite_code_invalid',
  'rate_limited',
  'temporarily_unavailable',
])

interface Taking<T> {
  /** Handles valid input and redirects. */
  readonly act: (values: T) => Promise<Response>
  /** Shows the form again. */
  readonly again: (state: FormState) => Promise<Response>
  /** What the operator wants besides what the schema says: told together with that, and instead of it at the same field. */
  readonly demands?: (typed: Typed) => readonly RefusedField[]
  /** Further codes that the user can fix at this form. */
  readonly mends?: ErrorCode | readonly ErrorCode[]
}

export async function take<T>(c: Context, sent: Submitted<T>, { act, again, demands, mends }: Taking<T>): Promise<Response> {
  try {
    refuseUnmet(sent, demands?.(sent.typed) ?? [])
    if (sent.error) throw sent.error
    return await act(sent.values)
  } catch (thrown) {
    const error = toAppError(thrown)
    if (!MENDABLE.has(error.code) && error.reason !== OUT_OF_DATE && ![mends].flat().includes(error.code)) throw thrown
    logFailure(c, error)
    setErrorHeaders(c, error)
    return again({ typed: Object.fromEntries(Object.entries(sent.typed).filter(([name]) => !SECRETS.has(name))), error })
  }
}

/** Throws what is wrong in the order of the form, if any demand is unmet; a form that could not be judged has no fields to name. */
function refuseUnmet({ error, typed }: Submitted<unknown>, demanded: readonly RefusedField[]): void {
  if (demanded.length === 0 || error?.fields.length === 0) return
  const names = Object.keys(typed)
  const placeOf = ({ path }: RefusedField) => (names.includes(path) ? names.indexOf(path) : names.length)
  const others = (error?.fields ?? []).filter(({ path }) => demanded.every((one) => one.path !== path))
  throw AppError.ofFields([...demanded, ...others].sort((a, b) => placeOf(a) - placeOf(b)))
}

interface FormProps {
  readonly action: string
  readonly token: string
  readonly state?: FormState | undefined
  readonly labels?: Labels | undefined
  readonly class?: string | undefined
  readonly hasFile?: boolean
  /** What the script for passkeys reads. It also shows the form, which is hidden until then. */
  readonly ceremony?: Readonly<Record<`data-${string}`, string>>
  readonly children: Child
}

export function Form(props: FormProps) {
  const { state = UNTOUCHED, ceremony } = props
  const content = useLookOnly() ? (
    <fieldset class="locked" disabled>
      {props.children}
    </fieldset>
  ) : (
    props.children
  )
  const scripted = ceremony && { ...ceremony, 'data-with-passkeys': '', hidden: !state.error }
  return (
    <form method="post" action={props.action} class={props.class} enctype={props.hasFile ? 'multipart/form-data' : undefined} {...scripted}>
      <ErrorSummary state={state} labels={props.labels} />
      <input type="hidden" name={FORM_TOKEN_FIELD} value={props.token} />
      {content}
    </form>
  )
}

export function ErrorSummary({ state, labels = {} }: Pick<FormProps, 'labels'> & { state: FormState }) {
  const t = useTexts()
  if (!state.error) return null
  const issues = issuesOf(t, state, labels)
  return (
    <div class="alert" role="alert" tabindex={-1} autofocus>
      {issues.length === 0 ? (
        <p>{textOf(t, state, state.error)}</p>
      ) : (
        <ul>
          {issues.map(({ name, text }) => (
            <li>
              <a href={`#${name}`}>{text}</a>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

export interface FieldProps {
  readonly name: string
  readonly labels: Labels
  readonly state: FormState
  readonly hint?: Child
  readonly autocomplete?: string
  /** May be empty, which the label says; `unmarked` omits that where the page says it for all fields. */
  readonly optional?: boolean | 'unmarked'
  /** Gets the focus if nothing is wrong. */
  readonly first?: boolean
}

interface InputProps extends FieldProps {
  readonly type?: 'text' | 'email' | 'password' | 'tel' | 'url' | 'date'
  readonly value?: string | null | undefined
  readonly inputmode?: 'numeric' | 'tel'
  readonly maxlength?: number
  readonly readonly?: boolean
  /** Shown in a typeface that keeps similar characters apart. */
  readonly code?: boolean
}

/** Connects a control with its label, hint and error. */
function wiring({ name, state, labels, hint, optional, first }: FieldProps) {
  const isWrong = issuesOf(useTexts(), state, labels).some((issue) => issue.name === name)
  const describedBy = [hint === undefined ? '' : `${name}-hint`, isWrong ? `${name}-error` : ''].filter(Boolean).join(' ')
  return {
    id: name,
    name,
    ...(optional ? {} : { required: true }),
    ...(describedBy === '' ? {} : { 'aria-describedby': describedBy }),
    ...(isWrong ? { 'aria-invalid': 'true' as const } : {}),
    ...(first && !state.error ? { autofocus: true } : {}),
  }
}

function Labelled(props: FieldProps & { children: Child }) {
  const { name, labels, state, hint, optional } = props
  const t = useTexts()
  const issue = issuesOf(t, state, labels).find((one) => one.name === name)
  return (
    <div class="field">
      <label for={name}>
        {labels[name]}
        {optional === true && <span class="optional"> {t.layout.optional}</span>}
      </label>
      {hint !== undefined && (
        <p class="hint" id={`${name}-hint`}>
          {hint}
        </p>
      )}
      {issue && (
        <p class="error" id={`${name}-error`}>
          {issue.text}
        </p>
      )}
      {props.children}
    </div>
  )
}

export function Input(props: InputProps) {
  const { name, state, type = 'text', autocomplete, inputmode, maxlength, code } = props
  const value = type === 'password' ? undefined : (state.typed[name] ?? props.value ?? undefined)
  const plain = type !== 'text' || code ? { autocapitalize: 'none' as const, spellcheck: false } : { dir: 'auto' as const }
  return (
    <Labelled {...props}>
      <input
        {...wiring(props)}
        {...plain}
        type={type}
        value={value}
        autocomplete={autocomplete}
        inputmode={inputmode}
        maxlength={maxlength}
        readonly={props.readonly}
        class={code ? 'code' : undefined}
      />
    </Labelled>
  )
}

export function FileInput(props: FieldProps & { accept: string }) {
  return (
    <Labelled {...props}>
      <input {...wiring(props)} type="file" accept={props.accept} />
    </Labelled>
  )
}

export function TextArea(props: FieldProps & { value: string | null; rows: number }) {
  return (
    <Labelled {...props}>
      <textarea {...wiring(props)} dir="auto" rows={props.rows}>
        {props.state.typed[props.name] ?? props.value ?? ''}
      </textarea>
    </Labelled>
  )
}

export function Select(props: FieldProps & { value: string | null; choices: readonly (readonly [value: string, label: string])[] }) {
  const chosen = props.state.typed[props.name] ?? props.value ?? ''
  return (
    <Labelled {...props}>
      <select {...wiring(props)} autocomplete={props.autocomplete}>
        {props.choices.map(([value, label]) => (
          <option value={value} selected={value === chosen}>
            {label}
          </option>
        ))}
      </select>
    </Labelled>
  )
}

interface SubmitProps {
  readonly children: Child
  readonly kind?: 'primary' | 'secondary' | 'danger'
  /** Identifies the button where a form has several. */
  readonly name?: string
  readonly value?: string
  /** Where this button sends the form instead, although fields that are only for the other button are empty. */
  readonly action?: string
}

export function Submit({ children, kind = 'primary', name, value, action }: SubmitProps) {
  const elsewhere = action === undefined ? {} : { formaction: action, formnovalidate: true }
  return (
    <button type="submit" class={kind} name={name} value={value} {...elsewhere}>
      {children}
    </button>
  )
}
