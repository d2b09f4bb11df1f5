/**
 * The room `mxit`: Mxit's User API (seed 000) with its authorization server. Callers send a Bearer token, a user's or
 * that of an app acting for itself. Mounted at `/mxit`, and at the root of a host listed in HOST_ROOMS.
 */
import * as z from 'zod'
import { admission } from '../../http/admission.ts'
import { bearer, credentials } from '../../http/credentials.ts'
import { allowedOrigins } from '../../http/cross-site.ts'
import { errorsAs } from '../../http/errors.ts'
import { type Room, roomApp } from '../../http/room.ts'
import type { RouteGroup } from '../../http/room-document.ts'
import { ROOM_PATHS } from '../../http/room-paths.ts'
import { renderError, toErrorBody } from './errors.ts'
import { mediaRoutes } from './routes/media.ts'
import { oauthRoutes } from './routes/oauth.ts'
import { profileRoutes } from './routes/profile.ts'
import { socialRoutes } from './routes/social.ts'

const GROUPS: readonly RouteGroup[] = [
  { name: 'Profile', description: 'Profiles, status messages and avatars.', routes: [profileRoutes] },
  { name: 'Media', description: 'The gallery: folders and files.', routes: [mediaRoutes] },
  { name: 'Social graph', description: 'Contacts and suggestions.', routes: [socialRoutes] },
  { name: 'Authorization', description: "Tokens, with Mxit's names for scopes.", routes: [oauthRoutes] },
]

const app = roomApp(GROUPS, errorsAs(renderError, 'mxit'), allowedOrigins(), admission(), credentials(bearer))

export const mxit: Room = {
  name: 'mxit',
  app,
  document: {
    title: 'Mxit User API',
    description: "Mxit's API, for its existing clients.",
    mounts: [{ prefix: ROOM_PATHS.mxit, room: app, groups: GROUPS }],
    credentials: ['bearer'],
    error: z.strictObject({ error: z.string(), error_description: z.string() }),
    toErrorBody,
  },
}
