/** One person as administrators see them: all that support asks for, in one round trip. */
import type { UserId } from '../../ids.ts'
import { type AdminNoteRow, listAdminNotes } from '../../store/db/admin-notes.ts'
import {
  findCounters,
  findPersonStanding,
  type InvitedRow,
  listAgreedApps,
  listInvited,
  listTrail,
  type PersonAppRow,
  type StandingRow,
  type TrailRow,
} from '../../store/db/admin-person.ts'
import { findTarget, type TargetRow } from '../../store/db/admin-users.ts'
import type { Counter } from '../../store/db/attempt-counters.ts'
import { listGrants } from '../../store/db/connected-apps.ts'
import type { Statement } from '../../store/db/database.ts'
import { findUsage, type UsageRow } from '../../store/db/files.ts'
import { listPasskeysOf, type PasskeyRow } from '../../store/db/passkeys.ts'
import { countUnusedRecoveryCodes } from '../../store/db/recovery-codes.ts'
import { listRoles, type RoleRow } from '../../store/db/roles.ts'
import { listFactors, type SecondFactorRow } from '../../store/db/second-factors.ts'
import { listLiveSessions } from '../../store/db/sessions.ts'
import { listUpstreamIdentities, type UpstreamIdentityRow } from '../../store/db/upstream-identities.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import { isInForce } from '../in-force.ts'
import {
  ACCOUNT_RETURN_MS,
  LOGIN_TRIES,
  LOGIN_TRIES_PER_DAY,
  LOGIN_WINDOW_MS,
  SECOND_FACTOR_FAILURES_MAX,
  SECOND_FACTOR_TRIES,
} from '../limits.ts'
import { type Listed, listed, type Page, positionOf } from '../paging.ts'
import type { UserPrincipal } from '../principal.ts'
import { everywhereKey } from '../sessions/password-attempts.ts'
import { secondFactorKeys } from '../sessions/second-factor-attempts.ts'
import { type ListedSession, withDetails } from '../sessions/sessions.ts'
import { upstreamNameOf } from '../upstream/issuers.ts'
import { trailFor } from './audit.ts'

export type { InvitedRow, PersonAppRow, TrailRow } from '../../store/db/admin-person.ts'
export type { TargetRow } from '../../store/db/admin-users.ts'

/** Who is looked at, and who looks. */
export interface Seen {
  readonly principal: UserPrincipal
  readonly user: TargetRow
  /** Whether the viewer may act on them, as far as the rank goes. */
  readonly isBelow: boolean
}

/** What keeps somebody from signing in, or soon may. */
export type Hindrance =
  | { readonly kind: 'unverified' | 'address_taken' | 'no_way_in' | 'no_recovery_codes' }
  | { readonly kind: 'deleted'; readonly until: number; readonly byThemselves: boolean }
  | { readonly kind: 'banned'; readonly until: number | null; readonly reason: string | null }
  | { readonly kind: 'password_tries' | 'code_tries'; readonly until: number }
  /** Only hints: what the newest events say. */
  | { readonly kind: 'second_step'; readonly at: number }
  | { readonly kind: 'wrong_passwords'; readonly count: number }

export interface AdminPerson extends Seen {
  readonly hindrances: readonly Hindrance[]
  readonly sessions: Listed<ListedSession>
  readonly apps: readonly PersonAppRow[]
  readonly hasPassword: boolean
  readonly factors: readonly SecondFactorRow[]
  readonly recoveryCodes: number
  readonly passkeys: readonly PasskeyRow[]
  readonly providers: readonly (UpstreamIdentityRow & { readonly name: string })[]
  readonly usage: UsageRow | null
  readonly standing: StandingRow
  readonly invited: Listed<InvitedRow>
  readonly trail: Listed<TrailRow>
  /** Null: not for this viewer. */
  readonly notes: Listed<AdminNoteRow> | null
}

/** How much of each list the page itself shows. */
const SHOWN = 5
const NEWEST = { limit: SHOWN, before: null }

