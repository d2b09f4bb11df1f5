/** A client's metadata as a row of the store, and back. */
import type { ClientRow } from '../../store/db/client-registration.ts'
import type { Scope } from '../scopes.ts'
import { storedApiScopes, toStoredScopes, withoutApiScopes } from './api-scopes.ts'
import type { ClientAuthenticationMethod } from './client-authentication.ts'
import type { KeySet } from './client-keys.ts'
import type { ClientMetadata } from './client-metadata.ts'
import type { GrantType, SecurityProfile, SubjectType } from './clients.ts'
import type { SigningAlgorithm } from './signing-keys.ts'

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
    name: row.name,
    redirectUris: JSON.parse(row.redirectUris) as string[],
    postLogoutRedirectUris: JSON.parse(row.postLogoutRedirectUris) as string[],
    grantTypes: row.grantTypes.split(' ') as GrantType[],
    scopes: withoutApiScopes(row.scopes) as Scope[],
    apiScopes: storedApiScopes(row.scopes),
    authMethod: row.tokenEndpointAuthMethod as ClientAuthenticationMethod,
    jwks: row.jwks === null ? null : (JSON.parse(row.jwks) as KeySet),
    jwksUri: row.jwksUri,
    isFirstParty: row.firstParty === 1,
    mayChangeAddresses: row.mayChangeAddresses === 1,
    requiresPkce: row.tokenEndpointAuthMethod === 'none' || row.requirePkce === 1,
    requiresPushedRequests: row.requirePushedRequests === 1,
    requiresSignedRequests: row.requireSignedRequests === 1,
    isDpopBound: row.dpopBound === 1,
    securityProfile: row.securityProfile as SecurityProfile,
    accessTokenSeconds: row.accessTokenSeconds,
    idTokenAlg: row.idTokenSignedResponseAlg as SigningAlgorithm,
    claimsInIdToken: row.claimsInIdToken === 1,
    claims: row.claims.split(' ').filter(Boolean),
    subjectType: row.subjectType as SubjectType,
    sectorIdentifierUri: row.sectorIdentifierUri,
    backchannelLogoutUri: row.backchannelLogoutUri,
    frontchannelLogoutUri: row.frontchannelLogoutUri,
    clientUri: row.clientUri,
    logoUri: row.logoUri,
    policyUri: row.policyUri,
    tosUri: row.tosUri,
    isNativeDevelopment: row.nativeDevelopment === 1,
  }
}
