/**
 * A change of the email address completed by the program that requests it (wire §6.19, §6.20): the new address gets
 * six digits, the program a token, and only both together are valid. Otherwise a variant of `email-change.ts`: the new
 * address is verified, the old one gets an undo, a recent sign-in is needed, and nothing reveals whether an address has
 * an account. Digits can be tried 5 times; new ones need a new mail, and mails are limited.
 */
import { mac, randomToken, sha256 } from '../../crypto.ts'
import type { MailId } from '../../ids.ts'
import { deriveCode } from '../../mail/codes.ts'
import { justCounted } from '../../store/db/attempt-counters.ts'
import type { CodeSeed } from '../../store/db/challenges.ts'
import { both, type Fragment, idOf, not, type Statement } from '../../store/db/database.ts'
import { findOpenChange, tryDigits } from '../../store/db/email-changes.ts'
import { hasAnySecondFactor, listFactors } from '../../store/db/second-factors.ts'
import { isUnchanged, type UserRow } from '../../store/db/users.ts'
import type { Ctx } from '../ctx.ts'
import type { Email } from '../fields.ts'
import type { Gate } from '../gate.ts'
import { CHALLENGE_TRIES, EMAIL_DIGITS_MS, FRESH_KEY_SIGN_IN_MS } from '../limits.ts'
import { requireFresh, requireFreshBrowser } from '../sessions/fresh.ts'
import { type ChangeProof, claimEmailChange, isNewEmail, requestEmailChange } from './email-change.ts'
import { deliverLater, newChallenge } from './mail.ts'

const PURPOSE = 'change_email_digits'

/**
 * Mails digits to the address that the caller wants and returns the token that goes with them: the same one while they
 * are valid. If no mail may be sent or nothing would change, it returns a token that matches nothing. At most 2 round
 * trips.
 */
export async function startEmailChange(ctx: Ctx, gate: Gate, email: Email): Promise<{ token: string }> {
  const { principal, user, reads } = await gate(({ userId }) => [listFactors(userId)])
  requireFresh(ctx, principal, FRESH_KEY_SIGN_IN_MS)
  if (!isNewEmail(user, email)) return { token: randomToken() }
  // No log-in of this room has a second factor.
  if (reads[0].length > 0) requireFreshBrowser(ctx, principal)
  const proof = newDigits(ctx)
  const condition = both(isUnchanged(user.id, user.epoch, ctx.now()), not(hasAnySecondFactor(user.id)))
  const { mailId, writes } = requestEmailChange(ctx, { user, newEmail: email, condition, proof })
  const change = { user: idOf(user.id), purpose: PURPOSE, email, tries: CHALLENGE_TRIES, usableUntil: ctx.now() } as const
  const open = await ctx.db.commit(writes, findOpenChange(change))
  deliverLater(ctx, mailId)
  return { token: (open && tokenOf(ctx, open)) ?? randomToken() }
}

function newDigits(ctx: Ctx): ChangeProof {
  const challenge = newChallenge(ctx, PURPOSE, EMAIL_DIGITS_MS)
  const [token, digits] = [tokenOf(ctx, challenge), deriveCode(ctx.config.hmacKeys, PURPOSE, challenge)]
  if (token === null || digits === null) throw new Error('a keyring without its current key')
  return { challenge: { ...challenge, codeHash: hashOfPair(token, digits), tokenHash: sha256(token) }, lifeMs: EMAIL_DIGITS_MS }
}

/** Derived, so that it can be returned again without being stored. Null when its key has left the keyring. */
function tokenOf(ctx: Ctx, { kid, codeId, random }: CodeSeed): string | null {
  return mac(ctx.config.hmacKeys, kid, 'code-token', String(codeId), random)?.toString('base64url') ?? null
}

/** The token has 256 bits: knowing only the hash, nobody can try all six-digit codes. */
const hashOfPair = (token: string, digits: string) => sha256(`${token} ${digits}`)

interface ProvedChange {
  /** Holds once token and digits were right and have been used. */
  readonly claimed: Fragment
  /** Counts the try and claims: must come first in the batch, in this order. */
  readonly claim: readonly Statement<unknown>[]
  /** The change itself. It raises the epoch, so it comes last. */
  readonly writes: readonly Statement<unknown>[]
  readonly mailId: MailId
}

/** Statements that set the user's address if token and digits verify it and `condition` holds. */
export function proveNewEmail(
  ctx: Ctx,
  input: { user: UserRow; email: Email; token: string; digits: string; condition: Fragment },
): ProvedChange {
  const { user, email, token } = input
  const now = ctx.now()
  const change = claimEmailChange(ctx, {
    codeHash: hashOfPair(token, input.digits),
    purpose: PURPOSE,
    email,
    userId: user.id,
    condition: both(justCounted, input.condition),
  })
  const attempt = { tokenHash: sha256(token), userId: user.id, email, tries: CHALLENGE_TRIES, now }
  const unchanged = isUnchanged(user.id, user.epoch, now)
  return { ...change, claim: [tryDigits(attempt, unchanged), ...change.claim] }
}
