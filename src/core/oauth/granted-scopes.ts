/**
 * Which scopes a grant gives (RFC 6749 §3.3; design §5): what was asked for, within what the client may have, within
 * what the user may have. Asking beyond the client is an error; the user's role narrows in silence.
 */
import { AppError } from '../errors.ts'
import { coveredBy, intersectScopes, isIdentityScope, parseScopes, type Scope, withinPerson } from './scopes.ts'

/**
 * What was asked for, within `allowed`; all of it when nothing was asked for, but for the scopes of OpenID Connect, which are
 * given to who names them (Core §3.1.2.1). Every name asked for must count for something.
 */
export function scopesWithin(asked: string | undefined, allowed: readonly Scope[]): Scope[] {
  if (asked === undefined) return nonEmpty(allowed.filter((scope) => !isIdentityScope(scope)))
  const scopes = parse(asked)
  for (const scope of scopes) {
    if (intersectScopes([scope], allowed).length === 0) throw invalidScope(`The client may not have the scope ${scope}`)
  }
  return nonEmpty(intersectScopes(scopes, allowed))
}

/** A limit that nobody asked about: the user's role, or the client as it is now. */
export function narrowedTo(scopes: readonly Scope[], limit: readonly Scope[]): Scope[] {
  return nonEmpty(intersectScopes(scopes, limit))
}

/** What a person can let a client have of it. */
export function grantedByPerson(scopes: readonly Scope[], held: readonly Scope[]): Scope[] {
  return nonEmpty(withinPerson(scopes, held))
}

/** RFC 6749 §6: a refresh may ask for less than was granted, never for more. `*` is all that was granted (wire §6.1). */
export function scopesOfRefresh(asked: string | undefined, granted: readonly Scope[]): Scope[] {
  if (asked === undefined) return nonEmpty([...granted])
  const scopes = parse(asked)
  if (scopes.includes('*')) return nonEmpty([...granted])
  for (const scope of scopes) {
    if (!coveredBy(granted, scope)) throw invalidScope(`The scope ${scope} was not granted`)
  }
  return nonEmpty(scopes)
}

/**
 * OpenID Connect Core §11: refresh tokens come with the grant type that the client is registered for, so asking for
 * `offline_access` asks for nothing more, and is no error.
 */
function parse(text: string): Scope[] {
  const scopes = parseScopes(text.replace(/(^|[\s,])offline_access(?=$|[\s,])/g, ' '))
  if (!scopes) throw invalidScope('A scope is unknown')
  return scopes
}

function nonEmpty(scopes: Scope[]): Scope[] {
  if (scopes.length === 0) throw invalidScope('No scope is left to grant')
  return scopes
}

function invalidScope(message: string): AppError {
  return new AppError('invalid_scope', message)
}
