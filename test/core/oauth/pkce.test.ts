// RFC 7636. Security row 33.
import { expect, test } from 'vitest'
import { isCodeChallenge, isVerified } from '../../../src/core/oauth/pkce.ts'
import { sha256 } from '../../../src/crypto.ts'

const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

test('RFC 7636 appendix B', () => {
  expect(isCodeChallenge(CHALLENGE)).toBe(true)
  expect(isVerified(CHALLENGE, VERIFIER)).toBe(true)
})

test('§4.1: 43 to 128 unreserved characters, even where the hash is right', () => {
  const verified = (verifier: string) => isVerified(sha256(verifier), verifier)
  for (const length of [43, 44, 127, 128]) expect(verified('a'.repeat(length)), `${length}`).toBe(true)
  for (const length of [0, 1, 42, 129, 1000]) expect(verified('a'.repeat(length)), `${length}`).toBe(false)
  expect(verified(`${'a'.repeat(39)}-._~`)).toBe(true)
  for (const character of [' ', '+', '/', '=', '%', '\n', '\0', '\u00e9', '!', '*'])
    expect(verified('a'.repeat(43) + character)).toBe(false)
})

test('§4.6: another verifier, none, and the challenge itself', () => {
  for (const verifier of [undefined, '', CHALLENGE, VERIFIER.toLowerCase(), `${VERIFIER}x`])
    expect(isVerified(CHALLENGE, verifier)).toBe(false)
})

test('RFC 9700 §4.8.2: without a challenge there must be no verifier', () => {
  expect(isVerified(null, undefined)).toBe(true)
  for (const verifier of [VERIFIER, '']) expect(isVerified(null, verifier)).toBe(false)
})

test('§4.2: a challenge is a SHA-256 in base64url', () => {
  for (const text of ['', CHALLENGE.slice(1), `${CHALLENGE}A`, `${CHALLENGE.slice(1)}=`, `${CHALLENGE.slice(1)}+`, `${CHALLENGE}\n`]) {
    expect(isCodeChallenge(text), JSON.stringify(text)).toBe(false)
  }
})
