/**
 * The OAuth clients of the demo data, registered by the rules for all clients, and their entries in
 * `.wrangler/demo.json`.
 */
import type { Ctx } from '../../src/core/ctx.ts'
import { newClientSecret } from '../../src/core/oauth/client-metadata.ts'
import { type NewClient, planClient, planCtxOf } from '../../src/core/oauth/client-plans.ts'
import { findRegisteredClient, insertClient, isClientOfVersion, updateClient } from '../../src/store/db/client-registration.ts'
import { scopesOf } from './apis.ts'

/** An entry of demo.json: what a program needs to act as this client. */
export interface DemoClient {
  readonly client_id: string
  readonly client_secret?: string
  readonly redirect_uri?: string
  readonly scope?: string
}

/** An API's own client: it asks about the tokens that were issued for the API. */
const serverOf = (api: 'orders' | 'notes', name: string, scopes: NewClient['scopes'] = []): NewClient => ({
  name,
  scopes,
  apiScopes: scopesOf(api, 'none'),
  grantTypes: ['client_credentials'],
  authMethod: 'client_secret_basic',
})

const REGISTRATIONS: Readonly<Record<string, NewClient>> = {
  // All scopes, so that an admin can use it; the user's role narrows them.
  'demo-spa': {
    name: 'Demo app in a browser',
    scopes: ['*'],
    apiScopes: scopesOf('orders', 'all'),
    isFirstParty: true,
    redirectUris: ['http://localhost:5173/callback'],
    postLogoutRedirectUris: ['http://localhost:5173/'],
  },
  'demo-web': {
    name: 'Demo app on a server',
    scopes: ['delegated:all', 'openid', 'profile', 'email'],
    apiScopes: scopesOf('orders', 'all'),
    isFirstParty: true,
    authMethod: 'client_secret_basic',
    redirectUris: ['http://localhost:3000/callback'],
    postLogoutRedirectUris: ['http://localhost:3000/'],
  },
  'demo-native': {
    name: 'Demo app on a phone',
    scopes: ['delegated:all', 'openid', 'profile', 'email'],
    apiScopes: scopesOf('orders', 'all'),
    isFirstParty: true,
    // In production the scheme would be a domain of one's own, reversed, or the URI an https one.
    isNativeDevelopment: true,
    redirectUris: ['kith-demo://callback'],
    postLogoutRedirectUris: ['kith-demo://signed-out'],
  },
  'demo-orders': serverOf('orders', 'Demo API: orders', ['client:profile:read']),
  'demo-notes': serverOf('notes', 'Demo API: notes'),
  'demo-service': {
    name: 'Demo service',
    scopes: ['client:oauth:introspect', 'client:profile:read'],
    grantTypes: ['client_credentials'],
    authMethod: 'client_secret_basic',
  },
  // An old client without PKCE that expects one-hour tokens (wire §1.2, §6.4).
  'demo-mxit': {
    name: 'Demo client of the Mxit API',
    scopes: ['delegated:all', 'client:profile:read', 'openid', 'profile', 'email'],
    grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
    authMethod: 'client_secret_basic',
    isFirstParty: true,
    requiresPkce: false,
    redirectUris: ['http://localhost:5173/mxit'],
    accessTokenSeconds: 3600,
  },
}

/** The demo clients, with the secrets in `before` and new ones for the rest. */
export function clientsOfDemo(before: Readonly<Record<string, DemoClient>> | undefined): Record<string, DemoClient> {
  const clients = Object.entries(REGISTRATIONS).map(([id, { authMethod, redirectUris, grantTypes, scopes }]): [string, DemoClient] => [
    id,
    {
      client_id: id,
      ...(authMethod === undefined ? {} : { client_secret: before?.[id]?.client_secret ?? newClientSecret() }),
      ...(redirectUris?.[0] === undefined ? {} : { redirect_uri: redirectUris[0] }),
      ...(grantTypes?.join() === 'client_credentials' && scopes.length > 0 ? { scope: scopes.join(' ') } : {}),
    },
  ])
  return Object.fromEntries(clients)
}

/** Creates or updates the client's row. Only the hash of a secret is stored. */
export async function saveClient(ctx: Ctx, client: DemoClient): Promise<void> {
  const registration = REGISTRATIONS[client.client_id]
  if (!registration) return
  const id = client.client_id
  const { row } = await planClient({ ...registration, id }, planCtxOf(ctx), client.client_secret)
  const before = await ctx.db.one(findRegisteredClient(id))
  const write = before
    ? updateClient({ ...row, epoch: before.epoch, createdAt: before.createdAt }, isClientOfVersion(id, before.updatedAt))
    : insertClient(row)
  await ctx.db.one(write)
}
