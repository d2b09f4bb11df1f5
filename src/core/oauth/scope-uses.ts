/** Notes which scopes apps use, so that people see it among their connected apps: after the reply, and seldom. */
import type { SessionId } from '../../ids.ts'
import { recordScopeUse } from '../../store/db/scope-uses.ts'
import type { Ctx } from '../ctx.ts'
import { SESSION_TOUCH_MS } from '../limits.ts'
import { seldom } from '../seldom.ts'

const isDue = seldom(SESSION_TOUCH_MS)

/** The scopes as a grant stores them. At most one write per session and scope in `SESSION_TOUCH_MS`. */
export function noteScopeUse(ctx: Ctx, sessionId: SessionId, ...scopes: readonly string[]): void {
  const due = scopes.filter((scope) => isDue(ctx, `${sessionId} ${scope}`))
  if (due.length === 0) return
  const now = ctx.now()
  ctx.defer(() => ctx.db.one(recordScopeUse({ sessionId, scopes: due, now, sinceMs: SESSION_TOUCH_MS })))
}
