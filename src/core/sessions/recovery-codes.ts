/**
 * Recovery codes (ASVS 6.5.1-6.5.3): they stand in for a factor that is lost. Ten of 80 random bits each, shown once, kept
 * as digests, good for one use each; the next ten make them void.
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
    // 256 is a multiple of 32: every sign is as likely as any other.
    const bytes = crypto.getRandomValues(new Uint8Array(SIGNS))
    return Array.from(bytes, (byte) => CODE_SIGNS[byte % CODE_SIGNS.length]).join('')
  })
  return { codes: plain.map((code) => code.match(GROUP)?.join('-') ?? code), hashes: plain.map(sha256) }
}

/** Of what somebody typed, once `fields.secondFactorCode` has taken spaces, dashes and capitals away; null for six digits. */
export function recoveryCodeHash(code: string): string | null {
  return code.length === SIGNS ? sha256(code) : null
}
