/** A user's status: presenter and schema. */
import * as z from 'zod'
import type { UserStatus } from '../../../core/profiles/status.ts'
import { date, ok, text, toIso } from '../replies.ts'

export const Status = z
  .strictObject({ statusMessage: text, availability: text, mood: text, expiresAt: date, updatedAt: date })
  .meta({ id: 'UserStatus' })

export function toStatus(status: UserStatus): z.output<typeof Status> {
  return { ...status, expiresAt: toIso(status.expiresAt), updatedAt: toIso(status.updatedAt) }
}
export const StatusReply = ok(z.strictObject({ status: Status }))
