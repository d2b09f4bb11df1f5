/** How a room is built, and the room of an older API. */
import { Hono, type MiddlewareHandler } from 'hono'
import type { HostRoom } from '../config.ts'
import type { AppEnv } from './app-env.ts'
import { unmatched } from './errors.ts'
import type { RoomDocument, RouteGroup } from './room-document.ts'

/** A room's app: what every request passes, the routes, and the refusal of anything else. */
export function roomApp(groups: readonly RouteGroup[], ...passes: MiddlewareHandler<AppEnv>[]): Hono<AppEnv> {
  const app = new Hono<AppEnv>()
  app.use(...passes)
  for (const routes of groups.flatMap((group) => group.routes)) app.route('/', routes)
  app.all('*', unmatched(app))
  return app
}

/** As `app.ts` mounts it. To remove one, delete its folder and its lines in `src/rooms.ts`. */
export interface Room {
  readonly name: HostRoom
  readonly app: Hono<AppEnv>
  readonly document: RoomDocument
}
