/**
 * A session in which an administrator sees an account as its owner does (docs/decisions/050). It lives no longer than the
 * administrator's own session, role and rank, which the gate reads along with it, and it can do what is listed here, whatever
 * the owner may do. It is nobody's sign-in: it never counts as fresh, and no app gets anything from it.
 */
import type { UserId } from '../ids.ts'
import type { GateRow } from '../store/db/sessions.ts'
import { AppError } from './errors.ts'
import { isInForce } from './in-force.ts'
import { coveredBy, covers, powersOf, type Scope, storedScopes } from './scopes.ts'

export type ImpersonationKind = 'read' | 'write'

export interface Impersonation {
  /** The administrator. */
  readonly by: UserId
  readonly kind: ImpersonationKind
  readonly until: number
}

const READS = [
  'delegated:profile:read',
  'delegated:profile:search',
  'delegated:profile:login-history:read',
  'delegated:profile:2fa:read',
  'delegated:social:follow:read',
  'delegated:social:block:read',
  'delegated:media:read',
  'delegated:session:read',
  'delegated:roles:read',
  'delegated:system:settings:read',
] as const satisfies readonly Scope[]

/** What may be changed by routes that demand these. */
const WRITES = [
  'delegated:profile:status:write',
  'delegated:profile:avatar:write',
  'delegated:social:follow:write',
  'delegated:social:block:write',
  'delegated:media:write',
] as const satisfies readonly Scope[]

/** Other routes under `delegated:profile:write` change the address, the password or ways to sign in. */
const PROFILE = 'delegated:profile:write'
const PROFILE_PATHS: ReadonlySet<string> = new Set(['/account/profile', '/account/privacy'])
/** The apps that somebody uses are nobody else's business; the scope opens the sessions as well. */
const HIDDEN = /^\/(account|user)\/apps(\/|$)/
export const LEAVE_PATH = '/account/impersonation/leave'

export function scopesOfImpersonation(kind: ImpersonationKind): readonly Scope[] {
  return kind === 'read' ? READS : [...READS, ...WRITES, PROFILE]
}

/** Whether such a session may send this request, besides having the scope that the route demands. */
export function mayImpersonated({ kind }: Impersonation, request: { method: string; path: string; scope: Scope | null }): boolean {
  const { method, path, scope } = request
  if (path === LEAVE_PATH) return true
  // What is served to any session is not about the account alone.
  if (scope === null || HIDDEN.test(path)) return false
  if (method === 'GET' || method === 'HEAD') return true
  if (kind === 'read') return false
  return WRITES.some((write) => covers(write, scope)) || (scope === PROFILE && PROFILE_PATHS.has(path))
}

export function impersonatedError(): AppError {
  return new AppError('forbidden', 'This cannot be done in a session of support', { reason: 'impersonated' })
}

/** What the database says about the administrator; null in a session of the account's owner. */
interface Impersonator {
  readonly revokedAt: number | null
  readonly expiresAt: number
  readonly idleExpiresAt: number
  readonly sessionEpoch: number
  readonly epoch: number
  readonly bannedAt: number | null
  readonly bannedUntil: number | null
  readonly restrictedAt: number | null
  readonly restrictedUntil: number | null
  readonly deletedAt: number | null
  readonly ranking: number
  readonly scopes: string
}

/** The impersonation of a session, while the administrator may still have it; null otherwise. */
export function liveImpersonation(row: GateRow, now: number): Impersonation | null {
  const { sessionImpersonatorId: by, sessionImpersonation: kind } = row
  if (by === null || row.impersonator === null || (kind !== 'read' && kind !== 'write')) return null
  const admin = JSON.parse(row.impersonator) as Impersonator
  if (admin.revokedAt !== null || admin.expiresAt <= now || admin.idleExpiresAt <= now || admin.sessionEpoch !== admin.epoch) return null
  if (admin.deletedAt !== null || isInForce(admin.bannedAt, admin.bannedUntil, now)) return null
  // What they may not write as themselves, they may not write as somebody else.
  if (isInForce(admin.restrictedAt, admin.restrictedUntil, now)) return null
  const isAllowed = mayImpersonate({ ranking: admin.ranking, scopes: storedScopes(admin.scopes) }, kind, {
    ranking: row.roleRanking,
    scopes: storedScopes(row.roleScopes),
  })
  return isAllowed ? { by, kind, until: row.sessionExpiresAt } : null
}

interface Standing {
  readonly ranking: number
  readonly scopes: readonly Scope[]
}

/** Somebody below in rank, who holds no power that the administrator lacks. */
export function mayImpersonate(admin: Standing, kind: ImpersonationKind, person: Standing): boolean {
  const needed: Scope[] = ['admin:impersonate', ...(kind === 'write' ? (['admin:profile:write'] as const) : []), ...powersOf(person.scopes)]
  return person.ranking > admin.ranking && needed.every((scope) => coveredBy(admin.scopes, scope))
}
