/** The audit trail: presenters, schemas and examples. */
import * as z from 'zod'
import type { AuditEvent, OwnAuditEvent } from '../../../core/admin/audit.ts'
import { toHex } from '../../../ids.ts'
import { LAST, listOf, text } from '../replies.ts'

const eventFields = {
  _id: z.string(),
  type: z.string().meta({ example: 'sign_in' }),
  createdAt: z.iso.datetime(),
  userAgent: text,
  place: text,
  clientId: text,
  byAdmin: z.boolean(),
  detail: text,
}
const OwnRecord = z.strictObject(eventFields).meta({ id: 'AuditEvent' })
const AdminRecord = z
  .strictObject({ ...eventFields, actor: text.meta({ description: 'Who did it, if not the user' }) })
  .meta({ id: 'AdminAuditEvent' })

export function toAuditRecord(event: OwnAuditEvent): z.output<typeof OwnRecord> {
  const { id, type, createdAt, userAgent, place, clientId, byAdmin, detail } = event
  return { _id: toHex(id), type, createdAt: new Date(createdAt).toISOString(), userAgent, place, clientId, byAdmin, detail }
}

export function toAdminAuditRecord(event: AuditEvent): z.output<typeof AdminRecord> {
  const { actorId } = event
  return { ...toAuditRecord(event), actor: actorId === null ? null : toHex(actorId) }
}
export const AdminAuditReply = listOf(AdminRecord)
export const OwnAuditReply = listOf(OwnRecord)

export const EXAMPLE_AUDIT_RECORD: z.output<typeof OwnRecord> = {
  _id: '507f1f77bcf86cd799439011',
  type: 'sign_in',
  createdAt: '2026-09-12T15:50:58.690Z',
  userAgent: 'Mozilla/5.0 (iPhone)',
  place: 'Paris, FR',
  clientId: null,
  byAdmin: false,
  detail: null,
}

export const EXAMPLE_ADMIN_AUDIT = { ok: 1, data: { records: [{ ...EXAMPLE_AUDIT_RECORD, actor: null }], ...LAST } } satisfies z.input<
  typeof AdminAuditReply
>
