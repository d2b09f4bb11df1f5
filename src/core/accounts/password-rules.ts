/**
 * Which passwords are refused although they are long enough: the common ones, and those made of what an attacker knows
 * of the account (ASVS 6.2.4, 6.2.11). Asked on sign-up, change and reset alike.
 */
import { AppError } from '../errors.ts'
import type { Password } from '../fields.ts'
import { commonPasswords } from './common-passwords.ts'

const SERVICE_WORDS = ['kith']
/** Shorter words are in half of all passwords. */
const CONTEXT_WORD_MIN = 4
/** What may be left of a password when a context word is taken out. */
const REMAINDER_MAX = 3

let common: ReadonlySet<string> | undefined

export interface PasswordContext {
  readonly username: string
  readonly email: string | null
}

/** Throws `invalid_request` for the field `password` when it is too easy to guess. */
export function refuseGuessablePassword(password: Password, context: PasswordContext, path = 'password'): void {
  common ??= commonPasswords()
  const folded = password.normalize('NFKC').toLowerCase()
  if (common.has(folded) || new Set(folded).size < 3) {
    throw AppError.ofFields([{ path, message: 'is one of the most common passwords' }])
  }
  const localPart = context.email?.split('@')[0]
  const words = [...SERVICE_WORDS, context.username, localPart ?? ''].map((word) => word.toLowerCase())
  const isContext = words.some((word) => {
    if (word.length < CONTEXT_WORD_MIN || !folded.includes(word)) return false
    return folded.replaceAll(word, '').length <= REMAINDER_MAX
  })
  if (!isContext) return
  throw AppError.ofFields([{ path, message: 'is too close to the user name, the e-mail address or the name of this service' }])
}
