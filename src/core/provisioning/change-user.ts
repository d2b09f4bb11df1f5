/**
 * A client changes a user whom it provisions: names, profile, address, password, and whether they are active (docs/decisions/060). All or
 * nothing, guarded by the user as they were read; a new address or password ends their sessions.
 */
import type { AuditEventId, ChallengeId, UserId } from '../../ids.ts'
import { putPassword } from '../../store/db/admin-updates.ts'
import { resetCounters } from '../../store/db/attempt-counters.ts'
import { wasRecorded } from '../../store/db/audit-events.ts'
import { both, type Fragment, type Statement } from '../../store/db/database.ts'
import { voidUndosAfter } from '../../store/db/email-changes.ts'
import { type ProfileChanges, updateProfile } from '../../store/db/profile-changes.ts'
import { DEPROVISIONED, deactivate, keepBanned, reactivate } from '../../store/db/provisioned-standing.ts'
import { areNamesFree, findNamesTaken, findProvisioned, isProvisionedAs, updateProvisioned } from '../../store/db/provisioned-users.ts'
import { voidFactorUndos } from '../../store/db/second-factor-undo.ts'
import { isNewEmail } from '../accounts/email-change.ts'
import { deliverLater, mailNotice } from '../accounts/mail.ts'
import { hashNewPassword, refuseGuessablePassword } from '../accounts/password-rules.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { emailKey } from '../fields.ts'
import { isInForce } from '../in-force.ts'
import type { ClientPrincipal } from '../principal.ts'
import { differingFields } from '../profiles/profile-changes.ts'
import { renameSearchWrites, settleSearch } from '../profiles/search.ts'
import { everywhereKey } from '../sessions/password-attempts.ts'
import {
  namesOf,
  namesWanted,
  type ProvisionedInput,
  type ProvisionedUser,
  refuseNamesTaken,
  requirePowersOver,
  requireVersion,
} from './provisioned-user.ts'
import { type ClientGate, found } from './users.ts'

export interface UserChange {
  readonly userId: UserId
  /** What the client has seen; null: it does not say. */
  readonly versions: readonly string[] | null
  /** The whole user as they are to be. It is asked again if they have changed meanwhile. */
  readonly wanted: (current: ProvisionedUser) => Promise<ProvisionedInput>
}

/** Changes the user. What is as wanted already changes nothing. */
export async function changeProvisionedUser(ctx: Ctx, gate: ClientGate, change: UserChange): Promise<ProvisionedUser> {
  const { principal, reads } = await gate(({ clientId }) => [findProvisioned(clientId ?? '', change.userId)])
  const stored = await attempt(ctx, principal, found(reads[0]), change)
  if (stored) return stored
  const again = await ctx.db.one(findProvisioned(principal.clientId, change.userId))
  const secondTime = await attempt(ctx, principal, found(again), change)
  if (!secondTime) throw AppError.tryAgain()
  return secondTime
}

/** Null if the user has changed since they were read. */
async function attempt(ctx: Ctx, principal: ClientPrincipal, user: ProvisionedUser, change: UserChange): Promise<ProvisionedUser | null> {
  requireVersion(user, change.versions)
  const input = await change.wanted(user)
  const plan = planOf(ctx, user, input)
  if (plan.changed.length === 0) return user
  requirePowersOver(principal, user)
  // Shut out, they stay so should somebody restore the account.
  const isOnlyShutOut = plan.changed.length === 1 && (plan.standing === 'deactivate' || plan.standing === 'keep_banned')
  if (user.deletedAt !== null && !isOnlyShutOut)
    throw new AppError('forbidden', 'The account was deleted by its owner or an administrator: it can only be deleted')
  const wanted = namesWanted(principal.clientId, user.id, input)
  if (plan.hasNewNames) refuseNamesTaken(await ctx.db.one(findNamesTaken(wanted)))
  if (input.password !== null) refuseGuessablePassword(input.password, { username: user.username, email: input.email ?? user.email })
  const passwordHash = input.password === null ? null : await hashNewPassword(ctx, input.password)
  return storeChange(ctx, principal.clientId, { user, input, plan, passwordHash })
}

type Standing = 'deactivate' | 'keep_banned' | 'reactivate'

interface Plan {
  /** In the client's words, for the audit event. */
  readonly changed: readonly string[]
  readonly changes: ProfileChanges
  readonly standing: Standing | null
  readonly hasNewNames: boolean
}

