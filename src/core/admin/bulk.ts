/**
 * One act on several people, one after the other, each with its own verdict. Before each, the person is claimed for this run, so
 * that a run that is repeated, or sent twice at once, never does an act twice.
 */
import type { AnyId, UserId } from '../../ids.ts'
import { findTargets, type TargetRow } from '../../store/db/admin-users.ts'
import { countAttempt, takeBackAttempt } from '../../store/db/attempt-counters.ts'
import type { Ctx } from '../ctx.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import type { Gate } from '../gate.ts'
import type { UserPrincipal } from '../principal.ts'

/** `earlier`: this run has been here before. `forbidden`: by rank or powers. */
export type Verdict = 'done' | 'earlier' | 'forbidden' | 'missing' | 'failed'

/** How long a run can be repeated without doing anything twice. */
const RUN_MS = 24 * 3_600_000

/** What ends a whole run, since it would refuse everybody. */
const ENDS_RUN: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'unauthenticated',
  'invalid_token',
  'insufficient_scope',
  'account_restricted',
  'reauthentication_required',
])
const VERDICTS: Partial<Record<ErrorCode, Verdict>> = { forbidden: 'forbidden', not_found: 'missing' }

/** Those of these people who exist, in their order, and who asks. */
export async function getChosen(gate: Gate, ids: readonly UserId[]): Promise<{ principal: UserPrincipal; people: TargetRow[] }> {
  const { principal, reads } = await gate(() => [findTargets(ids)])
  return { principal, people: reads[0] }
}

/** `run` identifies the run: random, chosen before its first step. */
export async function actOnEach(
  ctx: Ctx,
  gate: Gate,
  input: { run: string; userIds: readonly UserId[] },
  act: (userId: UserId) => Promise<unknown>,
): Promise<Verdict[]> {
  const { principal } = await gate()
  const verdicts: Verdict[] = []
  for (const userId of input.userIds) {
    const key = `bulk:${principal.userId}:${input.run}:${userId}`
    const claim = { key, limit: 1, windowMs: RUN_MS, pauseMs: 0, now: ctx.now(), stamp: ctx.newId<AnyId>() }
    if (await ctx.db.one(countAttempt(claim))) verdicts.push(await verdictOf(act(userId), () => ctx.db.one(takeBackAttempt(key))))
    else verdicts.push('earlier')
  }
  return verdicts
}

async function verdictOf(act: Promise<unknown>, release: () => Promise<unknown>): Promise<Verdict> {
  try {
    await act
    return 'done'
  } catch (error) {
    if (!(error instanceof AppError)) return 'failed'
    if (!ENDS_RUN.has(error.code)) return VERDICTS[error.code] ?? 'failed'
    await release()
    throw error
  }
}
