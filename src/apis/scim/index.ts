/** The room `scim`: SCIM 2.0 (RFC 7643, RFC 7644), for directories that create an organization's people here and keep them up to date. */
import type { MiddlewareHandler } from 'hono'
import { AppError } from '../../core/errors.ts'
import { admission } from '../../http/admission.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { credentials } from '../../http/credentials.ts'
import { accessToken } from '../../http/dpop.ts'
import { errorsAs } from '../../http/errors.ts'
import { roomApp } from '../../http/room.ts'
import type { RoomDocument, RouteGroup } from '../../http/room-document.ts'
import { SCIM_JSON, SCIM_PATH } from './answers.ts'
import { clientSecret } from './client-secret.ts'
import { ErrorReply, renderError, toErrorBody } from './errors.ts'
import { discoveryRoutes } from './routes/discovery.ts'
import { groupRoutes } from './routes/groups.ts'
import { userRoutes } from './routes/users.ts'

const GROUPS: readonly RouteGroup[] = [
  { name: 'Provisioned users', description: 'The people whom the client has created, and no others.', routes: [userRoutes] },
  { name: 'Groups', description: 'Roles that the client may hand out. A person is in one group.', routes: [groupRoutes] },
  { name: 'SCIM', description: 'What of SCIM is built.', routes: [discoveryRoutes] },
]

const NOT_BUILT = new RegExp(`^${SCIM_PATH}/(Me|Bulk)(/|$)`, 'i')

/** RFC 7644 §3.11. */
const notBuilt: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (NOT_BUILT.test(c.req.path)) throw new AppError('not_implemented', '/Me and /Bulk are not built: see /ServiceProviderConfig')
  await next()
}

export const scim = roomApp(GROUPS, errorsAs(renderError, 'scim'), admission(), notBuilt, credentials(clientSecret, accessToken))

export const scimDocument: RoomDocument = {
  title: 'SCIM API',
  description:
    'SCIM 2.0 for the directory of an organization, such as Okta or Entra. Replies are `application/scim+json`. See `/docs/guides/reference/scim`.',
  mounts: [{ prefix: SCIM_PATH, room: scim, groups: GROUPS }],
  credentials: ['oauth2', 'bearer', 'basic'],
  error: ErrorReply,
  errorType: SCIM_JSON,
  toErrorBody,
}
