/**
 * Which scopes a grant gives (RFC 6749 §3.3): what was asked for, within what the client may have, within what the user may
 * have. Names that nobody knows are ignored while others are left (OpenID Connect Core §3.1.2.1); asking beyond the client is an
 * error; the user's role narrows in silence. The token reply says what was granted.
 */
import { AppError } from '../errors.ts'
import { coveredBy, intersectScopes, isIdentityScope, listScopes, parseScopes, type Scope, withinPerson } from './scopes.ts'

/** RFC 6749 §3.3. */
const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]+$/

/**
 * What was asked for, within `allowed`; all of it when nothing was asked for, but for the scopes of OpenID Connect, which are
 * given to who names them (Core §3.1.2.1). Every known name must count for something.
 */
export function scopesWithin(asked: string | undefined, allowed: readonly Scope[]): Scope[] {
  if (asked === undefined) {
    return nonEmpty(
      allowed.filter((scope) => !isIdentityScope(scope)),
      'The client may have no scope but those of OpenID Connect: name the ones you want',
    )
  }
  const scopes = parse(asked)
  const beyond = scopes.filter((scope) => intersectScopes([scope], allowed).length === 0)
  if (beyond.length > 0) throw invalidScope(`The client may not have ${listScopes(beyond)}`)
  return intersectScopes(scopes, allowed)
}

/** A limit that nobody asked about: the user's role, or the client as it is now. */
export function narrowedTo(scopes: readonly Scope[], limit: readonly Scope[]): Scope[] {
  return nonEmpty(intersectScopes(scopes, limit), `The client may no longer have ${listScopes(scopes)}`)
}

/** What a person can let a client have of it. */
export function grantedByPerson(scopes: readonly Scope[], held: readonly Scope[]): Scope[] {
  return nonEmpty(withinPerson(scopes, held), `The user does not hold ${listScopes(scopes)}`)
}

/** RFC 6749 §6: a refresh may ask for less than was granted, never for more. `*` is all that was granted. */
export function scopesOfRefresh(asked: string | undefined, granted: readonly Scope[]): Scope[] {
  if (asked === undefined) return [...granted]
  const scopes = parse(asked)
  if (scopes.includes('*')) return [...granted]
  const beyond = scopes.filter((scope) => !coveredBy(granted, scope))
  if (beyond.length > 0) throw invalidScope(`${listScopes(beyond)} was not granted`)
  return scopes
}

/**
 * The scopes that we know. `offline_access` is not one of them (Core §11): refresh tokens come with the grant type that the
 * client is registered for.
 */
function parse(text: string): Scope[] {
  const { scopes, unknown } = parseScopes(text)
  const malformed = unknown.filter((name) => !SCOPE_TOKEN.test(name))
  if (malformed.length > 0) throw invalidScope(`${listScopes(malformed)} is no name of a scope`)
  return nonEmpty(scopes, unknown.length === 0 ? 'No scope is named' : `There is no scope ${listScopes(unknown)}`)
}

function nonEmpty(scopes: Scope[], message: string): Scope[] {
  if (scopes.length === 0) throw invalidScope(message)
  return scopes
}

function invalidScope(message: string): AppError {
  return new AppError('invalid_scope', message)
}
