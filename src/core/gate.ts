/**
 * The one gate (design §1.7, §5): every kind of credential passes it, in the same D1 batch as the request's first read.
 * It checks that the session is live, its epoch equals the user's, the user is neither banned nor deleted, and the
 * client is enabled. The caller's identity is reachable only through it. What is sent along with a token is checked in the
 * same batch (`token-evidence.ts`).
 */
import { equalInConstantTime, sha256 } from '../crypto.ts'
import type { SessionId, UserId } from '../ids.ts'
import { type Database, findIf, type Results, type Statement } from '../store/db/database.ts'
import { type ClientGateRow, findClientGateRow } from '../store/db/oauth-clients.ts'
import { hasAnySecondFactor } from '../store/db/second-factors.ts'
import { findGateRow, type GateRow, touchSession } from '../store/db/sessions.ts'
import type { UserRow } from '../store/db/users.ts'
import { type AccountLimit, accountAttempt, countOfAccount, overAccountLimit } from './account-limits.ts'
import { isPhishingResistant } from './authentication-methods.ts'
import type { Ctx } from './ctx.ts'
import { AppError } from './errors.ts'
import { impersonatedError, liveImpersonation } from './impersonation.ts'
import { isInForce } from './in-force.ts'
import { SESSION_TOUCH_MS } from './limits.ts'
import { noteScopeUse } from './oauth/scope-uses.ts'
import type { Claim, ClientPrincipal, Principal, SessionClaim, UserPrincipal } from './principal.ts'
import { coveredBy, covers, intersectScopes, isRefusedWhileRestricted, powersOf, type Scope, storedScopes, withinPerson } from './scopes.ts'
import { stepUpOf } from './sessions/step-up.ts'
import { evidenceOf, isEvident, isProofAllowed, isProving, requireEvidence } from './token-evidence.ts'

type Reads = readonly Statement<unknown>[]
type GateReads<Row, S extends Reads> = readonly [Statement<Row>, ...S]
const NO_READS = [] as const

/** The users that the reads of the gate's batch may be about. They run before the verdict; their results are handed out after it. */
export interface Claimed {
  readonly userId: UserId
  readonly sessionId: SessionId
  /** Null for a signed-in browser. */
  readonly clientId: string | null
}

/**
 * Passes the gate, with the request's first reads in the same round trip. Throws if the credential is not valid. The
 * caller's own row comes with the verdict, since the gate has read it anyway. `weigh` says how much the request counts
 * against the route's limit: 1 by default, 0 for not at all.
 */
export type Gate<P extends Principal = UserPrincipal> = <const S extends Reads = typeof NO_READS>(
  reads?: (claimed: Claimed) => S,
  weigh?: (claimed: Claimed) => number,
) => Promise<{ principal: P; user: P extends UserPrincipal ? UserRow : null; reads: Results<S> }>

/** The same for a route that also serves callers without a (live) session: then `principal` and `user` are null. */
export type OptionalGate = <const S extends Reads = typeof NO_READS>(
  reads?: (claimed: Claimed | null) => S,
) => Promise<{ principal: UserPrincipal | null; user: UserRow | null; reads: Results<S> }>

export interface UserGateOptions {
  /** Admits restricted accounts, too. */
  readonly evenRestricted?: boolean | undefined
  /** Which of the account's limits the request counts against. */
  readonly limit?: AccountLimit | undefined
}