function planOf(ctx: Ctx, user: ProvisionedUser, input: ProvisionedInput): Plan {
  const fields = differingFields(user, input.fields)
  const email = isNewEmail(user, input.email) ? { email: input.email, emailKey: emailKey(input.email), verifiedAt: ctx.now() } : null
  const standing = input.active === null ? null : standingOf(user, input.active, ctx.now())
  const names = namesOf(input)
  const links = (['userName', 'externalId', 'emailType', 'phoneType'] as const).filter((name) => names[name] !== user[name])
  const endsSessions = email !== null || input.password !== null
  return {
    changed: [
      ...Object.keys(fields),
      ...links,
      ...(email ? ['email'] : []),
      ...(input.password === null ? [] : ['password']),
      ...(standing ? ['active'] : []),
    ],
    changes: { fields, ...(email ? { email } : {}), ...(endsSessions ? { endsSessions } : {}) },
    standing,
    hasNewNames: email !== null || links.length > 0,
  }
}

/** What it takes to make the user active or not. A ban of an administrator stays, and loses its end while the client wants nobody in. */
function standingOf(user: ProvisionedUser, active: boolean, now: number): Standing | null {
  const isBanned = isInForce(user.bannedAt, user.bannedUntil, now)
  if (!active) return !isBanned ? 'deactivate' : user.bannedUntil !== null ? 'keep_banned' : null
  return isBanned && user.bannedReason === DEPROVISIONED && user.bannedUntil === null ? 'reactivate' : null
}

interface StoredChange {
  readonly user: ProvisionedUser
  readonly input: ProvisionedInput
  readonly plan: Plan
  readonly passwordHash: string | null
}

/** Everything under one guard: the audit row evaluates it, and the rest depends on that row. Null: the guard refused. */
async function storeChange(ctx: Ctx, clientId: string, change: StoredChange): Promise<ProvisionedUser | null> {
  const { user, input, plan, passwordHash } = change
  const { changes } = plan
  const id = ctx.newId<AuditEventId>()
  const done = wasRecorded(id)
  // Later than what was read, whatever the clock says: it is the version.
  const now = Math.max(ctx.now(), user.updatedAt + 1)
  const guard = both(isProvisionedAs(clientId, user), areNamesFree(namesWanted(clientId, user.id, input)))
  const sensitive = [...(changes.email ? ['email'] : []), ...(passwordHash === null ? [] : ['password'])]
  const notice = mailNotice(ctx, {
    kind: 'changed_by_admin',
    user: user.id,
    condition: done,
    params: { changed: sensitive },
    isByAnother: true,
  })
  const stored = await ctx.db.commit(
    [
      audit(ctx, { id, type: 'provisioned', userId: user.id, clientId, detail: plan.changed.join(' '), condition: guard }),
      // To the previous address, so before it changes.
      ...(sensitive.length > 0 ? [notice.write, voidFactorUndos(user.id, now, done)] : []),
      ...signInWrites(ctx, clientId, change, done),
      updateProfile(user.id, changes, now, done),
      ...renameSearchWrites(user, changes),
      updateProvisioned(clientId, user.id, namesOf(input), done),
      ...standingWrites(ctx, clientId, change, done),
    ],
    findProvisioned(clientId, user.id, done),
  )
  if (!stored) return null
  await settleSearch(ctx, user, changes, stored)
  if (sensitive.length > 0) deliverLater(ctx, notice.mailId)
  return stored
}

function signInWrites(ctx: Ctx, clientId: string, { user, plan, passwordHash }: StoredChange, done: Fragment): Statement<unknown>[] {
  const now = ctx.now()
  const event = { userId: user.id, clientId, condition: done }
  const ofEmail = [voidUndosAfter({ userId: user.id, after: 0 as ChallengeId, now }, done), audit(ctx, { ...event, type: 'email_changed' })]
  const ofPassword = (hash: string) => [
    putPassword({ userId: user.id, passwordHash: hash, now }, done),
    resetCounters([everywhereKey(user.id)], done),
    audit(ctx, { ...event, type: 'password_changed' }),
  ]
  return [...(plan.changes.email ? ofEmail : []), ...(passwordHash === null ? [] : ofPassword(passwordHash))]
}

function standingWrites(ctx: Ctx, clientId: string, { user, plan }: StoredChange, done: Fragment): Statement<unknown>[] {
  const now = ctx.now()
  const event = { userId: user.id, clientId, detail: DEPROVISIONED, condition: done }
  if (plan.standing === 'deactivate') return [audit(ctx, { ...event, type: 'banned' }), deactivate(user.id, now, done)]
  if (plan.standing === 'keep_banned') return [audit(ctx, { ...event, type: 'banned' }), keepBanned(user.id, now, done)]
  if (plan.standing === 'reactivate') return [audit(ctx, { ...event, type: 'ban_lifted' }), reactivate(user.id, now, done)]
  return []
}
