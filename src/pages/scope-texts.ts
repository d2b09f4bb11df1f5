/** What an app may do, in the reader's language. What an operator has registered about an API stays as it was registered. */
import { customDataKey } from '../core/oauth/client-claims.ts'
import type { Area, ScopeInWords } from '../core/oauth/scope-words.ts'
import { isScope, type Scope } from '../core/scopes.ts'
import { fill, type Texts } from '../texts/texts.ts'

export function scopeText(t: Texts, { scope, description, resource, claims }: ScopeInWords): string {
  // A scope without a text does not compile.
  const names: Readonly<Record<Scope, string>> = t.scopes.names
  if (isScope(scope)) return names[scope]
  if (resource === null) return claims.map((claim) => claimText(t, claim)).join(', ')
  if (!scope.endsWith('|')) return description
  const told = claims.map((claim) => claimText(t, claim))
  return told.length === 0
    ? t.scopes.useApi
    : fill(t.scopes.learn, { claims: new Intl.ListFormat(t.locale, { type: 'unit' }).format(told) })
}

/** The heading that it belongs under. */
export function areaText(t: Texts, { group, area }: ScopeInWords): string {
  const areas: Readonly<Record<Area, string>> = t.scopes.areas
  return group === null ? area : areas[group]
}

function claimText({ scopes }: Texts, name: string): string {
  const key = customDataKey(name)
  if (key !== null) return fill(scopes.customClaim, { key })
  const known: Readonly<Record<string, string>> = scopes.claims
  return Object.hasOwn(known, name) ? (known[name] ?? name) : fill(scopes.otherClaim, { name: name.replaceAll('_', ' ') })
}