/** A gate for a user. `needed` is the scope that the route declares; null if any session will do. */
export function userGate(ctx: Ctx, claim: Claim, needed: Scope | null, { evenRestricted = false, limit }: UserGateOptions = {}): Gate {
  return async (reads, weigh = () => 1) => {
    if (!isOfSession(claim)) throw insufficientScope(needed, "This call requires a user's token, not that of a client acting for itself")
    const [claimed, evidence] = [claimedOf(claim), evidenceOf(ctx, claim)]
    const factors = factorReads(ctx, claim, needed)
    const weight = limit && mayHold(claim, needed) ? weigh(claimed) : 0
    const attempt = limit && weight > 0 ? accountAttempt(ctx, claim, limit, weight) : null
    const counts = attempt ? [countOfAccount(claim, attempt)] : []
    const statements = [findGateRow(claim.sessionId), ...evidence, ...factors, ...counts, ...(reads?.(claimed) ?? [])] as const
    // A count is a write, and so is a claim: only the primary takes it. Powers over others must not outlive a right that a replica still shows.
    const isSupport = claim.kind === 'browser' && claim.isImpersonation === true
    const isOverOthers = isSupport || (needed !== null && powersOf([needed]).length > 0)
    const db = attempt !== null || isProving(claim) || isOverOthers ? ctx.db : ctx.gateDb
    const [row, ...rest] = await readGate(ctx, db, statements, (gateRow) => toLivePrincipal(claim, gateRow, ctx.now()) !== null)
    if (evidence.length > 0) requireEvidence(ctx, claim, rest[0])
    const principal = judgeSession(ctx, claim, row)
    if (!principal || !row) throw new AppError(claim.kind === 'browser' ? 'unauthenticated' : 'invalid_token')
    if (needed) requireScope(principal, needed, evenRestricted)
    if (needed && claim.kind === 'access_token') noteUse(ctx, principal, needed)
    if (factors.length > 0) requireSecondFactor(ctx, principal, rest[evidence.length] === true)
    if (attempt && !rest[evidence.length + factors.length]) throw await overAccountLimit(ctx, attempt)
    return { principal, user: row, reads: rest.slice(evidence.length + factors.length + counts.length) as never }
  }
}

/** The read that administration needs if it is closed to users without a second factor; none otherwise. */
function factorReads(ctx: Ctx, { userId }: SessionClaim, needed: Scope | null): Statement<boolean>[] {
  const isAsked = ctx.config.adminRequiresSecondFactor && needed !== null && covers('admin:all', needed)
  return isAsked ? [findIf(hasAnySecondFactor(userId))] : []
}

/**
 * With `ADMIN_REQUIRES_SECOND_FACTOR`, administration is closed to an account without a second factor, unless the
 * sign-in was by passkey. An account that has a factor cannot sign in without it.
 */
export function requireSecondFactor(ctx: Ctx, principal: UserPrincipal, hasFactor: boolean): void {
  if (!ctx.config.adminRequiresSecondFactor || hasFactor || isPhishingResistant(principal.amr)) return
  const message = `Administrators sign in with a passkey, or with a second factor. Set one up at ${ctx.config.origin}/account/two-step`
  const stepUp = stepUpOf(principal, { acrValues: ['urn:kith:acr:2fa', 'urn:kith:acr:phr'] })
  throw new AppError('forbidden', message, { reason: 'second_factor_missing', ...stepUp })
}

/**
 * A gate for a client that acts for itself (client_credentials), or for a user whose token holds `personal`, which is
 * the same scope unless the route says otherwise.
 */
export function clientGate(ctx: Ctx, claim: Claim, needed: Scope, personal: Scope = needed, limit?: AccountLimit): Gate<Principal> {
  if (claim.kind !== 'client') return userGate(ctx, claim, personal, { limit })
  return async (reads) => {
    const nobody = { userId: 0 as UserId, sessionId: 0 as SessionId, clientId: claim.clientId }
    const [evidence, db] = [evidenceOf(ctx, claim), isProving(claim) ? ctx.db : ctx.gateDb]
    const statements = [findClientGateRow(claim.clientId), ...evidence, ...(reads?.(nobody) ?? [])] as const
    const [row, ...rest] = await readGate(ctx, db, statements, (clientRow) => liveClientScopes(claim, clientRow, ctx.now()) !== null)
    if (evidence.length > 0) requireEvidence(ctx, claim, rest[0])
    const scopes = liveClientScopes(claim, row, ctx.now())
    if (!scopes) throw new AppError('invalid_token')
    if (!coveredBy(scopes, needed)) throw insufficientScope(needed)
    const principal: ClientPrincipal = { kind: 'client', clientId: claim.clientId, scopes }
    return { principal, user: null, reads: rest.slice(evidence.length) as never }
  }
}

