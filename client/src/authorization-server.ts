/** Kith as the authorization server: its endpoints, known without discovery, and requests to them by oauth4webapi. */
import {
  type AuthorizationServer,
  allowInsecureRequests,
  authorizationCodeGrantRequest,
  type Client,
  clockSkew,
  clockTolerance,
  customFetch,
  type DPoPHandle,
  getValidatedIdTokenClaims,
  None,
  processAuthorizationCodeResponse,
  processRefreshTokenResponse,
  ResponseBodyError,
  refreshTokenGrantRequest,
  revocationRequest,
  type TokenEndpointResponse,
} from 'oauth4webapi'
import type { Connection } from './connection.ts'
import { KithError, notOfKith, signedOut, toKithError } from './errors.ts'
import type { OpenProof, Settings } from './options.ts'
import { type AccessToken, type Grant, KITH, scopesOf } from './sessions.ts'

/** The clock of a device is often minutes off, and a token that comes straight from Kith is new. */
const CLOCK_TOLERANCE_SECONDS = 600
/** A reply that is lost is asked for again while Kith still repeats it. */
const TOKEN_TIMEOUT_MS = 10_000

export interface AuthorizationServerClient {
  readonly metadata: AuthorizationServer
  readonly client: Client
  exchangeCode(
    callback: URLSearchParams,
    asked: { verifier: string; nonce: string; maxAge: number | undefined; redirectUri: string; asked?: string | undefined },
  ): Promise<Grant>
  /** Throws `signed_out` if Kith has ended the session. */
  refresh(grant: Grant, audience: string): Promise<Grant>
  revoke(token: string): Promise<void>
}

type Ask = (options: TokenRequest) => Promise<Response>
type Read = (response: Response) => Promise<TokenEndpointResponse>
interface TokenRequest {
  readonly additionalParameters: Record<string, string>
  readonly DPoP?: DPoPHandle
  readonly signal?: AbortSignal
  readonly [customFetch]: (url: string, init: { body: unknown }) => Promise<Response>
  readonly [allowInsecureRequests]: boolean
}

export function authorizationServer(settings: Settings, connection: Connection, proof: OpenProof): AuthorizationServerClient {
  const { origin, clientId, authentication = None(), environment } = settings
  const { now } = environment
  const metadata: AuthorizationServer = {
    issuer: origin,
    authorization_endpoint: `${origin}/oauth/authorize`,
    token_endpoint: `${origin}/oauth/token`,
    revocation_endpoint: `${origin}/oauth/revoke`,
    end_session_endpoint: `${origin}/oauth/logout`,
    id_token_signing_alg_values_supported: ['ES256', 'RS256'],
    authorization_response_iss_parameter_supported: true,
  }
  const client: Client = {
    client_id: clientId,
    [clockTolerance]: CLOCK_TOLERANCE_SECONDS,
    get [clockSkew]() {
      return Math.round((connection.serverNow() - Date.now()) / 1_000)
    },
  }
  const timeoutMs = Math.min(settings.timeoutMs, TOKEN_TIMEOUT_MS)
  const options = {
    // React Native sends no URLSearchParams.
    [customFetch]: (url: string, init: { body: unknown }) =>
      connection.send(new Request(url, { ...init, body: String(init.body) }), { timeoutMs }),
    [allowInsecureRequests]: origin.startsWith('http:'),
  }

  async function tokens(audience: string, before: Partial<Grant>, ask: Ask, read: Read): Promise<Grant> {
    const from = now()
    const DPoP = (await proof())?.handle
    // Without any API in the grant, every token is for Kith.
    const resource = audience || (settings.resource && origin)
    const additionalParameters: Record<string, string> = resource ? { resource } : {}
    const request = () => ask({ ...options, additionalParameters, ...(DPoP && { DPoP }) })
    const reply = await answered(request, read, DPoP !== undefined)
    const grant = toGrant(reply, { audience, before, from })
    if (audience === (settings.resource ?? KITH) && !before.access?.[audience]) warnOfMissing(grant, settings.warn)
    return grant
  }

  return {
    metadata,
    client,
    exchangeCode(callback, { verifier, nonce, maxAge, redirectUri, asked }) {
      const checks = { expectedNonce: nonce, requireIdToken: true, ...(maxAge !== undefined && { maxAge }) }
      return tokens(
        KITH,
        { asked },
        (request) => authorizationCodeGrantRequest(metadata, client, authentication, callback, redirectUri, verifier, request),
        (response) => processAuthorizationCodeResponse(metadata, client, response, checks),
      )
    },
    async refresh(grant, audience) {
      try {
        return await tokens(
          audience,
          grant,
          (request) => refreshTokenGrantRequest(metadata, client, authentication, grant.refreshToken ?? '', request),
          (response) => processRefreshTokenResponse(metadata, client, response),
        )
      } catch (error) {
        throw toRefreshError(error)
      }
    },
    async revoke(token) {
      const response = await revocationRequest(metadata, client, authentication, token, options)
      if (!response.ok) throw toKithError(response, await response.json().catch(() => null))
    },
  }
}

/** Once more if Kith wants another nonce in the proof, or now has told its time. */
async function answered(request: () => Promise<Response>, read: Read, isProved: boolean, isSecond = false): Promise<TokenEndpointResponse> {
  const response = await request()
  if (response.status === 429 || response.status >= 500) throw toKithError(response, await response.json().catch(() => null))
  try {
    return await read(response)
  } catch (error) {
    const word = error instanceof ResponseBodyError ? error.error : ''
    if (isProved && !isSecond && (word === 'use_dpop_nonce' || word === 'invalid_dpop_proof'))
      return answered(request, read, isProved, true)
    throw error
  }
}

function toGrant(
  reply: TokenEndpointResponse,
  { audience, before, from }: { audience: string; before: Partial<Grant>; from: number },
): Grant {
  const { access_token: token, expires_in = 0, scope, id_token, refresh_token } = reply
  const claims = getValidatedIdTokenClaims(reply) ?? before.claims
  // OpenID Connect Core §12.2.
  if (!claims || (before.claims && claims.sub !== before.claims.sub)) {
    throw new KithError({ kind: 'sign_in_failed', reason: 'invalid_response' }, 'The new tokens belong to another person')
  }
  const scopes = scope?.split(' ') ?? before.access?.[audience]?.scopes
  const access: AccessToken = { token, from, until: from + expires_in * 1_000, scopes }
  return {
    claims,
    asked: before.asked,
    idToken: id_token ?? before.idToken,
    refreshToken: refresh_token ?? before.refreshToken,
    access: { ...before.access, [audience]: access },
  }
}

/** Kith drops the scopes that it does not grant (RFC 6749 §3.3). A misspelt one would never be noticed. */
function warnOfMissing(grant: Grant, warn: Settings['warn']): void {
  const granted = scopesOf(grant)
  const scopes = grant.asked?.split(' ').filter((scope) => scope !== '' && !granted.includes(scope)) ?? []
  if (scopes.length > 0) warn(new KithError({ kind: 'scope_not_granted', scopes }, `Kith did not grant the scope ${scopes.join(' ')}`))
}

function toRefreshError(error: unknown): unknown {
  if (error instanceof KithError) return error
  if (error instanceof ResponseBodyError) {
    return error.error === 'invalid_grant' ? signedOut('ended') : toKithError(error.response, error.cause)
  }
  return notOfKith(error as Error)
}
