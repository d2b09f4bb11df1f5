/** The filters of the audit log as the page and its file take them; an empty field asks for nothing. */
import * as z from 'zod'
import { type AuditFilter, isAuditType } from '../../../core/admin/audit-log.ts'
import { email } from '../../../core/fields.ts'
import { DAY_MS } from '../../../core/limits.ts'
import { fromHex } from '../../../ids.ts'

const who = z
  .string()
  .trim()
  .refine((text) => /^@?[\w.-]{0,64}$/.test(text) || email.safeParse(text).success, 'must be a user name, an email address or an id')
  .transform((text) => text || null)
  .default(null)
const day = z
  .union([z.literal(''), z.iso.date('must be a day such as 2026-11-29')])
  .transform((text) => (text === '' ? null : Date.parse(text)))
  .default(null)

/** Of the file, which begins with the newest. */
export const AuditForm = z.object({
  person: who,
  actor: who,
  type: z
    .string()
    .refine((text) => text === '' || isAuditType(text), 'is no type of event')
    .transform((text) => (text || null) as AuditFilter['type'])
    .default(null),
  from: day,
  to: day,
})
export const AuditQuery = AuditForm.extend({
  after: z
    .string()
    .refine((text) => fromHex(text) !== null, 'must be 24 hex digits')
    .optional(),
})
export type AuditQuery = z.output<typeof AuditQuery>

/** The last day counts as a whole. */
export function toFilter({ person, actor, type, from, to }: AuditQuery): AuditFilter {
  return { person, actor, type, from, to: to === null ? null : to + DAY_MS }
}

const toDay = (at: number) => new Date(at).toISOString().slice(0, 10)

/** As fields of a form or an address, without those that ask for nothing. */
export function toFields({ person, actor, type, from, to }: AuditQuery): Record<string, string> {
  const fields = { person, actor, type, from: from && toDay(from), to: to && toDay(to) }
  return Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}
