/**
 * Client authentication (RFC 6749 §2.3): `none` for a public client; with a secret, `client_secret_basic` or
 * `client_secret_post`, freely chosen; by an assertion (`client-assertion.ts`), if the client is registered so. At every
 * endpoint, one of them per request. An unknown client, a disabled one and a wrong secret get the same answer after the
 * same work. Which clients exist, and how one authenticates, is not confidential.
 */
import { decodeJwt } from 'jose'
import { equalInConstantTime, sha256 } from '../../crypto.ts'
import type { OAuthClientRow } from '../../store/db/oauth-clients.ts'
import { AppError } from '../errors.ts'
import { type Client, toClient } from './clients.ts'
import type { DpopProof } from './dpop.ts'

/** The client's secret is in the request. */
export const SECRET_METHODS = ['client_secret_basic', 'client_secret_post'] as const
/** RFC 7523. */
export const ASSERTION_METHODS = ['client_secret_jwt', 'private_key_jwt'] as const
export const CLIENT_AUTHENTICATION_METHODS = ['none', ...SECRET_METHODS, ...ASSERTION_METHODS] as const
export type ClientAuthenticationMethod = (typeof CLIENT_AUTHENTICATION_METHODS)[number]

/** RFC 7523 §2.2. */
export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** The client credentials of a request, not verified yet. */
export interface ClientCredentials {
  readonly method: 'none' | (typeof SECRET_METHODS)[number] | 'assertion'
  readonly clientId: string
  readonly secret: string | null
  readonly assertion?: string | undefined
  /** Of the key that the tokens are to be bound to. */
  readonly proof?: DpopProof | undefined
  /** Called once a confidential client has proved who it is: no error can say that, since the same one may come before. */
  readonly onProven?: (() => void) | undefined
}

/** Stands in when there is no secret to compare with. The SHA-256 of no known text. */
export const NO_SECRET_HASH = '0'.repeat(43)

/** Reads the `Authorization` header and the body's parameters. */
export function readClientCredentials(input: {
  authorization: string | undefined
  clientId: string | undefined
  clientSecret: string | undefined
  assertionType?: string | undefined
  assertion?: string | undefined
}): ClientCredentials {
  const { authorization, clientId, clientSecret, assertionType, assertion } = input
  if (assertionType !== undefined || assertion !== undefined) return readAssertion(input)
  if (authorization !== undefined) {
    const basic = decodeBasic(authorization)
    if (!basic) throw invalidClient('The Authorization header is not HTTP Basic with the form-encoded client_id and client_secret')
    // RFC 6749 §2.3: at most one method in a request. `client_id` alone is no method (§3.2.1).
    if (clientSecret !== undefined)
      throw new AppError('invalid_request', 'Send the client_secret in the header or in the body, not in both')
    if (clientId !== undefined && clientId !== basic.clientId) throw invalidClient('The client_id in the body is not the one in the header')
    // §2.3.1: a secret that is the empty string may be omitted.
    return basic.secret === '' ? toPublic(basic.clientId) : { method: 'client_secret_basic', ...basic }
  }
  if (clientId === undefined) throw invalidClient('The client_id is missing')
  return clientSecret === undefined ? toPublic(clientId) : { method: 'client_secret_post', clientId, secret: clientSecret }
}

/** RFC 7521 §4.2. The `client_id` may be omitted: the assertion names the client. */
function readAssertion(input: Parameters<typeof readClientCredentials>[0]): ClientCredentials {
  const { authorization, clientSecret, assertionType, assertion } = input
  if (assertionType === undefined || assertion === undefined)
    throw new AppError('invalid_request', 'client_assertion and client_assertion_type belong together')
  if (authorization !== undefined || clientSecret !== undefined)
    throw new AppError('invalid_request', 'Send a client assertion or the client_secret, not both')
  if (assertionType !== ASSERTION_TYPE) throw invalidClient(`The client_assertion_type must be ${ASSERTION_TYPE}`)
  const clientId = input.clientId ?? subjectOf(assertion)
  if (clientId === undefined) throw invalidClient('The client assertion is not a JWT about a client')
  return { method: 'assertion', clientId, secret: null, assertion }
}

function subjectOf(assertion: string): string | undefined {
  try {
    const { sub } = decodeJwt(assertion)
    return typeof sub === 'string' ? sub : undefined
  } catch {
    return undefined
  }
}

function toPublic(clientId: string): ClientCredentials {
  return { method: 'none', clientId, secret: null }
}

/** RFC 7617 with RFC 6749 §2.3.1: id and secret are form-encoded before they are joined. Null if malformed. */
export function decodeBasic(authorization: string): { clientId: string; secret: string } | null {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(authorization)?.[1]
  if (encoded === undefined) return null
  const pair = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = pair.indexOf(':')
  if (colon < 1) return null
  const clientId = formDecode(pair.slice(0, colon))
  const secret = formDecode(pair.slice(colon + 1))
  return clientId === null || secret === null ? null : { clientId, secret }
}

function formDecode(text: string): string | null {
  try {
    const decoded = decodeURIComponent(text.replaceAll('+', ' '))
    // RFC 6749 appendix A.1 and A.2: visible ASCII and space.
    return /^[\x20-\x7E]*$/.test(decoded) ? decoded : null
  } catch {
    return null
  }
}

/**
 * The authenticated client. Secrets have 256 random bits, so their SHA-256 needs no salt or stretching. `isClaimed`: the
 * assertion in the credentials was verified, and this request is the one that uses it.
 */
export function authenticateClient(row: OAuthClientRow | null, credentials: ClientCredentials, isClaimed = false): Client {
  const isSecretRight = equalInConstantTime(sha256(credentials.secret ?? ''), row?.secretHash ?? NO_SECRET_HASH)
  const client = isOfOAuth(row) ? toClient(row) : null
  const sendsSecret = credentials.method !== 'none'
  if (credentials.method === 'assertion') {
    if (client && isClaimed && isOneOf(ASSERTION_METHODS, row)) return proven(client, credentials)
    throw invalidClient('The client assertion was used before, or the client has changed since: send a new one')
  }
  if (client && isOneOf(ASSERTION_METHODS, row)) throw invalidClient('The client is registered to authenticate by a client assertion')
  if (client?.isPublic && sendsSecret) throw invalidClient('The client is public: send its client_id in the body, and no client_secret')
  if (client && !client.isPublic && !sendsSecret) {
    throw invalidClient('The client has a secret: send it by HTTP Basic, or as client_secret in the body')
  }
  if (!client || !(client.isPublic || isSecretRight)) throw invalidClient('The client is unknown, or its secret is wrong')
  return proven(client, credentials)
}

/** Anybody can name a public client, which proves nothing. */
function proven(client: Client, { onProven }: ClientCredentials): Client {
  if (!client.isPublic) onProven?.()
  return client
}

/** Neither deleted nor the client of a machine's key: those cannot authenticate here. */
function isOfOAuth(row: OAuthClientRow | null): boolean {
  return isOneOf(CLIENT_AUTHENTICATION_METHODS, row)
}

function isOneOf(methods: readonly string[], row: OAuthClientRow | null): boolean {
  return row !== null && methods.includes(row.tokenEndpointAuthMethod)
}

export function invalidClient(message: string): AppError {
  return new AppError('invalid_client', message)
}
