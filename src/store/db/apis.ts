/**
 * The registry of the team's own APIs in D1 (core/oauth/apis.ts). As with clients, `updated_at` is the version of a row:
 * a change is guarded by the version it was based on.
 */
import { sql } from 'drizzle-orm'
import { all, always, type Fragment, first, run, type Statement } from './database.ts'
import type { apis } from './schema/oauth.ts'

export type ApiRow = typeof apis.$inferSelect

export function findApi(resource: string): Statement<ApiRow | null> {
  return first(sql`SELECT * FROM apis WHERE resource = ${resource}`)
}

/** The witness: the API in the version that a change produces, whoever made it. */
export function findApiOfVersion(resource: string, updatedAt: number): Statement<ApiRow | null> {
  return first(sql`SELECT * FROM apis WHERE resource = ${resource} AND updated_at = ${updatedAt}`)
}

/** Those that exist, in one statement. */
export function findApis(resources: readonly string[]): Statement<ApiRow[]> {
  return all(sql`SELECT a.* FROM json_each(${JSON.stringify(resources)}) j CROSS JOIN apis a ON a.resource = j.value`)
}

/** In the order of their resources, after `after`. */
export function listApis(input: { after: string; limit: number }): Statement<ApiRow[]> {
  return all(sql`SELECT * FROM apis WHERE resource > ${input.after} ORDER BY resource LIMIT ${input.limit}`)
}

/** Holds if the client may be an API's own: it is registered and authenticates. */
export function mayServeApi(clientId: string | null): Fragment {
  if (clientId === null) return always
  return sql`EXISTS (
    SELECT 1 FROM oauth_clients WHERE id = ${clientId} AND token_endpoint_auth_method NOT IN ('none', 'deleted', 'machine_key'))`
}

export function isApiNew(resource: string): Fragment {
  return sql`NOT EXISTS (SELECT 1 FROM apis WHERE resource = ${resource})`
}

/** Registers the API where `condition` holds. */
export function insertApi(row: ApiRow, condition: Fragment): Statement<void> {
  return run(sql`
    INSERT INTO apis (resource, name, scopes, claims, access_token_seconds, open_to_all, server_client_id, disabled_at, created_at, updated_at)
    SELECT ${row.resource}, ${row.name}, ${row.scopes}, ${row.claims}, ${row.accessTokenSeconds}, ${row.openToAll}, ${row.serverClientId},
            ${row.disabledAt}, ${row.createdAt}, ${row.updatedAt}
    WHERE ${condition}
    ON CONFLICT (resource) DO NOTHING`)
}

/** Holds while the API has this version. */
export function isApiOfVersion(resource: string, updatedAt: number): Fragment {
  return sql`EXISTS (SELECT 1 FROM apis WHERE resource = ${resource} AND updated_at = ${updatedAt})`
}

export function updateApi(row: ApiRow, condition: Fragment): Statement<void> {
  return run(sql`
    UPDATE apis SET name = ${row.name}, scopes = ${row.scopes}, claims = ${row.claims}, access_token_seconds = ${row.accessTokenSeconds},
      open_to_all = ${row.openToAll}, server_client_id = ${row.serverClientId}, disabled_at = ${row.disabledAt}, updated_at = ${row.updatedAt}
    WHERE resource = ${row.resource} AND (${condition})`)
}

export function deleteApi(resource: string, condition: Fragment): Statement<void> {
  return run(sql`DELETE FROM apis WHERE resource = ${resource} AND (${condition})`)
}

/** A row when there is no such API. */
export function findApiGone(resource: string): Statement<{ resource: string } | null> {
  return first(sql`SELECT ${resource} AS resource WHERE ${isApiNew(resource)}`)
}