/** The scopes of a token of a client that acts for itself; null if it is not valid. */
export function liveClientScopes(claim: Extract<Claim, { kind: 'client' }>, row: ClientGateRow | null, now: number): Scope[] | null {
  if (!row || row.disabledAt !== null || row.epoch !== claim.clientEpoch || !isProofAllowed(claim, row.securityProfile)) return null
  // A key's client ends with the key, whether or not the key was sent along.
  if (row.expiresAt !== null && row.expiresAt <= now) return null
  return intersectScopes(claim.scopes, storedScopes(row.scopes))
}

/** A gate that admits everyone and says who they are, if known. Of whom it knows, a request counts against `limit`. */
export function optionalGate(ctx: Ctx, claim: Claim | null, { limit }: Pick<UserGateOptions, 'limit'> = {}): OptionalGate {
  return async (reads) => {
    if (!claim || !isOfSession(claim)) {
      const statements = reads?.(null) ?? []
      const results = statements.length > 0 ? await ctx.gateDb.batch(statements) : []
      return { principal: null, user: null, reads: results as never }
    }
    const [evidence, attempt] = [evidenceOf(ctx, claim), limit ? accountAttempt(ctx, claim, limit, 1) : null]
    const counts = attempt ? [countOfAccount(claim, attempt)] : []
    const db = attempt || isProving(claim) ? ctx.db : ctx.gateDb
    const statements = [findGateRow(claim.sessionId), ...evidence, ...counts, ...(reads?.(claimedOf(claim)) ?? [])] as const
    const [row, ...rest] = await readGate(ctx, db, statements, (gateRow) => toLivePrincipal(claim, gateRow, ctx.now()) !== null)
    const principal = evidence.length === 0 || isEvident(claim, rest[0]) ? judgeSession(ctx, claim, row) : null
    if (principal && attempt && !rest[evidence.length]) throw await overAccountLimit(ctx, attempt)
    return { principal, user: principal && row, reads: rest.slice(evidence.length + counts.length) as never }
  }
}

/** A replica may not have a session or a client yet that has just begun: what it would refuse, the primary decides. */
async function readGate<Row, const S extends Reads>(ctx: Ctx, db: Database, statements: GateReads<Row, S>, isGood: (row: Row) => boolean) {
  const results = await db.batch(statements as Reads)
  return (db === ctx.db || isGood(results[0] as Row) ? results : await ctx.db.batch(statements as Reads)) as [Row, ...Results<S>]
}

function isOfSession(claim: Claim): claim is SessionClaim {
  return claim.kind === 'browser' || claim.kind === 'access_token'
}

/** A token without the scope is refused, whatever its client and user may do. */
function mayHold(claim: SessionClaim, needed: Scope | null): boolean {
  return claim.kind === 'browser' || needed === null || coveredBy(claim.scopes, needed)
}

function claimedOf(claim: SessionClaim): Claimed {
  return { userId: claim.userId, sessionId: claim.sessionId, clientId: claim.kind === 'browser' ? null : claim.clientId }
}

/** The verdict, and a note that the session is in use. */
function judgeSession(ctx: Ctx, claim: SessionClaim, row: GateRow | null): UserPrincipal | null {
  const now = ctx.now()
  const principal = toLivePrincipal(claim, row, now)
  // What is done in it is the administrator's act.
  ctx.caller.actorId = principal?.impersonation?.by ?? null
  if (principal && row && now - row.sessionLastUsedAt > SESSION_TOUCH_MS) touch(ctx, row, now)
  return principal
}

