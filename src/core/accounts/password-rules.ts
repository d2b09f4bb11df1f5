/**
 * Which passwords are refused although long enough and not common: those built from what an attacker knows of the account
 * (ASVS 6.2.11) and, if configured, those known from a breach. Applies to sign-up, change and reset. `fields.password`
 * refuses the common ones.
 */
import type { Ctx } from '../ctx.ts'
import { AppError, type RefusedField } from '../errors.ts'
import type { Password } from '../fields.ts'
import { refuseCompromisedPassword } from './compromised-passwords.ts'
import { hashPassword } from './password-hash.ts'

const SERVICE_WORDS = ['kith']
/** Shorter words occur in half of all passwords. */
const CONTEXT_WORD_MIN = 4
/** The minimum that must be left of a password once a context word is removed. */
const REMAINDER_MAX = 3

export interface PasswordContext {
  readonly username: string
  readonly email: string | null
}

/** Throws `invalid_request` for the field `password` if it is too easy to guess. */
export function refuseGuessablePassword(password: Password, context: PasswordContext): void {
  AppError.refuse(guessableIssues(password, context))
}

function guessableIssues(password: Password, context: PasswordContext): RefusedField[] {
  const folded = password.normalize('NFKC').toLowerCase()
  const localPart = context.email?.split('@')[0]
  const words = [...SERVICE_WORDS, context.username, localPart ?? ''].map((word) => word.toLowerCase())
  const isContext = words.some((word) => {
    if (word.length < CONTEXT_WORD_MIN || !folded.includes(word)) return false
    return folded.replaceAll(word, '').length <= REMAINDER_MAX
  })
  if (!isContext) return []
  return [{ path: 'password', message: 'is too close to the user name, the email address or the name of this service' }]
}

/** What is wrong with one that is shorter than the operator wants. */
export function passwordLengthIssues({ config }: Ctx, password: string): RefusedField[] {
  const { passwordLengthMin: min } = config.signUp
  if ([...password].length >= min) return []
  return [{ path: 'password', message: `must have at least ${min} characters` }]
}

/** What is wrong with a new account's password, but for whether it is known from a breach. */
export function passwordIssues(ctx: Ctx, password: Password, context: PasswordContext): RefusedField[] {
  return [...passwordLengthIssues(ctx, password), ...guessableIssues(password, context)]
}

/** Throws `invalid_request` for the field `password` if it is shorter than the operator wants. */
export function refuseShortPassword(ctx: Ctx, password: Password): void {
  AppError.refuse(passwordLengthIssues(ctx, password))
}

/** The hash of a password that somebody sets, unless it is known from a breach: the last check, because it takes a request. */
export async function hashNewPassword(ctx: Ctx, password: Password): Promise<string> {
  refuseShortPassword(ctx, password)
  await refuseCompromisedPassword(ctx, password)
  return hashPassword(ctx, password)
}
