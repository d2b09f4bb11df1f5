/**
 * Scopes of the team's own APIs, as Kith stores them: wherever scopes are stored as text (clients, consents, codes,
 * sessions, device codes), one of an API is `<resource>|<name>`, and `<resource>|` is the API itself, which is part of
 * each grant for it. No URI contains `|` (RFC 3986), and no scope of Kith does: such a text never opens a route of Kith,
 * and two APIs may use the same name.
 */

export interface ApiScope {
  /** RFC 8707: the resource indicator. */
  readonly resource: string
  /** Empty: the API itself. */
  readonly name: string
}

const MARK = '|'
/** A resource has a scheme, by which it differs from what individual claims are stored under */
const API_SCOPE = /^([^|:]+:[^|]*)\|(.*)$/

/** The API scopes in a stored list. */
export function storedApiScopes(text: string): ApiScope[] {
  return text.split(' ').flatMap((part) => {
    const [, resource, name = ''] = API_SCOPE.exec(part) ?? []
    return resource === undefined ? [] : [{ resource, name }]
  })
}

/** Whether a text is a single one in such a list. */
export const isApiScopeText = (text: string) => API_SCOPE.test(text) && !/\s/.test(text)

/** The other names in a stored list. */
export function withoutApiScopes(text: string): string[] {
  return text.split(' ').filter((part) => part !== '' && !part.includes(MARK))
}

export function toStoredScope({ resource, name }: ApiScope): string {
  return `${resource}${MARK}${name}`
}

export function toStoredScopes(scopes: readonly string[], apiScopes: readonly ApiScope[]): string {
  return [...scopes, ...apiScopes.map(toStoredScope)].join(' ')
}

/** Of which APIs they are. */
export function resourcesOf(scopes: readonly ApiScope[] = []): string[] {
  return [...new Set(scopes.map(({ resource }) => resource))]
}

/** As clients are registered for them: each API with its scopes. */
export function byResource(scopes: readonly ApiScope[]): Record<string, string[]> {
  const namesOf = (resource: string) => scopes.filter((scope) => scope.resource === resource && scope.name !== '').map(({ name }) => name)
  return Object.fromEntries(resourcesOf(scopes).map((resource) => [resource, namesOf(resource)]))
}
