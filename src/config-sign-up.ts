/** What signing up asks for, and the check that tells people from programs. */
import type { Vars } from './config-vars.ts'

export interface SignUpConfig {
  /** Whether the page asks for first and last name. */
  readonly names: 'required' | 'optional' | 'off'
  /** `proposed`: whoever enters no user name gets one made of their names or address. */
  readonly usernames: 'asked' | 'proposed'
  /** In characters; for accounts and changes from now on. */
  readonly usernameLengthMin: number
  readonly passwordLengthMin: number
  /** Of the terms at `brand.termsUrl`, which a page then asks to accept; empty: it does not ask. */
  readonly termsVersion: string
}

/** Cloudflare Turnstile. */
export interface BotCheckConfig {
  /** Public: the page's. */
  readonly siteKey: string
  readonly secret: string
  /** Where answers are verified. */
  readonly url: string
  /** Whether programs need an answer, too, to sign people up or have mails sent through the APIs. */
  readonly coversApi: boolean
}

export function signUpOf(vars: Vars): SignUpConfig {
  return {
    names: vars.SIGN_UP_NAMES,
    usernames: vars.SIGN_UP_USERNAMES,
    usernameLengthMin: vars.USERNAME_LENGTH_MIN,
    passwordLengthMin: vars.PASSWORD_LENGTH_MIN,
    termsVersion: vars.TERMS_VERSION,
  }
}

export function botCheckOf(vars: Vars): BotCheckConfig | null {
  const { TURNSTILE_SITE_KEY: siteKey, TURNSTILE_SECRET_KEY: secret, TURNSTILE_URL: url, TURNSTILE_ON_API: coversApi } = vars
  return siteKey === '' ? null : { siteKey, secret, url, coversApi }
}

/** What belongs together. */
export function signUpProblems(vars: Partial<Vars>): string[] {
  const { TURNSTILE_SITE_KEY: siteKey, TURNSTILE_SECRET_KEY: secret, TERMS_VERSION: version, TERMS_URL: url } = vars
  return [
    ...(siteKey !== undefined && secret !== undefined && (siteKey === '') !== (secret === '')
      ? ['TURNSTILE_SITE_KEY and TURNSTILE_SECRET_KEY: one of them is missing']
      : []),
    ...(version && url === '' ? ['TERMS_URL: is missing (TERMS_VERSION is set)'] : []),
  ]
}
