/** Security in the API document: the schemes, what an operation accepts, and the same in words. */
import { isScope, SCOPES, type Scope } from '../core/scopes.ts'
import type { SchemeName } from '../http/room-document.ts'
import type { Access, Description } from '../http/tags.ts'

type Json = Record<string, unknown>

const TOKEN_URL = '/oauth/token'
const SCOPE_TEXTS = Object.fromEntries(Object.entries(SCOPES).map(([name, { description }]) => [name, description]))

/** URLs are relative to the server, so that the document is right wherever Kith is deployed. */
export const SECURITY_SCHEMES: Readonly<Record<SchemeName, Json>> = {
  oauth2: {
    type: 'oauth2',
    description:
      'An access token of the authorization server. PKCE (S256) is required. See `/.well-known/openid-configuration`. A token that is bound to a key is sent under the scheme `DPoP`, with a proof (RFC 9449).',
    flows: {
      authorizationCode: { authorizationUrl: '/oauth/authorize', tokenUrl: TOKEN_URL, refreshUrl: TOKEN_URL, scopes: SCOPE_TEXTS },
      clientCredentials: { tokenUrl: TOKEN_URL, scopes: SCOPE_TEXTS },
    },
  },
  bearer: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'An access token that you already have',
  },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: '__Host-kith_session',
    description: 'The cookie set by /user/login; browsers send it automatically',
  },
  basic: {
    type: 'http',
    scheme: 'basic',
    description: 'The client_id and client_secret of an OAuth client, each form-encoded (RFC 6749 §2.3.1)',
  },
  digest: { type: 'http', scheme: 'digest', description: "HTTP Digest with a robot's name and secret" },
  apikey: { type: 'apiKey', in: 'header', name: 'apikey', description: 'An API key' },
  token: { type: 'apiKey', in: 'header', name: 'Authorization', description: 'The token from log-in, without a scheme' },
}

/** Who may call, in words, because readers look for that first. `route` is for the error about an unknown scope. */
export function accessText(access: Access | undefined, description: Description | undefined, route: string): string {
  if (description?.client) return 'Client authentication: HTTP Basic, client_id and client_secret in the body, or a client_assertion.'
  if (access?.kind === 'scope') {
    const { scope, clientScope = scope } = access
    const inWords = (one: Scope) => {
      // The documents are built before the types are checked, so a misspelled scope gets here first.
      if (!isScope(one)) throw new Error(`${route} demands the scope "${one}", which src/core/scopes.ts does not have`)
      return `\`${one}\` (${SCOPES[one].description.toLowerCase()})`
    }
    return `Scope: ${inWords(scope)}.${clientScope === scope ? '' : ` A client acting for itself: ${inWords(clientScope)}.`}`
  }
  if (access?.kind === 'session') return 'Any signed-in session, whatever its scopes.'
  if (access?.kind === 'key') return 'The key only, without a token.'
  if (access?.kind === 'optional_session') return 'No credential required; a session is used if present.'
  return 'No credential required.'
}

/** Lists required scopes for every kind of scheme, as OpenAPI 3.1 allows. */
export function toSecurity(access: Access | undefined, credentials: readonly (SchemeName | readonly SchemeName[])[]): Json[] {
  if (!access || access.kind === 'anyone') return [{}]
  if (access.kind === 'key') return [{ apikey: [] }]
  const kindsWith = (scopes: Scope[], names = credentials.map((kind) => [kind].flat())) =>
    names.map((kind) => Object.fromEntries(kind.map((name) => [name, scopes])))
  if (access.kind !== 'scope') return [...kindsWith([]), ...(access.kind === 'optional_session' ? [{}] : [])]
  const { scope, clientScope = scope } = access
  const ofClients = credentials.map((kind) => [kind].flat()).filter((kind) => !kind.includes('session'))
  return [...kindsWith([scope]), ...(clientScope === scope ? [] : kindsWith([clientScope], ofClients))]
}

/** Empty, because a client may also authenticate in the body. */
export function toClientSecurity({ orToken }: NonNullable<Description['client']>): Json[] {
  return [{ basic: [] }, ...(orToken ? [{ bearer: [orToken] }] : []), {}]
}
