/** What a client may have of the team's own APIs, as the operator's command reads and shows it. */
import { findSpelt, spellingsOf } from '../../src/core/oauth/api-grants.ts'
import { type ApiScope, byResource, resourcesOf } from '../../src/core/oauth/api-scopes.ts'
import { clientApiScopes } from '../../src/core/oauth/apis.ts'
import { findApis } from '../../src/store/db/apis.ts'
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

/** The APIs that are named, and what is named of them as they are spelt. */
export async function findNamed(named: readonly ApiScope[] | undefined, remote: boolean) {
  const apis = named?.length ? await execute([], findApis(resourcesOf(named).flatMap(spellingsOf)), remote) : []
  const spelt = (resource: string) => findSpelt(apis, resource, (api) => api.resource)?.resource ?? resource
  return { apis, apiScopes: named?.map(({ resource, name }) => ({ resource: spelt(resource), name })) }
}

/** Each API with its scopes, in the form of the option. */
export function apiTexts(scopes: readonly ApiScope[]): string[] {
  return Object.entries(byResource(scopes)).map(([resource, names]) => [resource, ...names].join(' '))
}
