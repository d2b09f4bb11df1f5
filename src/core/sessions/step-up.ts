/**
 * The challenge of RFC 9470: a route that needs a fresher or stronger sign-in tells an app what to ask for at the
 * authorization endpoint. Only where a token from such a sign-in would be accepted: where a browser is required, an app
 * would ask in vain. A program with a key cannot ask at all.
 */
import { NO_ID } from '../../ids.ts'
import type { StepUp } from '../authentication-methods.ts'
import { keyIdOf } from '../machines/keys.ts'
import type { UserPrincipal } from '../principal.ts'

/** For the options of an `AppError`. Empty for a browser, which signs in itself. */
export function stepUpOf(principal: UserPrincipal, stepUp: StepUp): { stepUp?: StepUp } {
  return principal.clientId !== null && keyIdOf(principal.clientId) === NO_ID ? { stepUp } : {}
}
