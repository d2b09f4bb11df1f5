/** The password hash of a record: one that Kith can check at the next sign-in, or none. */
import { readForeignHash } from '../accounts/foreign-hashes/read.ts'
import { NO_PASSWORD, ownHashKey } from '../accounts/password-hash.ts'
import type { ImportCtx } from './importer.ts'

export interface ImportedPassword {
  readonly stored: string
  /** There is one, and it cannot be checked here. */
  readonly needsReset: boolean
}

const RESET: ImportedPassword = { stored: NO_PASSWORD, needsReset: true }

export function readPassword({ config }: ImportCtx, hash: string | null): ImportedPassword | { readonly refusal: string } {
  if (hash === null) return { stored: NO_PASSWORD, needsReset: false }
  const ownKey = ownHashKey(hash)
  // Made with a pepper that this deployment does not have.
  if (ownKey !== null) return config.pepperKeys.keys.has(ownKey) ? { stored: hash, needsReset: false } : RESET
  const foreign = readForeignHash(hash)
  if ('stored' in foreign) return { stored: foreign.stored, needsReset: false }
  return foreign.refusal === 'too_costly' ? RESET : { refusal: foreign.message }
}
