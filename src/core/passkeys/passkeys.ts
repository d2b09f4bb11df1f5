/** The caller's passkeys: listed, renamed, removed. */
import type { AuditEventId, PasskeyId } from '../../ids.ts'
import { findEvent, wasRecorded } from '../../store/db/audit-events.ts'
import { both, findIf } from '../../store/db/database.ts'
import { deletePasskey, findPasskey, hasPasskey, listPasskeysOf, type PasskeyRow, updatePasskeyName } from '../../store/db/passkeys.ts'
import { listFactors } from '../../store/db/second-factors.ts'
import { endOtherSessions, isSessionOpen } from '../../store/db/sessions.ts'
import { hasAnotherWayIn } from '../../store/db/ways-in.ts'
import { deliverLater, mailNotice } from '../accounts/mail.ts'
import { lastWayIn } from '../accounts/ways-in.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import { requireFreshBrowser } from '../sessions/fresh.ts'
import { requireFactorForChange } from '../sessions/second-factors.ts'

export type { PasskeyRow } from '../../store/db/passkeys.ts'

/** Oldest first. One round trip. */
export async function listPasskeys(_ctx: Ctx, gate: Gate): Promise<readonly PasskeyRow[]> {
  const { reads } = await gate(({ userId }) => [listPasskeysOf(userId)])
  return reads[0]
}

/** Another user's passkey is not found, like a missing one. */
export async function renamePasskey(ctx: Ctx, gate: Gate, id: PasskeyId, name: string): Promise<PasskeyRow> {
  const { principal } = await gate()
  const renamed = await ctx.db.one(updatePasskeyName(id, principal.userId, name))
  if (!renamed) throw new AppError('not_found')
  return renamed
}

/**
 * Removes one of the caller's passkeys, unless it is the last way into the account. Needs a recent sign-in of a browser,
 * with a factor if one is enabled. All other sessions of the user end, and a notice goes out. Two round trips.
 */
export async function removePasskey(ctx: Ctx, gate: Gate, id: PasskeyId): Promise<void> {
  const { principal, reads } = await gate(({ userId }) => [listFactors(userId), findPasskey(id, userId)])
  const [factors, passkey] = reads
  requireFreshBrowser(ctx, principal)
  requireFactorForChange(ctx, principal, { factors, hasPasskeys: true })
  if (!passkey) throw new AppError('not_found')
  const { userId, sessionId } = principal
  const now = ctx.now()
  const eventId = ctx.newId<AuditEventId>()
  const done = wasRecorded(eventId)
  const anotherWay = hasAnotherWayIn(userId, { passkey: id })
  const notice = mailNotice(ctx, { kind: 'passkey_removed', user: userId, condition: done })
  const removed = await ctx.db.commit(
    [
      // The event decides: of two parallel removals of the last two passkeys one is recorded.
      audit(ctx, {
        id: eventId,
        type: 'passkey_removed',
        userId,
        sessionId,
        detail: passkey.name,
        condition: both(both(isSessionOpen(sessionId), hasPasskey(id, userId)), anotherWay),
      }),
      ...deletePasskey({ id, userId, now }, done),
      endOtherSessions({ userId, keep: sessionId, now }, done),
      notice.write,
    ],
    findEvent(eventId),
  )
  if (removed) return deliverLater(ctx, notice.mailId)
  const [isThere, isSpare] = await ctx.db.batch([findIf(hasPasskey(id, userId)), findIf(anotherWay)])
  if (!isThere) throw new AppError('not_found')
  throw isSpare ? new AppError('unauthenticated') : lastWayIn()
}
