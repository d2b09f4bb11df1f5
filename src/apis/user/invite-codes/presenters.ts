/** Invite codes: presenter, schemas and example (wire §6.16). */
import * as z from 'zod'
import type { InviteCode as OwnInviteCode } from '../../../core/accounts/invite-codes.ts'
import { toHex } from '../../../ids.ts'
import { ok } from '../replies.ts'

export const InviteCode = z
  .strictObject({
    code: z.string(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    revokedAt: z.iso.datetime().optional().meta({ description: 'When an administrator revoked it; absent otherwise' }),
    targetId: z.string().optional().meta({ description: 'The user who signed up with it; absent while it is unused' }),
  })
  .meta({ id: 'InviteCode' })

export function toInviteCode({ code, createdAt, updatedAt, usedBy, revokedAt }: OwnInviteCode): z.output<typeof InviteCode> {
  const times = { createdAt: new Date(createdAt).toISOString(), updatedAt: new Date(updatedAt).toISOString() }
  const revoked = revokedAt === null ? {} : { revokedAt: new Date(revokedAt).toISOString() }
  return { code, ...times, ...revoked, ...(usedBy === null ? {} : { targetId: toHex(usedBy) }) }
}
export const InviteCodesReply = ok(z.strictObject({ inviteCodes: z.array(InviteCode) }))
export const EXAMPLE_INVITE_CODE: z.output<typeof InviteCode> = {
  code: 'GU-2526-1687389089010',
  createdAt: '2026-09-12T15:50:58.690Z',
  updatedAt: '2026-09-12T15:50:58.690Z',
}
