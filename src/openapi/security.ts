/** Who may call an operation, in the API document: the security schemes, what of them counts, and the same in words. */
import { SCOPES } from '../core/scopes.ts'
import type { SchemeName } from '../http/room-document.ts'
import type { Access, Description } from '../http/tags.ts'

type Json = Record<string, unknown>

const TOKEN_URL = '/oauth/token'
const SCOPE_TEXTS = Object.fromEntries(Object.entries(SCOPES).map(([name, { description }]) => [name, description]))

/** URLs are relative to the server, as those of OpenAPI may be: the document is true wherever Kith is deployed. */
export const SECURITY_SCHEMES: Readonly<Record<SchemeName, Json>> = {
  oauth2: {
    type: 'oauth2',
    description: 'An access token of the authorization server. PKCE is required (S256). `/.well-known/openid-configuration` has the rest.',
    flows: {
      authorizationCode: { authorizationUrl: '/oauth/authorize', tokenUrl: TOKEN_URL, refreshUrl: TOKEN_URL, scopes: SCOPE_TEXTS },
      clientCredentials: { tokenUrl: TOKEN_URL, scopes: SCOPE_TEXTS },
    },
  },
  bearer: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'An access token that you have already',
  },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: '__Host-kith_session',
    description: 'The cookie of /user/login; a browser sends it by itself',
  },
  basic: {
    type: 'http',
    scheme: 'basic',
    description: 'The client_id and the client_secret of an OAuth client, each form-encoded (RFC 6749 §2.3.1)',
  },
  digest: { type: 'http', scheme: 'digest', description: 'HTTP Digest with the name and the secret of a robot' },
  apikey: { type: 'apiKey', in: 'header', name: 'apikey', description: 'An API key' },
  token: { type: 'apiKey', in: 'header', name: 'Authorization', description: 'The token of a log-in, without a scheme before it' },
}

/** Who may call, in words: what readers look for first. */
export function accessText(access: Access | undefined, description: Description | undefined): string {
  if (description?.client) return 'The client proves itself: by HTTP Basic, or by client_id and client_secret in the body.'
  if (access?.kind === 'scope') return `Scope: \`${access.scope}\` (${SCOPES[access.scope].description.toLowerCase()}).`
  if (access?.kind === 'session') return 'Any signed-in session, whatever its scopes.'
  if (access?.kind === 'key') return 'The key alone; no token.'
  if (access?.kind === 'optional_session') return 'No credential needed; a session is looked at where there is one.'
  return 'No credential needed.'
}

/** The names within are what a credential must hold: OpenAPI 3.1 allows them for every kind of scheme. */
export function toSecurity(access: Access | undefined, credentials: readonly (SchemeName | readonly SchemeName[])[]): Json[] {
  if (!access || access.kind === 'anyone') return [{}]
  if (access.kind === 'key') return [{ apikey: [] }]
  const scopes = access.kind === 'scope' ? [access.scope] : []
  const kinds = credentials.map((kind) => Object.fromEntries([kind].flat().map((name) => [name, scopes])))
  return access.kind === 'optional_session' ? [...kinds, {}] : kinds
}

/** A client that has no secret names itself in the body; so may one that has one. */
export function toClientSecurity({ orToken }: NonNullable<Description['client']>): Json[] {
  return [{ basic: [] }, ...(orToken ? [{ bearer: [orToken] }] : []), {}]
}
