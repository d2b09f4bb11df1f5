/** The OAuth clients of the demo data: what they are registered for, and what `.wrangler/demo.json` says of them. */
import { randomToken, sha256 } from '../src/crypto.ts'

/** As it stands in demo.json: what a program needs to be this client. */
export interface DemoClient {
  readonly client_id: string
  readonly client_secret?: string
  readonly redirect_uri?: string
  readonly scope?: string
}

interface Registration {
  readonly name: string
  readonly isPublic: boolean
  readonly isFirstParty: boolean
  readonly requiresPkce: boolean
  readonly redirectUri: string | null
  readonly postLogoutRedirectUri: string | null
  readonly grants: string
  readonly scopes: string
  readonly accessTokenSeconds: number
}

const REGISTRATIONS: Readonly<Record<string, Registration>> = {
  // All scopes, so that an admin can use it; the user's role narrows them.
  'demo-spa': {
    name: 'Demo app in a browser',
    isPublic: true,
    isFirstParty: true,
    requiresPkce: true,
    redirectUri: 'http://localhost:5173/callback',
    postLogoutRedirectUri: 'http://localhost:5173/',
    grants: 'authorization_code refresh_token',
    scopes: '*',
    accessTokenSeconds: 600,
  },
  'demo-service': {
    name: 'Demo service',
    isPublic: false,
    isFirstParty: false,
    requiresPkce: true,
    redirectUri: null,
    postLogoutRedirectUri: null,
    grants: 'client_credentials',
    scopes: 'client:oauth:introspect client:profile:read',
    accessTokenSeconds: 600,
  },
  // An old client that knows no PKCE and expects tokens of an hour (wire §1.2, §6.4).
  'demo-mxit': {
    name: 'Demo client of the Mxit API',
    isPublic: false,
    isFirstParty: true,
    requiresPkce: false,
    redirectUri: 'http://localhost:5173/mxit',
    postLogoutRedirectUri: null,
    grants: 'authorization_code refresh_token client_credentials',
    scopes: 'delegated:all client:profile:read openid profile email',
    accessTokenSeconds: 3600,
  },
}

/** The demo clients, with the secrets that `before` knows and new ones for the rest. */
export function clientsOfDemo(before: Readonly<Record<string, DemoClient>> | undefined): Record<string, DemoClient> {
  const clients = Object.entries(REGISTRATIONS).map(([id, { isPublic, redirectUri, grants, scopes }]): [string, DemoClient] => [
    id,
    {
      client_id: id,
      ...(isPublic ? {} : { client_secret: before?.[id]?.client_secret ?? randomToken() }),
      ...(redirectUri === null ? {} : { redirect_uri: redirectUri }),
      ...(grants === 'client_credentials' ? { scope: scopes } : {}),
    },
  ])
  return Object.fromEntries(clients)
}

/** Makes the client's row, or sets it to what it should be. Only the hash of a secret is stored. */
export async function saveClient(db: D1Database, client: DemoClient, now: number): Promise<void> {
  const registration = REGISTRATIONS[client.client_id]
  if (!registration) return
  const { name, isPublic, isFirstParty, requiresPkce, redirectUri, postLogoutRedirectUri, grants, scopes, accessTokenSeconds } =
    registration
  await db
    .prepare(
      `INSERT INTO oauth_clients (id, name, secret_hash, token_endpoint_auth_method, redirect_uris, post_logout_redirect_uris, grant_types,
                                  scopes, first_party, require_pkce, access_token_seconds, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET name = excluded.name, secret_hash = excluded.secret_hash,
         token_endpoint_auth_method = excluded.token_endpoint_auth_method, redirect_uris = excluded.redirect_uris,
         post_logout_redirect_uris = excluded.post_logout_redirect_uris,
         grant_types = excluded.grant_types, scopes = excluded.scopes, first_party = excluded.first_party,
         require_pkce = excluded.require_pkce, access_token_seconds = excluded.access_token_seconds, updated_at = excluded.updated_at`,
    )
    .bind(
      client.client_id,
      name,
      client.client_secret === undefined ? null : sha256(client.client_secret),
      isPublic ? 'none' : 'client_secret_basic',
      JSON.stringify(redirectUri === null ? [] : [redirectUri]),
      JSON.stringify(postLogoutRedirectUri === null ? [] : [postLogoutRedirectUri]),
      grants,
      scopes,
      Number(isFirstParty),
      Number(requiresPkce),
      accessTokenSeconds,
      now,
      now,
    )
    .run()
}
