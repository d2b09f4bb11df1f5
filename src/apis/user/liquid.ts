/**
 * Liquid's paths for old programs, answered by other routes' use cases: administrators' search and look-up, and
 * settings read before sign-in (wire §3.2). Unsupported paths say why.
 */
import { Hono } from 'hono'
import * as z from 'zod'
import { EVERYBODY, findAllUsers, listAllUsers } from '../../core/admin/users.ts'
import { AppError } from '../../core/errors.ts'
import { COUNTRIES } from '../../core/regional.ts'
import { anyone, requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { networkLimit } from '../../http/rate-limit.ts'
import { describe } from '../../http/tags.ts'
import { validate } from '../../http/validate.ts'
import * as reply from './administration/presenters.ts'
import { ADMIN_EDITABLE_NAMES } from './administration/wire.ts'
import { ok } from './replies.ts'
import { SearchBody } from './search/wire.ts'
import { TargetsBody } from './wire.ts'

const EXAMPLE_USERS = [reply.EXAMPLE_ADMIN_USER]

export const liquidAdmin = new Hono<AppEnv>()
  .post(
    '/user/admin-api/search',
    requires('admin:profile:read'),
    describe('adminSearchUsers', {
      summary: 'Users that match a query, like GET /user/admin-api/list',
      response: { status: 200, schema: reply.AdminResultsReply, example: { ok: 1, data: { results: EXAMPLE_USERS } } },
    }),
    validate('json', SearchBody),
    async (c) => {
      const { ctx, gate } = c.var
      const { query, limit } = c.req.valid('json')
      const users = await listAllUsers(ctx, gate, { ...EVERYBODY, query: query.trim() || null }, { limit, before: null })
      return c.json({ ok: 1, data: { results: users.records.map((user) => reply.toAdminUser(user, ctx)) } })
    },
  )
  .post(
    '/user/admin-api/retrieve-user-info',
    requires('admin:profile:read'),
    describe('adminRetrieveUsers', {
      summary: 'Up to 100 users at once, like POST /user/admin-api/user-info',
      response: { status: 200, schema: reply.AdminUsersReply, example: { ok: 1, data: { records: EXAMPLE_USERS, users: EXAMPLE_USERS } } },
    }),
    validate('json', TargetsBody),
    async (c) => {
      const users = await findAllUsers(c.var.ctx, c.var.gate, c.req.valid('json').targets)
      return c.json({ ok: 1, data: reply.toAdminUsers(users, c.var.ctx) })
    },
  )
  .get(
    '/user/admin-api/editable-fields',
    requires('admin:profile:read'),
    describe('adminListEditableFields', {
      summary: 'The fields that PATCH /user/admin-api/update takes',
      response: {
        status: 200,
        schema: ok(z.strictObject({ editableFields: z.array(z.string()) })),
        example: { ok: 1, data: { editableFields: ADMIN_EDITABLE_NAMES } },
      },
    }),
    async (c) => {
      await c.var.gate()
      return c.json({ ok: 1, data: { editableFields: ADMIN_EDITABLE_NAMES } })
    },
  )

const Settings = z.record(z.string(), z.union([z.boolean(), z.string()]))
const VERSION = '1.0'

export const liquidSystem = new Hono<AppEnv>()
  .get(
    '/system/version',
    anyone(),
    networkLimit('other'),
    describe('getVersion', {
      summary: 'The API version',
      response: { status: 200, schema: ok(z.strictObject({ version: z.string() })), example: { ok: 1, data: { version: VERSION } } },
    }),
    (c) => c.json({ ok: 1, data: { version: VERSION } }),
  )
  .get(
    '/system/settings-insecure',
    anyone(),
    networkLimit('other'),
    describe('getSettings', {
      summary: 'Sign-up settings, under the names of Liquid',
      response: {
        status: 200,
        schema: ok(z.strictObject({ settings: Settings })),
        example: { ok: 1, data: { settings: { 'user.account-creation.enable-invite-only': false } } },
      },
    }),
    (c) => {
      const { invites, requireEmailVerification } = c.var.ctx.config
      const settings: z.output<typeof Settings> = {
        'user.account-creation.enable-invite-only': invites.only,
        'user.account-creation.require-email-verification': requireEmailVerification,
        '2fa.email.enabled': true,
        '2fa.email.enforce': false,
      }
      return c.json({ ok: 1, data: { settings } })
    },
  )
  .get(
    '/system/countries-insecure',
    anyone(),
    networkLimit('other'),
    describe('listCountries', {
      summary: 'The countries that a profile may have',
      response: {
        status: 200,
        schema: ok(z.strictObject({ countries: z.array(z.strictObject({ code: z.string(), name: z.string() })) })),
        example: { ok: 1, data: { countries: [{ code: 'FR', name: 'France' }] } },
      },
    }),
    (c) => {
      const names = new Intl.DisplayNames('en', { type: 'region' })
      return c.json({ ok: 1, data: { countries: COUNTRIES.map((code) => ({ code, name: names.of(code) ?? code })) } })
    },
  )

const NOT_HERE: Readonly<Record<string, string>> = {
  '/user/admin-api/access': 'Scopes belong to roles and clients: see PATCH /roles/admin-api/update and PATCH /client/admin-api/update',
  '/user/admin-api/credits': 'Credits are not supported: keep them in customData, with PUT /user/admin-api/custom-data',
  '/user/admin-api/subscription-tiers': 'Tiers are not listed: POST /user/admin-api/subscription takes any tier name',
}

/** Unsupported paths; the reply says why. */
export const notHere = new Hono<AppEnv>()
for (const [path, why] of Object.entries(NOT_HERE)) {
  notHere.all(path, () => {
    throw new AppError('not_found', why, { reason: 'not_supported' })
  })
}
