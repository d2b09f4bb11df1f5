/**
 * Sign-up through another provider: an account without a password. Its address is verified at once if the provider has
 * verified it; otherwise it is an ordinary sign-up, with a mailed code.
 */
import type { UpstreamIdentityId } from '../../ids.ts'
import { both, findIf, not } from '../../store/db/database.ts'
import { rowHasNoSecondFactor } from '../../store/db/second-factors.ts'
import { isUnspent, spendToken } from '../../store/db/spent-tokens.ts'
import { insertUpstreamIdentity, isUpstreamFree } from '../../store/db/upstream-identities.ts'
import { type UserRow, userExists } from '../../store/db/users.ts'
import { createAccount, type SignUp, type SignUpProof } from '../accounts/sign-up.ts'
import { BY_UPSTREAM } from '../authentication-methods.ts'
import type { Ctx } from '../ctx.ts'
import type { Email } from '../fields.ts'
import type { Claim } from '../principal.ts'
import { browserBeginner, completeSignIn, isRowOpen, type SignedIn } from '../sessions/completion.ts'
import type { BrowserSession } from '../sessions/sessions.ts'
import { beginAgain } from './failures.ts'
import { type PendingUpstream, useOf } from './pending.ts'
import type { UpstreamPerson } from './protocol.ts'

export type UpstreamSignUp = Pick<
  SignUp,
  'username' | 'email' | 'givenName' | 'familyName' | 'inviteCode' | 'returnTo' | 'locale' | 'termsVersion'
>

/** The address that the provider has verified; null if the user has to verify one here. */
export function verifiedEmailOf({ email, isEmailVerified }: UpstreamPerson): Email | null {
  return isEmailVerified ? email : null
}

/** Throws like `createAccount`, and `upstream_begin_again` if the provider's answer was used before. */
export async function signUpUpstream(ctx: Ctx, pending: PendingUpstream, input: UpstreamSignUp): Promise<UserRow> {
  const proof = proofOf(ctx, pending)
  const verified = verifiedEmailOf(pending.person)
  const account = { ...input, email: verified ?? input.email, password: null, phone: null, phoneCountryCode: null, proof }
  return createAccount(ctx, account).catch(async (error: unknown) => {
    if (await ctx.db.one(findIf(not(proof.condition)))) throw beginAgain()
    throw error
  })
}

function proofOf(ctx: Ctx, pending: PendingUpstream): SignUpProof {
  const { person } = pending
  const use = useOf(ctx, pending)
  const { issuer, subject, label } = person
  return {
    isEmailVerified: verifiedEmailOf(person) !== null,
    condition: both(isUnspent(use), isUpstreamFree(person)),
    writes: (userId) => {
      const id = ctx.newId<UpstreamIdentityId>()
      const made = userExists(userId)
      return [spendToken(use, made), insertUpstreamIdentity({ id, userId, issuer, subject, label, now: ctx.now(), isUsed: true }, made)]
    },
  }
}

/** Signs in whoever has just signed up with a verified address, as of when the provider identified them. */
export async function signInNewUpstream(
  ctx: Ctx,
  user: UserRow,
  { provedAt, presented }: { provedAt: number; presented: Claim | null },
): Promise<SignedIn<BrowserSession>> {
  const { userAgent } = ctx.caller
  return completeSignIn(ctx, {
    begin: browserBeginner(ctx, userAgent, provedAt),
    user,
    counted: null,
    isKnown: true,
    amr: BY_UPSTREAM,
    userAgent,
    condition: both(isRowOpen(ctx, user), rowHasNoSecondFactor),
    presented,
    writes: [],
  })
}
