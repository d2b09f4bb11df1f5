/**
 * The two codes of the device grant (RFC 8628 §6.1): the device's, which nobody can guess, and the person's, short
 * enough to type from a television. Consonants only, so that no code spells a word.
 */
import { randomInt } from 'node:crypto'
import { sha256 } from '../../crypto.ts'

const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ'
const LENGTH = 8

/** 20^8 codes, shown in two groups: `WDJB-MJHT`. */
export function newUserCode(): string {
  const letters = Array.from({ length: LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join('')
  return `${letters.slice(0, LENGTH / 2)}-${letters.slice(LENGTH / 2)}`
}

/** As people type it: in any case, with or without the hyphen. Null if it cannot be a code. */
export function readUserCode(typed: string): string | null {
  const letters = typed.toUpperCase().replace(/[^A-Z0-9]/g, '')
  return new RegExp(`^[${LETTERS}]{${LENGTH}}$`).test(letters) ? `${letters.slice(0, LENGTH / 2)}-${letters.slice(LENGTH / 2)}` : null
}

export const userCodeHash = (userCode: string) => sha256(`user-code ${userCode}`)
