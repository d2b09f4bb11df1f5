/**
 * Sign-up and verification of the address (design §1.12). A free and a taken address get the same answer: sign-up
 * always creates a row and reserves the user name; if the address has an owner, the owner gets a mail and the row can
 * never be verified.
 */

import { NO_ID, type SessionId, type UserId } from '../../ids.ts'
import { claimCode, claimedUserId, findClaim, wasClaimed } from '../../store/db/challenges.ts'
import { always, both, type Fragment, findIf, idOf, isPrimaryKeyConflict, type Statement } from '../../store/db/database.ts'
import { kindOf, signUpKind } from '../../store/db/mail-outbox.ts'
import { findOpenCode } from '../../store/db/mailed-codes.ts'
import {
  findAddress,
  findByUsername,
  findTaken,
  findUser,
  findWithPassword,
  insertCredential,
  insertUser,
  isChallengeOf,
  isVerifiable,
  type UserRow,
  unverifiedUser,
  userExists,
  verifyAddress,
} from '../../store/db/users.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError, type RefusedField } from '../errors.ts'
import { type Email, emailKey, type Password, type Username, usernameKey } from '../fields.ts'
import { firstSearchWrites } from '../profiles/search.ts'
import type { Newcomer } from '../sessions/first-sign-in.ts'
import { rememberNetwork } from '../sessions/known-sources.ts'
import { codeRefusal, confirmEmailChange, hashOfCode } from './email-change.ts'
import { type Invitation, invalidInvite, toInvitation } from './invite-codes.ts'
import { deliverLater, mailCode } from './mail.ts'
import { NO_PASSWORD } from './password-hash.ts'
import { hashNewPassword, passwordIssues } from './password-rules.ts'
import { usernameIssues } from './username-rules.ts'

export interface SignUp {
  readonly username: Username
  readonly email: Email
  /** Null: without one. The owner signs in in other ways, and may set one later. */
  readonly password: Password | null
  readonly givenName: string | null
  readonly familyName: string | null
  readonly phoneCountryCode: string | null
  readonly phone: string | null
  /** Required in invite-only mode; otherwise it records who invited the account. */
  readonly inviteCode?: string | undefined
  /** A path of ours where the user continues once the address is verified. */
  readonly returnTo?: string | null
  readonly proof?: SignUpProof
  /** A language tag: that of the pages on which they signed up. */
  readonly locale?: string | null
  /** The version of the terms that the person has accepted. */
  readonly termsVersion?: string | undefined
}

/** Proof that a sign-up comes with, such as another provider's, to be used up by the batch that creates the account. */
export interface SignUpProof {
  /** The address needs no code. */
  readonly isEmailVerified: boolean
  /** Holds while it is not used up. */
  readonly condition: Fragment
  /** What uses it up, and what it adds to the account; guarded by the existence of the account. */
  readonly writes: (userId: UserId) => Statement<unknown>[]
}

/** Creates an account. Throws `username_taken`, and `email_taken` only if the address needs no verification (wire §6.9). */
export async function createAccount(ctx: Ctx, input: SignUp): Promise<UserRow> {
  const { password } = input
  AppError.refuse([
    ...usernameIssues(ctx, input.username),
    ...termsIssues(ctx, input.termsVersion),
    ...(password === null ? [] : passwordIssues(ctx, password, input)),
  ])
  const invitation = toInvitation(ctx, input.inviteCode)
  await refuseTaken(ctx, input, invitation)
  const passwordHash = password === null ? NO_PASSWORD : await hashNewPassword(ctx, password)
  const user = await storeAccount(ctx, input, passwordHash, invitation).catch((error: unknown) => {
    if (!isPrimaryKeyConflict(error)) throw error
    return storeAccount(ctx, input, passwordHash, invitation)
  })
  if (!user) await refuseTaken(ctx, input, invitation)
  if (!user) throw AppError.tryAgain()
  return user
}

/** Nobody accepts terms that are not, or no longer, in force. */
function termsIssues({ config }: Ctx, version: string | undefined): RefusedField[] {
  if (version === undefined || version === config.signUp.termsVersion) return []
  return [{ path: 'termsVersion', message: 'is not the current version' }]
}

/**
 * A sign-up through a provider needs it whatever the setting: otherwise the owner of the address could take the account over by a
 * reset, while the account at the provider still opened it.
 */
const needsVerification = ({ config }: Ctx, { proof }: SignUp) => (proof ? !proof.isEmailVerified : config.requireEmailVerification)

/** Everything cheap is refused before the hash; the insert decides again. */
async function refuseTaken(ctx: Ctx, input: SignUp, invitation: Invitation): Promise<void> {
  const names = { usernameKey: usernameKey(input.username), emailKey: emailKey(input.email), now: ctx.now() }
  const [taken, isInvited] = await ctx.db.batch([findTaken(names), findIf(invitation.condition)])
  if (!isInvited)
    throw invalidInvite(ctx.config.invites.only ? 'is wrong or used' : 'is wrong or used; leave it empty to sign up without one')
  if (taken?.username) throw new AppError('username_taken', 'The user name is taken')
  if (taken?.email && !needsVerification(ctx, input)) throw new AppError('email_taken', 'The email address is taken')
}

