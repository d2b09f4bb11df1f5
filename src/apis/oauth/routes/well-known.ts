/** What clients find out by themselves: the public keys (RFC 7517) and the server's metadata (RFC 8414), only what works. */
import { Hono } from 'hono'
import type * as z from 'zod'
import { getPublicJwks } from '../../../core/oauth/access-token.ts'
import { RESPONSE_TYPES } from '../../../core/oauth/authorize.ts'
import { CLIENT_AUTHENTICATION_METHODS } from '../../../core/oauth/client-authentication.ts'
import { GRANT_TYPES } from '../../../core/oauth/clients.ts'
import { CODE_CHALLENGE_METHODS } from '../../../core/oauth/pkce.ts'
import { SCOPES } from '../../../core/oauth/scopes.ts'
import { anyone } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { describe } from '../../../http/tags.ts'
import { JWKS_EXAMPLE, Jwks, ServerMetadata } from '../wire.ts'

/** Whoever changes keys publishes the new one as the second for longer than this, and then lets it sign (ASVS 11.1.1). */
const KEPT_FOR_A_WHILE = { 'cache-control': 'public, max-age=300' }

export const wellKnownRoutes = new Hono<AppEnv>()
  .get(
    '/jwks.json',
    anyone(),
    describe({
      summary: 'The public keys of access tokens',
      response: { status: 200, schema: Jwks, example: JWKS_EXAMPLE },
    }),
    async (c) => c.json(await getPublicJwks(c.var.ctx.config), 200, KEPT_FOR_A_WHILE),
  )
  .get(
    '/oauth-authorization-server',
    anyone(),
    describe({
      summary: 'What this authorization server can do',
      response: { status: 200, schema: ServerMetadata, example: toMetadata('https://id.example.com') },
    }),
    (c) => c.json(toMetadata(c.var.ctx.config.origin), 200, KEPT_FOR_A_WHILE),
  )

function toMetadata(issuer: string): z.output<typeof ServerMetadata> {
  return {
    issuer,
    authorization_endpoint: `${issuer}/oauth/authorize`,
    token_endpoint: `${issuer}/oauth/token`,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    scopes_supported: Object.keys(SCOPES),
    response_types_supported: [...RESPONSE_TYPES],
    response_modes_supported: ['query'],
    grant_types_supported: [...GRANT_TYPES],
    token_endpoint_auth_methods_supported: [...CLIENT_AUTHENTICATION_METHODS],
    code_challenge_methods_supported: [...CODE_CHALLENGE_METHODS],
    authorization_response_iss_parameter_supported: true,
  }
}
