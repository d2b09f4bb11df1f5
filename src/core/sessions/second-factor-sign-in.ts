/**
 * The second half of a sign-in (design §2; ASVS 6.5, 6.6; security rows 14-18, 20, 22): a pending log-in is completed
 * with the mailed code, a code from the authenticator app, or a recovery code. Each pending log-in allows 5 guesses,
 * and `second-factor-attempts.ts` limits six digits further. No limit applies to recovery codes, which nobody can guess
 * (80 bits): they let the owner in from anywhere. The owner is notified of failures. The code is used up in the batch
 * that creates the session. Without the `sessionHash`, which takes the password, a caller learns nothing.
 */
import { equalInConstantTime, sha256 } from '../../crypto.ts'
import type { MailId, SessionId, UserId } from '../../ids.ts'
import { deriveCode, hashMailedCode } from '../../mail/codes.ts'
import { countAttempt, findCounter, justCounted } from '../../store/db/attempt-counters.ts'
import { always, both, type Fragment, findIf, idOf, never, type Statement } from '../../store/db/database.ts'
import { challengeOf, insertMail, kindOf } from '../../store/db/mail-outbox.ts'
import { claimRecoveryCode, countUnusedRecoveryCodes, isUnusedRecoveryCode } from '../../store/db/recovery-codes.ts'
import { hasSecondFactor } from '../../store/db/second-factors.ts'
import {
  claimSignIn,
  claimSignInWithFactor,
  findMailableSignIn,
  isSignInClaimable,
  isSignInClaimed,
  isSignInTriable,
  type PendingSignIn,
  type SignInChallengeRow,
  trySignIn,
} from '../../store/db/sign-in-challenges.ts'
import { claimTotpStep, findTotp, type TotpRow } from '../../store/db/totp.ts'
import { findUser, maySignIn, type UserRow } from '../../store/db/users.ts'
import { getMailedCode } from '../../store/kv/mailed-codes.ts'
import { restorableSince } from '../accounts/deletion.ts'
import { deliverLater, mailLimit, mailNotice, whereFrom } from '../accounts/mail.ts'
import { audit } from '../audit.ts'
import { BY_PASSWORD, isByMail, withCode } from '../authentication-methods.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { CHALLENGE_TRIES, SECOND_FACTOR_FAILURES_MAX, SECOND_FACTOR_FAILURES_TOLD } from '../limits.ts'
import type { Claim } from '../principal.ts'
import { browserBeginner, completeSignIn, isRowOpen, type SignedIn, timesOf } from './completion.ts'
import { refuseBeyondNetwork } from './known-sources.ts'
import { rateLimited } from './password-attempts.ts'
import { recoveryCodeHash } from './recovery-codes.ts'
import { forgetSecondFactorTries, secondFactorAttempts } from './second-factor-attempts.ts'
import type { BrowserSession } from './sessions.ts'
import { resealLater, stepOfSealed } from './totp-codes.ts'

export interface SecondFactorAnswer {
  readonly userId: UserId
  readonly sessionHash: string
  /** From `fields.secondFactorCode`: six digits, or a recovery code. */
  readonly code: string
  readonly userAgent: string
  /** The browser session whose cookie was sent: the new one replaces it. */
  readonly presented: Claim | null
}

/** What the code proves, and the statements that use it up. */
type Proof =
  | { readonly method: 'email' }
  | { readonly method: 'totp'; readonly totp: TotpRow; readonly secret: string; readonly step: number }
  | { readonly method: 'recovery_code'; readonly hash: string; readonly left: number }

/** Either may be wrong; the caller does not learn which. */
const refusal = () => {
  const message = 'sessionHash or code is wrong, used or expired'
  const fields = ['sessionHash', 'code'].map((path) => ({ path, message }))
  return AppError.ofFields(fields, 'code_invalid', message)
}

export function pendingOf(ctx: Ctx, userId: UserId, sessionHash: string): PendingSignIn {
  const tokenHash = sha256(sessionHash)
  return { purpose: 'sign_in', tokenHash, userId, tries: CHALLENGE_TRIES, returnSince: restorableSince(ctx), now: ctx.now() }
}

