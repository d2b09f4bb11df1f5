/**
 * What an app may do, in words and under headings that people understand: for the consent page and the list of connected
 * apps. An item is what a grant stores: a scope of Kith, `<resource>|<name>` of an API (api-scopes.ts), or
 * `userinfo|<claim>` and `id_token|<claim>`.
 */
import { isScope, SCOPES, type Scope } from '../scopes.ts'
import type { Api } from './apis.ts'
import { describeClaim, isClientClaim } from './client-claims.ts'

export interface ScopeInWords {
  /** The stored item. */
  readonly scope: string
  readonly description: string
  /** The heading it belongs under; for an API its name. */
  readonly area: string
  /** What pages know the heading by; null for an API. */
  readonly group: Area | null
  /** The claims that the item stands for, for which pages have words. */
  readonly claims: readonly string[]
  /** The API that it is a scope of. */
  readonly resource: string | null
}

type ApiWords = Pick<Api, 'resource' | 'name' | 'scopes' | 'claims'>

/** In this order. A scope belongs where its nearest ancestor in these lists does. */
const AREAS = {
  account: ['Your whole account', ['*', 'delegated:all']],
  identity: ['Who you are', ['openid', 'profile', 'email', 'phone', 'address']],
  profile: ['Your profile', ['delegated:profile:all']],
  people: ['Other people', ['delegated:social:all', 'delegated:profile:search']],
  files: ['Your files', ['delegated:media:all']],
  signIns: ['Your sign-ins and devices', ['delegated:session:all', 'delegated:profile:login-history:read', 'delegated:profile:2fa:all']],
  service: ['This service', ['delegated:roles:all', 'delegated:system:settings:read', 'client:all']],
  administration: ['Administration of this service', ['admin:all']],
} as const satisfies Readonly<Record<string, readonly [area: string, scopes: readonly Scope[]]>>
export type Area = keyof typeof AREAS
const AREA_NAMES = Object.keys(AREAS) as Area[]

/** In the order of the areas; those of APIs last. Items that no longer exist are left out. */
export function inWords(items: readonly string[], apis: readonly ApiWords[] = []): ScopeInWords[] {
  const named = items.flatMap((item) => toWords(item, apis, items) ?? [])
  const rank = ({ group }: ScopeInWords) => (group === null ? AREA_NAMES.length : AREA_NAMES.indexOf(group))
  return named.sort((a, b) => rank(a) - rank(b) || (a.resource ?? '').localeCompare(b.resource ?? ''))
}

function toWords(scope: string, apis: readonly ApiWords[], items: readonly string[]): ScopeInWords | null {
  if (isScope(scope)) return { scope, description: SCOPES[scope].description, ...ofGroup(groupOf(scope)) }
  const [prefix = '', name = ''] = scope.split('|')
  if (prefix === 'userinfo' || prefix === 'id_token') {
    const description = isClientClaim(name) ? describeClaim(name) : `One detail about you: ${name.replaceAll('_', ' ')}`
    return { scope, description, ...ofGroup('identity'), claims: [name] }
  }
  const api = apis.find(({ resource }) => resource === prefix)
  if (!api) return null
  const words = { scope, area: api.name, group: null, resource: api.resource, claims: [] }
  if (name === '') {
    const told = api.claims.map((claim) => describeClaim(claim).replace(/^./, (letter) => letter.toLowerCase()))
    if (told.length > 0) return { ...words, claims: api.claims, description: `Learn ${told.join(', ')}` }
    // The API itself is part of each grant for it: said only if there is nothing else to say.
    return items.some((item) => item !== scope && item.startsWith(scope)) ? null : { ...words, description: 'Use it for you' }
  }
  const known = api.scopes.find((one) => one.name === name)
  return known ? { ...words, description: known.description } : null
}

const ofGroup = (group: Area) => ({ area: AREAS[group][0], group, resource: null, claims: [] })

function groupOf(scope: Scope): Area {
  for (let at: Scope | null = scope; at !== null; at = SCOPES[at].parent) {
    const found = AREA_NAMES.find((name) => (AREAS[name][1] as readonly Scope[]).includes(at as Scope))
    if (found) return found
  }
  return 'identity'
}
