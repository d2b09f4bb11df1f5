/** The check of bots on routes of an API: the header that carries its answer, where the operator wants that (`TURNSTILE_ON_API`). */
import type { MiddlewareHandler } from 'hono'
import { BOT_CHECK_FIELD, type BotCheckAction, requireHuman } from '../core/bot-check.ts'
import type { AppEnv } from './app-env.ts'

export function botChecked(action: BotCheckAction): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const { ctx } = c.var
    if (ctx.config.botCheck?.coversApi) await requireHuman(ctx, action, c.req.header(BOT_CHECK_FIELD))
    await next()
  }
}
