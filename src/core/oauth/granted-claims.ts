/**
 * Single claims of a grant, beyond those of its scopes: what the client is registered to learn (`client-claims.ts`), and
 * what it asked for by the parameter `claims`. They are part of the grant's text, beside the scopes: `userinfo|role`,
 * `id_token|email`. So users agree to each, and what a client is registered for later takes another question.
 */
import type { UserRow } from '../../store/db/users.ts'
import type { Ctx } from '../ctx.ts'
import { coveredBy, isScope, type Scope } from '../scopes.ts'
import { type ClaimsRequest, PLACES, type Place } from './claims-request.ts'
import { apiClaimsOf } from './client-claims.ts'
import type { Client } from './clients.ts'
import { claimsOf, USER_CLAIMS } from './user-claims.ts'

type Holder = Pick<Client, 'scopes' | 'claims'>

const SCOPES: readonly Scope[] = ['profile', 'email', 'phone', 'address']
/** Core §5.4; the others are those of `profile`. */
const SCOPE_OF: Readonly<Record<string, Scope>> = {
  email: 'email',
  email_verified: 'email',
  phone_number: 'phone',
  phone_number_verified: 'phone',
  address: 'address',
}

const OF_NO_SCOPE = ['sub', 'role', 'custom_data']

function scopeOf(name: string): Scope | null {
  if (OF_NO_SCOPE.includes(name) || !(USER_CLAIMS as readonly string[]).includes(name)) return null
  return SCOPE_OF[name] ?? 'profile'
}

const mayHave = ({ scopes, claims }: Holder, name: string) => claims.includes(name) || isOfScopes(scopes, name)

function isOfScopes(scopes: readonly Scope[], name: string): boolean {
  const scope = scopeOf(name)
  return scope !== null && coveredBy(scopes, scope)
}

/** The items of the grant, within what the client is registered for. Without `openid` there is nowhere to deliver them. */
export function claimsWithin(client: Holder, scopes: readonly Scope[], { names }: Pick<ClaimsRequest, 'names'>): string[] {
  if (!scopes.includes('openid')) return []
  const userinfo = [...client.claims, ...names.userinfo.filter((name) => mayHave(client, name) && !isOfScopes(scopes, name))]
  const idToken = names.id_token.filter((name) => mayHave(client, name))
  return [...new Set([...userinfo.map((name) => `userinfo|${name}`), ...idToken.map((name) => `id_token|${name}`)])]
}

/** Those that a grant for a device has: it cannot ask for more. */
export function claimsOfDevice(client: Holder, scopes: readonly Scope[]): string[] {
  return claimsWithin(client, scopes, { names: { userinfo: [], id_token: [] } })
}

/** Whether the items of a consent include the claim: what is said, not where. A scope includes its claims. */
export function isClaimWithin(items: readonly string[], claim: string): boolean {
  const name = nameOf(claim)
  return isClaim(claim) && (isOfScopes(items.filter(isScope), name) || PLACES.some((place) => items.includes(`${place}|${name}`)))
}

/** What a page shows of a grant: each claim once, and none that a scope beside it includes. */
export function oncePerClaim(items: readonly string[]): string[] {
  const others = items.filter((item) => !isClaim(item))
  const claims = items.filter((item) => isClaim(item) && !isClaimWithin(others, item))
  return [...others, ...new Map(claims.map((item) => [nameOf(item), item])).values()]
}

/** The items that a user withdraws together: all that say the same, and with a scope its claims. */
export function claimsWithdrawnWith(item: string): string[] {
  const names = isScope(item) ? USER_CLAIMS.filter((name) => scopeOf(name) === item) : isClaim(item) ? [nameOf(item)] : []
  return PLACES.flatMap((place) => names.map((name) => `${place}|${name}`))
}

const isClaim = (item: string) => PLACES.some((place) => item.startsWith(`${place}|`))

const nameOf = (item: string) => item.slice(item.indexOf('|') + 1)

/** The names in a grant's text. */
export function storedClaims(text: string, place: Place): string[] {
  const prefix = `${place}|`
  return text.split(' ').flatMap((item) => (item.startsWith(prefix) ? [item.slice(prefix.length)] : []))
}

/** Their values, as far as the client may still have them. */
export function grantedClaimsOf(ctx: Ctx, user: UserRow, client: Holder, names: readonly string[]): Readonly<Record<string, unknown>> {
  const open = names.filter((name) => mayHave(client, name))
  if (open.length === 0) return {}
  const ofScopes = Object.entries(claimsOf(ctx, user, SCOPES)).filter(([name]) => open.includes(name))
  return { ...Object.fromEntries(ofScopes), ...apiClaimsOf(ctx, user, open) }
}