function readsOf(ctx: Ctx, userId: UserId) {
  const [before, limit, now] = [positionOf(ctx, NEWEST), SHOWN + 1, ctx.now()]
  return [
    findTarget(userId),
    findPersonStanding(userId),
    listLiveSessions({ userId, before, limit, now }),
    listGrants({ userId, now, limit: 2 * SHOWN }),
    listAgreedApps(userId, 2 * SHOWN),
    listFactors(userId),
    countUnusedRecoveryCodes(userId),
    listPasskeysOf(userId),
    listUpstreamIdentities(userId),
    findUsage(userId),
    listInvited({ userId, after: -1, limit }),
    listTrail({ userId, before, limit: 2 * SHOWN + 1 }),
    listAdminNotes({ userId, before, limit: 2 * SHOWN + 1 }),
    findCounters([everywhereKey(userId), ...secondFactorKeys(userId)]),
  ] as const
}

export async function getPerson(ctx: Ctx, gate: Gate, userId: UserId): Promise<AdminPerson> {
  const { principal, reads } = await gate(() => readsOf(ctx, userId))
  const [user, standing, sessions, grants, agreed, factors, codes, passkeys, identities, usage, invited, trail, notes, counters] = reads
  const seen = see(principal, user)
  if (!standing) throw new AppError('not_found')
  const page = listed(sessions, SHOWN)
  const recoveryCodes = codes?.unused ?? 0
  const hasPassword = standing.hasPassword === 1
  const apps = new Map([...agreed, ...grants.toReversed()].map((app) => [app.clientId, app]))
  return {
    ...seen,
    standing,
    hasPassword,
    hindrances: [
      ...hindrancesOf(ctx, seen.user),
      ...(standing.isAddressTaken === 1 && seen.user.emailVerifiedAt === null ? [{ kind: 'address_taken' } as const] : []),
      ...(hasPassword || passkeys.length > 0 || identities.length > 0 ? [] : [{ kind: 'no_way_in' } as const]),
      ...(factors.length > 0 && recoveryCodes === 0 ? [{ kind: 'no_recovery_codes' } as const] : []),
      ...locksOf(ctx, userId, counters),
      ...hintsOf(ctx, trail, factors.length > 0),
    ],
    sessions: { records: await withDetails(ctx, page.records, principal.sessionId), next: page.next },
    apps: [...apps.values()],
    factors,
    recoveryCodes,
    passkeys,
    providers: identities.map((row) => ({ ...row, name: upstreamNameOf(ctx.config, row.issuer).name })),
    usage,
    invited: listed(invited, SHOWN),
    trail: listed(trailFor(principal, seen.user, trail), 2 * SHOWN),
    notes: seen.isBelow ? listed(notes, 2 * SHOWN) : null,
  }
}

function see(principal: UserPrincipal, user: TargetRow | null): Seen {
  if (!user) throw new AppError('not_found')
  return { principal, user, isBelow: user.ranking > principal.ranking }
}

/** What the account itself says. */
function hindrancesOf(ctx: Ctx, user: TargetRow): Hindrance[] {
  const { deletedAt, deletedReason, bannedAt, bannedUntil: until, bannedReason: reason } = user
  return [
    ...(deletedAt === null
      ? []
      : [{ kind: 'deleted', until: deletedAt + ACCOUNT_RETURN_MS, byThemselves: deletedReason === 'self' } as const]),
    ...(isInForce(bannedAt, until, ctx.now()) ? [{ kind: 'banned', until, reason } as const] : []),
    ...(user.emailVerifiedAt === null && user.emailKey !== null ? [{ kind: 'unverified' } as const] : []),
  ]
}

/** Strangers have used up the tries; browsers and networks that the account knows count apart. */
function locksOf(ctx: Ctx, userId: UserId, counters: readonly (Counter & { key: string })[]): Hindrance[] {
  const ends = (limit: number, keys: readonly string[]) =>
    counters
      .filter(({ key, count, windowEndsAt }) => keys.includes(key) && count >= limit && windowEndsAt > ctx.now())
      .map(({ windowEndsAt }) => windowEndsAt)
  const password = ends(LOGIN_TRIES_PER_DAY, [everywhereKey(userId)])
  const keys = secondFactorKeys(userId)
  const isOfMonth = (key: string) => key.includes('month')
  const code = [
    ...ends(
      SECOND_FACTOR_TRIES,
      keys.filter((key) => !isOfMonth(key)),
    ),
    ...ends(SECOND_FACTOR_FAILURES_MAX, keys.filter(isOfMonth)),
  ]
  return [
    ...(password.length > 0 ? [{ kind: 'password_tries', until: Math.max(...password) } as const] : []),
    ...(code.length > 0 ? [{ kind: 'code_tries', until: Math.max(...code) } as const] : []),
  ]
}

