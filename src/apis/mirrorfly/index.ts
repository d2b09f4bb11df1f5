/**
 * The room `mirrorfly`: users of a license key, as in MirrorFly's platform API (seed 004, wire §5, §6.21). Callers send
 * the raw token of a log-in in `Authorization`. It covers log-in, createUser, reading one user, and pictures.
 */
import { admission } from '../../http/admission.ts'
import { credentials } from '../../http/credentials.ts'
import { allowedOrigins } from '../../http/cross-site.ts'
import { errorsAs } from '../../http/errors.ts'
import { type Room, roomApp } from '../../http/room.ts'
import type { RouteGroup } from '../../http/room-document.ts'
import { ROOM_PATHS } from '../../http/room-paths.ts'
import { renderError, toErrorBody } from './errors.ts'
import { licenseToken } from './license-key.ts'
import { login } from './routes/login.ts'
import { pictures } from './routes/pictures.ts'
import { users } from './routes/users.ts'
import { ErrorReply } from './wire.ts'

const GROUPS: readonly RouteGroup[] = [
  { name: 'Log-in', description: 'Get a token that is valid for an hour.', routes: [login] },
  { name: 'Users', description: 'Created by the holder of a license key.', routes: [users, pictures] },
]

const app = roomApp(GROUPS, errorsAs(renderError, 'mirrorfly'), allowedOrigins(), admission(), credentials(licenseToken))

export const mirrorfly: Room = {
  name: 'mirrorfly',
  app,
  document: {
    title: 'Kith MirrorFly API',
    description: "MirrorFly's createUser: a license key's own users. Every reply carries x-request-id.",
    mounts: [{ prefix: ROOM_PATHS.mirrorfly, room: app, groups: GROUPS }],
    credentials: ['token'],
    error: ErrorReply,
    toErrorBody,
  },
}
