/** What a form shows besides its fields: the user's input, and what is wrong with which field. */
import type { AppError, ErrorCode } from '../core/errors.ts'
import type { Texts } from '../texts/texts.ts'
import { messageOf } from './errors.tsx'
import type { Typed } from './form-token.ts'
import { problemText } from './problems.ts'

/** What a form shows: nothing, the stored values, or the user's input with its errors. */
export interface FormState {
  readonly typed: Typed
  readonly error: AppError | null
  /** For errors that the usual words would not fit, in the reader's language. */
  readonly words?: Partial<Record<ErrorCode, string>>
}

export const UNTOUCHED: FormState = { typed: {}, error: null }

/** In the form's own words, or the usual ones. */
export const textOf = (t: Texts, { words }: Pick<FormState, 'words'>, error: AppError) => words?.[error.code] ?? messageOf(t, error)

/** Labels by field, in the reader's language. Sentences about what is wrong name them. */
export type Labels = Readonly<Record<string, string>>

/** Codes about one field. */
const FIELD_OF: Partial<Record<ErrorCode, string>> = { username_taken: 'username', email_taken: 'email', code_invalid: 'code' }

/** What is wrong, by field; empty if no field of the form is. */
export function issuesOf(t: Texts, state: FormState, labels: Labels): { name: string; text: string }[] {
  const { error } = state
  if (!error) return []
  const named = FIELD_OF[error.code]
  if (named !== undefined && labels[named] !== undefined) return [{ name: named, text: textOf(t, state, error) }]
  return error.fields.flatMap((issue) => {
    // The path is the caller's text: it may be the name of an `Object.prototype` member.
    const label = Object.hasOwn(labels, issue.path) ? labels[issue.path] : undefined
    return label === undefined ? [] : [{ name: issue.path, text: problemText(t, issue, label) }]
  })
}
