/** What can be done to several people at once. */
import * as moderation from '../../../core/admin/moderation.ts'
import { endSessionsOf } from '../../../core/admin/support.ts'
import type { Ctx } from '../../../core/ctx.ts'
import type { Gate } from '../../../core/gate.ts'
import type { Scope } from '../../../core/scopes.ts'
import type { UserId } from '../../../ids.ts'
import type { Texts } from '../../../texts/texts.ts'

export interface BulkAct {
  readonly name: keyof Texts['console']['people']['bulk']['acts']
  readonly scope: Scope
  readonly isDangerous?: true
  /** A week, with a reason. */
  readonly isSanction?: true
  readonly act: (ctx: Ctx, gate: Gate, userId: UserId, term: { reason: string | null; until: number | null }) => Promise<unknown>
}

const LIFTED = { state: false, reason: null, until: null }

export const BULK_ACTS: readonly BulkAct[] = [
  {
    name: 'verify',
    scope: 'admin:profile:sensitive:low:write',
    act: (ctx, gate, userId) => moderation.setVerifiedMark(ctx, gate, { userId, state: true }),
  },
  {
    name: 'restrict',
    scope: 'admin:profile:sensitive:medium:write',
    isDangerous: true,
    isSanction: true,
    act: (ctx, gate, userId, term) => moderation.setRestriction(ctx, gate, { userId, state: true, ...term }),
  },
  {
    name: 'unrestrict',
    scope: 'admin:profile:sensitive:medium:write',
    act: (ctx, gate, userId) => moderation.setRestriction(ctx, gate, { userId, ...LIFTED }),
  },
  {
    name: 'ban',
    scope: 'admin:profile:sensitive:high:write',
    isDangerous: true,
    isSanction: true,
    act: (ctx, gate, userId, term) => moderation.setBan(ctx, gate, { userId, state: true, ...term }),
  },
  {
    name: 'unban',
    scope: 'admin:profile:sensitive:high:write',
    act: (ctx, gate, userId) => moderation.setBan(ctx, gate, { userId, ...LIFTED }),
  },
  {
    name: 'signOut',
    scope: 'admin:profile:sensitive:medium:write',
    isDangerous: true,
    act: (ctx, gate, userId) => endSessionsOf(ctx, gate, { userId, session: null }),
  },
  {
    name: 'delete',
    scope: 'admin:profile:sensitive:extreme:write',
    isDangerous: true,
    act: moderation.deleteUser,
  },
]
