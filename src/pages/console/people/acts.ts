/** What the console does to one person: each act with the scope that the API asks for it, and what its form sends. */
import * as z from 'zod'
import { reason, roleId } from '../../../core/admin/fields.ts'
import * as moderation from '../../../core/admin/moderation.ts'
import type { TargetRow } from '../../../core/admin/person.ts'
import * as support from '../../../core/admin/support.ts'
import { updateUser } from '../../../core/admin/update-user.ts'
import type { Ctx } from '../../../core/ctx.ts'
import * as fields from '../../../core/fields.ts'
import type { Gate } from '../../../core/gate.ts'
import { isInForce } from '../../../core/in-force.ts'
import type { Scope } from '../../../core/scopes.ts'
import { fromHex, type SessionId, type UserId } from '../../../ids.ts'
import type { Texts } from '../../../texts/texts.ts'
import type { NoticeName } from '../../notices.ts'
import { optionalText } from '../../optional-text.ts'

type ActName = keyof Texts['console']['person']['acts']
/** What the form of an act has besides its button. */
export type ActFields = 'sanction' | 'role' | 'names' | 'factor' | 'session'

export interface PersonAct<S extends z.ZodObject = z.ZodObject> {
  readonly name: ActName
  readonly scope: Scope
  readonly schema: S
  readonly fields?: ActFields
  readonly isDangerous?: true
  /** Whether it would change anything: offered on the person's page. */
  readonly isOffered: (user: TargetRow, now: number) => boolean
  readonly act: (ctx: Ctx, gate: Gate, userId: UserId, values: z.output<S>) => Promise<unknown>
  readonly notice: NoticeName
}

const NONE = z.object({})
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Terms to choose from, in milliseconds; null: for good. */
const TERMS = { day: DAY_MS, week: 7 * DAY_MS, month: 30 * DAY_MS, good: null } as const
export const TERM_NAMES = [...(Object.keys(TERMS) as (keyof typeof TERMS)[]), 'date'] as const

const Sanction = z
  .object({
    reason: optionalText(reason),
    term: z.enum(TERM_NAMES, 'is not in the list'),
    until: optionalText(z.string().refine((v) => /^\d{4}-\d\d-\d\d$/.test(v) && !Number.isNaN(Date.parse(v)), 'is wrong')),
  })
  .refine(({ term, until }) => term !== 'date' || until !== null, { path: ['until'], message: 'is required' })

/** To the hour: a form that is sent twice changes nothing the second time. */
export function endOf(now: number, term: keyof typeof TERMS): number | null {
  const ms = TERMS[term]
  return ms === null ? null : Math.ceil((now + ms) / HOUR_MS) * HOUR_MS
}

function sanctionOf(ctx: Ctx, userId: UserId, { reason, term, until }: z.output<typeof Sanction>): moderation.Sanction {
  return { userId, state: true, reason, until: term === 'date' ? Date.parse(until ?? '') : endOf(ctx.now(), term) }
}

const lifted = (userId: UserId): moderation.Sanction => ({ userId, state: false, reason: null, until: null })
const act = <S extends z.ZodObject>(one: PersonAct<S>) => one as unknown as PersonAct

const isBanned = (user: TargetRow, now: number) => isInForce(user.bannedAt, user.bannedUntil, now)
const isRestricted = (user: TargetRow, now: number) => isInForce(user.restrictedAt, user.restrictedUntil, now)
const isThere = (user: TargetRow) => user.deletedAt === null

export const FACTOR_CHOICES = ['all', 'totp', 'email', 'passkey'] as const

const VERIFY = 'admin:profile:sensitive:low:write'
const RESTRICT = 'admin:profile:sensitive:medium:write'
const BAN = 'admin:profile:sensitive:high:write'
const DELETE = 'admin:profile:sensitive:extreme:write'
const WRITE = 'admin:profile:write'

const marks = [
  act({
    name: 'verify',
    scope: VERIFY,
    schema: NONE,
    isOffered: (user) => isThere(user) && user.verifiedAt === null,
    act: (ctx, gate, userId) => moderation.setVerifiedMark(ctx, gate, { userId, state: true }),
    notice: 'person_verified',
  }),
  act({
    name: 'unverify',
    scope: VERIFY,
    schema: NONE,
    isOffered: (user) => user.verifiedAt !== null,
    act: (ctx, gate, userId) => moderation.setVerifiedMark(ctx, gate, { userId, state: false }),
    notice: 'person_unverified',
  }),
]

