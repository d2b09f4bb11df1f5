/** When a machine's credential was used last: for people to see in a list, to within `SESSION_TOUCH_MS`, and no part of any answer. */
import { type MachineRow, touchMachine } from '../../store/db/machine-credentials.ts'
import type { Ctx } from '../ctx.ts'
import { SESSION_TOUCH_MS } from '../limits.ts'

export function touchMachineLater(ctx: Ctx, { id, lastUsedAt }: Pick<MachineRow, 'id' | 'lastUsedAt'>): void {
  const now = ctx.now()
  if (now - (lastUsedAt ?? 0) > SESSION_TOUCH_MS) ctx.defer(() => ctx.db.one(touchMachine(id, now)))
}
