/**
 * OAuth clients, grants and access tokens for tests, put straight into the database; the oauth room's tests cover how they are
 * obtained. The same gate decides what they may do.
 */
import { createExecutionContext } from 'cloudflare:test'
import { buildRequestContext } from '../../src/context.ts'
import { issueAccessToken } from '../../src/core/oauth/access-token.ts'
import type { Scope } from '../../src/core/scopes.ts'
import { newId, type SessionId, type UserId } from '../../src/ids.ts'
import { Client, db, ORIGIN, platform } from './kith.ts'
import type { Person } from './people.ts'

const DAY_MS = 86_400_000

export const idOf = ({ id }: Pick<Person, 'id'>) => Number.parseInt(id, 16) as UserId

export const newCtx = (bindings = platform.env) => buildRequestContext(bindings, createExecutionContext(), new Request(ORIGIN))

let clients = 0

type Columns = Record<string, string | number | null>

/** A registered client that may hold `scopes`; returns its id. */
export async function newOAuthClient(scopes = '*', columns: Columns = {}): Promise<string> {
  const client = clientRow(scopes, columns)
  await client.insert.run()
  return client.id
}

function clientRow(scopes: string, columns: Columns): { id: string; insert: D1PreparedStatement } {
  clients += 1
  const row = {
    id: `test-client-${clients}`,
    name: `Test client ${clients}`,
    token_endpoint_auth_method: 'none',
    redirect_uris: '["https://app.kith.test/callback"]',
    grant_types: 'authorization_code refresh_token client_credentials',
    scopes,
    first_party: 1,
    created_at: 0,
    updated_at: 0,
    ...columns,
  }
  const names = Object.keys(row)
  const insert = db.prepare(`INSERT INTO oauth_clients (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`)
  return { id: row.id, insert: insert.bind(...Object.values(row)) }
}

/** A session as an OAuth grant makes it, with a fresh sign-in. */
export async function newGrant(person: Person, clientId: string, scopes = 'delegated:all', amr = 'pwd'): Promise<SessionId> {
  const grant = grantRow(person, clientId, scopes, amr)
  await grant.insert.run()
  return grant.id
}

function grantRow(person: Person, clientId: string, scopes: string, amr: string): { id: SessionId; insert: D1PreparedStatement } {
  const id = newId<SessionId>()
  const now = Date.now()
  const insert = db
    .prepare(
      `INSERT INTO sessions (id, user_id, client_id, scope, epoch, created_at, expires_at, idle_expires_at, last_used_at, authenticated_at, amr)
       SELECT ?, id, ?, ?, epoch, ?, ?, ?, ?, ?, ? FROM users WHERE id = ?`,
    )
    .bind(id, clientId, scopes, now, now + 90 * DAY_MS, now + 14 * DAY_MS, now, now, amr, idOf(person))
  return { id, insert }
}

/** What the person has allowed the client to do. */
export async function putConsent(personId: string, clientId: string, scopes = 'delegated:profile:read', at = 1): Promise<void> {
  await db
    .prepare('INSERT INTO consents (user_id, client_id, scopes, created_at, updated_at) VALUES (?, ?, ?, ?, ?)')
    .bind(Number.parseInt(personId, 16), clientId, scopes, at, at)
    .run()
}

/** An access token of the person for a client of its own. A negative life makes an expired one. */
export async function userToken(
  person: Person,
  scopes: readonly Scope[] = ['delegated:all'],
  lifeSeconds = 600,
  columns: Columns = {},
  amr = 'pwd',
): Promise<string> {
  const client = clientRow('*', columns)
  const grant = grantRow(person, client.id, scopes.join(' '), amr)
  await db.batch([client.insert, grant.insert])
  return issueAccessToken(newCtx(), { clientId: client.id, scopes, lifeSeconds, holder: { userId: idOf(person), sessionId: grant.id } })
}

/** An access token of a client that acts for itself. */
export async function clientToken(scopes: readonly Scope[] = ['client:all']): Promise<string> {
  const clientId = await newOAuthClient(scopes.join(' '))
  return issueAccessToken(newCtx(), { clientId, scopes, lifeSeconds: 600, holder: { clientEpoch: 0 } })
}

/** A caller with a Bearer token and no cookie. */
export function bearerOf(token: string): Client {
  const client = new Client()
  client.token = token
  return client
}
