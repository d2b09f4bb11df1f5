/** What a client may have of the team's own APIs, as the operator's command reads and shows it. */
import { requireScopes } from '../../src/core/oauth/api-plans.ts'
import { type ApiScope, byResource, resourcesOf } from '../../src/core/oauth/api-scopes.ts'
import { clientApiScopes } from '../../src/core/oauth/apis.ts'
import { findApis } from '../../src/store/db/apis.ts'
import type { ClientRow } from '../../src/store/db/client-registration.ts'
import { execute } from '../database.ts'
import { judge } from './input.ts'

/** `<resource> <scope> <scope>`; `none` for no API. What is said of an API twice counts together. */
export function readApis(sent: readonly string[] | undefined): ApiScope[] | undefined {
  if (sent === undefined) return undefined
  const apis = sent.join() === 'none' ? [] : sent.map((text) => text.trim().split(/\s+/))
  const ofEach = Object.entries(Object.groupBy(apis, ([resource = '']) => resource))
  const scopes = ofEach.map(([resource, texts = []]) => [resource, texts.flatMap(([, ...names]) => names)])
  return judge('--api', clientApiScopes, Object.fromEntries(scopes))
}

/** An API and a scope that are added must exist. */
export async function requireRegistered(
  row: ClientRow,
  before: ClientRow | null,
  added: readonly ApiScope[] = [],
  remote: boolean,
): Promise<void> {
  const apis = added.length === 0 ? [] : await execute([], findApis(resourcesOf(added)), remote)
  requireScopes(row, before, apis)
}

/** Each API with its scopes, in the form of the option. */
export function apiTexts(scopes: readonly ApiScope[]): string[] {
  return Object.entries(byResource(scopes)).map(([resource, names]) => [resource, ...names].join(' '))
}
