/**
 * Administrators hand an account that exists to a client that provisions users, and take it back (docs/decisions/060). The client may
 * then do to it what it may do to those that it has created, so the act asks for what deleting users does, and the person is told.
 */
import type { AuditEventId, UserId } from '../../ids.ts'
import { findTarget, isBelow, type TargetRow } from '../../store/db/admin-users.ts'
import { wasRecorded } from '../../store/db/audit-events.ts'
import { both, findIf } from '../../store/db/database.ts'
import { findClient, isClientOpen } from '../../store/db/oauth-clients.ts'
import {
  areNamesFree,
  findNamesTaken,
  findProvisioned,
  findReleased,
  insertProvisioned,
  isProvisioned,
  isUnprovisionedAs,
  removeProvisioned,
} from '../../store/db/provisioned-users.ts'
import { listFactors } from '../../store/db/second-factors.ts'
import { deliverLater, mailNotice } from '../accounts/mail.ts'
import { requireAdministrator, requirePowers } from '../admin/administrators.ts'
import { judgeTarget } from '../admin/moderation.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import { type Client, toClient } from '../oauth/clients.ts'
import type { UserPrincipal } from '../principal.ts'
import { coveredBy, storedScopes } from '../scopes.ts'
import { type ProvisionedUser, powersLacked, refuseNamesTaken, userNameKey } from './provisioned-user.ts'

export interface Adoption {
  readonly userId: UserId
  readonly clientId: string
  /** What the client calls them; null: by their address. */
  readonly userName: string | null
  readonly externalId: string | null
}

/** Nothing changes for an account that the client has already. Throws `already_exists` if another has it, or the client another so named. */
export async function adoptUser(ctx: Ctx, gate: Gate, adoption: Adoption): Promise<ProvisionedUser> {
  const { userId, clientId, externalId } = adoption
  const { principal, reads } = await gate((own) => [
    findTarget(userId),
    findClient(clientId),
    findProvisioned(clientId, userId),
    listFactors(own.userId),
  ])
  requireAdministrator(ctx, principal, reads[3])
  const target = judgeAdoptable(principal, reads[0], toClient(reads[1]))
  if (reads[2]) return reads[2]
  const userName = adoption.userName ?? target.email ?? ''
  const names = { userName, userNameKey: userNameKey(userName), externalId, emailType: null, phoneType: null }
  const wanted = { clientId, userId, userNameKey: names.userNameKey, externalId, emailKey: null }
  const id = ctx.newId<AuditEventId>()
  const done = wasRecorded(id)
  const notice = mailNotice(ctx, {
    kind: 'changed_by_admin',
    user: userId,
    params: { changed: ['adopted'] },
    condition: done,
    isByAnother: true,
  })
  const guards = [isBelow(userId, principal.ranking), isUnprovisionedAs(target), areNamesFree(wanted), isClientOpen(clientId)]
  const stored = await ctx.db.commit(
    [
      audit(ctx, { ...eventOf(principal, adoption), id, detail: 'adopted', condition: guards.reduce(both) }),
      insertProvisioned({ ...names, clientId, userId, createdAt: ctx.now() }, done),
      notice.write,
    ],
    findProvisioned(clientId, userId),
  )
  if (!stored) {
    refuseNamesTaken(await ctx.db.one(findNamesTaken(wanted)))
    if (await ctx.db.one(findIf(isProvisioned(userId)))) throw new AppError('already_exists', 'Another client provisions the user')
    throw AppError.tryAgain()
  }
  deliverLater(ctx, notice.mailId)
  return stored
}

/** Whom the client could change once it has them, with an address that is theirs. */
function judgeAdoptable(principal: UserPrincipal, row: TargetRow | null, client: Client | null): TargetRow {
  const target = judgeTarget(principal, row)
  requirePowers(principal, storedScopes(target.roleScopes))
  if (!client?.grantTypes.includes('client_credentials') || !coveredBy(client.scopes, 'client:provisioning:write'))
    throw AppError.ofFields([{ path: 'client_id', message: 'is not a client that may provision users' }])
  if (powersLacked(client, target.roleScopes).length > 0) throw new AppError('forbidden', 'The user has scopes that the client lacks')
  if (target.deletedAt !== null || target.emailVerifiedAt === null)
    throw AppError.ofFields([{ path: 'target', message: 'must be an account with a verified address that nobody has deleted' }])
  return target
}

/** The client no longer has the account, which stays as it is. */
export async function releaseUser(ctx: Ctx, gate: Gate, release: Pick<Adoption, 'userId' | 'clientId'>): Promise<void> {
  const { userId, clientId } = release
  const { principal, reads } = await gate((own) => [findTarget(userId), findProvisioned(clientId, userId), listFactors(own.userId)])
  requireAdministrator(ctx, principal, reads[2])
  judgeTarget(principal, reads[0])
  if (!reads[1]) return
  const id = ctx.newId<AuditEventId>()
  const released = await ctx.db.commit(
    [
      audit(ctx, { ...eventOf(principal, release), id, detail: 'released', condition: isBelow(userId, principal.ranking) }),
      removeProvisioned(clientId, userId, wasRecorded(id)),
    ],
    findReleased(clientId, userId),
  )
  if (!released) throw AppError.tryAgain()
}

const eventOf = (principal: UserPrincipal, { userId, clientId }: Pick<Adoption, 'userId' | 'clientId'>) => ({
  type: 'provisioned' as const,
  userId,
  actorId: principal.userId,
  sessionId: principal.sessionId,
  clientId,
})
