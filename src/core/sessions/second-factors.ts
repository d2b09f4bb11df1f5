/**
 * Second factors: listing and disabling them; enabling codes by email, the weakest kind (NIST 800-63B-4 §3.1.3); new
 * recovery codes (security rows 18-20). `totp-enrolment.ts` enables an authenticator app.
 *
 * Once a factor is enabled, changing factors needs a sign-in with the strongest of them; a recovery code counts as
 * that, so that a lost device can be removed. Every change of the factors ends the other sessions, and sends a notice.
 */
import type { AuditEventId, MailId, UserId } from '../../ids.ts'
import { countAttempt, findCounter, justCounted } from '../../store/db/attempt-counters.ts'
import { findEvent, wasRecorded } from '../../store/db/audit-events.ts'
import { both, type Fragment, findIf, not, type Statement } from '../../store/db/database.ts'
import { hasAnyPasskey } from '../../store/db/passkeys.ts'
import {
  countUnusedRecoveryCodes,
  deleteRecoveryCodes,
  deleteRecoveryCodesOfNoFactor,
  insertRecoveryCodes,
} from '../../store/db/recovery-codes.ts'
import {
  deleteSecondFactor,
  findSecondFactor,
  hasAnySecondFactor,
  hasSecondFactor,
  insertSecondFactor,
  listFactors,
  type SecondFactorKind,
  type SecondFactorRow,
} from '../../store/db/second-factors.ts'
import { endOtherSessions, isSessionOpen } from '../../store/db/sessions.ts'
import { deleteTotp } from '../../store/db/totp.ts'
import { deliverLater, mailNotice, whereFrom } from '../accounts/mail.ts'
import { firstFactorNotice } from '../accounts/second-factor-undo.ts'
import { audit } from '../audit.ts'
import { isMultiFactor, isPhishingResistant } from '../authentication-methods.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import { FACTOR_CHANGES_PER_DAY } from '../limits.ts'
import type { UserPrincipal } from '../principal.ts'
import { dailyAttempt, refuseOverLimit } from '../profiles/daily-limits.ts'
import { intersectScopes } from '../scopes.ts'
import type { SignInMethod } from './completion.ts'
import { requireFreshBrowser, requireFreshOfPerson } from './fresh.ts'
import { makeRecoveryCodes } from './recovery-codes.ts'

export interface SecondFactors {
  /** Strongest first; codes by email are the weakest. */
  readonly factors: readonly SecondFactorRow[]
  readonly unusedRecoveryCodes: number
  /** Administration is closed to the caller, with this sign-in, as long as none is enabled. */
  readonly isRequired: boolean
}

/** The caller's second factors. One round trip. */
export async function listSecondFactors(ctx: Ctx, gate: Gate): Promise<SecondFactors> {
  const { principal, reads } = await gate(({ userId }) => [listFactors(userId), countUnusedRecoveryCodes(userId)])
  return { factors: reads[0], unusedRecoveryCodes: reads[1]?.unused ?? 0, isRequired: isSecondFactorAwaited(ctx, principal) }
}

/** Administration is closed to the caller, with this sign-in, as long as no factor is enabled. */
export function isSecondFactorAwaited(ctx: Ctx, principal: UserPrincipal): boolean {
  return isSecondFactorRequired(ctx, principal) && !isPhishingResistant(principal.amr)
}

/** With `ADMIN_REQUIRES_SECOND_FACTOR`, of administrators, also in an app that administers nothing: its grant may. */
function isSecondFactorRequired(ctx: Ctx, { roleScopes }: UserPrincipal): boolean {
  return ctx.config.adminRequiresSecondFactor && intersectScopes(roleScopes, ['admin:all']).length > 0
}

/**
 * Throws unless the sign-in was completed with a factor if one is enabled, and with more than a mailed code if an
 * authenticator app is: reading the mail must not bypass the app. A passkey counts as the app, and so does a recovery
 * code, which replaces it. Only browsers get this far, so an app is not told to step up (RFC 9470).
 */
export function requireFactor(principal: UserPrincipal, factors: readonly Pick<SecondFactorRow, 'kind'>[]): void {
  if (hasProvedFactor(principal, factors)) return
  const hasApp = hasTotp(factors)
  const message = hasApp ? 'Sign in with the authenticator app, a passkey or a recovery code first' : 'Sign in with the second factor first'
  throw new AppError('reauthentication_required', message, { reason: 'second_factor_required' })
}

