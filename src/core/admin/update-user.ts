/**
 * What an administrator changes about a user's account: profile, user name, address, password, role (wire §6.12). It
 * applies at once. The rank rule is checked in the gate's batch and again in the write: neither the user nor the new
 * role may be at or above the administrator's rank, or hold powers that the administrator lacks. The user is notified,
 * and sessions that relied on what changed end. Address, password and role need an administrator who has just signed
 * in.
 */

import type { AuditEventId, ChallengeId, UserId } from '../../ids.ts'
import { findConflicts, isRoleBelow, isUserBelow, putPassword } from '../../store/db/admin-updates.ts'
import { findTarget, type TargetRow } from '../../store/db/admin-users.ts'
import { resetCounters } from '../../store/db/attempt-counters.ts'
import { wasRecorded } from '../../store/db/audit-events.ts'
import { both, type Fragment, type Statement } from '../../store/db/database.ts'
import { isAddressFree, voidUndosAfter } from '../../store/db/email-changes.ts'
import { isUsernameFree, type ProfileChanges } from '../../store/db/profile-changes.ts'
import { findRole, type RoleRow } from '../../store/db/roles.ts'
import { voidFactorUndos } from '../../store/db/second-factor-undo.ts'
import { listFactors, type SecondFactorRow } from '../../store/db/second-factors.ts'
import { findUserWhere, type UserRow } from '../../store/db/users.ts'
import { isNewEmail } from '../accounts/email-change.ts'
import { deliverLater, mailNotice } from '../accounts/mail.ts'
import { hashNewPassword, refuseGuessablePassword } from '../accounts/password-rules.ts'
import { refuseShortUsername } from '../accounts/username-rules.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { type Email, emailKey, type Password, usernameKey } from '../fields.ts'
import { type Gate, insufficientScope, requireSecondFactor } from '../gate.ts'
import type { UserPrincipal } from '../principal.ts'
import { changedFields, changesOf, type ProfileUpdate, profileWrites, valuesFor } from '../profiles/profile-changes.ts'
import { settleSearch } from '../profiles/search.ts'
import { coveredBy, storedScopes } from '../scopes.ts'
import { everywhereKey } from '../sessions/password-attempts.ts'
import { requireAdministrator, requirePowers } from './administrators.ts'
import { requireBelow } from './rank.ts'
import { refuseTaken } from './users.ts'

const SCOPE = 'admin:profile:write'

export interface UserUpdate extends ProfileUpdate {
  readonly email: Email | null
  readonly password: Password | null
  readonly role: string | null
}

type Conflicts = { readonly username: number; readonly email: number } | null
type Target = readonly [user: TargetRow | null, role: RoleRow | null, conflicts: Conflicts, actorsFactors: SecondFactorRow[]]

/** The read that `changeUser` needs, for the gate's batch. */
export function readsOfUpdate(
  actorId: UserId,
  userId: UserId,
  { role, username, email }: Pick<UserUpdate, 'role' | 'username' | 'email'>,
): readonly [Statement<TargetRow | null>, Statement<RoleRow | null>, Statement<Conflicts>, Statement<SecondFactorRow[]>] {
  return [findTarget(userId), findRole(role ?? ''), findConflicts(keysOf(userId, { username, email })), listFactors(actorId)]
}

function keysOf(userId: UserId, { username, email }: Pick<UserUpdate, 'username' | 'email'>) {
  return { userId, usernameKey: username && usernameKey(username), emailKey: email && emailKey(email) }
}

/** Changes a user's account, all or nothing. A value equal to the current one is no change. At most 2 round trips. */
export async function updateUser(ctx: Ctx, gate: Gate, { userId, ...update }: UserUpdate & { userId: UserId }): Promise<UserRow> {
  const { principal, reads } = await gate((claimed) => readsOfUpdate(claimed.userId, userId, update))
  return changeUser(ctx, principal, reads, update)
}

/** The same after the gate. Throws `insufficient_scope`, `not_found`, `forbidden` (rank) and `already_exists`. */
export async function changeUser(
  ctx: Ctx,
  principal: UserPrincipal,
  [target, role, conflicts, actorsFactors]: Target,
  sent: UserUpdate,
  isRetry = false,
): Promise<UserRow> {
  const may = coveredBy(principal.scopes, SCOPE)
  // Invalid input is reported first, to every caller.
  const update = { ...sent, fields: valuesFor(sent.fields, may ? target : null) }
  if (!may) throw insufficientScope(SCOPE)
  requireSecondFactor(ctx, principal, actorsFactors.length > 0)
  if (!target || target.deletedAt !== null) throw new AppError('not_found')
  if (update.role !== null && !role) throw AppError.ofFields([{ path: 'role', message: 'is not a role' }])
  requireBelow(principal, target.ranking)
  const changes = toChanges(ctx, target, update)
  if (role && changes.role) requireBelow(principal, role.ranking)
  if (changedFields(changes).length === 0 && !changes.endsSessions) return target
  if (changes.endsSessions) {
    requirePowers(principal, storedScopes(`${target.roleScopes} ${(changes.role && role?.scopes) ?? ''}`))
    requireAdministrator(ctx, principal, actorsFactors)
  }
  refuseTaken({ username: changes.username && conflicts?.username, email: changes.email && conflicts?.email })
  const { password } = update
  if (password !== null) {
    const context = { username: changes.username?.username ?? target.username, email: changes.email?.email ?? target.email }
    refuseGuessablePassword(password, context)
  }
  const passwordHash = password === null ? null : await hashNewPassword(ctx, password)
  const stored = await storeUpdate(ctx, principal, { user: target, role, changes, passwordHash })
  if (stored) return stored
  // Changed, promoted, deleted or renamed by another meanwhile: checked again in its current state.
  if (isRetry) throw AppError.tryAgain()
  return changeUser(ctx, principal, await ctx.db.batch(readsOfUpdate(principal.userId, target.id, update)), update, true)
}

