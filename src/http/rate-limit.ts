/**
 * The coarse limit per network on unauthenticated routes, with the Rate Limiting binding, which is approximate (design
 * §2). Attempts on secrets are counted exactly, by the core in D1.
 */
import type { Context, MiddlewareHandler } from 'hono'
import { routePath } from 'hono/route'
import { AppError } from '../core/errors.ts'
import { NETWORK_LIMIT_PERIOD_MS } from '../core/limits.ts'
import { sourceOf } from '../core/sessions/known-sources.ts'
import type { AppEnv } from './app-env.ts'
import { declaration, tag } from './tags.ts'

const BINDINGS = { create: 'LIMIT_CREATE', login: 'LIMIT_LOGIN', code: 'LIMIT_CODE', other: 'LIMIT_OTHER' } as const
const RETRY_AFTER = NETWORK_LIMIT_PERIOD_MS / 1000

/** Limits one route per network. If the limiter is down, sign-in routes close and other routes stay open. */
export function networkLimit(kind: keyof typeof BINDINGS): MiddlewareHandler<AppEnv> {
  const handler: MiddlewareHandler<AppEnv> = async (c, next) => {
    // By pattern, because with a parameter each value would have a limit of its own.
    await countOfNetwork(c, kind, routePath(c))
    await next()
  }
  return tag(handler, { limited: true })
}

/**
 * Limits a sign-in route. Once the network has used its share, a browser with a device cookie has a share of its own,
 * with which the core signs it in only to accounts that know it (`refuseBeyondNetwork`).
 */
export function signInLimit(): MiddlewareHandler<AppEnv> {
  const handler: MiddlewareHandler<AppEnv> = async (c, next) => {
    const { ctx } = c.var
    const { networkHash, device } = ctx.caller
    if (await isSpent(c, 'login', `${networkHash} ${routePath(c)}`)) {
      if (device === null) throw tooMany()
      await countOf(c, 'login', `${sourceOf(ctx)} ${routePath(c)}`)
      c.set('ctx', { ...ctx, caller: { ...ctx.caller, isBeyondNetworkLimit: true } })
    }
    await next()
  }
  return tag(handler, { limited: true })
}

/** For routes that count only failures, with `countOfNetwork` or `countOf`. */
export function failuresLimited(): MiddlewareHandler<AppEnv> {
  return declaration({ limited: true })
}

/** Counts one event of a kind, such as a failure, per network. */
export function countOfNetwork(c: Context<AppEnv>, kind: keyof typeof BINDINGS, what: string): Promise<void> {
  return countOf(c, kind, `${c.var.ctx.caller.networkHash} ${what}`)
}

/** The same for an authenticated caller, from any network. */
export async function countOf(c: Context<AppEnv>, kind: keyof typeof BINDINGS, key: string): Promise<void> {
  if (await isSpent(c, kind, key)) throw tooMany()
}

const tooMany = () => new AppError('rate_limited', 'Too many requests', { retryAfter: RETRY_AFTER })

/** Counts one request; true if that exceeds the limit. */
async function isSpent(c: Context<AppEnv>, kind: keyof typeof BINDINGS, key: string): Promise<boolean> {
  const { config, log } = c.var.ctx
  if (!config.networkLimits) return false
  return c.env[BINDINGS[kind]]
    .limit({ key })
    .then(({ success }) => !success)
    .catch((cause: unknown) => {
      if (kind !== 'other') throw new AppError('temporarily_unavailable', 'Try again later', { retryAfter: RETRY_AFTER, cause })
      log('error', 'limiter_down', { kind })
      return false
    })
}
