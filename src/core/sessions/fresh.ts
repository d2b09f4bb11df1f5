/** Sensitive acts need a user who has just signed in (ASVS 7.5.1; design §6). */
import { NO_ID } from '../../ids.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { FRESH_SIGN_IN_MS } from '../limits.ts'
import { keyIdOf } from '../machines/keys.ts'
import type { UserPrincipal } from '../principal.ts'
import { stepUpOf } from './step-up.ts'

export function isFresh(ctx: Ctx, principal: UserPrincipal, withinMs = FRESH_SIGN_IN_MS): boolean {
  return ctx.now() - principal.authenticatedAt <= withinMs
}

/** Throws `reauthentication_required` if the sign-in is too old for a sensitive act. */
export function requireFresh(ctx: Ctx, principal: UserPrincipal, withinMs = FRESH_SIGN_IN_MS): void {
  if (isFresh(ctx, principal, withinMs)) return
  const stepUp = stepUpOf(principal, { maxAgeMs: withinMs })
  throw new AppError('reauthentication_required', 'Sign in again first', { reason: 'fresh_sign_in_required', ...stepUp })
}

/** The same for a user in a browser or an app: a program with a key asks for passwords itself, a sign-in that is not trusted here. */
export function requireFreshOfPerson(ctx: Ctx, principal: UserPrincipal): void {
  if (keyIdOf(principal.clientId) !== NO_ID) throw browserRequired()
  requireFresh(ctx, principal)
}

/**
 * The same for a user's sign-in credentials: in the browser itself. An app's token was only lent that sign-in, and an
 * app that could add or remove a factor could lock the owner out for good.
 */
export function requireFreshBrowser(ctx: Ctx, principal: UserPrincipal): void {
  if (principal.clientId !== null) throw browserRequired()
  requireFresh(ctx, principal)
}

function browserRequired(): AppError {
  return new AppError('reauthentication_required', 'Sign in with a browser', { reason: 'browser_sign_in_required' })
}
