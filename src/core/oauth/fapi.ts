/**
 * The FAPI 2.0 Security Profile (OpenID Foundation) as a switch per client (docs/fapi.md, docs/decisions/043): what it asks of a client's
 * registration and of its signatures. Most of it holds for every client, and is where the rule is.
 */

/** §5.4.1: of assertions, request objects and DPoP proofs. */
export const FAPI_ALGORITHMS: readonly string[] = ['PS256', 'ES256', 'EdDSA', 'Ed25519']

/** The profile sets these, and other values are refused. */
export const FAPI_FIELDS = { requiresPkce: true, requiresPushedRequests: true, isDpopBound: true, idTokenAlg: 'ES256' } as const

export function isFapi({ securityProfile }: { readonly securityProfile: string | null }): boolean {
  return securityProfile === 'fapi2'
}

/** Whether the client may sign with the algorithm, as far as the profile goes. */
export function maySignWith(client: { readonly securityProfile: string | null }, alg: string): boolean {
  return !isFapi(client) || FAPI_ALGORITHMS.includes(alg)
}

interface Registered {
  readonly securityProfile: string
  readonly authMethod: string
  readonly redirectUris: readonly string[]
  readonly jwks: { readonly keys: readonly { readonly alg?: string | undefined; readonly crv?: string | undefined }[] } | null
  readonly requiresPkce: boolean
  readonly requiresPushedRequests: boolean
  readonly isDpopBound: boolean
  readonly idTokenAlg: string
}
type Rule = readonly [isBroken: boolean, field: keyof Registered, message: string]

/** What a registration breaks of the profile, if it has it. */
export function fapiRules(metadata: Registered): readonly Rule[] {
  if (!isFapi(metadata)) return []
  const { authMethod, redirectUris, jwks } = metadata
  const fields = Object.entries(FAPI_FIELDS) as [keyof typeof FAPI_FIELDS, unknown][]
  const isUnusable = ({ alg = 'ES256', crv }: { alg?: string | undefined; crv?: string | undefined }) =>
    !FAPI_ALGORITHMS.includes(alg) || crv === 'P-384'
  return [
    [authMethod !== 'private_key_jwt', 'authMethod', 'security_profile fapi2 requires private_key_jwt'],
    [jwks?.keys.some(isUnusable) === true, 'jwks', `security_profile fapi2 requires keys for ${FAPI_ALGORITHMS.join(', ')}`],
    [!redirectUris.every((uri) => uri.startsWith('https://')), 'redirectUris', 'security_profile fapi2 requires https'],
    ...fields.map(([field, value]): Rule => [metadata[field] !== value, field, `security_profile fapi2 requires ${value}`]),
  ]
}
