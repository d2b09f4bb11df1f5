/**
 * Sign-in through another provider. Issuer and subject identify the account, and nothing else does: an address is never
 * matched by itself, whatever the provider says about it (docs/sign-in.md).
 */
import { NO_ID, type UserId } from '../../ids.ts'
import { always, both, type Fragment, findIf, not } from '../../store/db/database.ts'
import { isAddressFree } from '../../store/db/email-changes.ts'
import { findSignInRow, isUserOf, type SignInRow } from '../../store/db/sign-in-users.ts'
import { findClaimedToken, type SpentToken, spendToken, wasSpentBy } from '../../store/db/spent-tokens.ts'
import { isUpstreamOf, touchUpstreamIdentity, userOfUpstream } from '../../store/db/upstream-identities.ts'
import { maySignIn, type UserRow } from '../../store/db/users.ts'
import { isBarred } from '../accounts/deletion.ts'
import { audit } from '../audit.ts'
import { BY_UPSTREAM } from '../authentication-methods.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { emailKey } from '../fields.ts'
import type { Claim } from '../principal.ts'
import { timesOf } from '../sessions/completion.ts'
import { type SignInOutcome, signInWith } from '../sessions/first-factor.ts'
import { knownNetwork, refuseBeyondNetwork } from '../sessions/known-sources.ts'
import { beginAgain } from './failures.ts'
import type { UpstreamPerson } from './protocol.ts'

export interface UpstreamSignIn {
  readonly person: UpstreamPerson
  /** The claim of the provider's answer. */
  readonly spent: SpentToken
  /** The browser session whose cookie was sent: the new one replaces it. */
  readonly presented: Claim | null
}

export type UpstreamOutcome =
  | SignInOutcome
  /** The account waits for its address to be verified. */
  | { readonly kind: 'unverified'; readonly user: UserRow }
  /** No account has the identity. `ownsAddress`: an account has verified the address that the provider has verified. */
  | { readonly kind: 'unknown'; readonly ownsAddress: boolean }

/** Throws `unauthenticated` for a banned or deleted account, `upstream_begin_again` if the answer was used before. Two round trips. */
export async function signInUpstream(ctx: Ctx, input: UpstreamSignIn): Promise<UpstreamOutcome> {
  const { person, spent, presented } = input
  const [user, isOwned] = await ctx.db.batch([
    findSignInRow(isUserOf(userOfUpstream(person)), knownNetwork(ctx)),
    findIf(ownsAddress(person)),
  ])
  refuseBeyondNetwork(ctx, user?.id ?? null)
  if (user === null) {
    await claimAlone(ctx, spent)
    return { kind: 'unknown', ownsAddress: isOwned }
  }
  if (isBarred(ctx, user)) await refuse(ctx, user, spent)
  if (user.emailVerifiedAt === null && ctx.config.requireEmailVerification) {
    await claimAlone(ctx, spent)
    return { kind: 'unverified', user }
  }
  const isOpen = both(maySignIn(user.id, user.epoch, timesOf(ctx)), isUpstreamOf(user.id, person))
  const condition = both(wasSpentBy(spent), isOpen)
  return signInWith(ctx, {
    user,
    amr: BY_UPSTREAM,
    counted: null,
    userAgent: ctx.caller.userAgent,
    presented,
    writes: [spendToken(spent, isOpen), touchUpstreamIdentity(person, { label: person.label, now: ctx.now() }, condition)],
    condition,
  })
}

/** Holds when an account has verified the address that the provider has verified, too. */
export function ownsAddress({ email, isEmailVerified }: UpstreamPerson): Fragment {
  return email === null || !isEmailVerified ? not(always) : not(isAddressFree(emailKey(email), NO_ID as UserId))
}

/** For an answer that leads to a page only. Throws if it was used before. */
async function claimAlone(ctx: Ctx, spent: SpentToken): Promise<void> {
  if (!(await ctx.db.commit([spendToken(spent, always)], findClaimedToken(spent)))) throw beginAgain()
}

/** As after a right password: the same refusal for a ban and a deletion. It stands in the owner's history. */
async function refuse(ctx: Ctx, { id }: SignInRow, spent: SpentToken): Promise<never> {
  const failed = audit(ctx, { type: 'sign_in_failed', userId: id, detail: BY_UPSTREAM[0], condition: wasSpentBy(spent) })
  await ctx.db.batch([spendToken(spent, always), failed])
  throw new AppError('unauthenticated', 'You cannot be signed in this way. Try another one.', { reason: 'upstream_refused' })
}
