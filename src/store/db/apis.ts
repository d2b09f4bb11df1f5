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

/**
 * The APIs of a stored list of scopes, as a JSON array of rows; null for a list without scopes of APIs. A scalar of the
 * statement that reads the list, so that it costs no more than their rows.
 */
export function apisOf(scopes: Fragment): Fragment {
  return sql`
    CASE WHEN instr(${scopes}, '|') > 0 THEN (
      SELECT json_group_array(json_object('resource', a.resource, 'name', a.name, 'scopes', a.scopes, 'claims', a.claims,
        'accessTokenSeconds', a.access_token_seconds, 'openToAll', a.open_to_all, 'serverClientId', a.server_client_id,
        'disabledAt', a.disabled_at, 'createdAt', a.created_at, 'updatedAt', a.updated_at))
      FROM ${partsOf(scopes)} j CROSS JOIN apis a ON a.resource = rtrim(j.value, '|') WHERE j.value LIKE '%|') END`
}

const partsOf = (scopes: Fragment) => sql`json_each('["' || replace(${scopes}, ' ', '","') || '"]')`

/**
 * Holds if a token can be had for what the session of the alias `s` was granted: for the API of one of these `resources`; for
 * Kith if it is null; for the default if it is undefined. The APIs are enabled, and as they were when the session began.
 */
export function isTargetUnchanged(resources: readonly string[] | null | undefined): Fragment {
  // A grant lists the scopes of Kith first.
  const hasOwn = sql`instr(s.scope || ' ', ' ') < instr(s.scope || ' |', '|')`
  const isUnchanged = sql`a.disabled_at IS NULL AND a.updated_at < s.created_at`
  if (resources === null) return hasOwn
  if (resources) {
    return sql`EXISTS (
      SELECT 1 FROM apis a WHERE a.resource IN ${resources} AND ${isUnchanged} AND instr(' ' || s.scope || ' ', ' ' || a.resource || '| ') > 0)`
  }
  return sql`(instr(s.scope, '|') = 0 OR (
    SELECT CASE count(*) WHEN 1 THEN count(a.resource) ELSE ${hasOwn} END
    FROM ${partsOf(sql`s.scope`)} j LEFT JOIN apis a ON a.resource = rtrim(j.value, '|') AND ${isUnchanged} WHERE j.value LIKE '%|'))`
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
