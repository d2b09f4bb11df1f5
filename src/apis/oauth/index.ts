/**
 * The OAuth room: the RFC endpoints under `/oauth`, and what `/.well-known` says about them. Two apps, because they hang
 * at two paths. Browsers prove themselves by the session cookie; clients at the token endpoint in their own way.
 */
import { Hono } from 'hono'
import type { AppEnv } from '../../http/app-env.ts'
import { browserSession, credentials } from '../../http/credentials.ts'
import { allowedOrigins } from '../../http/cross-site.ts'
import { unmatched } from '../../http/errors.ts'
import type { RoomDocument } from '../../http/openapi.ts'
import { renderError } from './errors.ts'
import { authorizeRoutes } from './routes/authorize.ts'
import { introspectRoutes } from './routes/introspect.ts'
import { logoutRoutes } from './routes/logout.ts'
import { revokeRoutes } from './routes/revoke.ts'
import { tokenRoutes } from './routes/token.ts'
import { userinfoRoutes } from './routes/userinfo.ts'
import { wellKnownRoutes } from './routes/well-known.ts'
import { ErrorResponse } from './wire.ts'

export const oauth = new Hono<AppEnv>()
oauth.onError(renderError)
oauth.use(allowedOrigins(), credentials(browserSession))
oauth.route('/', authorizeRoutes)
oauth.route('/', tokenRoutes)
oauth.route('/', userinfoRoutes)
oauth.route('/', revokeRoutes)
oauth.route('/', introspectRoutes)
oauth.route('/', logoutRoutes)
oauth.all('*', unmatched(oauth))

export const wellKnown = new Hono<AppEnv>()
wellKnown.onError(renderError)
wellKnown.use(allowedOrigins())
wellKnown.route('/', wellKnownRoutes)
wellKnown.all('*', unmatched(wellKnown))

export const oauthDocument: RoomDocument = {
  title: 'Kith OAuth API',
  description:
    'An OAuth 2.1 authorization server and OpenID provider: authorization codes with PKCE, ID tokens, rotated refresh tokens, ' +
    'client credentials, userinfo, revocation, introspection, sign-out.',
  mounts: [
    { prefix: '/oauth', room: oauth },
    { prefix: '/.well-known', room: wellKnown },
  ],
  credentials: ['session', 'bearer'],
  error: ErrorResponse,
}
