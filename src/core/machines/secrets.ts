/**
 * Secrets of machines (security row 52): 256 random bits between a prefix by which scanners recognize a leak, and a
 * checksum that tells a secret from similar text without a look-up.
 */
import { equalInConstantTime, randomToken, sha256 } from '../../crypto.ts'

/** `account`: what the service behind a license key signs in with. */
const PREFIX = { robot: 'kith_rb_', api_key: 'kith_ak_', license_key: 'kith_lk_', account: 'kith_lp_' } as const
type SecretKind = keyof typeof PREFIX

const CHECK_LENGTH = 6
const checkOf = (body: string) => sha256(body).slice(0, CHECK_LENGTH)

export function newMachineSecret(kind: SecretKind): string {
  const body = `${PREFIX[kind]}${randomToken()}`
  return body + checkOf(body)
}

/** Whether the text can be a secret of the kind: if not, it is refused without reading the database. */
export function looksLikeSecret(kind: SecretKind, text: string): boolean {
  return text.startsWith(PREFIX[kind]) && equalInConstantTime(text.slice(-CHECK_LENGTH), checkOf(text.slice(0, -CHECK_LENGTH)))
}
