// DPoP proofs (RFC 9449) as clients make them.
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose'
import { currentNonce } from '../../src/core/oauth/dpop-nonce.ts'
import { randomToken, sha256 } from '../../src/crypto.ts'
import { ORIGIN } from './kith.ts'
import { newCtx } from './tokens.ts'

export interface DpopKey {
  readonly alg: string
  readonly privateKey: CryptoKey
  /** The public key. */
  readonly jwk: JWK
  readonly jkt: string
}

export async function newDpopKey(alg = 'ES256'): Promise<DpopKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = await exportJWK(publicKey)
  return { alg, privateKey: privateKey as CryptoKey, jwk, jkt: await calculateJwkThumbprint(jwk) }
}

/** The nonce that Kith hands out now. */
export const nonceNow = () => currentNonce(newCtx())

export interface ProofChanges {
  /** The access token that is sent along. */
  readonly token?: string | undefined
  readonly claims?: JWTPayload
  readonly header?: Partial<JWTHeaderParameters>
}

/** A proof for the request, right but for the changes. `to`: a path of Kith, or a whole URL. */
export function proofOf(key: DpopKey, method: string, to: string, { token, claims, header }: ProofChanges = {}): Promise<string> {
  const right = {
    jti: randomToken(16),
    htm: method,
    htu: to.startsWith('/') ? ORIGIN + to : to,
    iat: Math.floor(Date.now() / 1000),
    nonce: nonceNow(),
    ...(token === undefined ? {} : { ath: sha256(token) }),
  }
  const jwt = new SignJWT({ ...right, ...claims })
  return jwt.setProtectedHeader({ typ: 'dpop+jwt', alg: key.alg, jwk: key.jwk, ...header }).sign(key.privateKey)
}

/** The headers of a request with a bound token. */
export async function dpopHeaders(key: DpopKey, method: string, path: string, token: string): Promise<Record<string, string>> {
  return { authorization: `DPoP ${token}`, dpop: await proofOf(key, method, path, { token }) }
}
