/**
 * The end of every sign-in: the session, and what goes with it in one batch. It restores an account that its owner
 * deleted within the last 14 days.
 */
import type { SessionId } from '../../ids.ts'
import { isNewDevice } from '../../store/db/audit-events.ts'
import { always, both, type Fragment, type Statement } from '../../store/db/database.ts'
import { sessionExists, sessionWasMade } from '../../store/db/sessions.ts'
import { rowMaySignIn, type UserRow } from '../../store/db/users.ts'
import { noticeOfReturn, restorableSince, restoreAccountWrites } from '../accounts/deletion.ts'
import { deliverLater, mailNotice } from '../accounts/mail.ts'
import { audit, deviceHash } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Claim } from '../principal.ts'
import { rememberNetworkOfProgram } from './known-sources.ts'
import { type CountedTry, forgetTries } from './password-attempts.ts'
import { type BrowserSession, leavePresentedSession, newBrowserSession, type SessionStart, settleSession } from './sessions.ts'

export interface SignedIn<Session> {
  readonly kind: 'signed_in'
  readonly user: UserRow
  readonly session: Session
  /** The account was deleted, and no longer is. */
  readonly isRestored: boolean
}

/** What proves a second factor. */
export type SignInMethod = 'passkey' | 'totp' | 'recovery_code' | 'email'

export const timesOf = (ctx: Ctx) => ({ returnSince: restorableSince(ctx), now: ctx.now() })

/** True of the alias `u`: nothing that would bar a sign-in has happened to the account since it was read. */
export function isRowOpen(ctx: Ctx, user: UserRow): Fragment {
  return rowMaySignIn(user.epoch, timesOf(ctx))
}

/** A session that a sign-in starts, and what stores it. */
export interface Begun<Session> {
  readonly id: SessionId
  readonly session: Session
  /** Null for a browser. */
  readonly clientId: string | null
  readonly writes: readonly Statement<unknown>[]
  /** Once it is stored. */
  readonly settle: () => void
}

/** Starts a session of some kind, to be stored where `condition` holds. */
export type Begin<Session> = (input: SessionStart) => Begun<Session>

/** `authenticatedAt`: when the user proved who they are, if not now. */
export function browserBeginner(ctx: Ctx, userAgent: string, authenticatedAt = ctx.now()): Begin<BrowserSession> {
  return (input) => {
    const { session, writes } = newBrowserSession(ctx, { ...input, authenticatedAt })
    return {
      id: session.id,
      session,
      clientId: null,
      writes,
      settle: () => settleSession(ctx, session, userAgent),
    }
  }
}

interface Completion<Session> {
  readonly begin: Begin<Session>
  readonly user: UserRow
  /** The successful try; null if the password was checked before. */
  readonly counted: CountedTry | null
  /** The account knows the network for some time yet: nothing needs to be written. */
  readonly isKnown?: boolean
  readonly amr: readonly string[]
  /** What proved the second factor. */
  readonly method?: SignInMethod
  readonly userAgent: string
  /** The browser session whose cookie was sent: the new one replaces it. */
  readonly presented: Claim | null
  /** What must hold for a session to be created (it may use the alias `u`, the user), and what is written before it. */
  readonly condition: Fragment
  readonly writes: readonly Statement<unknown>[]
}

/**
 * Creates the session, and with it restores a deleted account. Refuses if the account has changed, or the challenge was
 * claimed, meanwhile.
 */
export async function completeSignIn<Session>(ctx: Ctx, done: Completion<Session>): Promise<SignedIn<Session>> {
  const { user } = done
  const { amr, condition, method: secondFactor = null } = done
  const { id, session, clientId, writes, settle } = done.begin({ userId: user.id, amr, secondFactor, condition })
  const made = sessionWasMade(id)
  const device = deviceHash(ctx, done.userAgent)
  const notice = mailNotice(ctx, {
    kind: 'new_device',
    user: user.id,
    userAgent: done.userAgent,
    condition: both(made, isNewDevice(user.id, device)),
    isByAnother: true,
  })
  // An account that is live, with the same epoch as when read, was not deleted meanwhile.
  const noticeOfRestored = user.deletedAt === null ? null : noticeOfReturn(ctx, user.id, done.userAgent, made)
  const stored = await ctx.db.commit(
    [
      ...done.writes,
      ...writes,
      ...leavePresentedSession(ctx, done.presented, id),
      ...(noticeOfRestored ? [noticeOfRestored.write, ...restoreAccountWrites(ctx, user.id, made)] : []),
      ...forgetTries(ctx, user, done.counted, done.counted ? always : made),
      ...(done.isKnown ? [] : rememberNetworkOfProgram(ctx, user.id, made)),
      notice.write,
      audit(ctx, {
        type: 'sign_in',
        userId: user.id,
        sessionId: id,
        clientId,
        userAgent: done.userAgent,
        deviceHash: device,
        ...(done.method ? { detail: done.method } : {}),
        condition: made,
      }),
    ],
    sessionExists(id),
  )
  if (!stored) throw new AppError('unauthenticated', 'The credentials are wrong')
  settle()
  deliverLater(ctx, notice.mailId, ...(noticeOfRestored ? [noticeOfRestored.mailId] : []))
  return { kind: 'signed_in', user: { ...user, deletedAt: null, deletedReason: null }, session, isRestored: user.deletedAt !== null }
}
