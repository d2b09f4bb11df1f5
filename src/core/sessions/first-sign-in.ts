/**
 * The first sign-in of a user who verifies the address of a new account in the browser where they have just typed its
 * password: they need not type it again. The browser keeps a ticket in between. By itself the ticket grants nothing: it
 * is valid only in the request that verifies the address, which happens once. For an account without a password, the
 * mailed code is what proves its owner.
 */
import type { UserId } from '../../ids.ts'
import { both } from '../../store/db/database.ts'
import { rowHasNoSecondFactor } from '../../store/db/second-factors.ts'
import { findUser, findWithPassword, type UserRow } from '../../store/db/users.ts'
import { hasPassword } from '../accounts/password-hash.ts'
import { BY_MAIL, BY_PASSWORD } from '../authentication-methods.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { UNVERIFIED_ACCOUNT_MS } from '../limits.ts'
import { issueTicket, readTicket } from '../oauth/tickets.ts'
import type { Claim } from '../principal.ts'
import { browserBeginner, completeSignIn, isRowOpen, type SignedIn } from './completion.ts'
import type { BrowserSession } from './sessions.ts'

/** A new password raises the epoch: then the one typed here no longer counts. */
const aboutOf = ({ id, epoch }: Pick<UserRow, 'id' | 'epoch'>) => [String(id), String(epoch)]

/** For the browser in which the account was created, or its password accepted. */
export function issueFirstSignInTicket(ctx: Ctx, user: Pick<UserRow, 'id' | 'epoch'>): string {
  return issueTicket(ctx, 'first-sign-in', aboutOf(user))
}

/** The same for an account by its id; null if there is none. */
export async function issueFirstSignInTicketFor(ctx: Ctx, userId: UserId): Promise<string | null> {
  const user = await ctx.db.one(findUser(userId))
  return user && issueFirstSignInTicket(ctx, user)
}

/** Whoever signs in first. */
export type Newcomer = UserRow & { readonly passwordHash: string | null }

/** The account of that id; null if there is none. One round trip. */
export const findNewcomer = (ctx: Ctx, userId: UserId): Promise<Newcomer | null> => ctx.db.one(findWithPassword(userId))

interface FirstSignIn {
  readonly user: Newcomer
  readonly ticket: string
  /** The browser session whose cookie was sent: the new one replaces it. */
  readonly presented: Claim | null
}

/** Null if the ticket is not valid: the user signs in with the password. */
export async function signInFirst(ctx: Ctx, { user: found, ticket, presented }: FirstSignIn): Promise<SignedIn<BrowserSession> | null> {
  const { passwordHash, ...user } = found
  const authenticatedAt = readTicket(ctx, 'first-sign-in', ticket, { about: aboutOf(user), lifeMs: UNVERIFIED_ACCOUNT_MS })
  if (authenticatedAt === null) return null
  const { userAgent } = ctx.caller
  const isByPassword = hasPassword(passwordHash)
  return completeSignIn(ctx, {
    // As fresh as the password, which was typed when the ticket was issued; the mailed code has just been used.
    begin: browserBeginner(ctx, userAgent, isByPassword ? authenticatedAt : ctx.now()),
    user,
    counted: null,
    amr: isByPassword ? BY_PASSWORD : BY_MAIL,
    userAgent,
    condition: both(isRowOpen(ctx, user), rowHasNoSecondFactor),
    presented,
    writes: [],
  }).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'unauthenticated') return null
    throw error
  })
}
