/** The clients and APIs at Kith, by the rules of its core, in one go: each operator's command takes seconds. */
import { planApi } from '../../../src/core/oauth/api-plans.ts'
import { clientApiScopes } from '../../../src/core/oauth/apis.ts'
import { grantTypes } from '../../../src/core/oauth/client-fields.ts'
import { jwks } from '../../../src/core/oauth/client-keys.ts'
import { planClient } from '../../../src/core/oauth/client-plans.ts'
import { parseScopes } from '../../../src/core/scopes.ts'
import { insertApi } from '../../../src/store/db/apis.ts'
import { insertClient } from '../../../src/store/db/client-registration.ts'
import { always, type Statement } from '../../../src/store/db/database.ts'
import { executeIn } from '../person.ts'
import type { Project } from '../project.ts'
import { APIS, REGISTRATIONS, type Registration } from './clients.ts'

const ctx = { now: Date.now(), hasPairwiseKey: () => true, keys: () => ({ current: '', keys: new Map() }) }

/** Returns the secrets, by the client. */
export async function registerAll(project: Project, origin: string): Promise<Record<string, string>> {
  const secrets: Record<string, string> = {}
  const writes: Statement<unknown>[] = Object.entries(APIS).map(([resource, names]) => {
    const scopes = names.split(' ').map((name) => ({ name, description: 'Test' }))
    return insertApi(
      planApi({ resource, name: 'Test', scopes }, true, { now: ctx.now, config: { origin, environment: 'development' } }),
      always,
    )
  })
  for (const client of REGISTRATIONS) {
    const { row, secret } = await plan(client)
    writes.push(insertClient(row))
    secrets[row.id] = secret ?? ''
  }
  await executeIn(project, writes)
  return secrets
}

function plan(client: Registration) {
  const apis = Object.entries(client.api_scopes ?? {}).map(([resource, names]) => [resource, names.split(' ')])
  return planClient(
    {
      id: client.client_id,
      name: 'Test',
      isFirstParty: true,
      scopes: parseScopes(client.scope).scopes,
      apiScopes: clientApiScopes.parse(Object.fromEntries(apis)),
      authMethod: client.token_endpoint_auth_method,
      subjectType: client.subject_type,
      grantTypes: grantTypes.parse(client.grant_types),
      redirectUris: client.redirect_uris,
      postLogoutRedirectUris: client.post_logout_redirect_uris,
      jwks: client.jwks && jwks.parse(client.jwks),
      requiresPushedRequests: client.require_pushed_authorization_requests,
      requiresSignedRequests: client.require_signed_request_object,
      isDpopBound: client.dpop_bound_access_tokens,
      backchannelLogoutUri: client.backchannel_logout_uri,
    },
    ctx,
  )
}
