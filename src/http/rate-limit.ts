/**
 * The coarse shield per network on unauthenticated routes: the Rate Limiting binding, approximate by nature
 * (design §2). What guards a secret is counted exactly, in D1, by the core.
 */
import type { Context, MiddlewareHandler } from 'hono'
import { routePath } from 'hono/route'
import { AppError } from '../core/errors.ts'
import { NETWORK_LIMIT_PERIOD_MS } from '../core/limits.ts'
import { sourceOf } from '../core/sessions/known-sources.ts'
import type { AppEnv } from './app-env.ts'
import { tag } from './tags.ts'

const BINDINGS = { create: 'LIMIT_CREATE', login: 'LIMIT_LOGIN', code: 'LIMIT_CODE', other: 'LIMIT_OTHER' } as const
const RETRY_AFTER = NETWORK_LIMIT_PERIOD_MS / 1000

/** Limits one route per network. If the limiter is down, sign-in routes stay closed and the rest stays open. */
export function networkLimit(kind: keyof typeof BINDINGS): MiddlewareHandler<AppEnv> {
  const handler: MiddlewareHandler<AppEnv> = async (c, next) => {
    // By the pattern: of one with a parameter, each value would be a limit of its own.
    await countOfNetwork(c, kind, routePath(c))
    await next()
  }
  return tag(handler, { limited: true })
}

/**
 * Limits a route by which browsers sign in. When the network has spent its share, a browser with a device cookie has a share of its
 * own, and the core signs it in only to accounts that know it (`refuseBeyondNetwork`).
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

/** For a route that counts only its failures, by `countOfNetwork` or `countOf`. */
export function failuresLimited(): MiddlewareHandler<AppEnv> {
  return tag(async (_c, next) => next(), { limited: true })
}

/** The same for a part of what a route is asked for, such as failures. */
export function countOfNetwork(c: Context<AppEnv>, kind: keyof typeof BINDINGS, what: string): Promise<void> {
  return countOf(c, kind, `${c.var.ctx.caller.networkHash} ${what}`)
}

/** The same of somebody who has proved to be who they are, from whatever network. */
export async function countOf(c: Context<AppEnv>, kind: keyof typeof BINDINGS, key: string): Promise<void> {
  if (await isSpent(c, kind, key)) throw tooMany()
}

const tooMany = () => new AppError('rate_limited', 'Too many requests', { retryAfter: RETRY_AFTER })

/** Counts one request, and says whether it is one too many. */
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
