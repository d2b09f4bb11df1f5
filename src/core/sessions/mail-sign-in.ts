/**
 * Sign-in with a code or link by mail as the first factor (`EMAIL_SIGN_IN`). One mail has six digits, which are valid only
 * with the token of the browser that asked, and a link for any browser. Both are one challenge, claimed in the batch that
 * creates the session. A second factor is still asked for, and another mailed code is none.
 *
 * Nobody learns whether an account exists: an unknown name, an unverified address and a banned account get the same
 * answers after the same statements. Strangers can use up the guesses at digits, so nothing limits the link: its code
 * has 120 bits, and it lets the owner in from anywhere.
 */
import { equalInConstantTime, randomToken, sha256 } from '../../crypto.ts'
import { idAt, type MailId, NO_ID, type SessionId, type UserId } from '../../ids.ts'
import { deriveDigits } from '../../mail/codes.ts'
import { countAttempt, justCounted, writeDecoys } from '../../store/db/attempt-counters.ts'
import { hasOpenChallenge, voidChallenges } from '../../store/db/challenges.ts'
import { always, both, either, idOf, never, type Statement } from '../../store/db/database.ts'
import { challengeOf, insertMail, kindOf, noChallenge, verifiedAddress } from '../../store/db/mail-outbox.ts'
import { findLinkedSignIn, hasFewMailSignIns, ownsLink, ownsToken } from '../../store/db/mail-sign-ins.ts'
import {
  claimSignIn,
  insertSignInChallenge,
  isSignInClaimed,
  isSignInTriable,
  type SignInClaim,
  trySignIn,
} from '../../store/db/sign-in-challenges.ts'
import { findForSignIn, findSignInRow, type SignInRow } from '../../store/db/sign-in-users.ts'
import { isBarred } from '../accounts/deletion.ts'
import { codeRefusal, hashOfCode } from '../accounts/email-change.ts'
import { deliverLater, mailLimit, newChallenge } from '../accounts/mail.ts'
import { audit } from '../audit.ts'
import { BY_MAIL } from '../authentication-methods.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { CHALLENGE_TRIES, EMAIL_DIGITS_MS } from '../limits.ts'
import type { Claim } from '../principal.ts'
import { timesOf } from './completion.ts'
import { type SignInOutcome, signInWith } from './first-factor.ts'
import { knownNetwork, refuseBeyondNetwork } from './known-sources.ts'
import { MAIL_SIGN_INS_OPEN_MAX, mailSignInAttempts } from './mail-sign-in-attempts.ts'
import { methodsOf } from './pending-sign-in.ts'
import { namesOf, type TypedNames } from './right-password.ts'
import { forgetSecondFactorTries } from './second-factor-attempts.ts'

const PURPOSE = 'mail_sign_in'

/**
 * Mails a code and a link to the verified address of the account, if there is one that may sign in and the limits allow it.
 * The token goes with the digits; it is returned in any case. Two round trips.
 */
export async function requestMailSignIn(ctx: Ctx, input: TypedNames & { returnTo?: string | null }): Promise<{ token: string }> {
  const names = namesOf(input)
  const row = await ctx.db.one(findForSignIn({ ...names, ...knownNetwork(ctx) }))
  const isReachable = row !== null && row.emailKey !== null && row.emailVerifiedAt !== null && !isBarred(ctx, row)
  const [token, now] = [randomToken(), ctx.now()]
  const user = idOf(isReachable ? row.id : null)
  // A typed name counts as an address that nobody has; the account's own may be somebody else's as long as it is unverified.
  const address = (isReachable && row.emailKey) || (names.usernameKey ?? names.emailKey ?? '')
  const { count, counted, stamp } = mailLimit(ctx, { sort: PURPOSE, address, owner: user })
  const leadsOn = row === null || row.secondFactors === null || methodsOf(row, BY_MAIL).length > 0
  const challenge = { ...newChallenge(ctx, PURPOSE, EMAIL_DIGITS_MS, sha256(token)), returnTo: input.returnTo ?? null, amr: null }
  // Past the limit, the digits of the last mail become valid with this token too.
  const isFew = hasFewMailSignIns(user, MAIL_SIGN_INS_OPEN_MAX, idAt(now - EMAIL_DIGITS_MS))
  const isShared = both(hasOpenChallenge(user, PURPOSE, now), isFew)
  const mailId = ctx.newId<MailId>()
  const mail = {
    id: mailId,
    kind: kindOf(leadsOn ? 'mail_sign_in' : 'mail_sign_in_refused'),
    params: '{}',
    challengeId: leadsOn ? challengeOf(challenge.id) : noChallenge,
    to: verifiedAddress,
    createdAt: now,
    locale: ctx.caller.locale,
  }
  await ctx.db.batch([
    ...count,
    insertSignInChallenge(challenge, user, { freshCode: counted, condition: leadsOn ? either(counted, isShared) : never }),
    insertMail(mail, user, counted),
    writeDecoys(stamp, now, isReachable && leadsOn ? never : counted),
    audit(ctx, { type: 'sign_in_mail_requested', userId: user, condition: counted }),
  ])
  deliverLater(ctx, mailId)
  return { token }
}

