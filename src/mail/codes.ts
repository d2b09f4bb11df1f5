/**
 * The codes that mails carry (design §1.11): HMAC(key[kid], purpose, code id, random of the row). No readable code is
 * stored, and sending again gives the same code. Long codes identify the account by themselves (wire §6.6).
 */
import { type Keyring, mac } from '../crypto.ts'
import type { ChallengePurpose, CodeSeed } from '../store/db/challenges.ts'

/** 32 signs without look-alikes: five bits each. */
export const CODE_SIGNS = 'abcdefghijkmnpqrstuvwxyz23456789'
const LONG_CODE_SIGNS = 24
const GROUP = 3
const SIX_DIGITS = 1_000_000

/** Purposes whose code is typed from one screen into another, and counts with a secret that the caller has. */
const OF_SIX_DIGITS: readonly ChallengePurpose[] = ['sign_in', 'change_email_digits']

export const hasSixDigits = (purpose: ChallengePurpose): boolean => OF_SIX_DIGITS.includes(purpose)

/** Derives the code, or null when its key has been removed. 120 bits in groups of three, or six digits. */
export function deriveCode(keys: Keyring, purpose: ChallengePurpose, seed: CodeSeed): string | null {
  const digest = mac(keys, seed.kid, 'code', purpose, String(seed.codeId), seed.random)
  if (!digest) return null
  return hasSixDigits(purpose) ? sixDigits(digest) : groups(digest)
}

/** The keyed hash under which KV carries a mailed code, or null when its key has been removed. */
export function hashMailedCode(keys: Keyring, { kid, codeId }: CodeSeed, code: string): string | null {
  return mac(keys, kid, 'mailed-code', String(codeId), code)?.toString('base64url') ?? null
}

/** 48 bits modulo a million: the bias is below 1 in 10^8. */
function sixDigits(digest: Buffer): string {
  return String(digest.readUIntBE(0, 6) % SIX_DIGITS).padStart(6, '0')
}

function groups(digest: Buffer): string {
  return inGroups(Array.from(digest.subarray(0, LONG_CODE_SIGNS), (byte) => CODE_SIGNS[byte % CODE_SIGNS.length]).join(''))
}

/** The signs of a long code as it is mailed. */
export function inGroups(signs: string): string {
  return signs.match(new RegExp(`.{1,${GROUP}}`, 'g'))?.join('-') ?? signs
}
