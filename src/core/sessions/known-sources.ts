/**
 * Where the owner of an account signs in from (docs/limits.md): a browser, by its device cookie, or without one, a
 * network. It grants no access. It only keeps strangers' attempts from counting against the owner.
 */
import { sha256 } from '../../crypto.ts'
import type { UserId } from '../../ids.ts'
import type { Fragment, Statement } from '../../store/db/database.ts'
import { insertNetwork, isKnownDevice, isKnownNetwork, trimNetworks } from '../../store/db/known-sources.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { KNOWN_NETWORK_MS, KNOWN_NETWORK_RENEWED_MS, KNOWN_NETWORKS_MAX, NETWORK_LIMIT_PERIOD_MS } from '../limits.ts'

/** How the caller is counted where it is known. */
export function sourceOf({ caller }: Ctx): string {
  return caller.device === null ? caller.networkHash : sha256(caller.device.token)
}

/** The caller's network, and the time until which an account must know it. */
export function knownNetwork(ctx: Ctx): { networkHash: string; knownUntil: number } {
  return { networkHash: ctx.caller.networkHash, knownUntil: ctx.now() + KNOWN_NETWORK_RENEWED_MS }
}

/**
 * Whether the account was signed in to with the caller's browser: with the current password, or only with an earlier
 * one. Whoever had that one may have signed in with any number of browsers.
 */
export function knowsDevice(ctx: Ctx, account: { id: UserId; passwordSetAt: number | null }): 'now' | 'before' | null {
  const at = ctx.caller.device?.accounts.get(account.id)
  if (at === undefined) return null
  return at >= (account.passwordSetAt ?? 0) ? 'now' : 'before'
}

/**
 * Refuses sign-ins from a network that has spent its share for now, except from a browser that the account knows. `userId` is
 * null for a name that nobody has. Throws `rate_limited`, with the answer that the route itself gives that network.
 */
export function refuseBeyondNetwork({ caller }: Ctx, userId: UserId | null): void {
  if (!caller.isBeyondNetworkLimit || (userId !== null && caller.device?.accounts.has(userId))) return
  throw new AppError('rate_limited', 'Too many requests', { retryAfter: NETWORK_LIMIT_PERIOD_MS / 1000 })
}

/**
 * Holds if the user that `user` yields knows the caller's browser since the current password was set, or the network of
 * a caller without a device cookie.
 */
export function isKnown(ctx: Ctx, user: Fragment): Fragment {
  const { device, networkHash } = ctx.caller
  return device === null ? isKnownNetwork(user, networkHash, ctx.now()) : isKnownDevice(user, device.accounts)
}

/** Statements that make the caller's network known to the user who signs in. A browser with a cookie will be known by that. */
export function rememberNetworkOfProgram(ctx: Ctx, userId: UserId, condition: Fragment): Statement<void>[] {
  return ctx.caller.device === null ? [rememberNetwork(ctx, userId, condition)] : []
}

/** A statement that makes the caller's network known to the user, where `condition` holds. */
export function rememberNetwork(ctx: Ctx, userId: UserId, condition: Fragment): Statement<void> {
  return insertNetwork({ userId, networkHash: ctx.caller.networkHash, expiresAt: ctx.now() + KNOWN_NETWORK_MS }, condition)
}

/** Forgets the oldest of too many. For after the reply. */
export function trimKnownNetworks(userId: UserId): Statement<void> {
  return trimNetworks(userId, KNOWN_NETWORKS_MAX)
}
