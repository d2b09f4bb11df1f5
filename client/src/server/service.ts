/** A service that calls Kith, and APIs, as itself: by client credentials (RFC 6749 §4.4). */
import * as oauth from 'oauth4webapi'
import { authorized } from '../authorized.ts'
import { browser } from '../browser.ts'
import { type Connection, connect } from '../connection.ts'
import { KithError, notOfKith, toKithError } from '../errors.ts'
import { type Operations, operations } from '../operations.ts'
import { passesIn, repeated } from '../retries.ts'
import type { TokenSource } from '../tokens.ts'
import { authenticationOf, type Credentials, kithAt, type Send } from './kith.ts'
import { shared } from './shared.ts'

export type ServiceOptions = Credentials & {
  /** Where Kith runs: its `ORIGIN`. */
  readonly origin: string
  /** Kith's scopes, separated by spaces. By default all that the client is registered for. */
  readonly scope?: string
  /** The URI of your own API, as registered. `fetch` sends tokens for it, with every scope of it that the client has. */
  readonly resource?: string
  /** How long a request may take. By default 30. */
  readonly timeoutSeconds?: number
  /** Sends the requests. By default the global `fetch`. */
  readonly fetch?: Send
}

export interface Service extends Operations {
  /** A token valid for at least 30 more seconds, for Kith or for the service's `resource`. */
  accessToken(options?: { resource?: string }): Promise<string>
  /** `fetch` with a token, for Kith and for `resource`. The token goes to no other origin. */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>
}

interface Token {
  readonly text: string
  /** By this machine's clock, however wrong that is. */
  readonly from: number
  readonly until: number
}

const MIN_VALIDITY_MS = 30_000

export function service(options: ServiceOptions): Service {
  const { resource, fetch: send = (request: Request) => fetch(request), timeoutSeconds = 30 } = options
  const { origin } = new URL(options.origin)
  // One process has one bookmark, and nothing else to keep.
  const storage = { getItem: () => null, setItem() {}, removeItem() {} }
  const environment = { ...browser, fetch: send, storage }
  const connection = connect({ origin, environment, key: (what) => what, timeoutMs: timeoutSeconds * 1_000 })
  const tokens = clientTokens(options, connection)
  const authorizedSend = authorized({ connection, tokens, wait: browser.wait })
  const audiences = new Map([...(resource === undefined ? [] : [[new URL(resource).origin, resource] as const]), [origin, '']])
  return {
    ...operations(origin, (request) => authorizedSend(request, '')),
    accessToken: async ({ resource: audience = '' } = {}) => (await tokens.get(audience)).text,
    async fetch(input, init) {
      const request = new Request(input, init)
      const audience = audiences.get(new URL(request.url).origin)
      if (audience === undefined)
        throw new TypeError(`No token is sent to ${new URL(request.url).origin}: it is neither Kith nor the service's resource`)
      return await authorizedSend(request, audience)
    },
  }
}

/** One token for all callers, and one request for the next. */
function clientTokens(options: ServiceOptions, connection: Connection): TokenSource {
  const { scope, timeoutSeconds = 30 } = options
  const kith = kithAt(options.origin)
  const client = { client_id: options.clientId }
  const authentication = authenticationOf(options)
  const kept = new Map<string, Token>()
  async function ask(audience: string): Promise<Token> {
    const parameters = new URLSearchParams(audience === '' ? (scope === undefined ? {} : { scope }) : { resource: audience })
    const from = Date.now()
    const { signal: _, ...send } = kith.requestOptions((request) => connection.send(request))
    const reply = await oauth.clientCredentialsGrantRequest(kith.server, client, authentication, parameters, send)
    if (!reply.ok) throw toKithError(reply, await reply.json().catch(() => null))
    const { access_token: text, expires_in = 0 } = await oauth
      .processClientCredentialsResponse(kith.server, client, reply)
      .catch((error) => {
        throw notOfKith(error)
      })
    const token = { text, from, until: from + expires_in * 1_000 }
    kept.set(audience, token)
    return token
  }

  // Asking again does no harm. What has taken its time is not waited for once more.
  const isWorthwhile = (error: unknown) => (error instanceof KithError && error.kind === 'timeout' ? undefined : passesIn(error))
  const askAgain = (audience: string) =>
    repeated(
      () => ask(audience),
      browser.wait,
      (_, error) => isWorthwhile(error),
    )

  const renewals = new Map<string, (audience: string) => Promise<Token>>()
  async function renew(audience: string): Promise<Token> {
    const once = renewals.get(audience) ?? shared(askAgain, { timeoutMs: timeoutSeconds * 1_000 })
    renewals.set(audience, once)
    return await once(audience).catch((cause) => {
      throw cause instanceof KithError ? cause : new KithError({ kind: 'timeout' }, 'Kith did not issue a token in time', { cause })
    })
  }

  return {
    async get(audience) {
      const token = kept.get(audience)
      return token && isGood(token) ? token : await renew(audience)
    },
    async renew(audience, refused) {
      const token = kept.get(audience)
      return token && token.text !== refused.text ? token : await renew(audience)
    },
  }
}

/** Short-lived tokens are used for half of their life. A token from the future: the clock was put back. */
function isGood({ from, until }: Token): boolean {
  const now = Date.now()
  return from - 1_000 <= now && now < until - Math.min(MIN_VALIDITY_MS, (until - from) / 2)
}
