/** The room of an older API, as `app.ts` mounts it. To remove one, delete its folder and its lines in `src/rooms.ts`. */
import type { Hono } from 'hono'
import type { HostRoom } from '../config.ts'
import type { AppEnv } from './app-env.ts'
import type { RoomDocument } from './room-document.ts'

export interface Room {
  readonly name: HostRoom
  readonly app: Hono<AppEnv>
  readonly document: RoomDocument
}