/** The tries of one network cannot be looked up without the network, so this is what the newest events say. */
function hintsOf(ctx: Ctx, trail: readonly TrailRow[], hasFactor: boolean): Hindrance[] {
  const past = (event: TrailRow) =>
    event.type === 'sign_in_challenged' || (event.type === 'sign_in_failed' && event.detail === 'second_factor')
  const since = (ends: (event: TrailRow) => boolean) => {
    const end = trail.findIndex(ends)
    return end < 0 ? trail : trail.slice(0, end)
  }
  const halfway = hasFactor ? since(({ type }) => type === 'sign_in').find(past) : undefined
  // These set the tries of their network back.
  const count = since((event) => event.type === 'sign_in' || event.type === 'password_reset' || past(event)).filter(
    ({ type, detail, createdAt }) => type === 'sign_in_failed' && detail === 'password' && createdAt > ctx.now() - LOGIN_WINDOW_MS,
  ).length
  return [
    ...(halfway ? [{ kind: 'second_step', at: halfway.createdAt } as const] : []),
    ...(2 * count >= LOGIN_TRIES ? [{ kind: 'wrong_passwords', count } as const] : []),
  ]
}

/** The person alone: for the pages that ask before an act. */
export async function getSeen(gate: Gate, userId: UserId): Promise<Seen> {
  const { principal, reads } = await gate(() => [findTarget(userId)])
  return see(principal, reads[0])
}

/** The same with the roles there are, and the factors that they have. */
export async function getSeenWithChoices(
  gate: Gate,
  userId: UserId,
): Promise<Seen & { roles: RoleRow[]; factors: ('totp' | 'email' | 'passkey')[] }> {
  const { principal, reads } = await gate(() => [findTarget(userId), listRoles(), listFactors(userId), listPasskeysOf(userId)])
  const [user, roles, factors, passkeys] = reads
  return {
    ...see(principal, user),
    roles,
    factors: [...factors.map(({ kind }) => kind), ...(passkeys.length > 0 ? (['passkey'] as const) : [])],
  }
}

async function pageOf<Row extends { readonly id: number }>(
  gate: Gate,
  userId: UserId,
  page: Page,
  read: Statement<Row[]>,
): Promise<Seen & { list: Listed<Row> }> {
  const { principal, reads } = await gate(() => [findTarget(userId), read])
  return { ...see(principal, reads[0]), list: listed(reads[1] as Row[], page.limit) }
}

export async function listTrailOf(ctx: Ctx, gate: Gate, userId: UserId, page: Page): Promise<Seen & { list: Listed<TrailRow> }> {
  const seen = await pageOf(gate, userId, page, listTrail({ userId, before: positionOf(ctx, page), limit: page.limit + 1 }))
  return { ...seen, list: { ...seen.list, records: trailFor(seen.principal, seen.user, seen.list.records) } }
}

/** In the order of the codes: `page.before` is the number of the last one shown. */
export function listInvitedBy(_ctx: Ctx, gate: Gate, userId: UserId, page: Page) {
  return pageOf(gate, userId, page, listInvited({ userId, after: page.before ?? -1, limit: page.limit + 1 }))
}

export async function listSessionsSeen(ctx: Ctx, gate: Gate, userId: UserId, page: Page): Promise<Seen & { list: Listed<ListedSession> }> {
  const read = listLiveSessions({ userId, before: positionOf(ctx, page), limit: page.limit + 1, now: ctx.now() })
  const seen = await pageOf(gate, userId, page, read)
  const { records, next } = seen.list
  return { ...seen, list: { records: await withDetails(ctx, records, seen.principal.sessionId), next } }
}