/** The differences. Changing anything that a sign-in relies on ends the sessions. */
function toChanges(ctx: Ctx, user: UserRow, update: UserUpdate): ProfileChanges {
  const { username, email, role, password } = update
  if (username !== null && username !== user.username) refuseShortUsername(ctx, username)
  const newEmail = isNewEmail(user, email) ? { email: { email, emailKey: emailKey(email), verifiedAt: ctx.now() } } : {}
  const newRole = role !== null && role !== user.role ? { role } : {}
  const endsSessions = 'email' in newEmail || 'role' in newRole || password !== null
  return { ...changesOf(user, update), ...newEmail, ...newRole, endsSessions }
}

interface StoredUpdate {
  readonly user: TargetRow
  /** The new one. */
  readonly role: RoleRow | null
  readonly changes: ProfileChanges
  readonly passwordHash: string | null
}

/** The user is as read and below the administrator, and so is the new role; the new names are free. */
function guardOf(principal: UserPrincipal, { user, role, changes }: StoredUpdate, now: number): Fragment {
  const { ranking } = principal
  const guards = [
    ...(changes.username ? [isUsernameFree(changes.username.usernameKey, user.id, now)] : []),
    ...(changes.email ? [isAddressFree(changes.email.emailKey, user.id)] : []),
    ...(changes.role && role ? [isRoleBelow(role, ranking)] : []),
  ]
  return guards.reduce(both, isUserBelow({ userId: user.id, epoch: user.epoch, roleScopes: user.roleScopes, ranking }))
}

/** Writes everything under one guard: the audit row evaluates it, and the rest depends on that row. Null: the guard refused. */
async function storeUpdate(ctx: Ctx, principal: UserPrincipal, update: StoredUpdate): Promise<UserRow | null> {
  const { user, changes, passwordHash } = update
  const { userId: actorId, sessionId } = principal
  const [id, now] = [ctx.newId<AuditEventId>(), ctx.now()]
  const done = wasRecorded(id)
  const event = { userId: user.id, actorId, sessionId }
  const sensitive = [
    ...(changes.username ? ['username'] : []),
    ...(changes.email ? ['email'] : []),
    ...(passwordHash === null ? [] : ['password']),
    ...(changes.role ? ['role'] : []),
  ]
  const detail = [...new Set([...changedFields(changes), ...sensitive])].join(' ')
  const notice = mailNotice(ctx, {
    kind: 'changed_by_admin',
    user: user.id,
    condition: done,
    params: { changed: sensitive },
    isByAnother: true,
  })
  const stored = await ctx.db.commit(
    [
      audit(ctx, { ...event, id, type: 'profile_changed', detail, condition: guardOf(principal, update, now) }),
      // To the previous address, so before it changes.
      ...(sensitive.length > 0 ? [notice.write] : []),
      // Mails sent earlier may lead back to the person the account is being taken from.
      ...(changes.email || passwordHash !== null ? [voidFactorUndos(user.id, now, done)] : []),
      ...(changes.email
        ? [
            voidUndosAfter({ userId: user.id, after: 0 as ChallengeId, now }, done),
            audit(ctx, { ...event, type: 'email_changed', condition: done }),
          ]
        : []),
      ...(passwordHash === null
        ? []
        : [
            putPassword({ userId: user.id, passwordHash, now }, done),
            resetCounters([everywhereKey(user.id)], done),
            audit(ctx, { ...event, type: 'password_changed', condition: done }),
          ]),
      ...(changes.role ? [audit(ctx, { ...event, type: 'role_changed', detail: `${user.role} ${changes.role}`, condition: done })] : []),
      ...profileWrites(ctx, { user, changes, condition: done, actorId }),
    ],
    findUserWhere(user.id, done),
  )
  if (!stored) return null
  await settleSearch(ctx, user, changes, stored)
  if (sensitive.length > 0) deliverLater(ctx, notice.mailId)
  return stored
}
