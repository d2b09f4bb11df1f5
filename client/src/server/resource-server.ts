/** Protects your own API: verifies access tokens with Kith's public keys, and tells who calls, for whom, with which scopes. */
import type { JWKSCacheInput } from 'oauth4webapi'
import { type About, AccessRefused, challenge, type RefusalCode, type Wanted } from './access-refused.ts'
import { type AccessTokenClaims, type Demands, hasScope, isSignedInWell } from './claims.ts'
import { authenticationOf, type Credentials, kithAt, type Send, Unreachable } from './kith.ts'
import { inMemory, type ReplayStore } from './replays.ts'
import { faultOf, introspect, PROOF_ALGORITHMS, verifierFor } from './verification.ts'

export interface ResourceServerOptions {
  /** Kith's origin. */
  readonly issuer: string
  /** The API's URI, exactly as registered: the audience of its tokens. */
  readonly resource: string
  /** The scopes to announce to clients. */
  readonly scopes?: readonly string[]
  /** The API's own client, for `now`. */
  readonly client?: Credentials
  /** `required`: accept only tokens bound to a key (RFC 9449). By default other tokens are accepted too. */
  readonly dpop?: 'optional' | 'required'
  /** Remembers used DPoP proofs. By default in memory, which is enough for one process. */
  readonly replays?: ReplayStore
  /** The URL that the client called. By default the request's path at the origin of `resource`, which works behind any proxy that keeps paths. */
  readonly urlOf?: (request: IncomingRequest) => string
  /** How far the clocks of Kith and the API may differ. By default 30. */
  readonly clockToleranceSeconds?: number
  /** Kith's public keys as an earlier process left them (oauth4webapi keeps this object up to date). */
  readonly jwksCache?: JWKSCacheInput
  /** Called with each refusal and its cause. By default refusals because Kith is unreachable are logged to the console. */
  readonly onRefused?: (refused: AccessRefused) => void
  /** Sends the requests to Kith. By default the global `fetch`. */
  readonly fetch?: Send
}

/** A `Request`, or what another framework has instead. */
export interface IncomingRequest {
  readonly method: string
  /** Absolute, or a path. */
  readonly url: string
  readonly headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>
}

/** `Extra`: the claims that the API is registered for, such as `{ role: string }`. */
export interface ResourceServer<Extra extends object = object> {
  /** The claims of the request's token. Throws `AccessRefused`. */
  authenticate(request: IncomingRequest, demands?: Demands): Promise<AccessTokenClaims & Extra>
  /** Leads a client that knows only the API's URL to Kith (RFC 9728). Serve it at `metadataPath`. */
  readonly metadata: Readonly<Record<string, unknown>>
  readonly metadataPath: string
  metadataResponse(): Response
}

export function resourceServer<Extra extends object = object>(options: ResourceServerOptions): ResourceServer<Extra> {
  const { resource, client, scopes, dpop = 'optional' } = options
  const { origin, pathname } = new URL(resource)
  // RFC 9728 §3.1: between the host and the path.
  const metadataPath = `/.well-known/oauth-protected-resource${pathname === '/' ? '' : pathname}`
  const admit = admission(options, { metadata: origin + metadataPath, algorithms: PROOF_ALGORITHMS })
  const onRefused = options.onRefused ?? ((refused) => refused.code === 'unavailable' && console.error(refused.cause))
  const metadata = {
    resource,
    authorization_servers: [new URL(options.issuer).origin],
    ...(scopes && { scopes_supported: scopes }),
    bearer_methods_supported: ['header'],
    dpop_signing_alg_values_supported: PROOF_ALGORITHMS,
    ...(dpop === 'required' && { dpop_bound_access_tokens_required: true }),
  }
  return {
    async authenticate(request, demands = {}) {
      if (demands.now && !client) throw new TypeError('`now` needs the option `client`: Kith answers only the API’s own client')
      // Throws for an empty secret, before anybody's token is blamed for it.
      if (demands.now && client) authenticationOf(client)
      try {
        return (await admit(request, demands)) as AccessTokenClaims & Extra
      } catch (error) {
        if (error instanceof AccessRefused) onRefused(error)
        throw error
      }
    },
    metadata,
    metadataPath,
    // Pages of every origin may find out where to sign in.
    metadataResponse: () => Response.json(metadata, { headers: { 'access-control-allow-origin': '*' } }),
  }
}

type Refuse = (code: RefusalCode, wanted?: Wanted, cause?: unknown) => never

function admission(
  options: ResourceServerOptions,
  about: About,
): (incoming: IncomingRequest, demands: Demands) => Promise<AccessTokenClaims> {
  const { resource, client, dpop, jwksCache, replays = inMemory(), clockToleranceSeconds = 30 } = options
  const { urlOf = ({ url }) => new URL(resource).origin + pathOf(url) } = options
  const kith = kithAt(options.issuer, options.fetch)
  const verify = verifierFor({ kith, resource, requireDPoP: dpop === 'required', replays, clockToleranceSeconds, jwksCache })

  return async (incoming, demands) => {
    const { authorization = '', dpop: proof } = headersOf(incoming)
    const [, sent = '', token = ''] = /^(Bearer|DPoP) +([\w.~+/-]+=*) *$/i.exec(authorization) ?? []
    const scheme = dpop === 'required' || sent.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer'
    const refuse: Refuse = (code, wanted = {}, cause) => {
      throw new AccessRefused(code, challenge(scheme, about, code, wanted), { cause, description: wanted.description })
    }
    if (token === '') refuse('missing_token', { scope: demands.scope })
    const { acrValues, maxAge } = demands
    const demand = (claims: AccessTokenClaims): AccessTokenClaims => {
      if (!hasScope(claims, demands.scope)) refuse('insufficient_scope', { scope: demands.scope })
      if (!isSignedInWell(claims, demands, clockToleranceSeconds)) refuse('insufficient_user_authentication', { acrValues, maxAge })
      return claims
    }
    try {
      const headers = { authorization: `${sent} ${token}`, ...(proof === undefined ? {} : { dpop: proof }) }
      const claims = demand(await verify(new Request(urlOf(incoming), { method: incoming.method, headers })))
      if (!demands.now || !client) return claims
      const live =
        (await introspect(kith, client, resource, token)) ??
        refuse('invalid_token', { description: 'The access token has expired or was revoked' })
      const { sid, amr } = claims
      return demand({ ...live, ...(sid && { sid }), ...(amr && { amr }) })
    } catch (error) {
      if (error instanceof AccessRefused) throw error
      if (error instanceof Unreachable) throw unavailable(error)
      return refuse('invalid_token', { description: faultOf(error) }, error)
    }
  }
}

function unavailable(cause: Unreachable): AccessRefused {
  return new AccessRefused('unavailable', { 'retry-after': String(cause.retryAfterSeconds) }, { cause })
}

function headersOf({ headers }: IncomingRequest): { authorization?: string; dpop?: string } {
  const found = ['authorization', 'dpop'].map((name) => [name, headers instanceof Headers ? headers.get(name) : headers[name]])
  return Object.fromEntries(found.filter(([, value]) => typeof value === 'string'))
}

function pathOf(url: string): string {
  if (url.startsWith('/')) return url
  const { pathname, search } = new URL(url)
  return pathname + search
}
