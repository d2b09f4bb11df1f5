/** The caller's own audit trail (ASVS 16.3): events of the account, and whether an administrator caused them. */
import { Hono } from 'hono'
import { listOwnAudit } from '../../../core/admin/audit.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { LAST, toList } from '../replies.ts'
import { PageQuery, toPage } from '../wire.ts'
import { EXAMPLE_AUDIT_RECORD, OwnAuditReply, toAuditRecord } from './audit-presenters.ts'

export const auditTrail = new Hono<AppEnv>().get(
  '/user/audit',
  requires('delegated:profile:login-history:read'),
  describe('listAuditEvents', {
    summary: 'Audit trail of the caller, newest first',
    description: 'For acts of an administrator, neither the person nor the device is shown.',
    response: { status: 200, schema: OwnAuditReply, example: { ok: 1, data: { records: [EXAMPLE_AUDIT_RECORD], ...LAST } } },
  }),
  validate('query', PageQuery),
  async (c) => {
    const records = await listOwnAudit(c.var.ctx, c.var.gate, toPage(c.req.valid('query')))
    return c.json(toList(records, toAuditRecord))
  },
)
