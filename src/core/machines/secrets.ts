/**
 * Secrets of machines (security row 52): ours, 256 random bits, behind a prefix by which a scanner knows what has leaked, and
 * before a check by which it, and we, tell a secret from a text that looks like one without asking anybody.
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

/** Whether the text may be a secret of the kind at all: what is none is refused without a look into the database. */
export function looksLikeSecret(kind: SecretKind, text: string): boolean {
  return text.startsWith(PREFIX[kind]) && equalInConstantTime(text.slice(-CHECK_LENGTH), checkOf(text.slice(0, -CHECK_LENGTH)))
}
