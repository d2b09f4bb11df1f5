/**
 * The room `user`: our own API, Liquid's (seed 002) extended. Callers prove who they are by a Bearer access token or
 * the browser's session cookie. Mounted at the root, last: it ends in a catch-all.
 */
import { Hono } from 'hono'
import type { AppEnv } from '../../http/app-env.ts'
import { bearer, browserSession, credentials } from '../../http/credentials.ts'
import { allowedOrigins, refuseCrossSiteWrites } from '../../http/cross-site.ts'
import { unmatched } from '../../http/errors.ts'
import type { RoomDocument } from '../../http/openapi.ts'
import { renderError } from './errors.ts'
import { ErrorReply } from './presenters.ts'
import { accounts } from './routes/accounts.ts'
import { admins } from './routes/admin.ts'
import { adminRoles } from './routes/admin-roles.ts'
import { adminUpdate } from './routes/admin-update.ts'
import { apps } from './routes/apps.ts'
import { auditTrail } from './routes/audit.ts'
import { clients } from './routes/clients.ts'
import { deletion } from './routes/deletion.ts'
import { inviteCodes } from './routes/invite-codes.ts'
import { media } from './routes/media.ts'
import { mediaFiles } from './routes/media-files.ts'
import { people } from './routes/people.ts'
import { profile } from './routes/profile.ts'
import { profilePicture } from './routes/profile-picture.ts'
import { roles } from './routes/roles.ts'
import { search } from './routes/search.ts'
import { secondFactors } from './routes/second-factors.ts'
import { sessions } from './routes/sessions.ts'
import { social } from './routes/social.ts'
import { status } from './routes/status.ts'
import { system } from './routes/system.ts'

export const user = new Hono<AppEnv>()
user.onError(renderError)
user.use(allowedOrigins(), refuseCrossSiteWrites(), credentials(bearer, browserSession))
user.route('/', accounts)
user.route('/', sessions)
user.route('/', secondFactors)
user.route('/', profile)
user.route('/', profilePicture)
user.route('/', deletion)
user.route('/', social)
user.route('/', status)
user.route('/', search)
user.route('/', inviteCodes)
user.route('/', media)
user.route('/', mediaFiles)
user.route('/', roles)
user.route('/', adminUpdate)
user.route('/', system)
user.route('/', auditTrail)
user.route('/', admins)
user.route('/', adminRoles)
user.route('/', clients)
user.route('/', apps)
user.route('/', people)
user.all('*', unmatched(user))

export const userDocument: RoomDocument = {
  title: 'Kith user API',
  description: 'Accounts, sign-in, profiles, people and files. Every reply carries x-request-id.',
  mounts: [{ prefix: '', room: user }],
  credentials: ['bearer', 'session'],
  error: ErrorReply,
}
