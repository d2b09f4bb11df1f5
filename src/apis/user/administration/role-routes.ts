/** Administration of roles (wire §3.2, §6.16). A change applies from the next request of every user with the role. */
import { Hono } from 'hono'
import { changeRole, createRole, removeRole } from '../../../core/admin/roles.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { OK } from '../replies.ts'
import { EXAMPLE_ROLE, RoleReply, toRole } from './presenters.ts'
import { CreateRoleBody, DeleteRoleBody, toRoleChange, UpdateRoleBody } from './wire.ts'

const EXAMPLE = { ok: 1, data: { role: EXAMPLE_ROLE } } as const

export const adminRoles = new Hono<AppEnv>()
  .post(
    '/roles/admin-api/create',
    requires('admin:roles:write'),
    describe('createRole', {
      summary: 'Create a role',
      description:
        'Its rank must be below yours and its scopes within yours; without scopes it has delegated:all. Requires a browser that signed in within the last 10 minutes.',
      response: { status: 201, schema: RoleReply, example: EXAMPLE },
      refusals: [409],
    }),
    validate('json', CreateRoleBody),
    async (c) => {
      const { scopes = null, ...body } = c.req.valid('json')
      return c.json({ ok: 1, data: { role: toRole(await createRole(c.var.ctx, c.var.gate, { ...body, scopes })) } }, 201)
    },
  )
  .patch(
    '/roles/admin-api/update',
    requires('admin:roles:write'),
    describe('updateRole', {
      summary: 'Change a role',
      description: 'Omitted fields stay. System roles cannot be changed.',
      response: { status: 200, schema: RoleReply, example: EXAMPLE },
      refusals: [404],
    }),
    validate('json', UpdateRoleBody),
    async (c) => c.json({ ok: 1, data: { role: toRole(await changeRole(c.var.ctx, c.var.gate, toRoleChange(c.req.valid('json')))) } }),
  )
  .delete(
    '/roles/admin-api/delete',
    requires('admin:roles:write'),
    describe('deleteRole', {
      summary: 'Delete a role without users',
      description: 'System roles cannot be deleted.',
      response: OK,
      refusals: [404, 409],
    }),
    validate('json', DeleteRoleBody),
    async (c) => {
      await removeRole(c.var.ctx, c.var.gate, toRoleChange(c.req.valid('json')).id)
      return c.json({ ok: 1 })
    },
  )
