/**
 * How often a password may be tried. Limits slow strangers down and never lock owners out (docs/limits.md): from a
 * browser or network that has signed in before, tries are counted apart from everybody else's. Names without an account
 * are counted alike. Tries refused for a network are counted by the typed name: counting by account would reveal which
 * address belongs to which user name (decision 005). For the same reason only a browser, by a cookie that nobody else
 * has, can bypass that.
 */
import { currentMac } from '../../crypto.ts'
import type { AnyId, UserId } from '../../ids.ts'
import {
  type Attempt,
  type Counter,
  clearCounter,
  countAttempt,
  findCounter,
  justCounted,
  takeBackAttempt,
} from '../../store/db/attempt-counters.ts'
import { always, type Fragment, type Statement } from '../../store/db/database.ts'
import type { SignInRow } from '../../store/db/sign-in-users.ts'
import type { UserRow } from '../../store/db/users.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import {
  LOCK_NOTICE_PAUSE_MS,
  LOGIN_DAY_MS,
  LOGIN_TRIES,
  LOGIN_TRIES_PER_DAY,
  LOGIN_TRIES_PER_DAY_OF_KNOWN,
  LOGIN_TRIES_WITHOUT_BOT_CHECK,
  LOGIN_WINDOW_MS,
  LOGIN_WORK_OF_NETWORK,
} from '../limits.ts'
import { knowsDevice, sourceOf } from './known-sources.ts'

/** What a try may count against, in this order. */
export interface PasswordAttempts {
  /** The browser, if the account knows it. */
  readonly device: Attempt | null
  /** The typed name and the network. */
  readonly recent: Attempt
  /** The network, if the account knows it. */
  readonly network: Attempt | null
  /** All strangers together. */
  readonly everywhere: Attempt
}

/** A counted try, and what takes it back. */
export interface CountedTry {
  readonly key: string
  /** It was the last one that strangers have for now. */
  readonly isLast: boolean
}

/** A keyed hash of a name as typed, ignoring spelling. */
export function typedName(ctx: Ctx, key: string): string {
  return currentMac(ctx.config.hmacKeys, 'address', key).toString('base64url')
}

function attempt(ctx: Ctx, key: string, limit: number, windowMs: number): Attempt {
  return { key, limit, windowMs, pauseMs: 0, now: ctx.now(), stamp: ctx.newId<AnyId>() }
}

/** `typed` is the `typedName`, `account` the user it means, null for nobody. */
export function passwordAttempts(ctx: Ctx, typed: string, account: SignInRow | null): PasswordAttempts {
  const known = (source: string) => attempt(ctx, `password-known:${account?.id}:${source}`, LOGIN_TRIES_PER_DAY_OF_KNOWN, LOGIN_DAY_MS)
  const device = account && knowsDevice(ctx, account)
  return {
    // Browsers that signed in only with an earlier password share one count.
    device: device && known(device === 'now' ? sourceOf(ctx) : 'before'),
    recent: recentAttempt(ctx, typed),
    network: account?.knowsNetwork === 1 ? known(ctx.caller.networkHash) : null,
    everywhere: attempt(ctx, everywhereKey(account?.id ?? typed), LOGIN_TRIES_PER_DAY, LOGIN_DAY_MS),
  }
}

/** One name and one network. */
export function recentAttempt(ctx: Ctx, typed: string): Attempt {
  return attempt(ctx, recentKey(ctx, typed), LOGIN_TRIES, LOGIN_WINDOW_MS)
}

export function recentKey(ctx: Ctx, typed: string): string {
  return `password:${typed}:${ctx.caller.networkHash}`
}

/** The counter of strangers' tries; a new password resets it. */
export function everywhereKey(who: UserId | string): string {
  return `password-day:${who}`
}

/** Refuses what is already over the limit before it queues for a hash. The count itself decides. */
export function refuseOverTries(ctx: Ctx, counter: Counter | null, account: SignInRow | null): void {
  if (account !== null && knowsDevice(ctx, account) !== null) return
  if (counter && counter.windowEndsAt > ctx.now() && counter.count >= LOGIN_TRIES) throw rateLimited(ctx, counter)
}

