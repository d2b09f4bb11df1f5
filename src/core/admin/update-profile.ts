/** A change to a profile by someone who may be changing their own, or as an administrator another's or a role. */
import type { UserId } from '../../ids.ts'
import { findSignInMeans } from '../../store/db/users.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import type { ProfileUpdated } from '../profiles/own-change.ts'
import { changeOwnProfile, type OwnProfileUpdate, updateOwnProfile } from '../profiles/own-profile.ts'
import { changeUser, readsOfUpdate, type UserUpdate } from './update-user.ts'

interface AnyProfileUpdate extends OwnProfileUpdate, UserUpdate {
  /** The user, if not the caller. */
  readonly userId: UserId | null
}

/** Another user and a new role are an administrator's act; anything else is the owner's. */
export async function updateProfile(ctx: Ctx, gate: Gate, update: AnyProfileUpdate): Promise<ProfileUpdated> {
  if (update.userId === null && update.role === null) return updateOwnProfile(ctx, gate, update)
  const { principal, user, reads } = await gate(
    ({ userId }) => [findSignInMeans(userId), ...readsOfUpdate(userId, update.userId ?? userId, update)] as const,
  )
  const [means, ...target] = reads
  const isOwn = (update.userId ?? user.id) === user.id && (update.role ?? user.role) === user.role
  if (isOwn) return changeOwnProfile(ctx, { principal, user, means }, update)
  if (principal.restricted) throw new AppError('account_restricted')
  return { user: await changeUser(ctx, principal, target, update), session: null, pendingEmail: null }
}
