/** Notes which scopes apps use, so that people see it among their connected apps: after the reply, and seldom. */
import type { Config } from '../../config.ts'
import type { SessionId } from '../../ids.ts'
import { recordScopeUse } from '../../store/db/scope-uses.ts'
import type { Ctx } from '../ctx.ts'
import { SESSION_TOUCH_MS } from '../limits.ts'

/** When this isolate last noted a scope of a session, per configuration. */
const noted = new WeakMap<Config, Map<string, number>>()
const NOTED_MAX = 5_000

/** The scopes as a grant stores them. At most one write per session and scope in `SESSION_TOUCH_MS`. */
export function noteScopeUse(ctx: Ctx, sessionId: SessionId, ...scopes: readonly string[]): void {
  const due = scopes.filter((scope) => isDue(ctx, `${sessionId} ${scope}`))
  if (due.length === 0) return
  const now = ctx.now()
  ctx.defer(() => ctx.db.one(recordScopeUse({ sessionId, scopes: due, now, sinceMs: SESSION_TOUCH_MS })))
}

function isDue(ctx: Ctx, key: string): boolean {
  const known = noted.get(ctx.config) ?? new Map<string, number>()
  noted.set(ctx.config, known)
  const last = known.get(key)
  if (last !== undefined && ctx.now() - last < SESSION_TOUCH_MS) return false
  known.delete(key)
  // The oldest goes: a Map keeps the order of insertion.
  if (known.size >= NOTED_MAX) known.delete(known.keys().next().value ?? '')
  known.set(key, ctx.now())
  return true
}
