/**
 * What a client or an API may be told of a user beyond the claims of the standard's scopes: a closed list, registered
 * for it by name, and shown to the user on the consent page. Nobody can write their own role or `customData`: those
 * an API may go by. Locale and picture people choose themselves.
 */
import type { UserRow } from '../../store/db/users.ts'
import type { Ctx } from '../ctx.ts'
import { avatarUrl } from '../media/avatar-urls.ts'
import { CUSTOM_CLAIM_LENGTH_MAX } from './limits.ts'

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

/**
 * The claims of these names, as userinfo and tokens carry them: `custom_data.<key>` is the member `key` of `custom_data`.
 * Left out if the user has no value, or one that is too long for a token.
 */
export function apiClaimsOf(ctx: Pick<Ctx, 'config' | 'now'>, user: UserRow, names: readonly string[]): Readonly<Record<string, unknown>> {
  const { role, locale } = user
  const claims = Object.entries({ role, locale, picture: names.includes('picture') ? avatarUrl(ctx, user.avatarKey) : null })
  const keys = names.map(customDataKey)
  const stored: unknown = keys.some((key) => key !== null) ? JSON.parse(user.customData ?? '{}') : {}
  const custom = Object.entries(stored as object).filter(
    ([key, value]) => keys.includes(key) && JSON.stringify(value).length <= CUSTOM_CLAIM_LENGTH_MAX,
  )
  return {
    ...Object.fromEntries(claims.filter(([name, value]) => names.includes(name) && value !== null)),
    ...(custom.length > 0 && { custom_data: Object.fromEntries(custom) }),
  }
}
