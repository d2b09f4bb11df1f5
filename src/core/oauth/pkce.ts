/** Proof Key for Code Exchange (RFC 7636). The only method is S256: `plain` protects nobody (RFC 9700 §2.1.1). */
import { equalInConstantTime, sha256 } from '../../crypto.ts'

export const CODE_CHALLENGE_METHODS = ['S256'] as const

/** RFC 7636 §4.2: the base64url form of a SHA-256. */
const CHALLENGE = /^[A-Za-z0-9_-]{43}$/
/** RFC 7636 §4.1: 43 to 128 unreserved characters. */
const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/

export function isCodeChallenge(text: string): boolean {
  return CHALLENGE.test(text)
}

/**
 * RFC 7636 §4.6. A verifier without a challenge is refused as well: otherwise removing the challenge from the
 * authorization request would disable PKCE (RFC 9700 §4.8.2).
 */
export function isVerified(challenge: string | null, verifier: string | undefined): boolean {
  if (challenge === null) return verifier === undefined
  return verifier !== undefined && VERIFIER.test(verifier) && equalInConstantTime(sha256(verifier), challenge)
}
