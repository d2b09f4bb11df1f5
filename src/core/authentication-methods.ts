/**
 * How users prove who they are, as RFC 8176 names it (`amr`), and what a sign-in is worth. Everything is derived from
 * the session's `amr`, which tokens carry too.
 */
export const BY_PASSWORD = ['pwd'] as const
/** A mailed code as the first factor. */
export const BY_MAIL = ['otp'] as const
/** Whether a mailed code was the first factor: another one would prove nothing more. */
export const isByMail = (amr: readonly string[]) => amr[0] === BY_MAIL[0]
/** Another provider. RFC 8176 has no value for it; this one is in wide use. */
export const BY_UPSTREAM = ['fed'] as const
/** A passkey is proof of possession (`swk` if it is synced, `hwk` if it cannot leave its device) by a verified user. */
export const byPasskey = (isSynced: boolean) => [isSynced ? 'swk' : 'hwk', 'user', 'mfa'] as const

/** The `amr` of a sign-in that a code completed. RFC 8176 has no value for a recovery code: it is a one-time password, too. */
export function withCode(first: readonly string[]): readonly string[] {
  return [...new Set([...first, 'otp', 'mfa'])]
}

/** Whether the sign-in took two factors, or a passkey, which is two. */
export function isMultiFactor(amr: readonly string[]): boolean {
  return amr.includes('mfa')
}

/** Whether the sign-in took a passkey, which no other site can phish. */
export function isPhishingResistant(amr: readonly string[]): boolean {
  return amr.includes('swk') || amr.includes('hwk')
}
