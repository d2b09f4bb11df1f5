/**
 * Enabling an authenticator app (RFC 6238; security rows 18, 19): a secret is generated and waits until a code proves
 * that the app has it. Only then does it count. An enabled app stays valid until the next one is confirmed.
 */
import type { AuditEventId, MailId, UserId } from '../../ids.ts'
import { type Attempt, countAttempt, findCounter, isWithinLimit, justCounted } from '../../store/db/attempt-counters.ts'
import { wasRecorded } from '../../store/db/audit-events.ts'
import { both, findIf, not } from '../../store/db/database.ts'
import { hasAnyPasskey } from '../../store/db/passkeys.ts'
import { hasRecoveryCodes, insertRecoveryCodes } from '../../store/db/recovery-codes.ts'
import { insertSecondFactor, listFactors, type SecondFactorRow } from '../../store/db/second-factors.ts'
import { endOtherSessions, isSessionOpen } from '../../store/db/sessions.ts'
import {
  confirmTotp as confirmSecret,
  findPendingTotp,
  findTotp,
  findTotpSwitch,
  isPendingTotp,
  storePendingTotp,
} from '../../store/db/totp.ts'
import { deliverLater } from '../accounts/mail.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import { SECOND_FACTOR_TRIES, SECOND_FACTOR_WINDOW_MS, TOTP_ENROLMENT_MS } from '../limits.ts'
import type { UserPrincipal } from '../principal.ts'
import { requireFreshBrowser } from './fresh.ts'
import { rateLimited } from './password-attempts.ts'
import { makeRecoveryCodes } from './recovery-codes.ts'
import { factorAttempt, factorNotice, refuseOverFactorLimit, requireFactorForChange } from './second-factors.ts'
import { newTotpSecret, stepOfSealed, type TotpEnrolment } from './totp-codes.ts'

/** A recent sign-in of a browser; with a factor if one is enabled. */
function requireEnroller(ctx: Ctx, principal: UserPrincipal, factors: readonly SecondFactorRow[], hasPasskeys: boolean): void {
  requireFreshBrowser(ctx, principal)
  requireFactorForChange(ctx, principal, { factors, hasPasskeys })
}

/** Generates a secret for the caller's app, to be shown once. It is inactive until `confirmTotp`. Two round trips. */
export async function enrolTotp(ctx: Ctx, gate: Gate): Promise<TotpEnrolment> {
  const { principal, user, reads } = await gate(({ userId }) => [listFactors(userId), findIf(hasAnyPasskey(userId))])
  requireEnroller(ctx, principal, ...reads)
  const { userId } = principal
  const { enrolment, sealed } = await newTotpSecret(ctx, userId, user.username)
  await ctx.db.commit([storePendingTotp({ userId, secret: sealed, now: ctx.now() })], findPendingTotp(userId, sealed))
  return enrolment
}

const NOTHING_WAITS = 'No authenticator app is waiting for its first code'

/**
 * Enables the app with a code that it shows. Ends all other sessions and sends a notice. Returns ten recovery codes, to
 * be shown once, if the user has none. At most 10 wrong codes in 15 minutes, beyond which a right one is refused too.
 */
export async function confirmTotp(ctx: Ctx, gate: Gate, code: string): Promise<{ recoveryCodes: readonly string[] | null }> {
  const { principal, reads } = await gate(({ userId }) => [listFactors(userId), findIf(hasAnyPasskey(userId)), findTotp(userId)])
  const [factors, hasPasskeys, totp] = reads
  requireEnroller(ctx, principal, factors, hasPasskeys)
  const since = ctx.now() - TOTP_ENROLMENT_MS
  if (!totp || totp.pendingSecret === null || (totp.pendingAt ?? 0) <= since) throw new AppError('not_found', NOTHING_WAITS)
  const attempt = enrolmentAttempt(ctx, principal.userId)
  const step = await stepOfSealed(ctx, principal.userId, totp.pendingSecret, code)
  if (step === null) {
    const [counted, counter] = await ctx.db.batch([countAttempt(attempt), findCounter(attempt.key)])
    throw counted ? new AppError('code_invalid', 'The code is wrong') : rateLimited(ctx, counter)
  }
  return switchOn(ctx, { principal, factors, attempt, secret: totp.pendingSecret, step, since })
}

interface Proof {
  readonly principal: UserPrincipal
  readonly factors: readonly SecondFactorRow[]
  readonly attempt: Attempt
  readonly secret: string
  readonly step: number
  readonly since: number
}

async function switchOn(ctx: Ctx, proof: Proof): Promise<{ recoveryCodes: readonly string[] | null }> {
  const { userId, sessionId } = proof.principal
  const { attempt, factors, secret, step } = proof
  const now = ctx.now()
  const { codes, hashes } = makeRecoveryCodes()
  const id = ctx.newId<AuditEventId>()
  const done = wasRecorded(id)
  const waits = both(isPendingTotp(userId, secret, proof.since), isSessionOpen(sessionId))
  const isReplaced = factors.some(({ kind }) => kind === 'totp')
  const changed = factorAttempt(ctx, userId)
  const change = isReplaced ? 'totp_replaced' : 'totp_on'
  const notice = factorNotice(ctx, { user: userId, change, last: factors.length === 0, condition: done })
  const switched = await ctx.db.commit(
    [
      countAttempt(changed, both(isWithinLimit(attempt), waits)),
      // The event decides: of two requests with one code it is written once, and all else depends on it.
      audit(ctx, { id, type: 'second_factor_on', userId, sessionId, detail: 'totp', condition: justCounted }),
      ...notice.writes,
      insertRecoveryCodes(userId, hashes, now, both(done, not(hasRecoveryCodes(userId)))),
      insertSecondFactor(userId, 'totp', now, done),
      confirmSecret({ userId, secret, step, now }, done),
      endOtherSessions({ userId, keep: sessionId, now }, done),
    ],
    findTotpSwitch(id, userId, hashes[0] ?? ''),
  )
  if (!switched) {
    await refuseOverFactorLimit(ctx, userId)
    const counter = await ctx.db.one(findCounter(attempt.key))
    const isUsedUp = (counter?.count ?? 0) >= SECOND_FACTOR_TRIES
    throw isUsedUp ? rateLimited(ctx, counter) : new AppError('not_found', NOTHING_WAITS)
  }
  deliverLater(ctx, ...notice.mailIds)
  return { recoveryCodes: switched.hasCodes === 1 ? codes : null }
}

function enrolmentAttempt(ctx: Ctx, userId: UserId): Attempt {
  return {
    key: `totp-enrolment:${userId}`,
    limit: SECOND_FACTOR_TRIES,
    windowMs: SECOND_FACTOR_WINDOW_MS,
    pauseMs: 0,
    stamp: ctx.newId<MailId>(),
    now: ctx.now(),
  }
}