/** Null when the user name, address, invitation or proof was taken meanwhile. */
async function storeAccount(ctx: Ctx, input: SignUp, passwordHash: string, invitation: Invitation): Promise<UserRow | null> {
  const now = ctx.now()
  const id = ctx.newId<UserId>()
  const made = userExists(id)
  const key = emailKey(input.email)
  const { proof } = input
  const isUnverified = needsVerification(ctx, input)
  const row = {
    id,
    username: input.username,
    usernameKey: usernameKey(input.username),
    email: input.email,
    emailKey: key,
    emailVerifiedAt: isUnverified ? null : now,
    givenName: input.givenName,
    familyName: input.familyName,
    phoneCountryCode: input.phoneCountryCode,
    phone: input.phone,
    createdAt: now,
    termsVersion: input.termsVersion ?? null,
    locale: input.locale ?? null,
  }
  const writes = [
    insertUser(row, both(invitation.condition, proof?.condition ?? always)),
    ...invitation.writes(id),
    ...(proof?.writes(id) ?? []),
    insertCredential(id, passwordHash, now),
    rememberNetwork(ctx, id, made),
    audit(ctx, { type: 'account_created', userId: id, condition: made }),
    ...firstSearchWrites(id, { ...row, middleName: null }),
  ]
  if (!isUnverified) return ctx.db.commit(writes, findUser(id))
  const mail = mailCode(ctx, {
    purpose: 'verify_email',
    lifeMs: ctx.config.lifetimes.verifyCodeMs,
    kind: signUpKind(key),
    user: idOf(id),
    address: key,
    returnTo: input.returnTo,
    // Someone else's sign-up with the same address must not delay this one's code; ten a day still apply.
    pauseMs: 0,
  })
  const user = await ctx.db.commit([...writes, ...mail.writes], findUser(id))
  if (user) deliverLater(ctx, mail.mailId)
  return user
}

/** Sends the verification code again, to an account that still needs it. Tells anyone else nothing. */
export async function resendVerification(ctx: Ctx, userId: UserId, returnTo?: string | null): Promise<void> {
  const found = await ctx.db.one(findAddress(userId))
  await mailVerification(ctx, userId, found?.emailKey ?? `unknown ${userId}`, returnTo)
}

/**
 * The same by user name. Not by address: several accounts may wait for one, and one of them may belong to somebody
 * hoping that the owner confirms the wrong one.
 */
export async function resendVerificationTo(ctx: Ctx, username: Username, returnTo: string | null): Promise<void> {
  const key = usernameKey(username)
  const found = await ctx.db.one(findByUsername(key))
  await mailVerification(ctx, found?.id ?? (NO_ID as UserId), found?.emailKey ?? `unknown ${key}`, returnTo)
}

async function mailVerification(ctx: Ctx, userId: UserId, address: string, returnTo: string | null | undefined): Promise<void> {
  const mail = mailCode(ctx, {
    purpose: 'verify_email',
    lifeMs: ctx.config.lifetimes.verifyCodeMs,
    kind: kindOf('verify_email'),
    user: unverifiedUser(userId, ctx.now()),
    address,
    returnTo,
    isSilent: true,
  })
  await ctx.db.batch(mail.writes)
  deliverLater(ctx, mail.mailId)
}

export interface ProvedAddress {
  readonly userId: UserId
  /** Whether it is the account's first address, not a new one. */
  readonly isFirst: boolean
  /** What the code was requested with. */
  readonly returnTo: string | null
  readonly newcomer: Newcomer | null
}

interface Verification {
  readonly code: string
  readonly userId: UserId | null
  /** Whose first sign-in may follow (`first-sign-in.ts`): found beside the code, in the same round trip. */
  readonly newcomerId?: UserId | null
}

/**
 * Verifies the address that the code was mailed to: the account's first, or its new one. One claim wins; a wrong, used
 * or expired code is `code_invalid`. Two round trips.
 */
export async function verifyEmail(ctx: Ctx, input: Verification): Promise<ProvedAddress> {
  const codeHash = hashOfCode(input.code)
  const now = ctx.now()
  const finds = input.newcomerId == null ? [] : [findWithPassword(input.newcomerId)]
  const [open, newcomer = null] = await ctx.db.batch([findOpenCode(codeHash, now), ...finds])
  if (!open) throw codeRefusal()
  if (open.purpose === 'change_email') {
    await confirmEmailChange(ctx, { codeHash, open, userId: input.userId })
    return { userId: open.userId, isFirst: false, returnTo: null, newcomer: null }
  }
  const claimedBy = ctx.newId<SessionId>()
  const whose = input.userId === null ? always : isChallengeOf(input.userId)
  const user = claimedUserId(codeHash, claimedBy)
  const claim = await ctx.db.commit(
    [
      claimCode({ codeHash, purpose: 'verify_email', claimedBy, now }, both(whose, isVerifiable())),
      verifyAddress(user, now),
      audit(ctx, { type: 'email_verified', userId: user, condition: wasClaimed(codeHash, claimedBy) }),
    ],
    findClaim(codeHash, claimedBy),
  )
  if (!claim) throw codeRefusal()
  return { ...claim, isFirst: true, newcomer: newcomer?.id === claim.userId ? newcomer : null }
}
