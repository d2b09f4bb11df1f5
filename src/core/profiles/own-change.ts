/** What the acts of one change to one's own account share: the change, the writes of its profile, and its refusal. */
import type { Statement } from '../../store/db/database.ts'
import type { ProfileChanges } from '../../store/db/profile-changes.ts'
import type { UserRow } from '../../store/db/users.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Email } from '../fields.ts'
import type { UserPrincipal } from '../principal.ts'
import type { BrowserSession } from '../sessions/sessions.ts'
import type { PasswordVerdict } from './password-proof.ts'
import { changedFields, profileWrites } from './profile-changes.ts'
import { findRenames, type Guard, isRename, refuseOverRenames } from './renames.ts'

export interface ProfileUpdated {
  readonly user: UserRow
  /** The browser's new session, when a new password has ended all others. */
  readonly session: BrowserSession | null
  /** The address to be verified now. Nobody learns whether it is free. */
  readonly pendingEmail: Email | null
}

export interface OwnChange {
  readonly principal: UserPrincipal
  readonly user: UserRow
  readonly changes: ProfileChanges
  readonly guard: Guard
  readonly newEmail: Email | null
  readonly verdict: PasswordVerdict
  readonly hasFactor: boolean
}

export function writesOf(ctx: Ctx, { user, changes, guard }: OwnChange): Statement<unknown>[] {
  if (changedFields(changes).length === 0) return []
  return profileWrites(ctx, { user, changes, condition: guard.anywhere, rowCondition: guard.ofRow })
}

export async function refusal(ctx: Ctx, user: UserRow, changes: ProfileChanges): Promise<AppError> {
  if (!changes.username) return new AppError('unauthenticated')
  if (isRename(user, changes)) refuseOverRenames(ctx, await ctx.db.one(findRenames(user.id)))
  return new AppError('username_taken', 'The user name is taken')
}
