/** Requests of administrators (wire §3.2). Unknown fields are refused. */
import * as z from 'zod'
import * as admin from '../../../core/admin/fields.ts'
import { EVERYBODY, type UserQuery } from '../../../core/admin/users.ts'
import * as fields from '../../../core/fields.ts'
import { SEARCH_QUERY_LENGTH_MAX } from '../../../core/limits.ts'
import type { SessionId } from '../../../ids.ts'
import { CreateUserBody } from '../accounts/wire.ts'
import { UpdateMeBody } from '../profile/wire.ts'
import { flag, hexId, PageQuery } from '../wire.ts'

const onOff = z
  .enum(['true', 'false'], 'must be true or false')
  .transform((v) => v === 'true')
  .optional()
  .meta({ example: 'true', documented: { type: 'boolean', example: true } })
const time = z.iso
  .datetime('must be a time such as 2099-01-01T00:00:00.000Z')
  .transform((v) => Date.parse(v))
  .meta({ example: '2099-01-01T00:00:00.000Z' })

export const ListUsersQuery = PageQuery.extend({
  query: z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(SEARCH_QUERY_LENGTH_MAX * 2, `must have at most ${SEARCH_QUERY_LENGTH_MAX * 2} characters`)
    .optional()
    .meta({ description: 'An id, an email address, a user name, or the beginning of a name', example: 'john' }),
  role: admin.roleId.optional(),
  banned: onOff,
  restricted: onOff,
  unverified: onOff.meta({ description: 'Whether the email address is unverified', example: 'true' }),
}).strict()

export function toUserQuery(given: z.output<typeof ListUsersQuery>): UserQuery {
  const { query = null, role = null, banned = null, restricted = null, unverified = null } = given
  return { ...EVERYBODY, query, role, banned, restricted, unverified }
}

export const TargetQuery = z.strictObject({ target: fields.userIdHex })
export const TargetPageQuery = PageQuery.extend({ target: fields.userIdHex }).strict()

export const EndSessionsBody = z.strictObject({
  target: fields.userIdHex,
  session: hexId<SessionId>().optional().meta({ description: 'The _id of the session to end; if omitted, all sessions end' }),
})

export const RemoveFactorsBody = z.strictObject({
  target: fields.userIdHex,
  method: z
    .enum(['totp', 'email', 'passkey'], 'must be totp, email or passkey')
    .optional()
    .meta({ description: 'passkey removes all passkeys. If omitted, all second factors are removed, and the passkeys stay' }),
})

export const AdminCreateUserBody = CreateUserBody.safeExtend({
  role: admin.roleId.optional().meta({ description: 'Below your own rank', example: 'user' }),
})

export const CustomDataBody = z.strictObject({ target: fields.userIdHex, customData: admin.customData })

export const SubscriptionBody = z
  .strictObject({
    target: fields.userIdHex,
    state: flag,
    tier: admin.subscriptionTier.optional(),
    expiry: time.nullable().optional().meta({ description: 'If omitted, the subscription does not expire' }),
  })
  .refine((body) => !body.state || body.tier !== undefined, { path: ['tier'], message: 'is required with state true' })

/** A ban or a restriction. */
export const SanctionBody = z
  .strictObject({
    target: fields.userIdHex,
    state: flag.meta({ description: 'false lifts it', example: true }),
    reason: admin.reason.nullable().optional(),
    until: time.nullable().optional().meta({ description: 'If omitted, it does not expire' }),
  })
  .refine((body) => body.state || body.until == null, { path: ['until'], message: 'is allowed with state true only' })

export function toSanction({ target, state, reason = null, until = null }: z.output<typeof SanctionBody>) {
  return { userId: target, state, reason, until }
}

export const VerifyBody = z.strictObject({ target: fields.userIdHex, state: flag })

const scopes = z.array(admin.scope).min(1, 'must name a scope').max(100, 'must have at most 100 scopes')

export const CreateRoleBody = z.strictObject({
  id: admin.roleId,
  displayName: admin.roleName,
  ranking: admin.ranking,
  description: admin.roleDescription,
  scopes: scopes.optional().meta({ description: 'The maximum scopes of its users, within your own', example: ['delegated:all'] }),
})

/** Liquid calls the id `target`. */
const namedRole = {
  id: admin.roleId.optional(),
  target: admin.roleId.optional().meta({ description: "Liquid's name for id", example: 'support' }),
}
const isNamed = (body: { id?: string | undefined; target?: string | undefined }) => (body.id ?? body.target) !== undefined
const UNNAMED = { path: ['id'], message: 'is required' }

export const UpdateRoleBody = z
  .strictObject({
    ...namedRole,
    displayName: admin.roleName.optional(),
    ranking: admin.ranking.optional(),
    description: admin.roleDescription.optional(),
    scopes: scopes.optional().meta({ example: ['delegated:all'] }),
  })
  .refine(isNamed, UNNAMED)

export const DeleteRoleBody = z.strictObject(namedRole).refine(isNamed, UNNAMED)

export function toRoleChange<Changes>({ id, target, ...changes }: { id?: string | undefined; target?: string | undefined } & Changes) {
  return { ...changes, id: id ?? target ?? '' }
}

export const AdminUpdateBody = UpdateMeBody.omit({ currentPassword: true }).extend({ target: fields.userIdHex })

export const ADMIN_EDITABLE_NAMES = Object.keys(AdminUpdateBody.omit({ target: true }).shape)
