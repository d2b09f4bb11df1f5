/**
 * The room `epixel`: the Epixel user profile API (seed 003, wire §4). Callers send an API key and, except for log-in,
 * an access token issued under it. Cookies are ignored, so pages of other sites cannot act for a user.
 */
import { admission } from '../../http/admission.ts'
import { credentials } from '../../http/credentials.ts'
import { allowedOrigins } from '../../http/cross-site.ts'
import { errorsAs } from '../../http/errors.ts'
import { type Room, roomApp } from '../../http/room.ts'
import type { RouteGroup } from '../../http/room-document.ts'
import { ROOM_PATHS } from '../../http/room-paths.ts'
import { bearerUnderKey } from './api-key.ts'
import { renderError, toErrorBody } from './errors.ts'
import { profile } from './routes/profile.ts'
import { profileImage } from './routes/profile-image.ts'
import { sessions } from './routes/sessions.ts'
import { ErrorReply } from './wire.ts'

const GROUPS: readonly RouteGroup[] = [
  { name: 'Log-in', description: 'Tokens for a user, issued under an API key.', routes: [sessions] },
  { name: 'User profile', description: "The caller's profile and picture.", routes: [profile, profileImage] },
]

const app = roomApp(GROUPS, errorsAs(renderError, 'epixel'), allowedOrigins('apikey'), admission(), credentials(bearerUnderKey))

export const epixel: Room = {
  name: 'epixel',
  app,
  document: {
    title: 'Kith: Epixel user profile API',
    description: 'For programs written for the Epixel user profile API. Paths may end in a slash.',
    mounts: [{ prefix: ROOM_PATHS.epixel, room: app, groups: GROUPS }],
    credentials: [['apikey', 'bearer']],
    error: ErrorReply,
    toErrorBody,
  },
}