const hasTotp = (factors: readonly Pick<SecondFactorRow, 'kind'>[]) => factors.some(({ kind }) => kind === 'totp')

/** Whether `requireFactor` is satisfied. */
export function hasProvedFactor(principal: UserPrincipal, factors: readonly Pick<SecondFactorRow, 'kind'>[]): boolean {
  if (factors.length === 0) return true
  return hasTotp(factors) ? STRONG_METHODS.has(principal.secondFactor ?? '') : isMultiFactor(principal.amr)
}

/** The reason of a refusal that another sign-in with the password would not change. */
export const PASSKEY_REQUIRED = 'passkey_required'

/**
 * What adding a factor, and adding or removing a passkey, takes: `requireFactor`, and of an administrator who has a
 * passkey a sign-in with it. Otherwise their password alone would open administration, by way of a new factor.
 */
export function requireFactorForChange(
  ctx: Ctx,
  principal: UserPrincipal,
  { factors, hasPasskeys }: { factors: readonly Pick<SecondFactorRow, 'kind'>[]; hasPasskeys: boolean },
): void {
  requireFactor(principal, factors)
  if (!hasPasskeys || isMultiFactor(principal.amr) || !isSecondFactorRequired(ctx, principal)) return
  throw new AppError('reauthentication_required', 'Sign in with your passkey first', { reason: PASSKEY_REQUIRED })
}

const STRONG_METHODS: ReadonlySet<string> = new Set(['passkey', 'totp', 'recovery_code'] satisfies SignInMethod[])

/** What was changed, for the notice; the texts are in the catalogue. */
export type FactorChange = 'totp_on' | 'totp_replaced' | 'totp_off' | 'email_on' | 'email_off' | 'recovery_codes'

/**
 * A notice of a change, where `condition` holds. `last`: no other factor is enabled, so two-step sign-in itself was
 * turned on or off. For the first factor it must precede the factor, and carries its undo.
 */
export function factorNotice(
  ctx: Ctx,
  notice: { user: UserId; change: FactorChange; last: boolean; condition: Fragment },
): { mailIds: MailId[]; writes: Statement<unknown>[] } {
  const { user, change, last, condition } = notice
  const params = { ...whereFrom(ctx), changed: [change] }
  if (last && change.endsWith('_on')) return firstFactorNotice(ctx, { userId: user, params, condition })
  const { mailId, write } = mailNotice(ctx, { kind: last ? 'second_factor_off' : 'second_factor_changed', user, params, condition })
  return { mailIds: [mailId], writes: [write] }
}

const factorLimit = (userId: UserId) => ({ key: `factor-changes:${userId}`, perDay: FACTOR_CHANGES_PER_DAY })

/**
 * One factor enabled or replaced, or one set of recovery codes, to be counted by the batch of the change: each sends a
 * mail. Disabling is not counted, because a factor has to be enabled before.
 */
export const factorAttempt = (ctx: Ctx, userId: UserId) => dailyAttempt(ctx, factorLimit(userId))

/** Why a change was not counted. No-op if that was not the limit. */
export async function refuseOverFactorLimit(ctx: Ctx, userId: UserId): Promise<void> {
  const limit = factorLimit(userId)
  refuseOverLimit(ctx, limit, await ctx.db.one(findCounter(limit.key)), 'The ways to sign in were changed too often today')
}

const othersThan = (kind: SecondFactorKind, factors: readonly SecondFactorRow[]) => factors.filter((factor) => factor.kind !== kind)

/**
 * Enables or disables email codes for the caller. Needs a recent sign-in of a browser, with a factor if one is
 * enabled. An app may enable the first factor, as apps of the older API do; a program with a key never. All other
 * sessions of the user end, and a notice goes out. Idempotent.
 */
export async function setEmailSecondFactor(ctx: Ctx, gate: Gate, on: boolean): Promise<void> {
  const { principal, user, reads } = await gate(({ userId }) => [listFactors(userId), findIf(hasAnyPasskey(userId))])
  const [factors, hasPasskeys] = reads
  if (on && !factors.some(({ kind }) => kind === 'totp')) requireFreshOfPerson(ctx, principal)
  else requireFreshBrowser(ctx, principal)
  if (factors.some(({ kind }) => kind === 'email') === on) return
  requireFactorForChange(ctx, principal, { factors, hasPasskeys })
  if (!on) return switchOff(ctx, principal, 'email', factors)
  if (user.emailVerifiedAt === null) throw new AppError('email_not_verified', 'The email address is not verified yet')
  await switchEmailOn(ctx, principal, factors)
}

