/**
 * The origin of users' files (design §1.13): if configured, files come only from there, and it serves nothing else. It
 * never receives our cookies, so a file there cannot act for a user.
 */
import type { MiddlewareHandler } from 'hono'
import { AppError } from '../core/errors.ts'
import type { AppEnv } from './app-env.ts'
import { hostOf } from './room-paths.ts'

/** `path`: the path below which files are served. */
export function filesOrigin(path: string): MiddlewareHandler<AppEnv> {
  return (c, next) => {
    const { origin, media } = c.get('ctx').config
    const isFile = c.req.path.startsWith(`${path}/`)
    if (media.filesOrigin !== origin && isFile !== (hostOf(c.req.url) === new URL(media.filesOrigin).host)) {
      throw new AppError('not_found')
    }
    return next()
  }
}
