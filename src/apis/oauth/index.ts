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
import { tokenRoutes } from './routes/token.ts'
import { wellKnownRoutes } from './routes/well-known.ts'
import { ErrorResponse } from './wire.ts'

export const oauth = new Hono<AppEnv>()
oauth.onError(renderError)
oauth.use(allowedOrigins(), credentials(browserSession))
oauth.route('/', authorizeRoutes)
oauth.route('/', tokenRoutes)
oauth.all('*', unmatched(oauth))

export const wellKnown = new Hono<AppEnv>()
wellKnown.onError(renderError)
wellKnown.use(allowedOrigins())
wellKnown.route('/', wellKnownRoutes)
wellKnown.all('*', unmatched(wellKnown))

export const oauthDocument: RoomDocument = {
  title: 'Kith OAuth API',
  description: 'An OAuth 2.1 authorization server: authorization codes with PKCE, rotated refresh tokens, client credentials.',
  mounts: [
    { prefix: '/oauth', room: oauth },
    { prefix: '/.well-known', room: wellKnown },
  ],
  credentials: ['session'],
  error: ErrorResponse,
}
