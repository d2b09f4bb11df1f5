// Clients that authenticate by assertions (RFC 7523), and the proof of a new client in each way.
import { exportJWK, generateKeyPair, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose'
import { ASSERTION_TYPE } from '../../../src/core/oauth/client-authentication.ts'
import { randomToken } from '../../../src/crypto.ts'
import { CHALLENGE, newClient, ORIGIN, type Params, type TestClient } from './harness.ts'
import { basicOf } from './openid.ts'

export interface Key {
  readonly alg: string
  readonly kid: string
  readonly privateKey: CryptoKey
  readonly jwk: Record<string, unknown>
}

/** A client with the key that it signs with; `key` is null for client_secret_jwt. */
export interface Signer extends TestClient {
  readonly alg: string
  readonly key: Key | null
}

const made = new Map<string, Promise<Key>>()

/** One per algorithm and id: keys are dear. */
export function keyFor(alg: string, kid = `key-${alg}`): Promise<Key> {
  const name = `${alg} ${kid}`
  const key = made.get(name) ?? newKey(alg, kid)
  made.set(name, key)
  return key
}

async function newKey(alg: string, kid: string): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { alg, kid, privateKey: privateKey as CryptoKey, jwk: { ...(await exportJWK(publicKey)), kid } }
}

type Columns = Parameters<typeof newClient>[0]

/** A client of its own for the algorithm; `columns` may have its `jwksUri`. */
export async function newSigner(alg: string, columns: Columns = {}): Promise<Signer> {
  const grants = { scopes: 'openid delegated:profile:read client:all', grantTypes: 'authorization_code refresh_token client_credentials' }
  if (alg === 'HS256') return { ...(await newClient({ ...grants, method: 'client_secret_jwt', ...columns })), alg, key: null }
  const key = await keyFor(alg)
  const keys = columns?.jwksUri === undefined ? { jwks: { keys: [key.jwk] } } : {}
  return { ...(await newClient({ ...grants, method: 'private_key_jwt', ...keys, ...columns })), alg, key }
}

/** The parameters of an assertion that is right but for the changes. */
export async function assertionOf(client: Signer, claims: JWTPayload = {}, header: Partial<JWTHeaderParameters> = {}): Promise<Params> {
  const seconds = Math.floor(Date.now() / 1000)
  const right = { iss: client.id, sub: client.id, aud: ORIGIN, iat: seconds, exp: seconds + 60, jti: randomToken() }
  const jwt = new SignJWT({ ...right, ...claims }).setProtectedHeader({
    alg: client.alg,
    ...(client.key && { kid: client.key.kid }),
    ...header,
  })
  return asserted(await jwt.sign(client.key?.privateKey ?? Buffer.from(client.secret)))
}

export const asserted = (client_assertion: string): Params => ({ client_assertion_type: ASSERTION_TYPE, client_assertion })

/** A new client of the method, and how a request of its own is authenticated. */
export async function newProof(method: string): Promise<{ params: Params; headers: Record<string, string> }> {
  const alg = { private_key_jwt: 'ES256', client_secret_jwt: 'HS256' }[method]
  if (alg !== undefined) return { params: await assertionOf(await newSigner(alg)), headers: {} }
  const client = await newClient({ method })
  if (method === 'client_secret_basic') return { params: {}, headers: basicOf(client) }
  return { params: { client_id: client.id, ...(method === 'none' ? {} : { client_secret: client.secret }) }, headers: {} }
}

/** A request object (RFC 9101) that is right but for the changes; undefined takes a claim out. */
export async function requestObjectOf(
  client: Signer,
  claims: Readonly<Record<string, unknown>> = {},
  header: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const seconds = Math.floor(Date.now() / 1000)
  const right = {
    iss: client.id,
    aud: ORIGIN,
    exp: seconds + 60,
    client_id: client.id,
    response_type: 'code',
    redirect_uri: client.redirectUri,
    scope: 'openid delegated:profile:read',
    state: 'signed',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
  }
  return new SignJWT({ ...right, ...claims })
    .setProtectedHeader({ alg: client.alg, typ: 'oauth-authz-req+jwt', ...(client.key && { kid: client.key.kid }), ...header })
    .sign(client.key?.privateKey ?? Buffer.from(client.secret))
}