/** The verdict on a credential, given its row: null if it is not valid. */
export function toLivePrincipal(claim: SessionClaim, row: GateRow | null, now: number): UserPrincipal | null {
  if (!row || row.id !== claim.userId) return null
  if (row.sessionRevokedAt !== null || row.sessionExpiresAt <= now || row.sessionIdleExpiresAt <= now) return null
  if (row.sessionEpoch !== row.epoch || row.deletedAt !== null) return null
  if (isInForce(row.bannedAt, row.bannedUntil, now)) return null
  if (claim.kind === 'browser') {
    if (row.sessionTokenHash === null || !equalInConstantTime(row.sessionTokenHash, sha256(claim.secret))) return null
    // Each kind of session counts in its own cookie only: no sign-in for an app begins in one of an administrator.
    if ((row.sessionImpersonatorId !== null) !== (claim.isImpersonation === true)) return null
    if (claim.isImpersonation && liveImpersonation(row, now) === null) return null
  } else if (row.sessionClientId !== claim.clientId || row.clientScopes === null || row.clientDisabledAt !== null) {
    return null
  }
  if (!isProofAllowed(claim, row.clientSecurityProfile)) return null
  return toPrincipal(claim, row, now)
}

function toPrincipal(claim: SessionClaim, row: GateRow, now: number): UserPrincipal {
  const granted = claim.kind === 'browser' ? storedScopes(row.sessionScope) : scopesOfToken(claim.scopes, row)
  const roleScopes = storedScopes(row.roleScopes)
  return {
    kind: 'user',
    userId: row.id,
    sessionId: row.sessionId,
    clientId: row.sessionClientId,
    pairwiseSubject: (claim.kind === 'access_token' && claim.subject) || null,
    grant: { text: row.sessionScope, clientScopes: row.clientScopes ?? '', clientClaims: row.clientClaims ?? '' },
    mayChangeAddresses: row.clientMayChangeAddresses === 1,
    scopes: withinPerson(granted, roleScopes),
    role: row.role,
    roleScopes,
    ranking: row.roleRanking,
    restricted: isInForce(row.restrictedAt, row.restrictedUntil, now),
    authenticatedAt: row.sessionAuthenticatedAt,
    amr: row.sessionAmr.split(' '),
    secondFactor: row.sessionSecondFactor,
    impersonation: liveImpersonation(row, now),
  }
}

/** Within the grant as it is now, from which the user may have withdrawn some, and within the client. */
function scopesOfToken(scopes: readonly Scope[], { sessionScope, clientScopes }: GateRow): Scope[] {
  // Most tokens have all that was granted: then this is the only comparison.
  const granted = scopes.join(' ') === sessionScope ? scopes : intersectScopes(scopes, storedScopes(sessionScope))
  return intersectScopes(granted, storedScopes(clientScopes ?? ''))
}

/** No part of the answer: a session list shows it, accurate to `SESSION_TOUCH_MS`. */
function touch(ctx: Ctx, row: GateRow, now: number): void {
  const idleExpiresAt = row.sessionClientId === null ? now + ctx.config.lifetimes.sessionIdleMs : row.sessionIdleExpiresAt
  ctx.defer(() => ctx.db.one(touchSession({ id: row.sessionId, now, idleExpiresAt })))
}

function requireScope(principal: UserPrincipal, needed: Scope, evenRestricted: boolean): void {
  if (!coveredBy(principal.scopes, needed)) {
    if (principal.impersonation) throw impersonatedError()
    throw insufficientScope(needed, principal.clientId === null ? 'You do not have the scope of this call' : undefined)
  }
  if (principal.restricted && !evenRestricted && isRefusedWhileRestricted(needed)) throw new AppError('account_restricted')
}

/** Which of the granted scopes the request uses. */
function noteUse(ctx: Ctx, { sessionId, scopes }: UserPrincipal, needed: Scope): void {
  const used = scopes.find((scope) => covers(scope, needed))
  if (used) noteScopeUse(ctx, sessionId, used)
}

export function insufficientScope(needed: Scope | null, message = 'The token lacks the scope of this call'): AppError {
  return new AppError('insufficient_scope', message, needed ? { scope: needed } : {})
}