const help = [
  act({
    name: 'resend',
    scope: WRITE,
    schema: NONE,
    isOffered: (user, now) => isThere(user) && user.emailVerifiedAt === null && user.emailKey !== null && !isBanned(user, now),
    act: support.sendVerification,
    notice: 'person_mailed',
  }),
  act({
    name: 'reset',
    scope: WRITE,
    schema: NONE,
    isOffered: (user, now) => isThere(user) && user.emailVerifiedAt !== null && !isBanned(user, now),
    act: support.sendPasswordReset,
    notice: 'person_mailed',
  }),
  act({
    name: 'factors',
    scope: BAN,
    schema: z.object({ kind: z.enum(FACTOR_CHOICES, 'is not in the list') }),
    fields: 'factor',
    isDangerous: true,
    isOffered: isThere,
    act: (ctx, gate, userId, { kind }) => support.removeFactorsOf(ctx, gate, { userId, kind: kind === 'all' ? null : kind }),
    notice: 'person_factors_off',
  }),
  act({
    name: 'signOut',
    scope: RESTRICT,
    schema: NONE,
    isDangerous: true,
    isOffered: isThere,
    act: (ctx, gate, userId) => support.endSessionsOf(ctx, gate, { userId, session: null }),
    notice: 'person_signed_out',
  }),
  act({
    name: 'endSession',
    scope: RESTRICT,
    schema: z.object({
      session: z
        .string()
        .regex(/^[0-9a-f]{24}$/, 'is wrong')
        .transform((v) => fromHex<SessionId>(v) as SessionId),
    }),
    fields: 'session',
    isDangerous: true,
    // From its line in the list.
    isOffered: () => false,
    act: (ctx, gate, userId, { session }) => support.endSessionsOf(ctx, gate, { userId, session }),
    notice: 'person_session_ended',
  }),
]

const sanctions = [
  act({
    name: 'restrict',
    scope: RESTRICT,
    schema: Sanction,
    fields: 'sanction',
    isDangerous: true,
    isOffered: (user, now) => isThere(user) && !isRestricted(user, now),
    act: (ctx, gate, userId, values) => moderation.setRestriction(ctx, gate, sanctionOf(ctx, userId, values)),
    notice: 'person_restricted',
  }),
  act({
    name: 'unrestrict',
    scope: RESTRICT,
    schema: NONE,
    isOffered: isRestricted,
    act: (ctx, gate, userId) => moderation.setRestriction(ctx, gate, lifted(userId)),
    notice: 'person_unrestricted',
  }),
  act({
    name: 'ban',
    scope: BAN,
    schema: Sanction,
    fields: 'sanction',
    isDangerous: true,
    isOffered: (user, now) => isThere(user) && !isBanned(user, now),
    act: (ctx, gate, userId, values) => moderation.setBan(ctx, gate, sanctionOf(ctx, userId, values)),
    notice: 'person_banned',
  }),
  act({
    name: 'unban',
    scope: BAN,
    schema: NONE,
    isOffered: isBanned,
    act: (ctx, gate, userId) => moderation.setBan(ctx, gate, lifted(userId)),
    notice: 'person_unbanned',
  }),
  act({
    name: 'delete',
    scope: DELETE,
    schema: NONE,
    isDangerous: true,
    isOffered: isThere,
    act: moderation.deleteUser,
    notice: 'person_deleted',
  }),
  act({
    name: 'restore',
    scope: DELETE,
    schema: NONE,
    isOffered: (user) => !isThere(user),
    act: moderation.restoreUser,
    notice: 'person_restored',
  }),
]

const changes = [
  act({
    name: 'names',
    scope: WRITE,
    schema: z.object({ username: fields.username, email: optionalText(z.string()).pipe(fields.email.nullable()) }),
    fields: 'names',
    isOffered: isThere,
    act: (ctx, gate, userId, { username, email }) =>
      updateUser(ctx, gate, { userId, fields: {}, username, email, password: null, role: null }),
    notice: 'person_changed',
  }),
  act({
    name: 'role',
    scope: WRITE,
    schema: z.object({ role: roleId }),
    fields: 'role',
    isDangerous: true,
    isOffered: isThere,
    act: (ctx, gate, userId, { role }) => updateUser(ctx, gate, { userId, fields: {}, username: null, email: null, password: null, role }),
    notice: 'person_changed',
  }),
]

/** As the person's page groups them. */
export const ACT_GROUPS = { help, changes, marks, sanctions } as const
export const ACTS: readonly PersonAct[] = Object.values(ACT_GROUPS).flat()

/** The end of the address of an act's page: `signOut` is at `sign-out`. */
export const slugOf = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
