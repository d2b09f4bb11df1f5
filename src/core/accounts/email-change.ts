/**
 * Changing the email address: one use case for every room (wire §6.12, §6.20; security row 10). The new address is
 * verified with a mailed code before anything changes. The old one is notified and can undo the change for 7 days,
 * whatever anyone holding the account does meanwhile. During that time, addresses that are replaced later get no undo
 * of their own, and a change back to the old address counts as that undo. Nobody learns whether an address has an
 * account.
 */
import { sha256 } from '../../crypto.ts'
import type { AuditEventId, ChallengeId, MailId, SessionId, UserId } from '../../ids.ts'
import { inGroups } from '../../mail/codes.ts'
import { countAttempt, isWithinLimit, wasCounted } from '../../store/db/attempt-counters.ts'
import { wasRecorded } from '../../store/db/audit-events.ts'
import {
  claimCode,
  claimedUserId,
  findClaim,
  insertChallenge,
  type NewChallenge,
  voidOlderChallenges,
  wasClaimed,
} from '../../store/db/challenges.ts'
import { always, both, either, type Fragment, idOf, not, type Statement } from '../../store/db/database.ts'
import {
  addressOf,
  type ChangePurpose,
  hasOpenChange,
  hasOpenUndo,
  isAddressFree,
  isYoungerThanFactors,
  losesProvedAddress,
  presentAddress,
  settleUndos,
  updateEmail,
  voidOtherChanges,
  voidUndosAfter,
} from '../../store/db/email-changes.ts'
import { insertMail, kindByChallenge, newestChallenge, signUpKind } from '../../store/db/mail-outbox.ts'
import { findOpenCode } from '../../store/db/mailed-codes.ts'
import { deletePasskeysOf } from '../../store/db/passkeys.ts'
import { deleteUpstreamOf } from '../../store/db/upstream-identities.ts'
import { isChallengeOf, type UserRow, userWhere } from '../../store/db/users.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { type Email, emailKey } from '../fields.ts'
import { CHALLENGE_TRIES, EMAIL_CHANGE_UNDO_MS } from '../limits.ts'
import { foldTypedCode } from '../typed-text.ts'
import { restoreAccountWrites } from './deletion.ts'
import { deliverLater, mailLimit, mailNotice, mailsOfAccount, newChallenge } from './mail.ts'

/** Whether it is a different address, ignoring spelling. The current one is no change. */
export function isNewEmail(user: UserRow, email: Email | null): email is Email {
  return email !== null && emailKey(email) !== user.emailKey
}

/** How the new address is verified, if not by a long code. */
export interface ChangeProof {
  readonly challenge: NewChallenge & { readonly purpose: ChangePurpose }
  readonly lifeMs: number
}

/**
 * Statements that start a change where `condition` holds, for the batch of the act that requests it, after whatever
 * raises the epoch there; `requested` holds once they took effect (without a `proof` of their own). The caller has
 * verified who asks: a password, or a recent sign-in. If the address has an owner, that owner gets the mail, without a
 * code. If a limit refuses, no mail is sent and the reply does not show it.
 */
export function requestEmailChange(
  ctx: Ctx,
  input: { user: UserRow; newEmail: Email; condition: Fragment; proof?: ChangeProof },
): { mailId: MailId; requested: Fragment; writes: Statement<unknown>[] } {
  const { newEmail: email, condition } = input
  const now = ctx.now()
  // Once the guard has been evaluated, the id is enough.
  const [user, id] = [userWhere(input.user.id, condition), idOf(input.user.id)]
  const { verifyCodeMs } = ctx.config.lifetimes
  const { challenge, lifeMs } = input.proof ?? { challenge: newChallenge(ctx, 'change_email', verifyCodeMs), lifeMs: verifyCodeMs }
  const { purpose } = challenge
  // The limit per address protects mailboxes from floods; the one per account stops an account from causing them.
  const byUser = mailsOfAccount(ctx, input.user.id)
  const { count, counted } = mailLimit(ctx, { sort: 'change_email', address: emailKey(email), condition: wasCounted(byUser) })
  const stillGood = hasOpenChange({ user: id, purpose, email, tries: CHALLENGE_TRIES, usableUntil: now + lifeMs / 2 })
  const mailId = ctx.newId<MailId>()
  const mail = {
    id: mailId,
    kind: signUpKind(emailKey(email), purpose),
    params: '{}',
    challengeId: newestChallenge(id, purpose),
    to: email,
    createdAt: now,
    locale: ctx.caller.locale,
  }
  const eventId = ctx.newId<AuditEventId>()
  return {
    mailId,
    // Past the limit, the answer is the same.
    requested: either(wasRecorded(eventId), not(isWithinLimit(byUser))),
    writes: [
      countAttempt(byUser, condition),
      ...count,
      voidOtherChanges({ user, email, now }),
      insertChallenge(challenge, user, both(counted, not(stillGood)), { email: addressOf(email) }),
      voidOlderChallenges({ user: id, purpose, newest: challenge.id, now }),
      insertMail(mail, user, counted),
      // A request from a recent sign-in can be repeated endlessly: only what was counted is recorded.
      audit(ctx, {
        id: eventId,
        type: 'email_change_requested',
        userId: input.user.id,
        condition: input.proof ? counted : wasCounted(byUser),
      }),
    ],
  }
}

