/**
 * Recovery codes (ASVS 6.5.1-6.5.3): they replace a lost factor. Ten of 80 random bits each, shown once, stored as
 * digests, each for one use; the next ten invalidate them.
 */
import { sha256 } from '../../crypto.ts'
import { CODE_SIGNS } from '../../mail/codes.ts'
import { RECOVERY_CODES } from '../limits.ts'

const SIGNS = 16
const GROUP = /.{4}/g

export interface RecoveryCodes {
  /** As people write them down: `abcd-efgh-ijkm-npqr`. */
  readonly codes: readonly string[]
  readonly hashes: readonly string[]
}

export function makeRecoveryCodes(): RecoveryCodes {
  const plain = Array.from({ length: RECOVERY_CODES }, () => {
    // 256 is a multiple of 32: every character is equally likely.
    const bytes = crypto.getRandomValues(new Uint8Array(SIGNS))
    return Array.from(bytes, (byte) => CODE_SIGNS[byte % CODE_SIGNS.length]).join('')
  })
  return { codes: plain.map((code) => code.match(GROUP)?.join('-') ?? code), hashes: plain.map(sha256) }
}

/** From typed text, once `fields.secondFactorCode` has removed spaces, dashes and capitals; null for six digits. */
export function recoveryCodeHash(code: string): string | null {
  return code.length === SIGNS ? sha256(code) : null
}
