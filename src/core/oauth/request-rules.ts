/**
 * What can be wrong with an authorization request, whoever the user is (RFC 6749 §4.1.1, RFC 7636 §4.3, OpenID Connect
 * Core §3.1.2.2).
 */
import type { Config } from '../../config.ts'
import type { ApiRow } from '../../store/db/apis.ts'
import type { OAuthClientRow } from '../../store/db/oauth-clients.ts'
import { type Acr, weakestAcr } from '../authentication-methods.ts'
import { AppError } from '../errors.ts'
import { type Granted, requestedWithin } from './api-grants.ts'
import { type AuthorizationRequest, toAuthorizationPath, withoutTickets } from './authorization-request.ts'
import { readClaimsRequest } from './claims-request.ts'
import { type Client, requireGrantType, toClient } from './clients.ts'
import { isThumbprint } from './dpop.ts'
import { claimsWithin } from './granted-claims.ts'
import { AUTHORIZATION_REQUEST_LENGTH_MAX, NONCE_LENGTH_MAX } from './limits.ts'
import { isCodeChallenge } from './pkce.ts'
import { compareUris, isRegisteredRedirectUri } from './redirect-uri.ts'
import { requireSigningKey } from './signing-keys.ts'

export const RESPONSE_TYPES = ['code'] as const
/** OAuth 2.0 Multiple Response Types §2.1, OAuth 2.0 Form Post Response Mode. */
export { LOCALES as UI_LOCALES } from '../../texts/locales.ts'
export const RESPONSE_MODES = ['query', 'form_post'] as const
export type ResponseMode = (typeof RESPONSE_MODES)[number]
/** OpenID Connect Core §3.1.2.1, Initiating User Registration 1.0 §4. */
export const PROMPTS = ['none', 'login', 'consent', 'select_account', 'create'] as const
export type Prompt = (typeof PROMPTS)[number]

/** The validated request, within what the client may have. */
export interface Judged extends Granted {
  readonly prompts: ReadonlySet<Prompt>
  readonly maxAgeMs: number | null
  /** How strong the sign-in must be; null if the client does not say. */
  readonly acr: Acr | null
  /** The user must have a subject of each of these lists. */
  readonly subjects: readonly (readonly unknown[])[]
}

/** The client, if the browser may be redirected to the URI at all. */
export function judgeClient(row: OAuthClientRow | null, request: AuthorizationRequest): Client {
  const client = toClient(row)
  if (!client) throw new AppError('invalid_request', 'The client is unknown')
  if (request.redirectUri === '') throw new AppError('invalid_request', 'redirect_uri is required')
  if (!isRegisteredRedirectUri(client.redirectUris, request.redirectUri, { nativeDevelopment: client.isNativeDevelopment })) {
    const hint = compareUris(request.redirectUri, client.redirectUris)
    throw new AppError('invalid_request', 'The redirect_uri is not registered for the client', { hint })
  }
  return client
}

/** `apis`: those that `apiReads` found for the request. */
export function judgeRequest(config: Config, client: Client, request: AuthorizationRequest, apis: readonly ApiRow[] | undefined): Judged {
  // RFC 6749 §3.1 and §4.1.2.1: an error to report to the client.
  if (request.repeated !== undefined) throw invalid(`${request.repeated} must not be repeated`)
  if (request.responseType === undefined) throw invalid('response_type is required')
  if (request.responseType !== 'code') throw new AppError('unsupported_response_type', 'The response_type must be code')
  if (request.responseMode !== undefined && !toResponseMode(request.responseMode)) throw invalid('The response_mode is not supported')
  if (request.requestObject !== undefined) throw new AppError('request_not_supported', 'Request objects go to the authorization endpoint')
  if (request.requestUri !== undefined)
    throw new AppError('request_uri_not_supported', 'request_uri is not supported: send the parameters themselves')
  if (request.registration !== undefined) throw new AppError('registration_not_supported', 'Clients are registered by the operator')
  // A longer one would be lost while the user signs in.
  if (toAuthorizationPath(withoutTickets(request)).length > AUTHORIZATION_REQUEST_LENGTH_MAX) {
    throw invalid(`The request may have at most ${AUTHORIZATION_REQUEST_LENGTH_MAX} characters`)
  }
  requireGrantType(client, 'authorization_code')
  judgeCodeChallenge(client, request)
  if ((request.nonce ?? '').length > NONCE_LENGTH_MAX) throw invalid(`The nonce may have at most ${NONCE_LENGTH_MAX} characters`)
  if (request.dpopJkt !== undefined && !isThumbprint(request.dpopJkt)) throw invalid('The dpop_jkt is not a SHA-256 in base64url')
  const requested = requestedWithin(config, client, request, apis)
  if (requested.scopes.includes('openid')) requireSigningKey(config, client.idTokenAlg)
  const asked = readClaimsRequest(request.claims)
  return {
    ...requested,
    claims: claimsWithin(client, requested.scopes, asked),
    subjects: asked.subjects,
    prompts: readPrompts(request.prompt),
    maxAgeMs: readMaxAge(request.maxAge),
    acr: asked.acr ?? weakestAcr(request.acrValues),
  }
}

export function toResponseMode(text: string | undefined): ResponseMode | undefined {
  return RESPONSE_MODES.find((mode) => mode === text)
}

/** RFC 7636 §4.3 and §4.4.1. A missing method would mean `plain`. */
function judgeCodeChallenge(client: Client, { codeChallenge, codeChallengeMethod }: AuthorizationRequest): void {
  if (codeChallenge === undefined) {
    if (client.requiresPkce) throw invalid('code_challenge is required')
    if (codeChallengeMethod !== undefined) throw invalid('code_challenge_method without code_challenge')
    return
  }
  if (codeChallengeMethod !== 'S256') throw invalid('The code_challenge_method must be S256')
  if (!isCodeChallenge(codeChallenge)) throw invalid('The code_challenge is not a SHA-256 in base64url')
}

function readPrompts(text: string | undefined): ReadonlySet<Prompt> {
  const names = (text ?? '').split(' ').filter(Boolean)
  if (names.includes('none') && names.length > 1) throw invalid('The prompt none cannot be combined with others')
  // An unknown value belongs to some extension and is ignored like an unknown parameter.
  return new Set(PROMPTS.filter((prompt) => names.includes(prompt)))
}

function readMaxAge(text: string | undefined): number | null {
  if (text === undefined) return null
  if (!/^\d{1,10}$/.test(text)) throw invalid('The max_age must be a number of seconds')
  return Number(text) * 1000
}

function invalid(message: string): AppError {
  return new AppError('invalid_request', message)
}
