/** Administration of users (wire §3.2): lists, histories, and acts, which are idempotent. Nobody acts on a rank at or above their own. */
import { Hono } from 'hono'
import { listAuditOf, listSignInsOf } from '../../../core/admin/audit.ts'
import * as moderation from '../../../core/admin/moderation.ts'
import { createVerifiedUser, findAllUsers, getAnyUser, listAllUsers } from '../../../core/admin/users.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { type Description, describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { AdminAuditReply, EXAMPLE_ADMIN_AUDIT, toAdminAuditRecord } from '../accounts/audit-presenters.ts'
import { LAST, OK, toList } from '../replies.ts'
import { EXAMPLE_SIGN_INS, LoginHistoryReply, toSignIn } from '../sessions/presenters.ts'
import * as wire from '../wire.ts'
import * as reply from './presenters.ts'
import * as admin from './wire.ts'

const { toAdminUser } = reply
const USER = { status: 200, schema: reply.AdminUserReply, example: { ok: 1, data: { user: reply.EXAMPLE_ADMIN_USER } } } as const
const USERS = {
  status: 200,
  schema: reply.AdminUsersReply,
  example: { ok: 1, data: { records: [reply.EXAMPLE_ADMIN_USER], users: [reply.EXAMPLE_ADMIN_USER] } },
} as const

const USER_LIST = {
  status: 200,
  schema: reply.AdminUserListReply,
  example: { ok: 1, data: { records: [reply.EXAMPLE_ADMIN_USER], users: [reply.EXAMPLE_ADMIN_USER], ...LAST } },
} as const

const DELETE: Description = {
  summary: 'Delete an account',
  description: 'It is signed out and invisible at once. Its owner cannot restore it; an administrator can, for 14 days.',
  response: OK,
  refusals: [404],
}

const reads = new Hono<AppEnv>()
  .get(
    '/user/admin-api/list',
    requires('admin:profile:read'),
    describe('adminListUsers', {
      summary: 'All users, newest first, or those matching a query',
      description:
        'Includes banned, deleted and unverified users. A query is an id, a complete email address, or the beginning of a user name or name; ' +
        'for a very common beginning, only the first 100 matches are considered.',
      response: USER_LIST,
    }),
    validate('query', admin.ListUsersQuery),
    async (c) => {
      const { ctx, gate } = c.var
      const query = c.req.valid('query')
      const users = await listAllUsers(ctx, gate, admin.toUserQuery(query), wire.toPage(query))
      const { data } = toList(users, (user) => toAdminUser(user, ctx))
      return c.json({ ok: 1, data: { ...data, users: data.records } })
    },
  )
  .get(
    '/user/admin-api/user-info',
    requires('admin:profile:read'),
    describe('adminGetUser', { summary: 'Anybody', response: USER, refusals: [404] }),
    validate('query', admin.TargetQuery),
    async (c) => {
      const { ctx, gate } = c.var
      return c.json({ ok: 1, data: { user: toAdminUser(await getAnyUser(ctx, gate, c.req.valid('query').target), ctx) } })
    },
  )
  .post(
    '/user/admin-api/user-info',
    requires('admin:profile:read'),
    describe('adminLookUpUsers', { summary: 'Up to 100 users at once', description: 'Unknown ids are omitted.', response: USERS }),
    validate('json', wire.TargetsBody),
    async (c) => {
      const { ctx, gate } = c.var
      const users = await findAllUsers(ctx, gate, c.req.valid('json').targets)
      return c.json({ ok: 1, data: reply.toAdminUsers(users, ctx) })
    },
  )
  .get(
    '/user/admin-api/login-history',
    requires('admin:profile:read'),
    describe('adminListSignIns', {
      summary: 'Sign-in history of a user, newest first',
      response: { status: 200, schema: LoginHistoryReply, example: EXAMPLE_SIGN_INS },
      refusals: [404],
    }),
    validate('query', admin.TargetPageQuery),
    async (c) => {
      const query = c.req.valid('query')
      const records = await listSignInsOf(c.var.ctx, c.var.gate, query.target, wire.toPage(query))
      return c.json(toList(records, toSignIn))
    },
  )
  .get(
    '/user/admin-api/audit',
    requires('admin:profile:read'),
    describe('adminListAuditEvents', {
      summary: 'Audit trail of a user, newest first',
      response: { status: 200, schema: AdminAuditReply, example: EXAMPLE_ADMIN_AUDIT },
      refusals: [404],
    }),
    validate('query', admin.TargetPageQuery),
    async (c) => {
      const query = c.req.valid('query')
      const records = await listAuditOf(c.var.ctx, c.var.gate, query.target, wire.toPage(query))
      return c.json(toList(records, toAdminAuditRecord))
    },
  )

