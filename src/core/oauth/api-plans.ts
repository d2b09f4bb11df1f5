/**
 * What registering or changing an API does to its row, and the rules that depend on the deployment. Writes nothing;
 * `api-registration.ts` and the operator's command do.
 */
import type { Config } from '../../config.ts'
import type { ApiRow } from '../../store/db/apis.ts'
import type { AuditEventType } from '../../store/db/audit-events.ts'
import type { ClientRow } from '../../store/db/client-registration.ts'
import { AppError } from '../errors.ts'
import { storedApiScopes, toStoredScope } from './api-scopes.ts'
import { type Api, toApi } from './apis.ts'

type ApiFields = Omit<Api, 'resource' | 'isEnabled'>
/** Omitted fields stay. */
export type ApiChanges = { readonly [F in keyof ApiFields]?: ApiFields[F] | undefined } & { readonly disabled?: boolean | undefined }
/** Omitted fields get their defaults. */
export type NewApi = Pick<Api, 'resource' | 'name'> & Omit<ApiChanges, 'name' | 'disabled'>

export interface ApiPlanCtx {
  readonly now: number
  readonly config: Pick<Config, 'origin' | 'environment'>
}

const DEFAULTS: Omit<ApiFields, 'name'> = { scopes: [], claims: [], accessTokenSeconds: null, isOpenToAll: false, serverClientId: null }

/** The row of a new API. `mayServe`: whether its client, if it names one, exists and authenticates. */
export function planApi({ resource, ...fields }: NewApi, mayServe: boolean, { now, config }: ApiPlanCtx): ApiRow {
  requireOwnAddress(resource, config)
  const api = { ...DEFAULTS, ...given(fields) } as ApiFields
  if (!mayServe) throw mayNotServe()
  return { resource, ...toColumns(api), disabledAt: null, createdAt: now, updatedAt: now }
}

/** A change of an API: the updated row, and its differences as the audit trail records them; none if nothing changed. */
export interface ApiChange {
  readonly row: ApiRow
  readonly events: readonly { readonly type: AuditEventType; readonly detail: string }[]
}

export function planApiChange(before: ApiRow, changes: ApiChanges, mayServe: boolean, now: number): ApiChange {
  const { disabled = before.disabledAt !== null, ...fields } = changes
  if (changes.serverClientId != null && !mayServe) throw mayNotServe()
  const known: ApiFields = toApi(before)
  const api: ApiFields = { ...known, ...given(fields) }
  const [columns, old] = [toColumns(api), toColumns(known)]
  const changed = COLUMNS.filter((column) => columns[column] !== old[column]).map((column) => NAME_OF_COLUMN[column])
  const events = [
    ...(changed.length > 0 ? [{ type: 'api_updated', detail: `${before.resource}: ${changed.join(' ')}` } as const] : []),
    ...(disabled === (before.disabledAt !== null)
      ? []
      : [{ type: disabled ? 'api_disabled' : 'api_enabled', detail: before.resource } as const]),
  ]
  if (events.length === 0) return { row: before, events }
  const disabledAt = disabled ? (before.disabledAt ?? now) : null
  // The version of the row: never the same twice.
  return { row: { ...before, ...columns, disabledAt, updatedAt: Math.max(now, before.updatedAt + 1) }, events }
}

/**
 * What a client is newly registered for must be something, and exist; what it already had may be gone since, and gives
 * nothing.
 */
export function requireScopes(client: ClientScopes, before: ClientScopes | null, rows: readonly ApiRow[]): void {
  if (client.scopes === before?.scopes) return
  if (client.scopes === '') throw AppError.ofFields([{ path: 'scope', message: 'must name a scope' }])
  if (client.source !== 'operator' && storedApiScopes(client.scopes).length > 0) {
    throw AppError.ofFields([{ path: 'api_scopes', message: 'is not for clients that registered themselves: open the API to all of them' }])
  }
  const had = storedApiScopes(before?.scopes ?? '').map(toStoredScope)
  const added = storedApiScopes(client.scopes).filter((scope) => !had.includes(toStoredScope(scope)))
  const unknown = added.flatMap(({ resource, name }) => {
    const row = rows.find((each) => each.resource === resource)
    if (!row) return [`no API is registered as ${resource}`]
    return name === '' || toApi(row).scopes.some((scope) => scope.name === name) ? [] : [`${resource} has no scope ${name}`]
  })
  AppError.refuse([...new Set(unknown)].map((message) => ({ path: 'api_scopes', message })))
}

type ClientScopes = Pick<ClientRow, 'scopes' | 'source'>

/** The audience of an API's tokens must never be Kith's own, nor in production a page that anyone may serve on a device. */
function requireOwnAddress(resource: string, { origin, environment }: ApiPlanCtx['config']): void {
  const { protocol, origin: own } = new URL(resource)
  if (own === new URL(origin).origin) throw AppError.ofFields([{ path: 'resource', message: "must not be at Kith's own origin" }])
  if (environment === 'production' && protocol !== 'https:')
    throw AppError.ofFields([{ path: 'resource', message: 'must be https in production' }])
}

function mayNotServe(): AppError {
  return AppError.ofFields([{ path: 'server_client_id', message: 'must be a client with a secret or keys' }])
}

function toColumns({ isOpenToAll, scopes, claims, name, accessTokenSeconds, serverClientId }: ApiFields) {
  return {
    name,
    scopes: JSON.stringify(scopes),
    claims: claims.join(' '),
    accessTokenSeconds,
    openToAll: Number(isOpenToAll),
    serverClientId,
  } satisfies Partial<ApiRow>
}

/** Under the names that requests have for them. */
const NAME_OF_COLUMN: Readonly<Record<keyof ReturnType<typeof toColumns>, string>> = {
  name: 'name',
  scopes: 'scopes',
  claims: 'claims',
  accessTokenSeconds: 'access_token_seconds',
  openToAll: 'open_to_all',
  serverClientId: 'server_client_id',
}
const COLUMNS = Object.keys(NAME_OF_COLUMN) as (keyof typeof NAME_OF_COLUMN)[]

const given = (fields: object) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
