/**
 * The OAuth room: the RFC endpoints under `/oauth`, and the documents under `/.well-known`, as two apps because their
 * paths differ. Browsers authenticate with the session cookie, clients at the token endpoint.
 */
import { admission } from '../../http/admission.ts'
import { browserSession, credentials } from '../../http/credentials.ts'
import { allowedOrigins, anyOrigin } from '../../http/cross-site.ts'
import { errorsAs } from '../../http/errors.ts'
import { roomApp } from '../../http/room.ts'
import type { RoomDocument, RouteGroup } from '../../http/room-document.ts'
import { renderError, toErrorBody } from './errors.ts'
import { authorizeRoutes } from './routes/authorize.ts'
import { deviceAuthorizationRoutes } from './routes/device-authorization.ts'
import { introspectRoutes } from './routes/introspect.ts'
import { logoutRoutes } from './routes/logout.ts'
import { parRoutes } from './routes/par.ts'
import { registrationRoutes } from './routes/registration.ts'
import { revokeRoutes } from './routes/revoke.ts'
import { tokenRoutes } from './routes/token.ts'
import { userinfoRoutes } from './routes/userinfo.ts'
import { wellKnownRoutes } from './routes/well-known.ts'
import { ErrorResponse } from './wire.ts'

const GROUPS: readonly RouteGroup[] = [
  { name: 'Authorization', description: 'Where browsers are sent to authorize a client.', routes: [authorizeRoutes, parRoutes] },
  {
    name: 'Tokens',
    description: 'Issue, introspect and revoke tokens.',
    routes: [tokenRoutes, deviceAuthorizationRoutes, introspectRoutes, revokeRoutes],
  },
  { name: 'Registration', description: 'Clients that register themselves.', routes: [registrationRoutes] },
  { name: 'OpenID Connect', description: 'User information and sign-out.', routes: [userinfoRoutes, logoutRoutes] },
]
const WELL_KNOWN: readonly RouteGroup[] = [
  { name: 'Discovery', description: 'Server metadata and public keys.', routes: [wellKnownRoutes] },
]

export const oauth = roomApp(GROUPS, errorsAs(renderError, 'oauth'), allowedOrigins(), admission(), credentials(browserSession))

export const wellKnown = roomApp(WELL_KNOWN, errorsAs(renderError, 'oauth'), anyOrigin())

export const oauthDocument: RoomDocument = {
  title: 'Kith OAuth API',
  description:
    'An OAuth 2.1 authorization server and OpenID provider: authorization codes with PKCE, pushed requests, ID tokens, rotated refresh tokens, ' +
    'client credentials, device codes, userinfo, revocation, introspection, sign-out.',
  mounts: [
    { prefix: '/oauth', room: oauth, groups: GROUPS },
    { prefix: '/.well-known', room: wellKnown, groups: WELL_KNOWN },
  ],
  credentials: ['oauth2', 'bearer', 'session'],
  error: ErrorResponse,
  toErrorBody,
}
