/** Routes of what a deployment may switch off. */
import type { MiddlewareHandler } from 'hono'
import type { Config } from '../config.ts'
import { AppError } from '../core/errors.ts'
import type { AppEnv } from './app-env.ts'

/** The route does not exist unless `isOn` holds, whatever is sent to it. */
export function onlyIf(isOn: (config: Config) => boolean): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    if (!isOn(c.var.ctx.config)) throw new AppError('not_found')
    await next()
  }
}
