/** An API of one's own beside the real Kith, and callers of it. */

import { type ResourceServerOptions, resourceServer } from '@kith/client/server'
import { importJWK, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose'
import type { SessionId, UserId } from '../../src/ids.ts'
import {
  exchange,
  newBrowser,
  newClient,
  newCode,
  newUser,
  ORIGIN,
  type Params,
  rows,
  send,
  signingKey,
  type TestClient,
} from '../apis/oauth/harness.ts'
import { ORDERS, putApi } from '../support/apis.ts'
import { type DpopKey, proofOf } from '../support/dpop.ts'

export { ORDERS }

/** Kith as it is reached from the API: what was asked, and how it fails. */
export class Network {
  readonly asked: string[] = []
  /** Answers instead of Kith. */
  instead: ((path: string) => Response | Promise<Response>) | null = null

  readonly fetch = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url)
    this.asked.push(pathname)
    return this.instead ? await this.instead(pathname) : await send(pathname, request)
  }

  times = (path: string) => this.asked.filter((one) => one.startsWith(path)).length
}

export const JWKS = '/.well-known/jwks.json'
export const INTROSPECT = '/oauth/introspect'

/** The API's own client, and the API. */
export async function putOrders(): Promise<{ clientId: string; clientSecret: string }> {
  const { id, secret } = await newClient({ method: 'client_secret_basic', grantTypes: 'client_credentials', scopes: `${ORDERS}|` })
  await putApi({ serverClientId: id, claims: 'role' })
  return { clientId: id, clientSecret: secret }
}

export const ordersBy = (network: Network, options: Partial<ResourceServerOptions> = {}) =>
  resourceServer<{ role?: string }>({
    issuer: ORIGIN,
    resource: ORDERS,
    scopes: ['orders:read', 'orders:write'],
    fetch: network.fetch,
    ...options,
  })

/** An app that may have any scope of the orders. */
export const newShop = () => newClient({ scopes: `openid ${ORDERS}| ${ORDERS}|orders:read ${ORDERS}|orders:write` })

export interface Caller {
  readonly userId: UserId
  readonly sessionId: SessionId
  readonly token: string
  readonly idToken: string
}

/** A person who has signed in like that, and what the shop got for them. */
export async function newCaller(
  shop: TestClient,
  { scope = 'openid orders:read', amr = 'pwd', seconds = 0, key }: { scope?: string; amr?: string; seconds?: number; key?: DpopKey } = {},
): Promise<Caller> {
  const userId = await newUser()
  const { sessionId, cookie } = await newBrowser(userId)
  await rows('UPDATE sessions SET amr = ?, authenticated_at = authenticated_at - ? WHERE id = ?', amr, seconds * 1_000, sessionId)
  const code = await newCode(shop, cookie, { resource: ORDERS, scope } as Params)
  const headers = key ? { dpop: await proofOf(key, 'POST', '/oauth/token') } : {}
  const reply = await exchange(shop, code, { resource: ORDERS }, headers as Record<string, string>)
  const { access_token, id_token } = (await reply.json()) as { access_token: string; id_token: string }
  return { userId, sessionId, token: access_token, idToken: id_token }
}

/** A token as Kith would sign it, but for the changes. */
export async function signed(
  claims: JWTPayload = {},
  header: Partial<JWTHeaderParameters> = {},
  jwk: object = signingKey,
): Promise<string> {
  const now = Math.floor(Date.now() / 1_000)
  const right = {
    iss: ORIGIN,
    aud: ORDERS,
    sub: 'ada',
    client_id: 'shop',
    scope: 'orders:read',
    jti: 'x',
    iat: now,
    nbf: now,
    exp: now + 60,
  }
  const all = Object.fromEntries(Object.entries({ ...right, ...claims }).filter(([, value]) => value !== undefined))
  const protectedHeader = { alg: 'ES256', typ: 'at+jwt', kid: signingKey.kid as string, ...header }
  return await new SignJWT(all).setProtectedHeader(protectedHeader).sign(await importJWK(jwk, protectedHeader.alg))
}

export const bearer = (token: string, url = `${ORDERS}orders`) => new Request(url, { headers: { authorization: `Bearer ${token}` } })
