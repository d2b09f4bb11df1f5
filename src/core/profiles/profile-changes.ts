/** Changes of a profile, whoever makes them: the differences, and the statements that write them. */
import type { ProfileField } from '../../config.ts'
import type { UserId } from '../../ids.ts'
import { countAttempt, justCounted } from '../../store/db/attempt-counters.ts'
import type { Fragment, Statement } from '../../store/db/database.ts'
import { columnOf, type ProfileChanges, updateProfile } from '../../store/db/profile-changes.ts'
import type { UserRow } from '../../store/db/users.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { type Username, usernameKey } from '../fields.ts'
import { RENAMES_RECORDED_PER_DAY } from '../limits.ts'
import { dailyAttempt } from './daily-limits.ts'
import { holdOldName } from './renames.ts'
import { renameSearchWrites } from './search.ts'

/** In the core's words; null clears a field. */
export type ProfileValues = Partial<Record<Exclude<ProfileField, 'username'>, string | null>>

export interface ProfileUpdate {
  /** The values sent; or a function that validates them, if that depends on the stored profile. Null: the profile must not be revealed. */
  readonly fields: ProfileValues | ((user: UserRow | null) => ProfileValues)
  readonly username: Username | null
  /** For protocols without country codes: a number may stand alone. */
  readonly phoneMayStandAlone?: boolean
}

/** The value of a field in the profile. */
export function profileValue(user: UserRow, field: ProfileField): string | null {
  return user[columnOf(field)]
}

export function valuesFor(fields: ProfileUpdate['fields'], user: UserRow | null): ProfileValues {
  return typeof fields === 'function' ? fields(user) : fields
}

/** The differences from the stored profile. */
export function differingFields(user: UserRow, fields: ProfileUpdate['fields']): ProfileChanges['fields'] {
  const sent = Object.entries(valuesFor(fields, user)) as [keyof ProfileValues, string | null][]
  return Object.fromEntries(sent.filter(([field, value]) => value !== profileValue(user, field)))
}

/** The same for everything that may change. A phone number needs its country code, unless the protocol has none. */
export function changesOf(user: UserRow, update: ProfileUpdate): ProfileChanges {
  const fields = differingFields(user, update.fields)
  const after = { ...user, ...fields }
  if (
    !update.phoneMayStandAlone &&
    ('phone' in fields || 'phoneCountryCode' in fields) &&
    after.phone !== null &&
    after.phoneCountryCode === null
  ) {
    throw AppError.ofFields([{ path: 'phoneCountryCode', message: 'is required with a phone number' }])
  }
  const { username } = update
  return username !== null && username !== user.username
    ? { fields, username: { username, usernameKey: usernameKey(username) } }
    : { fields }
}

/** Throws if the operator leaves a field to administrators. */
export function refuseUneditable(ctx: Ctx, changes: ProfileChanges): void {
  const refused = changedFields(changes).filter((field) => !ctx.config.editableFields.has(field))
  if (refused.length > 0)
    throw AppError.ofFields(refused.map((path) => ({ path, code: 'not_editable' as const, message: 'may not be changed' })))
}

export function changedFields(changes: ProfileChanges): ProfileField[] {
  return [...Object.keys(changes.fields), ...(changes.username ? ['username'] : [])] as ProfileField[]
}

/**
 * Statements that write the changes where `condition` holds, with the search strings. `rowCondition` says the same
 * about the row of `users`, where that is cheaper. `actorId`: the actor, if not the user.
 */
export function profileWrites(
  ctx: Ctx,
  input: { user: UserRow; changes: ProfileChanges; condition: Fragment; rowCondition?: Fragment; actorId?: UserId },
): Statement<unknown>[] {
  const { user, changes, condition, rowCondition = condition, actorId = null } = input
  const renamed = changes.username ? recordRename(ctx, user, actorId, condition) : []
  return [
    ...renamed,
    ...holdOldName(ctx, user, changes, condition),
    updateProfile(user.id, changes, ctx.now(), rowCondition),
    ...renameSearchWrites(user, changes),
  ]
}

/**
 * The limit on renames does not cover other spellings and taking back one's own former name, which can be repeated
 * endlessly. Their events would fill the database, so an owner's are limited.
 */
function recordRename(
  ctx: Ctx,
  { id: userId, username: detail }: UserRow,
  actorId: UserId | null,
  condition: Fragment,
): Statement<unknown>[] {
  const event = { type: 'username_changed', userId, actorId, detail } as const
  if (actorId !== null) return [audit(ctx, { ...event, condition })]
  const attempt = dailyAttempt(ctx, { key: `renames-recorded:${userId}`, perDay: RENAMES_RECORDED_PER_DAY })
  return [countAttempt(attempt, condition), audit(ctx, { ...event, condition: justCounted })]
}
