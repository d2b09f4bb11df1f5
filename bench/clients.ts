// The two OAuth clients that the subjects use, written straight into the database because no route creates clients.
import { sha256 } from '../src/crypto.ts'
import type { BenchDatabase } from './runtime.ts'

export const CLIENT = {
  spa: 'demo-spa',
  redirectUri: 'http://localhost:5173/callback',
  service: 'demo-service',
  serviceSecret: 'bench-only-secret-of-the-demo-service',
  serviceScope: 'client:profile:read',
}

const INSERT = `INSERT INTO oauth_clients (id, name, secret_hash, token_endpoint_auth_method,
    redirect_uris, grant_types, scopes, first_party, created_at, updated_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

/** A public first-party client with PKCE (no consent page in development) and a confidential one without a user. */
export async function insertClients(database: BenchDatabase): Promise<void> {
  const now = Date.now()
  const insert = (...row: (string | number | null)[]) =>
    database
      .prepare(INSERT)
      .bind(...row, now, now)
      .run()
  const uris = JSON.stringify([CLIENT.redirectUri])
  await insert(CLIENT.spa, 'Demo SPA', null, 'none', uris, 'authorization_code refresh_token', 'delegated:all', 1)
  const secret = sha256(CLIENT.serviceSecret)
  const { service, serviceScope } = CLIENT
  await insert(service, 'Demo service', secret, 'client_secret_basic', '[]', 'client_credentials', serviceScope, 0)
}
