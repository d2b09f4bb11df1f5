/** The audit trail of everybody, with filters. */
import { Hono } from 'hono'
import * as z from 'zod'
import { AUDIT_WINDOW, type AuditFilter, type AuditLogRow, isAuditType, readAuditLog } from '../../../core/admin/audit-log.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { toHex } from '../../../ids.ts'
import { LAST, listOf, text, toIso, toList } from '../replies.ts'
import { PageQuery, toPage } from '../wire.ts'

const who = z.string().regex(/^@?[\w.-]{1,64}$/, 'must be a user name or an id')
const time = z.iso.datetime('must be a time such as 2026-11-29T00:00:00.000Z').transform((v) => Date.parse(v))

const AuditLogQuery = PageQuery.extend({
  person: who.optional().meta({ description: 'Whom it is about: a user name or an id', example: 'john' }),
  actor: who.optional().meta({ description: 'The administrator who did it: a user name or an id', example: 'jane' }),
  type: z
    .string()
    .refine(isAuditType, 'must be a type of event, or a group of types')
    .optional()
    .meta({ description: 'A type, or a group: signing_in, account, factors, apps, moderation, service', example: 'moderation' }),
  from: time.optional().meta({ example: '2026-11-01T00:00:00.000Z' }),
  to: time.optional().meta({ description: 'Before this', example: '2026-12-01T00:00:00.000Z' }),
}).strict()

function toFilter(query: z.output<typeof AuditLogQuery>): AuditFilter {
  const { person = null, actor = null, type = null, from = null, to = null } = query
  return { person, actor, type: type as AuditFilter['type'], from, to }
}

const AuditLogRecord = z
  .strictObject({
    _id: z.string(),
    type: z.string(),
    createdAt: z.iso.datetime().nullable(),
    person: text,
    personUsername: text,
    actor: text.meta({ description: 'Who did it, if not the user' }),
    actorUsername: text,
    clientId: text,
    clientName: text,
    userAgent: text,
    place: text,
    detail: text,
  })
  .meta({ id: 'AuditLogEvent' })

const hexOf = (id: number | null) => (id === null ? null : toHex(id))

function toRecord(row: AuditLogRow): z.output<typeof AuditLogRecord> {
  const { id, type, createdAt, userId, username, actorId, actorName, clientId, clientName, userAgent, place, detail } = row
  return {
    ...{ _id: toHex(id), type, createdAt: toIso(createdAt), person: hexOf(userId), personUsername: username, actor: hexOf(actorId) },
    ...{ actorUsername: actorName, clientId, clientName, userAgent, place, detail },
  }
}

const EXAMPLE: z.output<typeof AuditLogRecord> = {
  _id: '507f1f77bcf86cd799439011',
  type: 'banned',
  createdAt: '2026-11-29T10:15:30.000Z',
  person: '507f1f77bcf86cd799439012',
  personUsername: 'john',
  actor: '507f1f77bcf86cd799439013',
  actorUsername: 'jane',
  clientId: null,
  clientName: null,
  userAgent: 'Mozilla/5.0 (iPhone)',
  place: 'Paris, FR',
  detail: 'Spam',
}

export const adminAuditLog = new Hono<AppEnv>().get(
  '/user/admin-api/audit-log',
  requires('admin:audit:read'),
  describe('adminListAuditLog', {
    summary: 'Audit log of everybody, newest first',
    description: `With a type, or with a person and an actor, a page looks at ${AUDIT_WINDOW} events and may have few records, or none, before the end.`,
    response: { status: 200, schema: listOf(AuditLogRecord), example: { ok: 1, data: { records: [EXAMPLE], ...LAST } } },
  }),
  validate('query', AuditLogQuery),
  async (c) => {
    const query = c.req.valid('query')
    return c.json(toList(await readAuditLog(c.var.ctx, c.var.gate, toFilter(query), toPage(query)), toRecord))
  },
)
