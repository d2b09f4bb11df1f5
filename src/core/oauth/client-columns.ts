/** A client's metadata as a row of the store, and back. */
import type { ClientRow } from '../../store/db/client-registration.ts'
import type { Scope } from '../scopes.ts'
import { toStoredScopes, withoutApiScopes } from './api-scopes.ts'
import type { ClientAuthenticationMethod } from './client-authentication.ts'
import type { KeySet } from './client-keys.ts'
import type { ClientMetadata } from './client-metadata.ts'
import { type GrantType, traitsOf } from './clients.ts'

/** The metadata as a row stores them, including each list. */
export function toColumns(metadata: ClientMetadata) {
  return {
    name: metadata.name,
    redirectUris: JSON.stringify(metadata.redirectUris),
    postLogoutRedirectUris: JSON.stringify(metadata.postLogoutRedirectUris),
    grantTypes: metadata.grantTypes.join(' '),
    scopes: toStoredScopes(metadata.scopes, metadata.apiScopes),
    tokenEndpointAuthMethod: metadata.authMethod,
    jwks: metadata.jwks && JSON.stringify(metadata.jwks),
    jwksUri: metadata.jwksUri,
    firstParty: Number(metadata.isFirstParty),
    mayChangeAddresses: Number(metadata.mayChangeAddresses),
    requirePkce: Number(metadata.requiresPkce),
    requirePushedRequests: Number(metadata.requiresPushedRequests),
    requireSignedRequests: Number(metadata.requiresSignedRequests),
    dpopBound: Number(metadata.isDpopBound),
    securityProfile: metadata.securityProfile,
    accessTokenSeconds: metadata.accessTokenSeconds,
    idTokenSignedResponseAlg: metadata.idTokenAlg,
    claimsInIdToken: Number(metadata.claimsInIdToken),
    claims: metadata.claims.join(' '),
    subjectType: metadata.subjectType,
    sectorIdentifierUri: metadata.sectorIdentifierUri,
    backchannelLogoutUri: metadata.backchannelLogoutUri,
    frontchannelLogoutUri: metadata.frontchannelLogoutUri,
    clientUri: metadata.clientUri,
    logoUri: metadata.logoUri,
    policyUri: metadata.policyUri,
    tosUri: metadata.tosUri,
    nativeDevelopment: Number(metadata.isNativeDevelopment),
  } satisfies Partial<ClientRow>
}

export function toMetadata(row: ClientRow): ClientMetadata {
  return {
    ...traitsOf(row),
    grantTypes: row.grantTypes.split(' ') as GrantType[],
    scopes: withoutApiScopes(row.scopes) as Scope[],
    authMethod: row.tokenEndpointAuthMethod as ClientAuthenticationMethod,
    jwks: row.jwks === null ? null : (JSON.parse(row.jwks) as KeySet),
    jwksUri: row.jwksUri,
    mayChangeAddresses: row.mayChangeAddresses === 1,
  }
}