async function switchEmailOn(ctx: Ctx, { userId, sessionId }: UserPrincipal, factors: readonly SecondFactorRow[]): Promise<void> {
  const id = ctx.newId<AuditEventId>()
  const done = wasRecorded(id)
  const now = ctx.now()
  // A factor enabled meanwhile requires more than this sign-in proved.
  const isAsRead = factors.length === 0 ? not(hasAnySecondFactor(userId)) : not(hasSecondFactor(userId, 'email'))
  const condition = both(isAsRead, isSessionOpen(sessionId))
  const attempt = factorAttempt(ctx, userId)
  const notice = factorNotice(ctx, { user: userId, change: 'email_on', last: factors.length === 0, condition: done })
  const stored = await ctx.db.commit(
    [
      countAttempt(attempt, condition),
      audit(ctx, { id, type: 'second_factor_on', userId, sessionId, detail: 'email', condition: justCounted }),
      ...notice.writes,
      insertSecondFactor(userId, 'email', now, done),
      endOtherSessions({ userId, keep: sessionId, now }, done),
    ],
    findSecondFactor(userId, 'email'),
  )
  if (!stored) {
    await refuseOverFactorLimit(ctx, userId)
    throw new AppError('reauthentication_required', 'Sign in again first', { reason: 'fresh_sign_in_required' })
  }
  deliverLater(ctx, ...notice.mailIds)
}

/** Removes the caller's authenticator app. Needs a recent sign-in with a factor. Idempotent. */
export async function removeTotp(ctx: Ctx, gate: Gate): Promise<void> {
  const { principal, reads } = await gate(({ userId }) => [listFactors(userId)])
  const [factors] = reads
  requireFreshBrowser(ctx, principal)
  if (!factors.some(({ kind }) => kind === 'totp')) return
  requireFactor(principal, factors)
  await switchOff(ctx, principal, 'totp', factors)
}

/** The recovery codes go with the last factor. */
async function switchOff(ctx: Ctx, principal: UserPrincipal, kind: SecondFactorKind, factors: readonly SecondFactorRow[]): Promise<void> {
  const { userId, sessionId } = principal
  const now = ctx.now()
  const changes = hasSecondFactor(userId, kind)
  const last = othersThan(kind, factors).length === 0
  const notice = factorNotice(ctx, { user: userId, change: `${kind}_off`, last, condition: changes })
  await ctx.db.batch([
    ...notice.writes,
    audit(ctx, { type: 'second_factor_off', userId, sessionId, detail: kind, condition: changes }),
    ...deleteSecondFactor(userId, kind, now),
    ...(kind === 'totp' ? [deleteTotp(userId)] : []),
    deleteRecoveryCodesOfNoFactor(userId),
    endOtherSessions({ userId, keep: sessionId, now }),
  ])
  deliverLater(ctx, ...notice.mailIds)
}

/** Ten new recovery codes that replace the old ones, to be shown once. Needs a recent sign-in with a factor. */
export async function newRecoveryCodes(ctx: Ctx, gate: Gate): Promise<readonly string[]> {
  const { principal, reads } = await gate(({ userId }) => [listFactors(userId)])
  requireFreshBrowser(ctx, principal)
  const none = new AppError('not_found', 'There is no second factor to recover')
  if (reads[0].length === 0) throw none
  requireFactor(principal, reads[0])
  const { userId, sessionId } = principal
  const { codes, hashes } = makeRecoveryCodes()
  const id = ctx.newId<AuditEventId>()
  const made = wasRecorded(id)
  const attempt = factorAttempt(ctx, userId)
  const notice = factorNotice(ctx, { user: userId, change: 'recovery_codes', last: false, condition: made })
  const stored = await ctx.db.commit(
    [
      countAttempt(attempt, both(hasAnySecondFactor(userId), isSessionOpen(sessionId))),
      audit(ctx, { id, type: 'recovery_codes_made', userId, sessionId, condition: justCounted }),
      deleteRecoveryCodes(userId, made),
      insertRecoveryCodes(userId, hashes, ctx.now(), made),
      ...notice.writes,
    ],
    findEvent(id),
  )
  if (!stored) {
    await refuseOverFactorLimit(ctx, userId)
    throw none
  }
  deliverLater(ctx, ...notice.mailIds)
  return codes
}