/**
 * Completes a pending log-in. Wrong, used, expired and foreign codes all get `code_invalid`; so do all digits after 100
 * failures in 30 days in the caller's counter. At most 2 round trips.
 */
export async function completeSecondFactor(ctx: Ctx, input: SecondFactorAnswer): Promise<SignedIn<BrowserSession>> {
  const { userId } = input
  refuseBeyondNetwork(ctx, userId)
  const pending = pendingOf(ctx, userId, input.sessionHash)
  const { recent, month } = secondFactorAttempts(ctx, userId)
  const triable = isSignInTriable(pending)
  const hash = recoveryCodeHash(input.code)
  const isDigits = hash === null
  const [counted, failures, challenge, user, isTriable, hasEmail, totp, isRecovery, recovery] = await ctx.db.batch([
    countAttempt(recent, triable),
    countAttempt(month, isDigits ? justCounted : never),
    trySignIn(pending, isDigits ? justCounted : always),
    findUser(userId),
    findIf(triable),
    findIf(hasSecondFactor(userId, 'email')),
    findTotp(userId),
    findIf(isUnusedRecoveryCode(userId, hash ?? '')),
    countUnusedRecoveryCodes(userId),
  ])
  if (!counted && isTriable && isDigits) throw rateLimited(ctx, await ctx.db.one(findCounter(recent.key)))
  if (!challenge || !user) throw refusal()
  const proof =
    hash === null
      ? await judgeDigits(ctx, input.code, { challenge, hasEmail, totp })
      : isRecovery && ({ method: 'recovery_code', hash, left: (recovery?.unused ?? 1) - 1 } as const)
  if (!proof) {
    const notice = failuresNotice(ctx, input, failures?.count ?? 0)
    const failed = audit(ctx, { type: 'sign_in_failed', userId, userAgent: input.userAgent, detail: 'second_factor', condition: always })
    // Uncounted tries leave nothing, or anyone with the password could fill the owner's history.
    if (counted) await ctx.db.batch([failed, ...(notice ? [notice.write] : [])])
    if (notice) deliverLater(ctx, notice.mailId)
    throw refusal()
  }
  return claimPendingSignIn(ctx, {
    ...input,
    challenge,
    user,
    proof,
    counters: [counted, failures].flatMap((counter) => (counter ? [counter.key] : [])),
  })
}

/** Notifies the owner, because whoever fails here has the password. Only at certain counts, to avoid a flood. */
function failuresNotice(ctx: Ctx, { userId, userAgent }: SecondFactorAnswer, failures: number) {
  if (!SECOND_FACTOR_FAILURES_TOLD.has(failures)) return null
  const changed = failures === SECOND_FACTOR_FAILURES_MAX ? ['digits_refused'] : []
  const params = { ...whereFrom(ctx, userAgent), failures, changed }
  return mailNotice(ctx, { kind: 'second_factor_failed', user: userId, params, isByAnother: true })
}

/** Both kinds are checked, whatever the first check says. Codes are mailed and accepted only if codes by email are enabled. */
async function judgeDigits(
  ctx: Ctx,
  code: string,
  known: { challenge: SignInChallengeRow; hasEmail: boolean; totp: TotpRow | null },
): Promise<Proof | null> {
  const { challenge, totp } = known
  const isMailed = known.hasEmail && !isByMail(firstFactorOf(challenge)) && (await isMailedCode(ctx, challenge, code))
  const secret = totp?.secret ?? null
  const step = await stepOfSealed(ctx, challenge.userId, secret, code)
  if (totp && secret !== null && step !== null && step > totp.lastStep) return { method: 'totp', totp, secret, step }
  return isMailed ? { method: 'email' } : null
}

/** KV has the hash of the code. If it has none that can be current, D1's row yields the mailed code. */
async function isMailedCode(ctx: Ctx, challenge: SignInChallengeRow, code: string): Promise<boolean> {
  const { hmacKeys } = ctx.config
  const hash = hashMailedCode(hmacKeys, challenge, code)
  if (hash === null) return false
  const carried = await getMailedCode(ctx.kv, challenge.codeId)
  if (carried?.length === hash.length) return equalInConstantTime(carried, hash)
  return equalInConstantTime(deriveCode(hmacKeys, 'sign_in', challenge) ?? '', code)
}

