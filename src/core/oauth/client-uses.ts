/** Notes when a client last got a token: after the reply, at most once a day, for administrators to see. No part of any decision. */
import { recordClientUse } from '../../store/db/client-registration.ts'
import type { Ctx } from '../ctx.ts'
import { DAY_MS } from '../limits.ts'
import { seldom } from '../seldom.ts'

const isDue = seldom(DAY_MS)

export function noteClientUse(ctx: Ctx, clientId: string): void {
  if (!isDue(ctx, clientId)) return
  const now = ctx.now()
  ctx.defer(() => ctx.db.one(recordClientUse({ clientId, now, sinceMs: DAY_MS })))
}
