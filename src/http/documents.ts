/** `/openapi.json` and `/openapi/<room>.json`: the API documents, one per room (design §8). */
import { Hono } from 'hono'
import { AppError } from '../core/errors.ts'
import { anyone } from './access.ts'
import type { AppEnv } from './app-env.ts'
import { anyOrigin } from './cross-site.ts'
import { readOnly } from './errors.ts'
import { type RoomDocument, toOpenApi } from './openapi.ts'

const CACHE = 'public, max-age=300'

/** `rooms` by name; `/openapi.json` shows the first. */
export function documents(rooms: Readonly<Record<string, RoomDocument>>): Hono<AppEnv> {
  const [first = ''] = Object.keys(rooms)
  const render = (name: string, origin: string) => {
    const room = Object.hasOwn(rooms, name) ? rooms[name] : undefined
    if (!room) throw new AppError('not_found')
    return toOpenApi(room, origin)
  }
  return new Hono<AppEnv>()
    .use('/openapi.json', anyOrigin())
    .use('/openapi/*', anyOrigin())
    .get('/openapi.json', anyone(), (c) => c.json(render(first, c.var.ctx.config.origin), 200, { 'cache-control': CACHE }))
    .get('/openapi/:room{[a-z]+\\.json}', anyone(), (c) => {
      const name = c.req.param('room').replace(/\.json$/, '')
      return c.json(render(name, c.var.ctx.config.origin), 200, { 'cache-control': CACHE })
    })
    .all('/openapi.json', readOnly)
    .all('/openapi/:room{[a-z]+\\.json}', readOnly)
}
