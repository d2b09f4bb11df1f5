/**
 * How a client proves who it is at the token endpoint (RFC 6749 §2.3): `none`, `client_secret_basic` or
 * `client_secret_post`; exactly one per request, and only the one it is registered with. An unknown client, a disabled
 * one, a wrong secret and a wrong method get one answer for one amount of work.
 */
import { equalInConstantTime, sha256 } from '../../crypto.ts'
import type { OAuthClientRow } from '../../store/db/oauth-clients.ts'
import { AppError } from '../errors.ts'
import { type Client, toClient } from './clients.ts'

/** `private_key_jwt` (RFC 7523) would be the next. */
export const CLIENT_AUTHENTICATION_METHODS = ['none', 'client_secret_basic', 'client_secret_post'] as const
export type ClientAuthenticationMethod = (typeof CLIENT_AUTHENTICATION_METHODS)[number]

/** What a request says of its client. Nothing is proven yet. */
export interface ClientCredentials {
  readonly method: ClientAuthenticationMethod
  readonly clientId: string
  readonly secret: string | null
}

/** Stands in where there is no secret to compare with. The SHA-256 of no text that anyone knows. */
export const NO_SECRET_HASH = '0'.repeat(43)

/** Reads the `Authorization` header and the body's parameters. */
export function readClientCredentials(input: {
  authorization: string | undefined
  clientId: string | undefined
  clientSecret: string | undefined
}): ClientCredentials {
  const { authorization, clientId, clientSecret } = input
  if (authorization !== undefined) {
    const basic = decodeBasic(authorization)
    if (!basic) throw invalidClient()
    // RFC 6749 §2.3: not more than one method in a request. `client_id` alone is no method (§3.2.1).
    if (clientSecret !== undefined) throw new AppError('invalid_request', 'Use one way of client authentication')
    if (clientId !== undefined && clientId !== basic.clientId) throw invalidClient()
    return { method: 'client_secret_basic', ...basic }
  }
  if (clientId === undefined) throw invalidClient()
  return clientSecret === undefined
    ? { method: 'none', clientId, secret: null }
    : { method: 'client_secret_post', clientId, secret: clientSecret }
}

/** RFC 7617 with RFC 6749 §2.3.1: id and secret are form-encoded before they are joined. Null when malformed. */
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

/** The client, proven. Secrets have 256 random bits, so their SHA-256 needs no salt and no stretching. */
export function authenticateClient(row: OAuthClientRow | null, credentials: ClientCredentials): Client {
  const isSecretRight = equalInConstantTime(sha256(credentials.secret ?? ''), row?.secretHash ?? NO_SECRET_HASH)
  const client = toClient(row)
  const isProven = client?.isPublic ? credentials.method === 'none' : isSecretRight
  if (!client || !isProven || row?.tokenEndpointAuthMethod !== credentials.method) throw invalidClient()
  return client
}

function invalidClient(): AppError {
  return new AppError('invalid_client', 'Client authentication failed')
}
