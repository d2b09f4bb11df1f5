/** How long what Kith issues is valid. */
import type { Vars } from './config-vars.ts'

/** In milliseconds, except `accessTokenSeconds`, which RFC 6749 counts in seconds. */
export interface Lifetimes {
  /** A browser session's lifetime and idle timeout. */
  readonly sessionMs: number
  readonly sessionIdleMs: number
  /** The default of clients registered without a value of their own. */
  readonly accessTokenSeconds: number
  /** The same limits for a grant with a refresh token. */
  readonly refreshTokenMs: number
  readonly refreshTokenIdleMs: number
  readonly authorizationCodeMs: number
  /** Mailed codes that verify an address, reset a password, or complete a sign-in. */
  readonly verifyCodeMs: number
  readonly resetCodeMs: number
  readonly signInCodeMs: number
}

export function lifetimesOf(vars: Vars): Lifetimes {
  return {
    sessionMs: vars.SESSION_SECONDS * 1_000,
    sessionIdleMs: vars.SESSION_IDLE_SECONDS * 1_000,
    accessTokenSeconds: vars.ACCESS_TOKEN_SECONDS,
    refreshTokenMs: vars.REFRESH_TOKEN_SECONDS * 1_000,
    refreshTokenIdleMs: vars.REFRESH_TOKEN_IDLE_SECONDS * 1_000,
    authorizationCodeMs: vars.AUTHORIZATION_CODE_SECONDS * 1_000,
    verifyCodeMs: vars.VERIFY_CODE_SECONDS * 1_000,
    resetCodeMs: vars.RESET_CODE_SECONDS * 1_000,
    signInCodeMs: vars.SIGN_IN_CODE_SECONDS * 1_000,
  }
}
