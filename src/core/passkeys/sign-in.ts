/**
 * Sign-in with a passkey (WebAuthn Level 3 §7.2): by itself, since with user verification it is two factors, or as the
 * second step after another first factor. Nobody can guess a signature, so no limit per account keeps its owner out.
 * An unknown passkey, a removed one, a wrong signature and a banned account get the same refusal.
 */
import { sha256 } from '../../crypto.ts'
import type { SessionId, UserId } from '../../ids.ts'
import { both, type Fragment, type Statement } from '../../store/db/database.ts'
import {
  findByCredentialId,
  isPasskeyUsable,
  listPasskeysOf,
  ownsCredential,
  type PasskeyRow,
  recordPasskeyUse,
} from '../../store/db/passkeys.ts'
import {
  claimSignInWithFactor,
  findOpenSignIn,
  isSignInClaimable,
  isSignInClaimed,
  type SignInChallengeRow,
} from '../../store/db/sign-in-challenges.ts'
import { findSignInRow, type SignInRow } from '../../store/db/sign-in-users.ts'
import { type SpentToken, spendToken, wasSpentBy } from '../../store/db/spent-tokens.ts'
import { maySignIn } from '../../store/db/users.ts'
import { isBarred } from '../accounts/deletion.ts'
import { byPasskey, withPasskey } from '../authentication-methods.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { PASSKEY_CHALLENGE_MS } from '../limits.ts'
import type { Claim } from '../principal.ts'
import { browserBeginner, completeSignIn, isRowOpen, type SignedIn, timesOf } from '../sessions/completion.ts'
import { knownNetwork, refuseBeyondNetwork } from '../sessions/known-sources.ts'
import { firstFactorOf, pendingOf } from '../sessions/second-factor-sign-in.ts'
import type { BrowserSession } from '../sessions/sessions.ts'
import { type ChallengePurpose, newChallenge, readChallenge } from './challenge.ts'
import { readClientData } from './client-data.ts'
import { reportStaleCounter } from './counter.ts'
import type { AuthenticationCredential } from './credential.ts'
import { descriptorOf, userHandleOf } from './descriptors.ts'
import { type Asserted, requireUserVerified, verifyAssertion } from './verification.ts'

/** A sign-in whose first factor was proved. */
export interface PendingPasskey {
  readonly userId: UserId
  readonly sessionHash: string
}

export interface PasskeySignIn {
  readonly credential: AuthenticationCredential
  /** The sign-in that the passkey is to complete; null for a sign-in with the passkey alone. */
  readonly pending: PendingPasskey | null
  readonly userAgent: string
  /** The browser session whose cookie was sent: the new one replaces it. */
  readonly presented: Claim | null
}

const refusal = () => new AppError('unauthenticated', 'The passkey was not accepted')

function purposeOf(pending: PendingPasskey | null): ChallengePurpose {
  if (pending === null) return { purpose: 'passkey-sign-in', about: [] }
  return { purpose: 'passkey-second-step', about: [String(pending.userId), sha256(pending.sessionHash)] }
}

/**
 * What `navigator.credentials.get()` takes, as JSON (WebAuthn Level 3 §5.5). For a pending sign-in it names its user's
 * passkeys, in one round trip; otherwise the browser offers those it has, and nothing is read.
 */
export async function passkeyAuthenticationOptions(ctx: Ctx, pending: PendingPasskey | null) {
  const passkeys = pending === null ? [] : await passkeysOf(ctx, pending)
  return {
    challenge: newChallenge(ctx, purposeOf(pending)),
    rpId: ctx.config.passkeys.rpId,
    timeout: PASSKEY_CHALLENGE_MS,
    allowCredentials: passkeys.map(descriptorOf),
    userVerification: 'required' as const,
  }
}

async function passkeysOf(ctx: Ctx, { userId, sessionHash }: PendingPasskey): Promise<readonly PasskeyRow[]> {
  const [pending, passkeys] = await ctx.db.batch([findOpenSignIn(pendingOf(ctx, userId, sessionHash)), listPasskeysOf(userId)])
  if (!pending) throw pendingRefusal()
  return passkeys
}

const pendingRefusal = () => {
  const message = 'sessionHash is wrong, used or expired'
  return AppError.ofFields([{ path: 'pending.sessionHash', message }], 'code_invalid', message)
}

