/** The audit trail: one event per security act, written in the batch of the act itself (ASVS 16.3). */
import { currentMac } from '../crypto.ts'
import type { AuditEventId, SessionId, UserId } from '../ids.ts'
import { type AuditEventType, insertAuditEvent } from '../store/db/audit-events.ts'
import { type Fragment, idOf, type Statement } from '../store/db/database.ts'
import type { Ctx, Recorder } from './ctx.ts'

interface Audit {
  /** If the rest of the batch depends on it. */
  readonly id?: AuditEventId
  readonly type: AuditEventType
  /** The user it is about: an id, a fragment that yields one, or null for an account that does not exist. */
  readonly userId: UserId | Fragment | null
  /** The actor, if not the user. */
  readonly actorId?: UserId | null
  readonly sessionId?: SessionId | null
  readonly clientId?: string | null
  readonly userAgent?: string
  readonly deviceHash?: string
  readonly detail?: string
  /** What must hold: that the act took place in this batch. */
  readonly condition: Fragment
}

export function audit(ctx: Recorder, event: Audit): Statement<void> {
  const { userId, condition, ...rest } = event
  return insertAuditEvent(
    {
      id: ctx.newId<AuditEventId>(),
      userAgent: ctx.caller.userAgent,
      place: ctx.caller.place,
      createdAt: ctx.now(),
      ...rest,
      actorId: rest.actorId ?? ctx.caller.actorId ?? null,
    },
    userId === null || typeof userId === 'number' ? idOf(userId) : userId,
    condition,
  )
}

/** Identifies a device well enough for a notice: its user agent and country. */
export function deviceHash(ctx: Ctx, userAgent: string): string {
  return currentMac(ctx.config.hmacKeys, 'device', userAgent, ctx.caller.place.split(', ').at(-1) ?? '').toString('base64url')
}
