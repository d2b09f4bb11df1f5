/**
 * What support does for a user, as statements: for administrators (`support.ts`) and the operator's command. Each act
 * is an event that the user sees; the rest of the act depends on that event being recorded.
 */
import type { AuditEventId, SessionId, UserId } from '../../ids.ts'
import { resetCounters } from '../../store/db/attempt-counters.ts'
import { type AuditEventType, wasRecorded } from '../../store/db/audit-events.ts'
import { both, type Fragment, type Statement } from '../../store/db/database.ts'
import { deletePasskeysOf, hasAnyPasskey } from '../../store/db/passkeys.ts'
import { deleteRecoveryCodesOfNoFactor } from '../../store/db/recovery-codes.ts'
import { voidFactorUndos } from '../../store/db/second-factor-undo.ts'
import { deleteSecondFactor, hasSecondFactor, type SecondFactorKind } from '../../store/db/second-factors.ts'
import { endSession, isSessionLive } from '../../store/db/sessions.ts'
import { deleteTotp } from '../../store/db/totp.ts'
import { raiseEpoch, userWhere } from '../../store/db/users.ts'
import { mailNotice } from '../accounts/mail.ts'
import { audit } from '../audit.ts'
import type { Recorder } from '../ctx.ts'
import { secondFactorKeys } from '../sessions/second-factor-attempts.ts'

/** The user, the actor, and the conditions of an act. */
export interface SupportAct {
  readonly userId: UserId
  /** Null: the operator, who has no account. */
  readonly actor: { readonly userId: UserId; readonly sessionId: SessionId; readonly clientId: string | null } | null
  readonly condition: Fragment
}

export interface PlannedAct {
  /** Holds once the act has taken place. */
  readonly eventId: AuditEventId
  readonly mailId: ReturnType<typeof mailNotice>['mailId']
  readonly writes: readonly Statement<unknown>[]
}

interface Act extends SupportAct {
  readonly type: AuditEventType
  readonly detail?: string
  readonly aboutSession?: SessionId
  /** Keys of `mails.kinds.changed_by_admin.changed` in the catalogue. */
  readonly told: readonly string[]
}

function plan(ctx: Recorder, act: Act, writes: (done: Fragment) => readonly Statement<unknown>[]): PlannedAct {
  const { userId, actor, condition, type, detail, aboutSession, told } = act
  const eventId = ctx.newId<AuditEventId>()
  const done = wasRecorded(eventId)
  const notice = mailNotice(ctx, { kind: 'changed_by_admin', user: userId, params: { changed: told }, condition: done, isByAnother: true })
  const event = {
    id: eventId,
    type,
    userId,
    actorId: actor?.userId ?? null,
    clientId: actor?.clientId ?? null,
    sessionId: aboutSession ?? actor?.sessionId ?? null,
    ...(detail === undefined ? {} : { detail }),
  }
  return { eventId, mailId: notice.mailId, writes: [audit(ctx, { ...event, condition }), ...writes(done), notice.write] }
}

/**
 * Removes second factors that a user has lost, with the recovery codes if none is left, and ends every session and
 * token. `kinds` must be enabled: if one is not, nothing happens.
 */
export function planFactorRemoval(ctx: Recorder, act: SupportAct & { kinds: readonly SecondFactorKind[]; isLast: boolean }): PlannedAct {
  const { userId, kinds, isLast } = act
  const condition = kinds.map((kind) => hasSecondFactor(userId, kind)).reduce(both, act.condition)
  const told = isLast ? ['factors_off'] : kinds.map((kind) => `${kind}_off`)
  return plan(ctx, { ...act, type: 'second_factor_off', detail: kinds.join(' '), told, condition }, (done) => [
    ...kinds.flatMap((kind) => deleteSecondFactor(userId, kind, ctx.now(), done)),
    ...(kinds.includes('totp') ? [deleteTotp(userId, done)] : []),
    deleteRecoveryCodesOfNoFactor(userId),
    ...(isLast ? [voidFactorUndos(userId, ctx.now(), done)] : []),
    // Guesses at this factor must not lock the next one.
    resetCounters(secondFactorKeys(userId), done),
    raiseEpoch(userWhere(userId, done), ctx.now()),
  ])
}

/** Removes all passkeys of a user, who has lost them or did not add them, and ends every session and token. */
export function planPasskeyRemoval(ctx: Recorder, act: SupportAct): PlannedAct {
  const { userId } = act
  const condition = both(act.condition, hasAnyPasskey(userId))
  return plan(ctx, { ...act, type: 'passkey_removed', told: ['passkeys_off'], condition }, (done) => [
    deletePasskeysOf(userId, done),
    raiseEpoch(userWhere(userId, done), ctx.now()),
  ])
}

/** Ends every session and token, and invalidates codes already mailed. */
export function planSignOutEverywhere(ctx: Recorder, act: SupportAct): PlannedAct {
  return plan(ctx, { ...act, type: 'signed_out_everywhere', told: ['sessions'] }, (done) => [
    raiseEpoch(userWhere(act.userId, done), ctx.now()),
  ])
}

/** Ends one session, with the tokens of its grant. */
export function planSessionEnd(ctx: Recorder, act: SupportAct & { sessionId: SessionId }): PlannedAct {
  const { userId, sessionId } = act
  const session = { id: sessionId, userId, now: ctx.now() }
  const condition = both(act.condition, isSessionLive(session))
  return plan(ctx, { ...act, type: 'session_revoked', aboutSession: sessionId, told: ['session'], condition }, (done) => [
    endSession(session, done),
  ])
}
