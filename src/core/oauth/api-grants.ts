/**
 * Grants for the team's own APIs (RFC 8707). A request names APIs by `resource`, and their scopes beside Kith's in
 * `scope`; the grant keeps both. Each access token is for one audience: an API of the grant, or Kith. Client and API
 * count as they are now, not as they were when the user agreed.
 */
import type { Config } from '../../config.ts'
import { type ApiRow, findApis } from '../../store/db/apis.ts'
import type { Statement } from '../../store/db/database.ts'
import { AppError } from '../errors.ts'
import { intersectScopes, isIdentityScope, listScopes, type Scope, storedScopes, withinPerson } from '../scopes.ts'
import { type ApiScope, storedApiScopes, toStoredScope } from './api-scopes.ts'
import { type Api, toApi } from './apis.ts'
import type { Client } from './clients.ts'
import {
  grantedByPerson,
  invalidScope,
  narrowedTo,
  parseScope,
  scopesOfRefresh,
  scopesWithin,
  within,
  withinGranted,
} from './granted-scopes.ts'
import { RESOURCES_MAX } from './limits.ts'

/** What a grant covers: scopes of Kith and of APIs, and single claims (`granted-claims.ts`). */
export interface Granted {
  readonly scopes: readonly Scope[]
  readonly apiScopes: readonly ApiScope[]
  readonly claims?: readonly string[]
}

/** What a token request asks for. */
export interface Asked {
  readonly scope?: string | undefined
  /** As received: any number. */
  readonly resources?: readonly string[] | undefined
}

/** What a token is for. */
export interface Target {
  /** Null: Kith itself. */
  readonly api: Api | null
  /** Those of Kith: the ID token depends on them, whatever the audience. */
  readonly scopes: readonly Scope[]
  /** The scopes of the access token: the audience's own. */
  readonly names: readonly string[]
}

/** The text of a grant, with its APIs as the store reads them in the same statement (`apisOf`). */
interface StoredGrant {
  readonly scope: string
  readonly apis: string | null
}

export type Holder = Pick<Client, 'source' | 'apiScopes'>

export function toGrantText({ scopes, apiScopes, claims = [] }: Granted): string {
  return [...scopes, ...apiScopes.map(toStoredScope), ...claims].join(' ')
}

/** The read for the resources of a request; none without them. */
export function apiReads(resources: readonly string[] | undefined): Statement<ApiRow[]>[] {
  return resources === undefined ? [] : [findApis(resources.slice(0, RESOURCES_MAX).flatMap(spellingsOf))]
}

