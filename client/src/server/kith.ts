/** Kith as the protocol library knows it. Its endpoints follow from its origin, so nothing is discovered. */
import * as oauth from 'oauth4webapi'

/** A client's id, and its secret or its private key (`private_key_jwt`). */
export type Credentials =
  | { readonly clientId: string; readonly clientSecret: string }
  | { readonly clientId: string; readonly key: oauth.CryptoKey | oauth.PrivateKey }

export type Fetch = (url: string, init: RequestInit) => Promise<Response>

const TIMEOUT_MS = 5_000

export interface RequestOptions {
  readonly [oauth.customFetch]: (url: string, init: object) => Promise<Response>
  readonly [oauth.allowInsecureRequests]: boolean
  readonly signal: AbortSignal
}

export interface Kith {
  readonly origin: string
  readonly server: oauth.AuthorizationServer
  readonly fetch: Fetch
  /** How the library sends a request to Kith; by `fetch` unless told otherwise. */
  readonly requestOptions: (fetch?: Fetch) => RequestOptions
}

/** `fetch`: by default that of the platform, as it is at the time of each request. */
export function kithAt(origin: string, fetch: Fetch = (url, init) => globalThis.fetch(url, init)): Kith {
  const url = new URL(origin)
  const isLoopback = /^(localhost|.+\.localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname)
  if (url.protocol !== 'https:' && !isLoopback) throw new TypeError(`Kith must be reached by https: ${origin}`)
  const { origin: issuer } = url
  return {
    origin: issuer,
    server: {
      issuer,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      token_endpoint: `${issuer}/oauth/token`,
      introspection_endpoint: `${issuer}/oauth/introspect`,
    },
    fetch,
    requestOptions: (other = fetch) => ({
      [oauth.customFetch]: other as (url: string, init: object) => Promise<Response>,
      [oauth.allowInsecureRequests]: url.protocol === 'http:',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }),
  }
}

export function authenticationOf(client: Credentials): oauth.ClientAuth {
  return 'key' in client ? oauth.PrivateKeyJwt(client.key) : oauth.ClientSecretBasic(client.clientSecret)
}

/** Kith could not be reached, or answered something else than was asked. */
export class Unreachable extends Error {
  readonly retryAfterSeconds: number
  constructor(message: string, options: ErrorOptions & { retryAfterSeconds?: number } = {}) {
    super(message, options)
    this.name = 'Unreachable'
    this.retryAfterSeconds = options.retryAfterSeconds ?? 5
  }
}
