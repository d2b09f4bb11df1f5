/** Administrators handing accounts to clients that provision users (SCIM). Not in Liquid, but in its style. */
import { Hono } from 'hono'
import * as z from 'zod'
import * as fields from '../../../core/fields.ts'
import { clientId } from '../../../core/oauth/client-fields.ts'
import { adoptUser, releaseUser } from '../../../core/provisioning/adoption.ts'
import { providedName } from '../../../core/provisioning/provisioned-user.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { OK, ok } from '../replies.ts'

const SCOPE = 'admin:profile:sensitive:extreme:write'
const ReleaseBody = z.strictObject({ target: fields.userIdHex, client_id: clientId })
const AdoptBody = ReleaseBody.extend({
  userName: providedName.optional().meta({ description: "The client's name for the user; by default their address" }),
  externalId: fields.externalId.optional().meta({ description: "The client's id of the user" }),
})
const Adopted = z.strictObject({ client_id: z.string(), userName: z.string(), externalId: z.string().nullable() })

export const adminProvisioning = new Hono<AppEnv>()
  .post(
    '/user/admin-api/provision',
    requires(SCOPE),
    describe('adminAdoptUser', {
      summary: 'Let a client provision an account that exists',
      description:
        'The client may then change the account, shut it out and delete it by SCIM, as those that it has created. Requires a browser that signed in within the last 10 minutes. The user gets a mail.',
      response: {
        status: 200,
        schema: ok(Adopted),
        example: { ok: 1, data: { client_id: 'my-directory', userName: 'john.smith@example.com', externalId: null } },
      },
      refusals: [404, 409],
    }),
    validate('json', AdoptBody),
    async (c) => {
      const { target, client_id, userName = null, externalId = null } = c.req.valid('json')
      const adopted = await adoptUser(c.var.ctx, c.var.gate, { userId: target, clientId: client_id, userName, externalId })
      return c.json({ ok: 1, data: { client_id, userName: adopted.userName, externalId: adopted.externalId } })
    },
  )
  .delete(
    '/user/admin-api/provision',
    requires(SCOPE),
    describe('adminReleaseUser', {
      summary: 'Take an account back from a client that provisions it',
      description: 'The account stays as it is. Requires a browser that signed in within the last 10 minutes.',
      response: OK,
      refusals: [404],
    }),
    validate('json', ReleaseBody),
    async (c) => {
      const { target, client_id } = c.req.valid('json')
      await releaseUser(c.var.ctx, c.var.gate, { userId: target, clientId: client_id })
      return c.json({ ok: 1 })
    },
  )
