/** The fields of a client's form, under the names of RFC 7591, and how they become what the registry takes. */
import * as z from 'zod'
import { isApiScopeText, storedApiScopes, toStoredScope } from '../../../core/oauth/api-scopes.ts'
import { clientApiScopes } from '../../../core/oauth/apis.ts'
import * as client from '../../../core/oauth/client-fields.ts'
import { jwks, jwksUri } from '../../../core/oauth/client-keys.ts'
import { type ClientMetadata, METADATA_NAMES } from '../../../core/oauth/client-metadata.ts'
import type { ClientChanges } from '../../../core/oauth/client-registration.ts'
import { DEVICE_GRANT, GRANT_TYPES, type GrantType, TOKEN_EXCHANGE } from '../../../core/oauth/clients.ts'
import { chosenScopes, type Shown, scopeFields, shownScopes } from '../scope-choices.tsx'
import { checkBox, lines, optional, optionalJson, wholeNumber } from '../typed-fields.ts'

/** Names of grants without the URNs. */
export const GRANT_NAMES = {
  authorization_code: 'authorization_code',
  refresh_token: 'refresh_token',
  client_credentials: 'client_credentials',
  [DEVICE_GRANT]: 'device',
  [TOKEN_EXCHANGE]: 'exchange',
} as const satisfies Record<GrantType, string>

export const FLAGS = {
  first_party: checkBox,
  may_change_addresses: checkBox,
  require_pkce: checkBox,
  require_pushed_authorization_requests: checkBox,
  require_signed_request_object: checkBox,
  dpop_bound_access_tokens: checkBox,
  claims_in_id_token: checkBox,
  native_development: checkBox,
}
export type FlagName = keyof typeof FLAGS

const GRANTS = {
  'grant authorization_code': checkBox,
  'grant refresh_token': checkBox,
  'grant client_credentials': checkBox,
  'grant device': checkBox,
  'grant exchange': checkBox,
}

const metadataFields = {
  client_name: client.clientName,
  redirect_uris: lines(client.redirectUris),
  post_logout_redirect_uris: lines(client.postLogoutRedirectUris),
  token_endpoint_auth_method: client.authMethod,
  jwks: optionalJson(jwks),
  jwks_uri: optional(jwksUri),
  security_profile: client.securityProfile,
  access_token_seconds: wholeNumber(client.accessTokenSeconds),
  id_token_signed_response_alg: client.idTokenAlg,
  claims: lines(client.clientClaims),
  subject_type: client.subjectType,
  sector_identifier_uri: optional(client.sectorIdentifierUri),
  backchannel_logout_uri: optional(client.backchannelLogoutUri),
  frontchannel_logout_uri: optional(client.frontchannelLogoutUri),
  client_uri: optional(client.clientUri),
  logo_uri: optional(client.logoUri),
  policy_uri: optional(client.policyUri),
  tos_uri: optional(client.tosUri),
  ...FLAGS,
  ...GRANTS,
  ...scopeFields,
}

/** Beside these there is a check box for each scope of an API: `api <resource>|<name>`. */
export const NewClientForm = z.object({ client_id: client.newClientId, ...metadataFields }).catchall(z.string())
/** `version`: of the client, as it was shown. */
export const ClientForm = z.object({ version: wholeVersion(), ...metadataFields }).catchall(z.string())

export function wholeVersion() {
  return z
    .string()
    .regex(/^\d{1,16}$/, 'is wrong')
    .transform(Number)
}

const API = 'api '

type Values = z.output<z.ZodObject<typeof metadataFields>>

/** What a form says about a client. */
export function toChanges(values: Values): Omit<ClientChanges, 'name' | 'scopes'> & Pick<ClientMetadata, 'name' | 'scopes'> {
  const named = Object.entries(METADATA_NAMES).map(([field, name]) => [field, values[name as keyof typeof values]])
  const apis = Object.keys(values).filter((name) => name.startsWith(API))
  return {
    ...(Object.fromEntries(named) as Omit<ClientChanges, 'name' | 'scopes'>),
    name: values.client_name,
    grantTypes: GRANT_TYPES.filter((grant) => values[`grant ${GRANT_NAMES[grant]}`]),
    scopes: chosenScopes(values),
    apiScopes: apiScopesOf(apis.map((name) => name.slice(API.length))),
  }
}

/** Of one API, the API itself comes with any of its scopes. */
function apiScopesOf(names: readonly string[]) {
  const byResource: Record<string, string[]> = Object.create(null)
  for (const { resource, name } of storedApiScopes(names.filter(isApiScopeText).join(' '))) {
    byResource[resource] = [...(byResource[resource] ?? []), ...(name === '' ? [] : [name])]
  }
  return clientApiScopes.parse(byResource)
}

/** The same as a form shows it. */
export function toShown(metadata: ClientMetadata): Shown {
  const texts = Object.entries(METADATA_NAMES).map(([field, name]): [string, string] => [
    name,
    toText(metadata[field as keyof ClientMetadata]),
  ])
  return {
    ...Object.fromEntries(texts),
    jwks: metadata.jwks === null ? '' : JSON.stringify(metadata.jwks, null, 2),
    ...Object.fromEntries(metadata.grantTypes.map((grant) => [`grant ${GRANT_NAMES[grant]}`, 'on'])),
    ...shownScopes(metadata.scopes),
    ...Object.fromEntries(metadata.apiScopes.map((scope) => [`${API}${toStoredScope(scope)}`, 'on'])),
  }
}

function toText(value: unknown): string {
  if (Array.isArray(value)) return value.join('\n')
  if (typeof value === 'boolean') return value ? 'on' : ''
  return value === null ? '' : String(value)
}
