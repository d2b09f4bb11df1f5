/** What a form shows besides its fields: the user's input, and what is wrong with which field. */
import type { AppError, ErrorCode } from '../core/errors.ts'
import { messageOf, WRONG_CODE } from './errors.tsx'

/** What a form shows: nothing, the stored values, or the user's input with its errors. */
export interface FormState {
  readonly typed: Readonly<Record<string, string>>
  readonly error: AppError | null
  /** For errors that the usual words would not fit. */
  readonly words?: Partial<Record<ErrorCode, string>>
}

export const UNTOUCHED: FormState = { typed: {}, error: null }

/** Of a code that an app shows, or that is one of a list. */
export const NEXT_CODE = { code_invalid: `${WRONG_CODE} Check it, or try the next one.` }

/** In the form's own words, or the usual ones. */
export const textOf = ({ words }: Pick<FormState, 'words'>, error: AppError) => words?.[error.code] ?? messageOf(error)

/** Labels by field. They are the subjects of error messages. */
export type Labels = Readonly<Record<string, string>>

/** Codes about one field. */
const FIELD_OF: Partial<Record<ErrorCode, string>> = { username_taken: 'username', email_taken: 'email', code_invalid: 'code' }

/** Replaces messages that would repeat the label. */
const SENTENCES: Readonly<Record<string, string>> = { 'must be an e-mail address': 'Enter a valid e-mail address.' }

/** What is wrong, by field; empty if no field of the form is. */
export function issuesOf(state: FormState, labels: Labels): { name: string; text: string }[] {
  const { error } = state
  if (!error) return []
  const named = FIELD_OF[error.code]
  if (named !== undefined && labels[named] !== undefined) return [{ name: named, text: textOf(state, error) }]
  return error.fields.flatMap(({ path, message }) => {
    // The path is the caller's text: it may be the name of an `Object.prototype` member.
    const label = Object.hasOwn(labels, path) ? labels[path] : undefined
    return label === undefined ? [] : [{ name: path, text: SENTENCES[message] ?? `${label} ${message}.` }]
  })
}
