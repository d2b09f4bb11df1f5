/** The list of roles (wire §3.5, §6.16). */
import { Hono } from 'hono'
import { listAllRoles } from '../../../core/accounts/roles.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { describe } from '../../../http/tags.ts'
import { EXAMPLE_ROLE, RolesReply, toRole } from './presenters.ts'

/** @NOTE The seed shows the roles without an envelope, the original server within one; the reply has both. */
export const roles = new Hono<AppEnv>().get(
  '/roles/list',
  requires('delegated:roles:read'),
  describe('listRoles', {
    summary: 'The roles that accounts can have, highest first',
    response: { status: 200, schema: RolesReply, example: { ok: 1, roles: [EXAMPLE_ROLE], data: { roles: [EXAMPLE_ROLE] } } },
  }),
  async (c) => {
    const list = (await listAllRoles(c.var.ctx, c.var.gate)).map(toRole)
    return c.json({ ok: 1, roles: list, data: { roles: list } })
  },
)