/** RFC 3986 §6.2.3: an empty path and `/` are the same, and URL libraries turn one into the other. */
export function spellingsOf(resource: string): string[] {
  const origin = /^([a-z]+:\/\/[^/?#]+)\/?$/i.exec(resource)?.[1]
  return origin === undefined ? [resource] : [origin, `${origin}/`]
}

/**
 * What a client requests, within what it is registered for: of Kith, and of the APIs that it names. Without `scope`,
 * all that it may have of those; Kith's own scopes then only if no API is named, or Kith is as well.
 */
export function requestedWithin(config: Config, client: Client, { scope, resources = [] }: Asked, rows: readonly ApiRow[] = []): Granted {
  if (resources.length > RESOURCES_MAX) throw invalidTarget(`At most ${RESOURCES_MAX} resources can be named`)
  const named = resources.filter((resource) => !isKith(config, resource)).map((resource) => openApi(client, resource, rows))
  const apis = [...new Map(named.map((open) => [open.api.resource, open])).values()]
  const isKnown = (name: string) => apis.some(({ api }) => api.scopes.some((known) => known.name === name))
  requireResources(client, scope, isKnown)
  if (apis.length === 0) return { scopes: ownScopes(client, scope, client.scopes), apiScopes: [] }
  if (scope === undefined) {
    const scopes = named.length < resources.length ? scopesWithin(undefined, client.scopes) : []
    return { scopes, apiScopes: apis.flatMap(({ api, names }) => toApiScopes(api, names)) }
  }
  const asked = parseScope(scope, isKnown)
  const beyond = asked.names.filter((name) => !apis.some(({ names }) => names.includes(name)))
  if (beyond.length > 0) throw invalidScope(`The client may not have ${listScopes(beyond)}`)
  const isAsked = (name: string) => asked.names.includes(name)
  return {
    scopes: within(asked.scopes, client.scopes),
    apiScopes: apis.flatMap(({ api, names }) => toApiScopes(api, names.filter(isAsked))),
  }
}

/** A scope of the client's APIs, none of which the request names, would be lost as an unknown one. */
function requireResources({ apiScopes }: Client, scope = '', isKnown: (name: string) => boolean = () => false): void {
  const isForgotten = (name: string) => name !== '' && !isKnown(name) && apiScopes.some((known) => known.name === name)
  const forgotten = scope.split(' ').filter(isForgotten)
  if (forgotten.length > 0) throw invalidScope(`${listScopes(forgotten)} is a scope of an API: name the API in resource`)
}

/** Of a request that names no API. */
function ownScopes({ apiScopes }: Client, scope: string | undefined, allowed: readonly Scope[]): Scope[] {
  if (scope === undefined && apiScopes.length > 0 && allowed.every(isIdentityScope))
    throw invalidScope('Name an API in resource, or scopes in scope')
  return scopesWithin(scope, allowed)
}

function toApiScopes({ resource }: Api, names: readonly string[]): ApiScope[] {
  return ['', ...names].map((name) => ({ resource, name }))
}

/** The part of it that a user can grant: roles say nothing about APIs. */
export function grantedBy({ scopes, apiScopes, claims = [] }: Granted, held: readonly Scope[]): Granted {
  return { scopes: apiScopes.length > 0 ? withinPerson(scopes, held) : grantedByPerson(scopes, held), apiScopes, claims }
}

/** What is left of a device's request, which nobody has decided yet. */
export function narrowedGrant(client: Client, request: StoredGrant): Granted {
  const open = new Map(toRows(request.apis).map((row) => [row.resource, namesFor(client, toApi(row))]))
  const apiScopes = storedApiScopes(request.scope).filter(
    ({ resource, name }) => ['', ...(open.get(resource) ?? [])].includes(name) && open.get(resource),
  )
  const scopes = storedScopes(request.scope)
  return { scopes: apiScopes.length > 0 ? intersectScopes(scopes, client.scopes) : narrowedTo(scopes, client.scopes), apiScopes }
}

/**
 * RFC 8707 §2.2: the one audience of a token and its scopes. Without `resource` it is the API, if the grant is for
 * exactly one; otherwise Kith.
 */
export function targetOf(config: Config, client: Client, grant: StoredGrant, asked: Asked): Target {
  const apiScopes = storedApiScopes(grant.scope)
  const own = storedScopes(grant.scope)
  const audience = audienceOf(config, apiScopes, asked.resources)
  if (audience === null) {
    if (own.length === 0) throw invalidTarget('The grant is for APIs only: name one of them as the resource')
    const scopes = narrowedTo(scopesOfRefresh(asked.scope, own), client.scopes)
    return { api: null, scopes, names: scopes }
  }
  const { api, names } = openApi(client, audience, toRows(grant.apis))
  const held = apiScopes.filter(({ resource, name }) => resource === audience && name !== '').map(({ name }) => name)
  const { scopes, wanted } = askedOfGrant({ own, held, apiScopes, api }, asked.scope)
  const left = wanted.filter((name) => names.includes(name))
  if (wanted.length > 0 && left.length === 0) throw invalidScope(`The client may no longer have ${listScopes(wanted)}`)
  return { api, scopes: intersectScopes(scopes, client.scopes), names: left }
}

/** The resource of the API, null for Kith. */
function audienceOf(config: Config, apiScopes: readonly ApiScope[], resources: readonly string[] = []): string | null {
  const granted = apiScopes.filter(({ name }) => name === '').map(({ resource }) => resource)
  const named = onlyOne(resources)
  if (named === undefined) return granted.length === 1 ? (granted[0] ?? null) : null
  if (isKith(config, named)) return null
  const found = findSpelt(granted, named, (resource) => resource)
  if (found === undefined) throw invalidTarget(`${listScopes([named])} was not granted`)
  return found
}

interface GrantOfApi {
  readonly own: readonly Scope[]
  /** Of the audience. */
  readonly held: readonly string[]
  readonly apiScopes: readonly ApiScope[]
  readonly api: Api
}

/** RFC 6749 §6: as much of the grant as is asked for. Scopes of the grant that are not of the audience are left out. */
function askedOfGrant({ own, held, apiScopes, api }: GrantOfApi, scope: string | undefined) {
  if (scope === undefined) return { scopes: own, wanted: held }
  const isGranted = (name: string) => apiScopes.some((granted) => granted.name === name)
  const asked = parseScope(scope, (name) => isGranted(name) || api.scopes.some((known) => known.name === name))
  if (asked.scopes.includes('*')) return { scopes: own, wanted: held }
  const beyond = asked.names.filter((name) => !isGranted(name))
  if (beyond.length > 0) throw invalidScope(`${listScopes(beyond)} was not granted`)
  return { scopes: withinGranted(asked.scopes, own), wanted: held.filter((name) => asked.names.includes(name)) }
}

/** RFC 6749 §4.4: what a client may have for itself, of Kith or of the API that it names. */
export function targetOfClient(config: Config, client: Client, asked: Asked, rows: readonly ApiRow[] = []): Target {
  const named = onlyOne(asked.resources ?? [])
  if (named === undefined || isKith(config, named)) {
    requireResources(client, asked.scope)
    const scopes = ownScopes(client, asked.scope, intersectScopes(client.scopes, ['client:all']))
    return { api: null, scopes, names: scopes }
  }
  const { api } = openApi(client, named, rows)
  const { apiScopes } = requestedWithin(config, client, asked, rows)
  const names = apiScopes.map(({ name }) => name).filter(Boolean)
  if (asked.scope !== undefined && names.length === 0)
    throw invalidScope(`${api.name} has no scope of ${listScopes(asked.scope.split(' '))}`)
  return { api, scopes: [], names }
}

/** What a token of an API may still be used for; null if for nothing. `granted`: by its user, or to the client for itself. */
export function liveApiScopes(
  holder: Holder,
  api: Api | null,
  names: readonly string[],
  granted: readonly ApiScope[],
): { readonly api: Api; readonly scopes: string[] } | null {
  const open = api && namesFor(holder, api)
  const isGranted = (name: string) => granted.some((scope) => scope.resource === api?.resource && scope.name === name)
  return open && isGranted('') ? { api, scopes: names.filter((name) => open.includes(name) && isGranted(name)) } : null
}

/** The names that a client may have of an API; null if the API is not open to it. */
function namesFor({ source, apiScopes }: Holder, api: Api): string[] | null {
  const all = api.scopes.map(({ name }) => name)
  if (!api.isEnabled) return null
  if (source !== 'operator') return api.isOpenToAll ? all : null
  const registered = apiScopes.filter(({ resource }) => resource === api.resource)
  return registered.length === 0 ? null : all.filter((name) => registered.some((scope) => scope.name === name))
}

export function openApi(client: Client, named: string, rows: readonly ApiRow[]): { readonly api: Api; readonly names: string[] } {
  const row = findSpelt(rows, named, ({ resource }) => resource)
  const api = row && toApi(row)
  const names = api && namesFor(client, api)
  if (!names) throw invalidTarget(`The client is not allowed to use ${listScopes([named])}`)
  return { api, names }
}

/** As it is spelt, before any other spelling. */
export function findSpelt<T>(list: readonly T[], named: string, of: (item: T) => string): T | undefined {
  return list.find((item) => of(item) === named) ?? list.find((item) => spellingsOf(named).includes(of(item)))
}

export function isKith({ origin }: Config, resource: string): boolean {
  return spellingsOf(origin).includes(resource)
}

export function onlyOne(resources: readonly string[]): string | undefined {
  if (resources.length > 1) throw invalidTarget('A token is for one resource: name only one')
  return resources[0]
}

/** What the store has read as `apis`. */
export function toRows(rows: string | null): ApiRow[] {
  return rows === null ? [] : (JSON.parse(rows) as ApiRow[])
}

export function invalidTarget(message: string): AppError {
  return new AppError('invalid_target', message)
}
