/**
 * Which scopes a grant gives (RFC 6749 §3.3): those requested, within the client's, within the user's. Unknown names
 * are ignored as long as others are left (OpenID Connect Core §3.1.2.1); exceeding the client's scopes is an error; the
 * user's role narrows silently. The token response lists what was granted.
 */
import { AppError } from '../errors.ts'
import { coveredBy, intersectScopes, isIdentityScope, listScopes, parseScopes, type Scope, withinPerson } from '../scopes.ts'

/** RFC 6749 §3.3. */
const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]+$/

/**
 * The requested scopes within `allowed`; all of it if none were requested, except the OpenID Connect scopes, which must
 * be requested by name (Core §3.1.2.1). Every known name must match something.
 */
export function scopesWithin(asked: string | undefined, allowed: readonly Scope[]): Scope[] {
  if (asked === undefined) {
    return nonEmpty(
      allowed.filter((scope) => !isIdentityScope(scope)),
      'The client has only OpenID Connect scopes: request them by name',
    )
  }
  return within(parseScope(asked).scopes, allowed)
}

/** Each must match something of `allowed`. */
export function within(scopes: readonly Scope[], allowed: readonly Scope[]): Scope[] {
  const beyond = scopes.filter((scope) => intersectScopes([scope], allowed).length === 0)
  if (beyond.length > 0) throw invalidScope(`The client may not have ${listScopes(beyond)}`)
  return intersectScopes(scopes, allowed)
}

/** A limit that the request does not name: the user's role, or the client as it is now. */
export function narrowedTo(scopes: readonly Scope[], limit: readonly Scope[]): Scope[] {
  return nonEmpty(intersectScopes(scopes, limit), `The client may no longer have ${listScopes(scopes)}`)
}

/** The part of it that a user can grant to a client. */
export function grantedByPerson(scopes: readonly Scope[], held: readonly Scope[]): Scope[] {
  return nonEmpty(withinPerson(scopes, held), `The user does not have ${listScopes(scopes)}`)
}

/** RFC 6749 §6: a refresh may request less than was granted, never more. `*` means all that was granted. */
export function scopesOfRefresh(asked: string | undefined, granted: readonly Scope[]): Scope[] {
  if (asked === undefined) return [...granted]
  const { scopes } = parseScope(asked)
  return scopes.includes('*') ? [...granted] : withinGranted(scopes, granted)
}

export function withinGranted(scopes: Scope[], granted: readonly Scope[]): Scope[] {
  const beyond = scopes.filter((scope) => !coveredBy(granted, scope))
  if (beyond.length > 0) throw invalidScope(`${listScopes(beyond)} was not granted`)
  return scopes
}

/**
 * The known scopes: Kith's, and the names that `isOfApi` knows. `offline_access` is not one of them (Core §11): refresh
 * tokens come with the grant type that the client is registered for.
 */
export function parseScope(text: string, isOfApi?: (name: string) => boolean): { scopes: Scope[]; names: string[] } {
  const { scopes, unknown } = parseScopes(text)
  const malformed = unknown.filter((name) => !SCOPE_TOKEN.test(name))
  if (malformed.length > 0) throw invalidScope(`${listScopes(malformed)} is no name of a scope`)
  const names = isOfApi ? unknown.filter(isOfApi) : []
  if (scopes.length + names.length > 0) return { scopes, names }
  const hint = isOfApi ? '' : ' (for a scope of an API, name the API in resource)'
  throw invalidScope(unknown.length === 0 ? 'No scope was requested' : `Unknown scope: ${listScopes(unknown)}${hint}`)
}

function nonEmpty(scopes: Scope[], message: string): Scope[] {
  if (scopes.length === 0) throw invalidScope(message)
  return scopes
}

export function invalidScope(message: string): AppError {
  return new AppError('invalid_scope', message)
}