/** Throws `unauthenticated`, `email_not_verified`, `rate_limited`, and refusals that name a field. Two round trips. */
export async function signInWithPasskey(ctx: Ctx, input: PasskeySignIn): Promise<SignedIn<BrowserSession>> {
  const { credential, pending } = input
  const { passkeys: site, requireEmailVerification } = ctx.config
  const challenge = readClientData(site, 'webauthn.get', credential.response.clientDataJSON)
  const token = readChallenge(ctx, purposeOf(pending), challenge)
  await requireUserVerified(site, credential)
  const { passkey, user, first } = await readFor(ctx, input)
  refuseBeyondNetwork(ctx, user?.id ?? null)
  if (pending !== null && !first) throw pendingRefusal()
  if (!passkey || !user || (pending !== null && pending.userId !== user.id)) throw refusal()
  const asserted = await verifyAssertion(site, credential, challenge, passkey)
  if (!asserted || isBarred(ctx, user) || asserted.isBackupEligible !== (passkey.backupEligible === 1)) throw refusal()
  requireOwnHandle(credential, user.id, pending === null)
  const spent = { ...token, claimedBy: ctx.newId<SessionId>() }
  if (!goesUp(passkey.signCount, asserted.signCount)) {
    await reportStaleCounter(ctx, { passkey, spent, userAgent: input.userAgent })
    throw refusal()
  }
  if (user.emailVerifiedAt === null && requireEmailVerification) {
    throw new AppError('email_not_verified', 'The email address is not verified yet', { userId: user.id })
  }
  return complete(ctx, { input, passkey, user, first, asserted, spent })
}

async function readFor(ctx: Ctx, { credential: { id }, pending }: PasskeySignIn) {
  const [passkey, user, first] = await ctx.db.batch([
    findByCredentialId(id),
    findSignInRow(ownsCredential(id), knownNetwork(ctx)),
    ...(pending === null ? [] : [findOpenSignIn(pendingOf(ctx, pending.userId, pending.sessionHash))]),
  ])
  return { passkey, user, first: first ?? null }
}

/** Discoverable passkeys say whose they are. Whoever signed this has the passkey, so may learn what is wrong. */
function requireOwnHandle({ response: { userHandle } }: AuthenticationCredential, userId: UserId, isRequired: boolean): void {
  if (userHandle ? userHandle === userHandleOf(userId) : !isRequired) return
  const message = userHandle ? 'is not that of the owner of the passkey' : 'is required'
  throw AppError.ofFields([{ path: 'credential.response.userHandle', message }], 'unauthenticated', 'The passkey was not accepted')
}

/** WebAuthn Level 3 §6.1.1: 0 from an authenticator that does not count. */
const goesUp = (stored: number, now: number) => now > stored || (now === 0 && stored === 0)

interface Proved {
  readonly input: PasskeySignIn
  readonly passkey: PasskeyRow
  readonly user: SignInRow
  /** The pending sign-in, if there is one. */
  readonly first: SignInChallengeRow | null
  readonly asserted: Asserted
  readonly spent: SpentToken
}

async function complete(ctx: Ctx, proved: Proved): Promise<SignedIn<BrowserSession>> {
  const { input, passkey, user, first, asserted, spent } = proved
  const isSynced = asserted.isBackupEligible
  const use = { id: passkey.id, signCount: asserted.signCount, isBackedUp: asserted.isBackedUp, now: ctx.now() }
  const done = wasSpentBy(spent)
  const { writes, condition } = claimsOf(ctx, proved)
  return completeSignIn(ctx, {
    begin: browserBeginner(ctx, input.userAgent),
    user,
    counted: null,
    isKnown: user.knowsNetwork === 1,
    amr: first ? withPasskey(firstFactorOf(first), isSynced) : byPasskey(isSynced),
    method: 'passkey',
    userAgent: input.userAgent,
    condition: both(condition, isRowOpen(ctx, user)),
    presented: input.presented,
    writes: [...writes, recordPasskeyUse(use, done)],
  }).catch((error: unknown) => {
    throw error instanceof AppError && error.code === 'unauthenticated' ? refusal() : error
  })
}

/** Uses up the challenge and the pending sign-in: of all requests with the same one, one succeeds. */
function claimsOf(ctx: Ctx, { passkey, user, first, asserted, spent }: Proved): { writes: Statement<void>[]; condition: Fragment } {
  const usable = both(isPasskeyUsable({ id: passkey.id, signCount: asserted.signCount }), maySignIn(user.id, user.epoch, timesOf(ctx)))
  const done = wasSpentBy(spent)
  if (first === null) return { writes: [spendToken(spent, usable)], condition: done }
  const { id } = first
  const { claimedBy } = spent
  return {
    writes: [
      spendToken(spent, both(usable, isSignInClaimable(id, ctx.now()))),
      claimSignInWithFactor({ id, claimedBy: claimedBy, now: ctx.now() }),
    ],
    condition: both(done, isSignInClaimed(id, claimedBy)),
  }
}
