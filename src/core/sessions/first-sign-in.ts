/**
 * The first sign-in of somebody who proves the address of a new account in the browser where they have just typed its
 * password: they do not type it again. The browser keeps a ticket from the one to the other. It opens nothing by itself: it
 * counts in the very request that proves the address, which happens once.
 */
import type { UserId } from '../../ids.ts'
import { both } from '../../store/db/database.ts'
import { rowHasNoSecondFactor } from '../../store/db/second-factors.ts'
import { findUser, type UserRow } from '../../store/db/users.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { UNVERIFIED_ACCOUNT_MS } from '../limits.ts'
import { issueTicket, readTicket } from '../oauth/tickets.ts'
import type { Claim } from './principal.ts'
import { type BrowserSession, leavePresentedSession, newBrowserSession, settleSession } from './sessions.ts'
import { type Begin, completeSignIn, isRowOpen, type SignedIn } from './sign-in.ts'

/** A new password raises the epoch: then the one that was typed here counts for nothing. */
const aboutOf = ({ id, epoch }: Pick<UserRow, 'id' | 'epoch'>) => [String(id), String(epoch)]

/** For the browser in which the account was made, or its password found right. */
export function issueFirstSignInTicket(ctx: Ctx, user: Pick<UserRow, 'id' | 'epoch'>): string {
  return issueTicket(ctx, 'first-sign-in', aboutOf(user))
}

/** The same of an account by its id; null where there is none. */
export async function issueFirstSignInTicketFor(ctx: Ctx, userId: UserId): Promise<string | null> {
  const user = await ctx.db.one(findUser(userId))
  return user && issueFirstSignInTicket(ctx, user)
}

interface FirstSignIn {
  readonly userId: UserId
  readonly ticket: string
  /** The browser session whose cookie came along: the new one takes its place. */
  readonly presented: Claim | null
}

/** Null where the ticket does not count: the person signs in with the password. */
export async function signInFirst(ctx: Ctx, { userId, ticket, presented }: FirstSignIn): Promise<SignedIn<BrowserSession> | null> {
  const user = await ctx.db.one(findUser(userId))
  if (!user) return null
  const authenticatedAt = readTicket(ctx, 'first-sign-in', ticket, { about: aboutOf(user), lifeMs: UNVERIFIED_ACCOUNT_MS })
  if (authenticatedAt === null) return null
  const { userAgent } = ctx.caller
  return completeSignIn(ctx, {
    begin: beginner(ctx, userAgent, authenticatedAt),
    user,
    counted: null,
    amr: ['pwd'],
    userAgent,
    condition: both(isRowOpen(ctx, user), rowHasNoSecondFactor),
    writes: leavePresentedSession(ctx, presented),
  }).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'unauthenticated') return null
    throw error
  })
}

/** As fresh as the password is: it was typed when the ticket was given. */
function beginner(ctx: Ctx, userAgent: string, authenticatedAt: number): Begin<BrowserSession> {
  return (input) => {
    const { session, writes } = newBrowserSession(ctx, { ...input, authenticatedAt })
    return { id: session.id, session, clientId: null, writes, settle: () => settleSession(ctx, session, userAgent) }
  }
}
