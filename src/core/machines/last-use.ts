/** When a machine's credential was last used: shown in lists, accurate to `SESSION_TOUCH_MS`, and no part of any decision. */
import { type MachineRow, touchMachine } from '../../store/db/machine-credentials.ts'
import type { Ctx } from '../ctx.ts'
import { SESSION_TOUCH_MS } from '../limits.ts'

export function touchMachineLater(ctx: Ctx, { id, lastUsedAt }: Pick<MachineRow, 'id' | 'lastUsedAt'>): void {
  const now = ctx.now()
  if (now - (lastUsedAt ?? 0) > SESSION_TOUCH_MS) ctx.defer(() => ctx.db.one(touchMachine(id, now)))
}
