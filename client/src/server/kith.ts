/** Kith as the protocol library knows it. Its endpoints follow from its origin, so nothing is discovered. */
import * as oauth from 'oauth4webapi'

/** A client's id, and its secret or its private key (`private_key_jwt`). */
export type Credentials =
  | { readonly clientId: string; readonly clientSecret: string }
  | { readonly clientId: string; readonly key: oauth.CryptoKey | oauth.PrivateKey }

/** Sends a request to Kith: the global `fetch`, a service binding's, or a test's. */
export type Send = (request: Request) => Promise<Response>

export const TIMEOUT_MS = 5_000

export interface RequestOptions {
  readonly [oauth.customFetch]: (url: string, init: object) => Promise<Response>
  readonly [oauth.allowInsecureRequests]: boolean
  readonly signal: AbortSignal
}

export interface KithServer {
  readonly server: oauth.AuthorizationServer
  readonly send: Send
  /** How the library sends a request; by `send` unless told otherwise. */
  readonly requestOptions: (send?: Send, timeoutMs?: number) => RequestOptions
}

/** `send`: by default the global `fetch`, as it is at the time of each request. */
export function kithAt(origin: string, send: Send = (request) => fetch(request)): KithServer {
  const { origin: issuer, protocol, hostname } = new URL(origin)
  if (protocol !== 'https:' && !/^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname))
    throw new TypeError(`Kith must be reached by https: ${origin}`)
  return {
    server: {
      issuer,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      token_endpoint: `${issuer}/oauth/token`,
      introspection_endpoint: `${issuer}/oauth/introspect`,
    },
    send,
    requestOptions: (by = send, timeoutMs = TIMEOUT_MS) => ({
      [oauth.customFetch]: (url, init) => by(new Request(url, init)),
      [oauth.allowInsecureRequests]: protocol === 'http:',
      signal: AbortSignal.timeout(timeoutMs),
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
