/** What administrators see: presenters, schemas and examples. */
import * as z from 'zod'
import type { Role } from '../../../core/admin/roles.ts'
import type { Ctx } from '../../../core/ctx.ts'
import { storedScopes } from '../../../core/scopes.ts'
import type { SeenUser as VisibleUser } from '../../../core/social/visibility.ts'
import { InviteCode } from '../invite-codes/presenters.ts'
import { EXAMPLE_SEEN_USER, SeenUser, toSeenUser } from '../people/presenters.ts'
import { date, ok, text, toIso } from '../replies.ts'
import { Role as SeenRole } from '../roles/presenters.ts'

const AdminUser = SeenUser.extend({
  emailVerified: z.boolean(),
  phoneCountryCode: text,
  birthdate: text,
  country: text,
  preferredLanguage: text,
  timezone: text,
  currency: text,
  bannedDate: date,
  bannedUntil: date,
  bannedReason: text,
  restrictedDate: date,
  restrictedUntil: date,
  restrictedReason: text,
  isDeleted: z.boolean(),
  deletedDate: date,
  lastSeenAt: date,
  createdAt: date,
  updatedAt: date,
}).meta({ id: 'AdminUser' })

export function toAdminUser(user: VisibleUser, ctx: Ctx): z.output<typeof AdminUser> {
  return {
    ...toSeenUser(user, ctx),
    emailVerified: user.emailVerifiedAt !== null,
    phoneCountryCode: user.phoneCountryCode,
    birthdate: user.birthDate,
    country: user.countryCode,
    preferredLanguage: user.locale,
    timezone: user.zoneinfo,
    currency: user.currency,
    bannedDate: toIso(user.bannedAt),
    bannedUntil: toIso(user.bannedUntil),
    bannedReason: user.bannedReason,
    restrictedDate: toIso(user.restrictedAt),
    restrictedUntil: toIso(user.restrictedUntil),
    restrictedReason: user.restrictedReason,
    isDeleted: user.deletedAt !== null,
    deletedDate: toIso(user.deletedAt),
    lastSeenAt: toIso(user.lastSeenAt),
    createdAt: toIso(user.createdAt),
    updatedAt: toIso(user.updatedAt),
  }
}

export function toAdminUsers(users: readonly VisibleUser[], ctx: Ctx): { records: object[]; users: object[] } {
  const records = users.map((user) => toAdminUser(user, ctx))
  return { records, users: records }
}

const RoleOut = SeenRole.extend({ scopes: z.array(z.string()) }).meta({ id: 'RoleWithScopes' })

export function toRole(role: Role): z.output<typeof RoleOut> {
  const { id, displayName, ranking, description, system, scopes } = role
  return { id, displayName, ranking, description, system: system === 1, scopes: storedScopes(scopes) }
}

export const AdminUserReply = ok(z.strictObject({ user: AdminUser }))
/** `records` as in all lists, and `users` as in Liquid. */
const USERS_TWICE = { records: z.array(AdminUser), users: z.array(AdminUser) }
export const AdminUsersReply = ok(z.strictObject(USERS_TWICE))
export const AdminUserListReply = ok(z.strictObject({ ...USERS_TWICE, hasMore: z.boolean(), next: z.string().nullable() }))
export const AdminResultsReply = ok(z.strictObject({ results: z.array(AdminUser) }))
export const OwnedInviteCodesReply = ok(z.strictObject({ inviteCodes: z.array(InviteCode) }))
export const RoleReply = ok(z.strictObject({ role: RoleOut }))

/** John Doe, as an administrator sees him. */
export const EXAMPLE_ADMIN_USER: z.output<typeof AdminUser> = {
  ...EXAMPLE_SEEN_USER,
  gender: 'male',
  role: 'user',
  verified: false,
  isSubscribed: false,
  isBanned: false,
  isRestricted: false,
  email: 'user@example.com',
  phone: '0000000000',
  customData: {},
  emailVerified: true,
  phoneCountryCode: '+00',
  birthdate: '2000-05-01',
  country: 'FR',
  preferredLanguage: 'en',
  timezone: 'Europe/Paris',
  currency: 'EUR',
  bannedDate: null,
  bannedUntil: null,
  bannedReason: null,
  restrictedDate: null,
  restrictedUntil: null,
  restrictedReason: null,
  isDeleted: false,
  deletedDate: null,
  lastSeenAt: '2026-09-12T15:50:58.690Z',
  createdAt: '2026-01-12T15:50:58.690Z',
  updatedAt: '2026-09-12T15:50:58.690Z',
}

export const EXAMPLE_OWNED_INVITE_CODES = {
  ok: 1,
  data: {
    inviteCodes: [
      {
        code: 'GU-2526-1687389089010',
        createdAt: '2026-09-12T15:50:58.690Z',
        updatedAt: '2026-09-12T15:50:58.690Z',
        targetId: '507f1f77bcf86cd799439011',
      },
    ],
  },
} satisfies z.input<typeof OwnedInviteCodesReply>

export const EXAMPLE_ROLE: z.output<typeof RoleOut> = {
  id: 'support',
  displayName: 'Support',
  ranking: 50,
  description: "Answers users' questions.",
  system: false,
  scopes: ['delegated:all'],
}
