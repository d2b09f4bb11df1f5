/**
 * Password reset (OWASP Forgot Password; wire §6.7): a code is mailed to the address, and the answer is the same
 * whether the address has an account or not. A new password ends every session and token, and signs nobody in. Anyone
 * who may sign in can reset: the owner of an account deleted within 14 days, perhaps by a thief who had changed the
 * password, restores it this way.
 */
import { currentMac } from '../../crypto.ts'
import type { SessionId } from '../../ids.ts'
import { resetCounters } from '../../store/db/attempt-counters.ts'
import { claimCode, claimedUserId, findClaim, findCodeOwner, wasClaimed } from '../../store/db/challenges.ts'
import { always, both } from '../../store/db/database.ts'
import { hasOpenUndo } from '../../store/db/email-changes.ts'
import { kindOf } from '../../store/db/mail-outbox.ts'
import { deleteUpstreamBeforeAddress, hasUpstreamBeforeAddress } from '../../store/db/upstream-identities.ts'
import { ownerOfAddress, raiseEpoch, updatePassword } from '../../store/db/users.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { type Email, emailKey, type Password, usernameKey } from '../fields.ts'
import { timesOf } from '../sessions/completion.ts'
import { rememberNetwork } from '../sessions/known-sources.ts'
import { everywhereKey, forgetTries } from '../sessions/password-attempts.ts'
import { hashOfCode } from './email-change.ts'
import { deliverLater, mailCode, mailNotice } from './mail.ts'
import { hashNewPassword, refuseGuessablePassword } from './password-rules.ts'
import { formerPassword } from './second-factor-undo.ts'

/** Stands for an address without containing it or revealing whether it has an account: 24 hex digits, not a user id. */
export function resetTarget(ctx: Ctx, key: string): string {
  return currentMac(ctx.config.hmacKeys, 'code-target', key).toString('hex').slice(0, 24)
}

/** Mails a code to the owner of the address, if there is one. One round trip, the same statements for everyone. */
export async function requestPasswordReset(ctx: Ctx, email: Email, returnTo?: string | null): Promise<{ target: string }> {
  const key = emailKey(email)
  const user = ownerOfAddress(key, timesOf(ctx))
  const mail = mailCode(ctx, {
    purpose: 'reset_password',
    lifeMs: ctx.config.lifetimes.resetCodeMs,
    kind: kindOf('reset_password'),
    user,
    address: key,
    returnTo,
    owner: user,
    isSilent: true as const,
  })
  // Refused requests leave no audit event: otherwise anyone could fill a user's trail.
  await ctx.db.batch([...mail.writes, audit(ctx, { type: 'password_reset_requested', userId: user, condition: mail.counted })])
  deliverLater(ctx, mail.mailId)
  return { target: resetTarget(ctx, key) }
}

/**
 * Sets a new password with a code. One claim wins; a wrong, used or expired code is `code_invalid`. `returnTo` is what
 * the code was requested with.
 */
export async function resetPassword(
  ctx: Ctx,
  input: { code: string; password: Password; target: string | null },
): Promise<{ returnTo: string | null }> {
  const codeHash = hashOfCode(input.code)
  const refusal = new AppError('code_invalid', 'The code is wrong, already used or expired')
  const owner = await ctx.db.one(findCodeOwner({ codeHash, purpose: 'reset_password', now: ctx.now() }))
  if (!owner) throw refusal
  if (input.target !== null && input.target !== resetTarget(ctx, owner.emailKey ?? '')) throw refusal
  refuseGuessablePassword(input.password, owner)
  const passwordHash = await hashNewPassword(ctx, input.password)

  const now = ctx.now()
  const claimedBy = ctx.newId<SessionId>()
  const user = claimedUserId(codeHash, claimedBy)
  const claimed = wasClaimed(codeHash, claimedBy)
  const former = formerPassword(ctx, owner.userId, hasOpenUndo(owner.userId, now))
  const notice = mailNotice(ctx, { kind: 'password_changed', user, condition: claimed })
  const claim = await ctx.db.commit(
    [
      claimCode({ codeHash, purpose: 'reset_password', claimedBy, now }, always),
      updatePassword({ user, passwordHash, now, former, resetNetwork: ctx.caller.networkHash }, claimed),
      raiseEpoch(user, now),
      // Whoever registered somebody else's address through a provider must not stay once its owner takes the account over.
      audit(ctx, { type: 'provider_unlinked', userId: user, condition: both(claimed, hasUpstreamBeforeAddress(owner.userId)) }),
      deleteUpstreamBeforeAddress(owner.userId, claimed),
      // Guesses at a second factor still count: a new password does not excuse them.
      resetCounters([everywhereKey(owner.userId)], claimed),
      // Whoever has the mailbox is the owner, so the next sign-in from this network counts as the owner's.
      ...forgetTries(ctx, { usernameKey: usernameKey(owner.username), emailKey: owner.emailKey }, null, claimed),
      // A cookie sent along is from before this password.
      rememberNetwork(ctx, owner.userId, claimed),
      audit(ctx, { type: 'password_reset', userId: user, condition: claimed }),
      notice.write,
    ],
    findClaim(codeHash, claimedBy),
  )
  if (!claim) throw refusal
  deliverLater(ctx, notice.mailId)
  return { returnTo: claim.returnTo }
}
