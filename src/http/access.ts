/**
 * Access, declared on the route (design §5): `requires(scope)`, `requiresSession()`, `requiresKey(kind)`,
 * `requiresRobot(scope)`, `optionalSession()`, `anyone()`. The architecture test fails for a route that declares
 * nothing. A route that requires something but never passes the gate answers 500; the caller's identity is available
 * nowhere else.
 */
import type { Context, MiddlewareHandler } from 'hono'
import type { AccountLimit } from '../core/account-limits.ts'
import { AppError } from '../core/errors.ts'
import { clientGate, type Gate, insufficientScope, type OptionalGate, optionalGate, type UserGateOptions, userGate } from '../core/gate.ts'
import { type Impersonation, impersonatedError, mayImpersonated } from '../core/impersonation.ts'
import { type Key, type KeyKind, requireLivingKey } from '../core/machines/keys.ts'
import { robotGate } from '../core/machines/robots.ts'
import type { Claim, ClientPrincipal, Principal, RobotPrincipal } from '../core/principal.ts'
import type { Scope } from '../core/scopes.ts'
import type { AppEnv } from './app-env.ts'
import { type Access, declaration, tag } from './tags.ts'

type WithGate<G> = AppEnv & { Variables: { gate: G } }
type WithMachine = AppEnv & { Variables: { machine: Key } }

/**
 * A user whose credential has `scope` or a parent of it. `evenRestricted` admits restricted users too, for acts that
 * protect them and harm nobody. `limit`: the account's limit that a request counts against (docs/limits.md).
 */
export function requires(scope: Scope, options: UserGateOptions = {}): MiddlewareHandler<WithGate<Gate>> {
  return guarded({ kind: 'scope', scope, callers: 'user' }, (c, claim) => userGate(c.get('ctx'), claim, scope, options), options.limit)
}

/** A client acting for itself whose token has `scope`, or a user whose token has `personal`, within `limit`. */
export function requiresOfClient(
  scope: Scope,
  personal: Scope = scope,
  { limit }: Pick<UserGateOptions, 'limit'> = {},
): MiddlewareHandler<WithGate<Gate<Principal>>> {
  const access = { kind: 'scope', scope: personal, callers: 'user_or_client', clientScope: scope } as const
  return guarded(access, (c, claim) => clientGate(c.get('ctx'), claim, scope, personal, limit), limit)
}

/** A client acting for itself whose token has `scope`; no user, whatever their role. */
export function requiresClient(scope: Scope): MiddlewareHandler<WithGate<Gate<ClientPrincipal>>> {
  return guarded({ kind: 'scope', scope, callers: 'client' }, (c, claim) => {
    if (claim.kind !== 'client') throw insufficientScope(scope, "This call requires a client's own token, not that of a user")
    return clientGate(c.get('ctx'), claim, scope) as Gate<ClientPrincipal>
  })
}

/** The holder of a machine's key, which the room reads with `readKey`. The key's owner is in `c.var.machine`. */
export function requiresKey(kind: KeyKind, readKey: (c: Context) => string | undefined): MiddlewareHandler<WithMachine> {
  const handler: MiddlewareHandler<WithMachine> = async (c, next) => {
    c.set('machine', await requireLivingKey(c.var.ctx, kind, readKey(c) ?? ''))
    await next()
  }
  return tag(handler, { access: { kind: 'key', key: kind } })
}

/** A robot with `scope`. */
export function requiresRobot(scope: Scope): MiddlewareHandler<WithGate<Gate<RobotPrincipal>>> {
  return guarded({ kind: 'scope', scope, callers: 'robot' }, (c, claim) => robotGate(c.get('ctx'), claim, scope))
}

/** Any live session, whatever its scopes. */
export function requiresSession(): MiddlewareHandler<WithGate<Gate>> {
  return guarded({ kind: 'session' }, (c, claim) => userGate(c.get('ctx'), claim, null))
}

interface OptionalOptions extends Pick<UserGateOptions, 'limit'> {
  /** Rights are handed out here, to clients that may have been registered a moment ago: no replica is asked. */
  readonly onPrimary?: true
}

/** Everyone; the gate says who is signed in, and counts their request against `limit`. Invalid credentials are not refused here. */
export function optionalSession({ limit, onPrimary }: OptionalOptions = {}): MiddlewareHandler<WithGate<OptionalGate>> {
  const handler: MiddlewareHandler<WithGate<OptionalGate>> = async (c, next) => {
    const claim = await c.var.identify().catch((error) => {
      if (error instanceof AppError) return null
      throw error
    })
    // Only what demands a scope can be decided for an administrator who looks at somebody's account: here, they are nobody.
    const own = claim?.kind === 'browser' && claim.isImpersonation ? null : claim
    const ctx = c.get('ctx')
    const gate = optionalGate(onPrimary ? { ...ctx, gateDb: ctx.db } : ctx, own, { limit })
    c.set('gate', (async (reads?: never) => {
      const outcome = await gate(reads)
      if (outcome.principal && outcome.user) c.set('viewer', { principal: outcome.principal, user: outcome.user })
      return outcome
    }) as OptionalGate)
    await next()
  }
  const access = { kind: 'optional_session' } as const
  return tag(handler, limit ? { access, accountLimit: limit } : { access })
}

/** Everyone. Credentials are not read. */
export function anyone(): MiddlewareHandler<AppEnv> {
  return declaration({ access: { kind: 'anyone' } })
}

function guarded<P extends Principal>(
  access: Access,
  open: (c: Context<AppEnv>, claim: Claim) => Gate<P>,
  limit?: AccountLimit,
): MiddlewareHandler<WithGate<Gate<P>>> {
  const handler: MiddlewareHandler<WithGate<Gate<P>>> = async (c, next) => {
    const claim = await c.get('identify')()
    if (!claim) throw new AppError('unauthenticated', undefined, access.kind === 'scope' ? { scope: access.scope } : {})
    const gate = open(c as unknown as Context<AppEnv>, claim)
    let passed = false
    c.set('gate', (async (reads?: never, weigh?: never) => {
      const outcome = await gate(reads, weigh)
      passed = true
      const { principal, user } = outcome
      if (principal.kind === 'user' && user) c.set('viewer', { principal, user })
      if (principal.kind === 'user' && principal.impersonation) requireImpersonated(c, principal.impersonation, access)
      return outcome
    }) as Gate<P>)
    await next()
    if (!passed && !c.error) throw new AppError('internal_error', 'A guarded route ended without the gate')
  }
  return tag(handler, limit ? { access, accountLimit: limit } : { access })
}

function requireImpersonated(c: Context, impersonation: Impersonation, access: Access): void {
  const scope = access.kind === 'scope' ? access.scope : null
  if (mayImpersonated(impersonation, { method: c.req.method, path: c.req.path, scope })) return
  throw impersonatedError()
}
