/** What clients sign: assertions, request objects (RFC 9101) and DPoP proofs (RFC 9449). */
import { type KeyObject, randomBytes } from 'node:crypto'
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { SIGNER_KEY } from './clients.ts'

export interface SignedChanges {
  /** undefined takes a claim out. */
  readonly claims?: Readonly<Record<string, unknown>>
  readonly header?: Readonly<Record<string, unknown>>
  readonly key?: KeyObject | Uint8Array
}

/** By the key that `the-signer` is registered with, for a minute. */
export function signJwt({ claims = {}, header = {}, key = SIGNER_KEY.privateKey }: SignedChanges): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  return new SignJWT({ iat: now, exp: now + 60, ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'signer', ...header })
    .sign(key as never)
}

export interface DpopKey {
  readonly privateKey: CryptoKey
  readonly jwk: JWK
}

export async function newDpopKey(): Promise<DpopKey> {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  return { privateKey, jwk: await exportJWK(publicKey) }
}

export interface ProofChanges {
  readonly nonce?: string | undefined
  readonly htm?: string
  readonly htu?: string
  readonly claims?: Readonly<Record<string, unknown>>
  readonly header?: Readonly<Record<string, unknown>>
  readonly signedBy?: CryptoKey | Uint8Array
}

export function signDpop({ privateKey, jwk }: DpopKey, { claims, header, signedBy, ...right }: ProofChanges): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  return new SignJWT({ jti: randomBytes(16).toString('base64url'), iat: now, ...right, ...claims })
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk, ...header })
    .sign(signedBy ?? privateKey)
}
