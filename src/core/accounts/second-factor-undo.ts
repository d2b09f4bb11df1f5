/**
 * Anyone who has only the password could add a second factor to an account without one, and lock its owner out. The
 * notice of a first factor therefore carries a code that undoes it for 7 days, whatever happens to the account
 * meanwhile. It is valid only with a password that the account had until then, if it had one: someone who can only read
 * the mail, and so could reset the password, cannot bypass a factor with it (docs/decisions/026). An account that already
 * had a factor gets no such code.
 */
import type { MailId, SessionId, UserId } from '../../ids.ts'
import { resetCounters } from '../../store/db/attempt-counters.ts'
import { claimCode, claimedUserId, findClaim, insertChallenge, wasClaimed } from '../../store/db/challenges.ts'
import { always, both, type Fragment, idOf, not, type Statement } from '../../store/db/database.ts'
import { hasOpenUndo } from '../../store/db/email-changes.ts'
import { kindByChallenge } from '../../store/db/mail-outbox.ts'
import { deletePasskeysOf } from '../../store/db/passkeys.ts'
import { deleteRecoveryCodesOfNoFactor } from '../../store/db/recovery-codes.ts'
import {
  barPassword,
  deleteFactors,
  type FactorUndo,
  findFactorUndo,
  hasCredential,
  passwordsUntilNow,
  tryFactorUndo,
  voidFactorUndos,
} from '../../store/db/second-factor-undo.ts'
import { hasAnySecondFactor } from '../../store/db/second-factors.ts'
import { deleteUpstreamOf } from '../../store/db/upstream-identities.ts'
import { type FormerPassword, raiseEpoch } from '../../store/db/users.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { SECOND_FACTOR_UNDO_MS, SECOND_FACTOR_UNDO_TRIES } from '../limits.ts'
import { secondFactorKeys } from '../sessions/second-factor-attempts.ts'
import { restoreAccountWrites } from './deletion.ts'
import { codeRefusal, hashOfCode } from './email-change.ts'
import { deliverLater, mailNotice, newChallenge } from './mail.ts'
import { ownerNotice } from './owner-notice.ts'
import { hasPassword, verifyPassword } from './password-hash.ts'

/**
 * What happens to a replaced password while `isKept` holds: it is accepted with an undo for 7 days, and for as long as
 * a change of address can be undone. If an older one is already kept, that one stays: a thief gains nothing by changing
 * the password twice.
 */
export function formerPassword(ctx: Ctx, userId: UserId, isKept: Fragment): FormerPassword {
  return { isKept, isKeptOn: hasOpenUndo(userId, ctx.now()), until: ctx.now() + SECOND_FACTOR_UNDO_MS }
}

/**
 * Statements that send the notice of a user's first factor, with its undo, before the factor is enabled in the same
 * batch. While a change of address can be undone, the previous address is notified as well: the current one may be a
 * thief's.
 */
export function firstFactorNotice(
  ctx: Ctx,
  notice: { userId: UserId; params: Record<string, unknown>; condition: Fragment },
): { mailIds: MailId[]; writes: Statement<unknown>[] } {
  const { userId: user, params, condition } = notice
  const now = ctx.now()
  const undo = newChallenge(ctx, 'undo_second_factor', SECOND_FACTOR_UNDO_MS)
  const kind = kindByChallenge(undo.id, 'second_factor_on', 'second_factor_changed')
  const told = ownerNotice(ctx, { kind, user, params, challengeId: undo.id, condition })
  const isFirst = both(not(hasAnySecondFactor(user)), hasCredential)
  return {
    mailIds: told.mailIds,
    writes: [
      insertChallenge(undo, idOf(user), both(condition, isFirst), { passwordHashes: passwordsUntilNow(now, hasOpenUndo(user, now)) }),
      ...told.writes,
    ],
  }
}

/**
 * Throws unless the account had this password. One that had none needs none: until the factor, the mailbox was all that
 * it took, and whoever put the factor on may have set a password before.
 */
async function requireEarlierPassword(ctx: Ctx, undo: FactorUndo, password: string): Promise<void> {
  const [hash = null, former = null]: (string | null)[] = JSON.parse(undo.passwordHashes)
  if (!hasPassword(former ?? hash)) return
  const isRight = await verifyPassword(ctx, password, async () => {
    if (await ctx.db.one(tryFactorUndo({ id: undo.id, tries: SECOND_FACTOR_UNDO_TRIES, now: ctx.now() }))) return hash
    throw codeRefusal()
  })
  if (isRight || (former !== null && (await verifyPassword(ctx, password, async () => former)))) return
  const message = 'is not a password that the account had'
  throw AppError.ofFields([{ path: 'password', message }], 'invalid_request', 'The password is wrong')
}

/**
 * Disables the factors enabled since, with the mailed code and an earlier password, and ends every session and token.
 * The current password becomes invalid if a reset can be mailed. An account deleted meanwhile is restored, as its owner
 * could. One claim wins. At most 10 passwords can be tried with one code.
 */
export async function undoSecondFactor(ctx: Ctx, input: { code: string; password: string }): Promise<void> {
  const codeHash = hashOfCode(input.code)
  const now = ctx.now()
  const undo = await ctx.db.one(findFactorUndo(codeHash, now))
  if (!undo) throw codeRefusal()
  await requireEarlierPassword(ctx, undo, input.password)
  const claimedBy = ctx.newId<SessionId>()
  const user = claimedUserId(codeHash, claimedBy)
  const claimed = wasClaimed(codeHash, claimedBy)
  const notice = mailNotice(ctx, { kind: 'second_factor_undone', user, condition: claimed })
  const claim = await ctx.db.commit(
    [
      claimCode({ codeHash, purpose: 'undo_second_factor', claimedBy, now }, always),
      ...deleteFactors(undo.userId, claimed),
      // Whoever is being locked out may have added one.
      deletePasskeysOf(undo.userId, claimed),
      deleteUpstreamOf(undo.userId, claimed),
      deleteRecoveryCodesOfNoFactor(undo.userId),
      // Guesses at this factor must not lock the owner's next one.
      resetCounters(secondFactorKeys(undo.userId), claimed),
      barPassword(undo, { now, until: now + SECOND_FACTOR_UNDO_MS }, claimed),
      voidFactorUndos(undo.userId, now, claimed),
      ...restoreAccountWrites(ctx, undo.userId, claimed),
      raiseEpoch(user, now),
      audit(ctx, { type: 'second_factor_undone', userId: user, condition: claimed }),
      notice.write,
    ],
    findClaim(codeHash, claimedBy),
  )
  if (!claim) throw codeRefusal()
  deliverLater(ctx, notice.mailId)
}
