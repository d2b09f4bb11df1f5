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

/** The `amr` of a sign-in that a passkey completed. */
export function withPasskey(first: readonly string[], isSynced: boolean): readonly string[] {
  return [...new Set([...first, ...byPasskey(isSynced)])]
}

/** Whether the sign-in took two factors, or a passkey, which is two. */
export function isMultiFactor(amr: readonly string[]): boolean {
  return amr.includes('mfa')
}

/** Whether the sign-in took a passkey, which no other site can phish. */
export function isPhishingResistant(amr: readonly string[]): boolean {
  return amr.includes('swk') || amr.includes('hwk')
}

/**
 * Authentication Context Class References (OpenID Connect Core §2), strongest first; each satisfies those that follow:
 * a passkey, two factors, one factor.
 */
export const ACRS = ['urn:kith:acr:phr', 'urn:kith:acr:2fa', 'urn:kith:acr:1fa'] as const
export type Acr = (typeof ACRS)[number]

export function acrOf(amr: readonly string[]): Acr {
  if (isPhishingResistant(amr)) return 'urn:kith:acr:phr'
  return isMultiFactor(amr) ? 'urn:kith:acr:2fa' : 'urn:kith:acr:1fa'
}

/** Whether the sign-in is as strong as `acr`. */
export function isAsStrongAs(acr: Acr, amr: readonly string[]): boolean {
  return ACRS.indexOf(acrOf(amr)) <= ACRS.indexOf(acr)
}

/** What `acr_values` requires: any of its values will do, so the weakest. Unknown values are ignored; null if it has no others. */
export function weakestAcr(acrValues: string | undefined): Acr | null {
  const asked = (acrValues ?? '').split(' ')
  return ACRS.findLast((acr) => asked.includes(acr)) ?? null
}

/** The sign-in that a route needs, as an app asks for it at the authorization endpoint (RFC 9470 §3). */
export interface StepUp {
  readonly maxAgeMs?: number
  /** Any of them, in order of preference. */
  readonly acrValues?: readonly Acr[]
}
