/**
 * Sign-up through another provider: an account without a password. Its address is verified at once if the provider has
 * verified it; otherwise it is an ordinary sign-up, with a mailed code.
 */
import type { UpstreamIdentityId } from '../../ids.ts'
import { both, findIf, not } from '../../store/db/database.ts'
import { rowHasNoSecondFactor } from '../../store/db/second-factors.ts'
import { isUnspent, spendToken } from '../../store/db/spent-tokens.ts'
import { insertUpstreamIdentity, isUpstreamFree } from '../../store/db/upstream-identities.ts'
import { isUsernameFree, type UserRow, userExists } from '../../store/db/users.ts'
import { createAccount, type SignUp, type SignUpProof } from '../accounts/sign-up.ts'
import { BY_UPSTREAM } from '../authentication-methods.ts'
import type { Ctx } from '../ctx.ts'
import { type Email, username as usernameField, usernameKey } from '../fields.ts'
import type { Claim } from '../principal.ts'
import { browserBeginner, completeSignIn, isRowOpen, type SignedIn } from '../sessions/completion.ts'
import type { BrowserSession } from '../sessions/sessions.ts'
import { beginAgain } from './failures.ts'
import { type PendingUpstream, useOf } from './pending.ts'
import type { UpstreamPerson } from './protocol.ts'

export type UpstreamSignUp = Pick<SignUp, 'username' | 'email' | 'givenName' | 'familyName' | 'inviteCode' | 'returnTo'>

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

const NAME_LENGTH_MIN = 8
const NAME_LENGTH_MAX = 30
const PROPOSALS = 4

/**
 * A free user name: the provider's proposal, or one made from the names; with digits if it is taken or short. Null if there is nothing to make it from, or every proposal is taken. One round trip.
 */
export async function proposeUsername(ctx: Ctx, { username, givenName, familyName }: UpstreamPerson): Promise<string | null> {
  const base = username ?? asUsername([givenName, familyName].filter(Boolean).join('_'))
  if (base === '') return null
  const names = proposalsFor(base)
  const free = await ctx.db.batch(names.map((name) => findIf(isUsernameFree(usernameKey(name), ctx.now()))))
  return names.find((_, index) => free[index]) ?? null
}

/** Letters without their marks; everything else that a user name cannot have becomes `_`. */
function asUsername(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, NAME_LENGTH_MAX)
}

/** The name itself, if it is long enough, and then with digits. */
function proposalsFor(base: string): string[] {
  const digits = Math.max(3, NAME_LENGTH_MIN - base.length)
  const numbered = Array.from({ length: PROPOSALS }, () => {
    const number = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0
    return `${base.slice(0, NAME_LENGTH_MAX - digits)}${String(number).padStart(digits, '0').slice(-digits)}`
  })
  return [base, ...numbered].filter((name) => usernameField.safeParse(name).success)
}
