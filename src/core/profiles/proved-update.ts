/**
 * The caller's profile and email address in one act, for programs that send them together (wire §4.2): all or nothing,
 * with a daily limit. A new address takes effect at once if digits and their token verify it
 * (`accounts/email-digits.ts`); then every session ends, including the caller's.
 */
import { countAttempt, findCounter, isWithinLimit, wasCounted } from '../../store/db/attempt-counters.ts'
import { both } from '../../store/db/database.ts'
import { rowHasProfile } from '../../store/db/profile-changes.ts'
import { findUserWhere, isRowUnchanged, isUnchanged, type UserRow } from '../../store/db/users.ts'
import { isNewEmail } from '../accounts/email-change.ts'
import { proveNewEmail } from '../accounts/email-digits.ts'
import { deliverLater } from '../accounts/mail.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Email } from '../fields.ts'
import type { Gate } from '../gate.ts'
import { type DailyLimit, dailyAttempt, profileLimit, refuseOverLimit } from './daily-limits.ts'
import { changedFields, differingFields, type ProfileUpdate, profileWrites, refuseUneditable } from './profile-changes.ts'
import { settleSearch } from './search.ts'

export type { UserRow } from '../../store/db/users.ts'

/** What verifies another address; required only with one. */
export interface EmailProof {
  readonly token: string | null
  readonly digits: string | null
}

export interface ProvedUpdate extends Pick<ProfileUpdate, 'fields'> {
  readonly email: Email
  readonly proof: EmailProof
}

interface Change {
  readonly user: UserRow
  readonly changes: { readonly fields: ReturnType<typeof differingFields> }
  readonly limit: DailyLimit
}

/**
 * `toUpdate` validates what was sent against the caller's current user. A value equal to the current one is no change,
 * and is not counted. At most 2 round trips. Throws `invalid_request` with the fields `email_token` and `email_code` if
 * they are missing or wrong.
 */
export async function updateProvedProfile(ctx: Ctx, gate: Gate, toUpdate: (user: UserRow) => ProvedUpdate, perDay: number): Promise<void> {
  const { user, reads } = await gate(({ userId }) => [findCounter(profileLimit(userId, perDay).key)])
  const { fields, email, proof } = toUpdate(user)
  const change: Change = { user, changes: { fields: differingFields(user, fields) }, limit: profileLimit(user.id, perDay) }
  refuseUneditable(ctx, change.changes)
  const hasNewEmail = isNewEmail(user, email)
  const proved = hasNewEmail ? requireProof(proof) : null
  if (!proved && changedFields(change.changes).length === 0) return
  refuseOverLimit(ctx, change.limit, reads[0], TOO_OFTEN)
  return proved ? storeWithEmail(ctx, change, { email, ...proved }) : storeProfile(ctx, change)
}

const TOO_OFTEN = 'The profile was changed too often today'

function requireProof({ token, digits }: EmailProof): { token: string; digits: string } {
  if (token !== null && digits !== null) return { token, digits }
  const missing = [...(token === null ? ['email_token'] : []), ...(digits === null ? ['email_code'] : [])]
  throw AppError.ofFields(missing.map((path) => ({ path, code: 'required' as const, message: 'is required' })))
}

async function storeProfile(ctx: Ctx, { user, changes, limit }: Change): Promise<void> {
  const now = ctx.now()
  const attempt = dailyAttempt(ctx, limit)
  const counted = wasCounted(attempt)
  const writes = [
    countAttempt(attempt, isUnchanged(user.id, user.epoch, now)),
    ...profileWrites(ctx, { user, changes, condition: counted, rowCondition: counted }),
  ]
  const stored = await ctx.db.commit(writes, findUserWhere(user.id, both(isRowUnchanged(user.epoch, now), rowHasProfile(changes))))
  if (!stored) {
    refuseOverLimit(ctx, limit, await ctx.db.one(findCounter(limit.key)), TOO_OFTEN)
    throw new AppError('invalid_token')
  }
  await settleSearch(ctx, user, changes, stored)
}

async function storeWithEmail(
  ctx: Ctx,
  { user, changes, limit }: Change,
  proved: { email: Email; token: string; digits: string },
): Promise<void> {
  const attempt = dailyAttempt(ctx, limit)
  const email = proveNewEmail(ctx, { user, ...proved, condition: isWithinLimit(attempt) })
  const { claimed } = email
  const hasChanges = changedFields(changes).length > 0
  const writes = [
    ...email.claim,
    countAttempt(attempt, claimed),
    ...(hasChanges ? profileWrites(ctx, { user, changes, condition: claimed, rowCondition: claimed }) : []),
    ...email.writes,
  ]
  const stored = await ctx.db.commit(writes, findUserWhere(user.id, claimed))
  if (!stored) {
    refuseOverLimit(ctx, limit, await ctx.db.one(findCounter(limit.key)), TOO_OFTEN)
    throw AppError.ofFields([{ path: 'email_code', code: 'wrong_code', message: 'is wrong' }])
  }
  await settleSearch(ctx, user, changes, stored)
  deliverLater(ctx, email.mailId)
}