/** The challenge of a claim, read before it. The claim decides whether the code is valid. */
export interface OpenCode {
  readonly id: ChallengeId
  readonly userId: UserId
  readonly email: string | null
}

export const codeRefusal = () => new AppError('code_invalid', 'The code is wrong, already used or expired')

/** Of a mailed code; spelling variants match. */
export function hashOfCode(code: string): string {
  return sha256(inGroups(foldTypedCode(code)))
}

/**
 * Sets the account's address to the one that its code was mailed to, unless somebody else has verified it meanwhile.
 * One claim wins. Every session, token and mailed code of the account ends with the epoch; only undos survive.
 */
export async function confirmEmailChange(ctx: Ctx, input: { codeHash: string; open: OpenCode; userId: UserId | null }): Promise<void> {
  const { codeHash, open } = input
  if (open.email === null) throw codeRefusal()
  const condition = input.userId === null ? always : isChallengeOf(input.userId)
  const change = claimEmailChange(ctx, { codeHash, purpose: 'change_email', email: open.email, userId: open.userId, condition })
  if (!(await ctx.db.commit([...change.claim, ...change.writes], change.witness))) throw codeRefusal()
  deliverLater(ctx, change.mailId)
}

interface ClaimedChange {
  /** Holds once the code was claimed. */
  readonly claimed: Fragment
  readonly witness: Statement<{ userId: UserId } | null>
  readonly claim: readonly Statement<unknown>[]
  /** The consequences: these raise the epoch, so they come last. */
  readonly writes: readonly Statement<unknown>[]
  readonly mailId: MailId
}

/** Statements that claim a code where `condition` holds for its row in `challenges`, and set its user's address. */
export function claimEmailChange(
  ctx: Ctx,
  input: { codeHash: string; purpose: ChangePurpose; email: string; userId: UserId; condition: Fragment },
): ClaimedChange {
  const { codeHash, purpose, email } = input
  const now = ctx.now()
  const claimedBy = ctx.newId<SessionId>()
  const address = { email, emailKey: emailKey(email), now }
  const user = claimedUserId(codeHash, claimedBy)
  const claimed = wasClaimed(codeHash, claimedBy)
  const undo = newChallenge(ctx, 'undo_email_change', EMAIL_CHANGE_UNDO_MS)
  const tellsOld = both(claimed, losesProvedAddress(address.emailKey))
  const kind = kindByChallenge(undo.id, 'email_changed', 'email_changed_again')
  const notice = mailNotice(ctx, { kind, user, condition: tellsOld, challengeId: undo.id })
  const condition = both(input.condition, both(isAddressFree(address.emailKey, input.userId), isYoungerThanFactors))
  return {
    claimed,
    witness: findClaim(codeHash, claimedBy),
    claim: [claimCode({ codeHash, purpose, claimedBy, now }, condition)],
    writes: [
      // These read the old address and the previous undos, so they precede the changes of both. One undo at a time, the
      // oldest: it leads to the original address, while a later one may lead to a thief's.
      insertChallenge(undo, user, both(tellsOld, not(hasOpenUndo(input.userId, now))), { email: presentAddress }),
      notice.write,
      settleUndos({ userId: input.userId, email, now, until: now + EMAIL_CHANGE_UNDO_MS }, claimed),
      updateEmail(user, address),
      audit(ctx, { type: 'email_changed', userId: user, condition: claimed }),
    ],
    mailId: notice.mailId,
  }
}

/**
 * Restores the old address with the code mailed to it, if it is still free, and ends every session. It also restores an
 * account that was deleted meanwhile, as its owner could. Undos of later changes become invalid: their codes went to
 * whoever made those. One claim wins.
 */
export async function undoEmailChange(ctx: Ctx, code: string): Promise<void> {
  const codeHash = hashOfCode(code)
  const now = ctx.now()
  const open = await ctx.db.one(findOpenCode(codeHash, now))
  if (open?.purpose !== 'undo_email_change' || open.email === null) throw codeRefusal()
  const claimedBy = ctx.newId<SessionId>()
  const address = { email: open.email, emailKey: emailKey(open.email), now }
  const user = claimedUserId(codeHash, claimedBy)
  const claimed = wasClaimed(codeHash, claimedBy)
  const notice = mailNotice(ctx, { kind: 'email_change_undone', user, condition: both(claimed, losesProvedAddress(address.emailKey)) })
  const claim = await ctx.db.commit(
    [
      claimCode({ codeHash, purpose: 'undo_email_change', claimedBy, now }, isAddressFree(address.emailKey, open.userId)),
      // To the address being replaced, so before the change.
      notice.write,
      updateEmail(user, address),
      // Whoever is being locked out may have added one.
      deletePasskeysOf(open.userId, claimed),
      deleteUpstreamOf(open.userId, claimed),
      voidUndosAfter({ userId: open.userId, after: open.id, now }, claimed),
      ...restoreAccountWrites(ctx, open.userId, claimed),
      audit(ctx, { type: 'email_change_undone', userId: user, condition: claimed }),
    ],
    findClaim(codeHash, claimedBy),
  )
  if (!claim) throw codeRefusal()
  deliverLater(ctx, notice.mailId)
}
