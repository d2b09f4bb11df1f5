/** The caller's sign-in history, from the audit trail. */
import { idAt } from '../../ids.ts'
import { listSignInEvents, type SignInEventRow } from '../../store/db/audit-events.ts'
import type { Ctx } from '../ctx.ts'
import type { Gate } from '../gate.ts'
import { type Listed, listed } from '../paging.ts'

export type { SignInEventRow as SignInEvent } from '../../store/db/audit-events.ts'

/** Newest first; `before` is the id of the previous page's last entry, or a position made from a time. */
export async function listSignIns(ctx: Ctx, gate: Gate, page: { limit: number; before: number | null }): Promise<Listed<SignInEventRow>> {
  const before = page.before ?? idAt(ctx.now() + 60_000)
  const { reads } = await gate(({ userId }) => [listSignInEvents({ userId, before, limit: page.limit + 1 })])
  return listed(reads[0], page.limit)
}