const acts = new Hono<AppEnv>()
  .post(
    '/user/admin-api/create',
    requires('admin:profile:write'),
    describe('adminCreateUser', {
      summary: 'Create a verified account',
      response: { ...USER, status: 201 },
      refusals: [409],
    }),
    validate('json', admin.AdminCreateUserBody),
    async (c) => {
      const { ctx, gate } = c.var
      const { firstName, lastName, phone = null, phoneCountryCode = null, role = null, username, email, password } = c.req.valid('json')
      const names = { username, email, password, givenName: firstName, familyName: lastName }
      const user = await createVerifiedUser(ctx, gate, { ...names, phone, phoneCountryCode, role })
      return c.json({ ok: 1, data: { user: toAdminUser(user, ctx) } }, 201)
    },
  )
  .put(
    '/user/admin-api/custom-data',
    requires('admin:profile:write'),
    describe('adminSetCustomData', { summary: 'Replace the custom data of a user', response: USER, refusals: [404] }),
    validate('json', admin.CustomDataBody),
    async (c) => {
      const { ctx, gate } = c.var
      const { target, customData } = c.req.valid('json')
      const user = await moderation.replaceCustomData(ctx, gate, { userId: target, customData })
      return c.json({ ok: 1, data: { user: toAdminUser(user, ctx) } })
    },
  )
  .post(
    '/user/admin-api/subscription',
    requires('admin:profile:write'),
    describe('adminSetSubscription', { summary: 'Set or end a subscription', response: USER, refusals: [404] }),
    validate('json', admin.SubscriptionBody),
    async (c) => {
      const { ctx, gate } = c.var
      const { target, state, tier, expiry = null } = c.req.valid('json')
      const subscription = state && tier !== undefined ? { tier, expiresAt: expiry } : null
      const user = await moderation.replaceSubscription(ctx, gate, { userId: target, subscription })
      return c.json({ ok: 1, data: { user: toAdminUser(user, ctx) } })
    },
  )
  .post(
    '/user/admin-api/ban',
    requires('admin:profile:sensitive:high:write'),
    describe('adminSetBan', {
      summary: 'Ban a user, or lift the ban',
      description: 'Takes effect with the next request. A permanent ban also removes all follows, in both directions, for good.',
      response: USER,
      refusals: [404],
    }),
    validate('json', admin.SanctionBody),
    async (c) => {
      const { ctx, gate } = c.var
      const user = await moderation.setBan(ctx, gate, admin.toSanction(c.req.valid('json')))
      return c.json({ ok: 1, data: { user: toAdminUser(user, ctx) } })
    },
  )
  .post(
    '/user/admin-api/restrict',
    requires('admin:profile:sensitive:medium:write'),
    describe('adminSetRestriction', {
      summary: 'Restrict a user to reading, or lift the restriction',
      response: USER,
      refusals: [404],
    }),
    validate('json', admin.SanctionBody),
    async (c) => {
      const { ctx, gate } = c.var
      const user = await moderation.setRestriction(ctx, gate, admin.toSanction(c.req.valid('json')))
      return c.json({ ok: 1, data: { user: toAdminUser(user, ctx) } })
    },
  )
  .post(
    '/user/admin-api/verify',
    requires('admin:profile:sensitive:low:write'),
    describe('adminSetVerifiedMark', {
      summary: 'Set or remove the verified mark',
      description: 'It marks the person as verified, not the email address.',
      response: USER,
      refusals: [404],
    }),
    validate('json', admin.VerifyBody),
    async (c) => {
      const { ctx, gate } = c.var
      const { target, state } = c.req.valid('json')
      const user = await moderation.setVerifiedMark(ctx, gate, { userId: target, state })
      return c.json({ ok: 1, data: { user: toAdminUser(user, ctx) } })
    },
  )
  .post(
    '/user/admin-api/delete',
    requires('admin:profile:sensitive:extreme:write'),
    describe('adminDeleteUserByPost', DELETE),
    validate('json', wire.TargetBody),
    async (c) => {
      await moderation.deleteUser(c.var.ctx, c.var.gate, c.req.valid('json').target)
      return c.json({ ok: 1 })
    },
  )
  .delete(
    '/user/admin-api/delete',
    requires('admin:profile:sensitive:extreme:write'),
    describe('adminDeleteUser', DELETE),
    validate('json', wire.TargetBody),
    async (c) => {
      await moderation.deleteUser(c.var.ctx, c.var.gate, c.req.valid('json').target)
      return c.json({ ok: 1 })
    },
  )

export const admins = new Hono<AppEnv>().route('/', reads).route('/', acts)
