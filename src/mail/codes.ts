/**
 * Mailed codes (design §1.11): HMAC(key[kid], purpose, code id, random of the row). No readable code is stored, and
 * sending again repeats the same code. Long codes identify the account by themselves (wire §6.6).
 */
import { type Keyring, mac } from '../crypto.ts'
import type { ChallengePurpose, CodeSeed } from '../store/db/challenges.ts'

/** 32 characters without look-alikes: five bits each. */
export const CODE_SIGNS = 'abcdefghijkmnpqrstuvwxyz23456789'
const LONG_CODE_SIGNS = 24
const GROUP = 3
const SIX_DIGITS = 1_000_000

/** Codes typed from one screen into another, valid only together with a secret of the caller. */
const OF_SIX_DIGITS: readonly ChallengePurpose[] = ['sign_in', 'change_email_digits']

export const hasSixDigits = (purpose: ChallengePurpose): boolean => OF_SIX_DIGITS.includes(purpose)

/** Derives the code, or null if its key has been removed. 120 bits in groups of three, or six digits. */
export function deriveCode(keys: Keyring, purpose: ChallengePurpose, seed: CodeSeed): string | null {
  const digest = mac(keys, seed.kid, 'code', purpose, String(seed.codeId), seed.random)
  if (!digest) return null
  return hasSixDigits(purpose) ? sixDigits(digest) : groups(digest)
}

/** The six digits that a mail has beside a link with the long code of the same row; null if their key has been removed. */
export function deriveDigits(keys: Keyring, purpose: ChallengePurpose, seed: CodeSeed): string | null {
  const digest = mac(keys, seed.kid, 'code', purpose, String(seed.codeId), seed.random, 'digits')
  return digest && sixDigits(digest)
}

/** The keyed hash of a mailed code for KV, or null if its key has been removed. */
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

/** Formats a long code for mails. */
export function inGroups(signs: string): string {
  return signs.match(new RegExp(`.{1,${GROUP}}`, 'g'))?.join('-') ?? signs
}