/** Whether this network has failed so often at the name that whoever asks next has to be a person. Known browsers need not show it. */
export function isSuspicious(ctx: Ctx, counter: Counter | null, account: SignInRow | null): boolean {
  if (account !== null && knowsDevice(ctx, account) !== null) return false
  return counter !== null && counter.windowEndsAt > ctx.now() && counter.count >= LOGIN_TRIES_WITHOUT_BOT_CHECK
}

/** The mail that tells the owner that strangers have used up their tries. */
export function lockNoticeAttempt(ctx: Ctx, who: UserId): Attempt {
  return attempt(ctx, `mail:sign_in_locked:${who}`, 1, LOCK_NOTICE_PAUSE_MS)
}

/**
 * Counts one try, right before it is checked. Null: strangers have used up their tries; this one is not checked, and
 * the answer is that of a wrong password. Throws `rate_limited` if the name was tried too often from this network.
 */
export async function countPasswordTry(ctx: Ctx, attempts: PasswordAttempts): Promise<CountedTry | null> {
  const { device, recent, network, everywhere } = attempts
  if (device && (await ctx.db.one(countAttempt(device)))) return { key: device.key, isLast: false }
  const first = network ?? everywhere
  // A try refused for one network is not counted as a stranger's: otherwise one network could use up the tries of all.
  const [ofRecent, ofFirst] = await ctx.db.batch([countAttempt(recent), countAttempt(first, justCounted)])
  if (!ofRecent) throw rateLimited(ctx, await ctx.db.one(findCounter(recent.key)))
  if (network && ofFirst) return { key: network.key, isLast: false }
  const ofEverywhere = network ? await ctx.db.one(countAttempt(everywhere)) : ofFirst
  return ofEverywhere && { key: everywhere.key, isLast: ofEverywhere.count === everywhere.limit }
}

/**
 * Counts what a stranger's check costs beyond one of our own hashes, which the limits on tries are made for: a network could
 * otherwise keep an isolate busy with names that lead to costly imported hashes. `work` is the same for an account and for a name
 * that nobody has. Returns what takes it back once the password was right.
 */
export async function countWork(ctx: Ctx, work: number, account: SignInRow | null): Promise<Statement<void>[]> {
  if (work <= 1 || (account !== null && knowsDevice(ctx, account) !== null)) return []
  const key = `password-work:${ctx.caller.networkHash}`
  const weight = Math.ceil(work)
  if (!(await ctx.db.one(countAttempt({ ...attempt(ctx, key, LOGIN_WORK_OF_NETWORK, LOGIN_WINDOW_MS), weight })))) {
    throw rateLimited(ctx, await ctx.db.one(findCounter(key)))
  }
  return [takeBackAttempt(key, always, weight)]
}

type Names = Pick<UserRow, 'usernameKey' | 'emailKey'>

/**
 * Once a user has authenticated, where `condition` holds: resets the tries by all names of the account from this
 * network, and takes back the successful try. The rest of the day's count stays, or each success would buy another
 * day's tries.
 */
export function forgetTries(ctx: Ctx, user: Names, counted: CountedTry | null, condition: Fragment = always): Statement<void>[] {
  const names = [user.usernameKey, ...(user.emailKey === null ? [] : [user.emailKey])]
  return [
    ...(counted === null ? [] : [takeBackAttempt(counted.key)]),
    ...names.map((name) => clearCounter(recentKey(ctx, typedName(ctx, name)), condition)),
  ]
}

export function rateLimited(ctx: Ctx, counter: { windowEndsAt: number } | null): AppError {
  const waitMs = counter ? counter.windowEndsAt - ctx.now() : LOGIN_WINDOW_MS
  return new AppError('rate_limited', 'Too many attempts', { retryAfter: waitMs / 1000 })
}