/** How the first factor was proved. */
export const firstFactorOf = ({ amr }: SignInChallengeRow) => amr?.split(' ') ?? BY_PASSWORD

interface Won extends SecondFactorAnswer {
  readonly challenge: SignInChallengeRow
  readonly user: UserRow
  readonly proof: Proof
  readonly counters: readonly string[]
}

async function claimPendingSignIn(ctx: Ctx, won: Won): Promise<SignedIn<BrowserSession>> {
  const { challenge, user, proof } = won
  const claimedBy = ctx.newId<SessionId>()
  const claimed = isSignInClaimed(challenge.id, claimedBy)
  const notice = proof.method === 'recovery_code' ? recoveryNotice(ctx, won, proof.left, claimed) : null
  const outcome = await completeSignIn(ctx, {
    begin: browserBeginner(ctx, won.userAgent),
    user,
    counted: null,
    amr: withCode(firstFactorOf(challenge)),
    method: proof.method,
    userAgent: won.userAgent,
    presented: won.presented,
    condition: both(claimed, isRowOpen(ctx, user)),
    writes: [...claimsOf(ctx, won, claimedBy), ...forgetSecondFactorTries(ctx, won.counters, claimed), ...(notice ? [notice.write] : [])],
  }).catch((error: unknown) => {
    throw error instanceof AppError && error.code === 'unauthenticated' ? refusal() : error
  })
  if (notice) deliverLater(ctx, notice.mailId)
  if (proof.method === 'totp') resealLater(ctx, user.id, proof.totp)
  return outcome
}

/** Uses up the proof and the pending log-in: of all requests with the same proof, one succeeds. */
function claimsOf(ctx: Ctx, { challenge, user, proof }: Won, claimedBy: SessionId): Statement<void>[] {
  const { id, codeId } = challenge
  const userId = user.id
  const now = ctx.now()
  if (proof.method === 'email') return [claimSignIn({ id, purpose: 'sign_in', codeId, userId, claimedBy, now })]
  const claimable = both(isSignInClaimable(id, now), maySignIn(userId, user.epoch, timesOf(ctx)))
  const used =
    proof.method === 'totp'
      ? claimTotpStep({ userId, secret: proof.secret, step: proof.step }, claimable)
      : claimRecoveryCode({ userId, hash: proof.hash, claimedBy, now }, claimable)
  return [used, claimSignInWithFactor({ id, claimedBy, now })]
}

function recoveryNotice(ctx: Ctx, won: Won, codesLeft: number, condition: Fragment) {
  const params = { ...whereFrom(ctx, won.userAgent), codesLeft }
  return mailNotice(ctx, { kind: 'recovery_code_used', user: won.user.id, params, condition })
}

/**
 * Mails the code of a pending log-in, if codes by email are enabled and the mail limits allow it. Returns nothing:
 * every caller gets the same answer. At most 2 round trips.
 */
export async function mailSecondFactorCode(ctx: Ctx, input: { userId: UserId; sessionHash: string }): Promise<void> {
  const pending = pendingOf(ctx, input.userId, input.sessionHash)
  const challenge = await ctx.db.one(findMailableSignIn(pending))
  if (!challenge) return
  const id = ctx.newId<MailId>()
  const row = {
    id,
    kind: kindOf('sign_in_code'),
    params: '{}',
    challengeId: challengeOf(challenge.id),
    createdAt: ctx.now(),
    locale: ctx.caller.locale,
  }
  const owner = idOf(input.userId)
  const condition = isSignInTriable(pending)
  const mail = mailLimit(ctx, { sort: 'sign_in_code', address: challenge.emailKey ?? '', owner, condition })
  await ctx.db.batch([...mail.count, insertMail(row, owner, mail.counted)])
  deliverLater(ctx, id)
}
