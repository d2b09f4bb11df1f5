/** The claims of Kith's access tokens (RFC 9068), and what an API may demand of them. */

export interface AccessTokenClaims {
  readonly iss: string
  readonly aud: string
  /** The user's id, or the client's own id in a token without a user. */
  readonly sub: string
  /** The app. */
  readonly client_id: string
  /** Names, separated by spaces. */
  readonly scope: string
  readonly iat: number
  readonly exp: number
  readonly jti: string
  /** The user's session. */
  readonly sid?: string
  /** When the user signed in, how strongly, and how. Absent in tokens without a user. */
  readonly auth_time?: number
  readonly acr?: string
  readonly amr?: readonly string[]
  /** The key that it is bound to (RFC 9449). */
  readonly cnf?: { readonly jkt: string }
  /** Who acts for the user (RFC 8693). */
  readonly act?: { readonly sub: string; readonly act?: unknown }
}

export interface Demands {
  /** What the token must allow: one scope, or several, separated by spaces. */
  readonly scope?: string | undefined
  /**
   * Ask Kith whether the token is still valid, so that signing out everywhere, disconnecting the app or a ban takes effect at once. Without
   * it, a revoked token is accepted until it expires.
   */
  readonly now?: boolean | undefined
  /** The user must have signed in as strongly as one of these, such as `urn:kith:acr:2fa`; separated by spaces. */
  readonly acrValues?: string | undefined
  /** How old the user's sign-in may be, in seconds. */
  readonly maxAge?: number | undefined
}

/** Kith's levels, the strongest first. */
export const ACR_VALUES = ['urn:kith:acr:phr', 'urn:kith:acr:2fa', 'urn:kith:acr:1fa'] as const

export function hasScope({ scope }: Pick<AccessTokenClaims, 'scope'>, wanted = ''): boolean {
  const granted = scope.split(' ')
  return namesIn(wanted).every((name) => granted.includes(name))
}

/** Whether the sign-in is as strong and as new as demanded. */
export function isSignedInWell({ acr, auth_time }: AccessTokenClaims, { acrValues, maxAge }: Demands, toleranceSeconds: number): boolean {
  const asked = namesIn(acrValues ?? '')
  const isStrong = asked.length === 0 || (acr !== undefined && asked.some((one) => one === acr || isStronger(acr, one)))
  const age = Date.now() / 1_000 - (auth_time ?? Number.NEGATIVE_INFINITY)
  return isStrong && (maxAge === undefined || age <= maxAge + toleranceSeconds)
}

/** A user who has a passkey signs in with it where a second factor is asked for, and has done more. */
function isStronger(acr: string, than: string): boolean {
  const [rank, bound] = [acr, than].map((one) => ACR_VALUES.indexOf(one as (typeof ACR_VALUES)[number])) as [number, number]
  return rank >= 0 && rank < bound
}

function namesIn(list: string): string[] {
  return list.split(' ').filter(Boolean)
}