interface Answer {
  readonly userAgent: string
  /** The browser session whose cookie was sent: the new one replaces it. */
  readonly presented: Claim | null
}

/**
 * Signs in with the digits and the token of the browser that asked, or opens a pending sign-in. Anything wrong, and
 * everything past the limits of guesses, is `code_invalid`. Three round trips.
 */
export async function signInWithMailedCode(ctx: Ctx, input: Answer & { token: string; code: string }): Promise<SignInOutcome> {
  const tokenHash = sha256(input.token)
  const user = await ctx.db.one(findSignInRow(ownsToken(tokenHash), knownNetwork(ctx)))
  refuseBeyondNetwork(ctx, user?.id ?? null)
  const { recent, month } = mailSignInAttempts(ctx, user, tokenHash)
  const userId = user?.id ?? (NO_ID as UserId)
  const signIn = { purpose: PURPOSE, tokenHash, userId, tries: CHALLENGE_TRIES, ...timesOf(ctx) } as const
  const [counted, countedOfMonth, challenge] = await ctx.db.batch([
    countAttempt(recent, user ? isSignInTriable(signIn) : always),
    countAttempt(month, justCounted),
    trySignIn(signIn, justCounted),
  ])
  const digits = challenge && deriveDigits(ctx.config.hmacKeys, PURPOSE, challenge)
  if (!user || !challenge || !digits || !equalInConstantTime(digits, input.code)) {
    // Uncounted tries leave nothing, or anyone could fill the owner's history.
    const condition = counted ? always : never
    await ctx.db.one(audit(ctx, { type: 'sign_in_failed', userId: user?.id ?? null, userAgent: input.userAgent, condition }))
    throw codeRefusal()
  }
  const counters = [counted, countedOfMonth].flatMap((counter) => (counter ? [counter.key] : []))
  return finish(ctx, { ...input, user, signIn: challenge, counters })
}

/** Signs in with the code of the link, in whichever browser it is opened. `returnTo` is what it was requested with. Two round trips. */
export async function signInWithMailedLink(
  ctx: Ctx,
  input: Answer & { code: string },
): Promise<{ outcome: SignInOutcome; returnTo: string | null }> {
  const codeHash = hashOfCode(input.code)
  const [user, signIn] = await ctx.db.batch([findSignInRow(ownsLink(codeHash), knownNetwork(ctx)), findLinkedSignIn(codeHash, ctx.now())])
  if (!user || !signIn) throw codeRefusal()
  return { outcome: await finish(ctx, { ...input, user, signIn, counters: [] }), returnTo: signIn.returnTo }
}

interface Proved extends Answer {
  readonly user: SignInRow
  readonly signIn: Pick<SignInClaim, 'id' | 'codeId'>
  /** What counted this try. */
  readonly counters: readonly string[]
}

/** Of all requests with the same digits or link, one succeeds; other mails of the account become invalid. */
async function finish(ctx: Ctx, { user, signIn, counters, userAgent, presented }: Proved): Promise<SignInOutcome> {
  const isVerified = user.emailVerifiedAt !== null
  if (!isVerified || isBarred(ctx, user) || (user.secondFactors !== null && methodsOf(user, BY_MAIL).length === 0)) throw codeRefusal()
  const [claimedBy, now] = [ctx.newId<SessionId>(), ctx.now()]
  const { id, codeId } = signIn
  const claimed = isSignInClaimed(id, claimedBy)
  const writes: Statement<void>[] = [
    claimSignIn({ id, purpose: PURPOSE, codeId, userId: user.id, claimedBy, now }),
    voidChallenges({ userId: user.id, purpose: PURPOSE, now }, claimed),
    ...forgetSecondFactorTries(ctx, counters, claimed),
  ]
  const factor = { user, amr: BY_MAIL, counted: null, userAgent, presented, writes, condition: claimed }
  return signInWith(ctx, factor).catch((error: unknown) => {
    throw error instanceof AppError && error.code === 'unauthenticated' ? codeRefusal() : error
  })
}
