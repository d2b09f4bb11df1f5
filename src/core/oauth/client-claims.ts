/**
 * What a client or an API may be told of a user beyond the claims of the standard's scopes: a closed list, registered
 * for it by name, and shown to the user on the consent page.
 */

const CLAIMS = {
  role: 'Your role in this service',
  locale: 'Your language',
  picture: 'Your picture',
} as const

/** One key of the user's `customData`, which the operator's programs have written. */
const CUSTOM = /^custom_data\.([A-Za-z0-9_-]{1,64})$/

export const CLIENT_CLAIMS_MAX = 20
export const CLAIM_RULE = `must be ${Object.keys(CLAIMS).join(', ')} or custom_data.<key>`

export function isClientClaim(name: string): boolean {
  return Object.hasOwn(CLAIMS, name) || CUSTOM.test(name)
}

/** The key of `customData`; null for any other claim. */
export function customDataKey(name: string): string | null {
  return CUSTOM.exec(name)?.[1] ?? null
}

/** In words, for the user. */
export function describeClaim(name: string): string {
  return Object.hasOwn(CLAIMS, name) ? CLAIMS[name as keyof typeof CLAIMS] : `What this service keeps about you as "${customDataKey(name)}"`
}
