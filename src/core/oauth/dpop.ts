/**
 * DPoP (RFC 9449): a client proves with each request that it holds the key its tokens are bound to, so that a stolen
 * token is of no use. What can be judged without the database is judged here. A proof counts once its `jti` is
 * claimed, which the request's own first batch does.
 */
import { type CryptoKey, calculateJwkThumbprint, importJWK } from 'jose'
import * as z from 'zod'
import { randomHex, sha256 } from '../../crypto.ts'
import type { SpentToken } from '../../store/db/spent-tokens.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { PRIVATE_KEY_ALGORITHMS, registeredKey } from './client-keys.ts'
import type { Client } from './clients.ts'
import { isCurrentNonce } from './dpop-nonce.ts'
import { FAPI_ALGORITHMS, maySignWith } from './fapi.ts'
import { DPOP_CLOCK_MS, DPOP_ID_LENGTH_MAX, DPOP_PROOF_LENGTH_MAX } from './limits.ts'

export const DPOP_ALGORITHMS = PRIVATE_KEY_ALGORITHMS

/** A proof as it was sent, with the request that it has to be for. */
export interface SentProof {
  readonly proof: string
  readonly method: string
  /** The request's URL without query and fragment, as the client sees it. */
  readonly uri: string
}

/** A proof that is right. It counts once it is claimed. */
export interface DpopProof {
  /** The thumbprint of the key (RFC 7638). */
  readonly jkt: string
  readonly alg: string
  readonly spent: SpentToken
}

/** Throws `use_dpop_nonce` or `invalid_dpop_proof`. `accessToken`: the token that is sent along (RFC 9449 §4.3). */
export async function verifyProof(ctx: Ctx, { proof, method, uri }: SentProof, accessToken?: string): Promise<DpopProof> {
  if (proof.includes(',')) throw invalidProof('Send exactly one DPoP header')
  if (proof.length > DPOP_PROOF_LENGTH_MAX) throw invalidProof(`The DPoP proof may have at most ${DPOP_PROOF_LENGTH_MAX} characters`)
  const [header = '', payload = '', signature = '', ...rest] = proof.split('.')
  if (rest.length > 0) throw invalidProof('The DPoP proof is not a signed JWT')
  const { key, alg, jkt } = await keyOf(header)
  const { data: claims, error } = Claims.safeParse(decode(payload))
  if (!claims) throw invalidProof(`The DPoP proof has no valid ${String(error.issues[0]?.path[0])}`)
  const { htm, htu, iat, ath, nonce, jti } = claims
  if (htm !== method) throw invalidProof(`htm of the DPoP proof must be ${method}`)
  if (htu !== uri && normalized(htu) !== normalized(uri)) throw invalidProof(`htu of the DPoP proof must be ${uri}`)
  if (ath !== (accessToken && sha256(accessToken))) throw invalidProof('ath of the DPoP proof must be the SHA-256 of the access token')
  if (Math.abs(iat * 1000 - ctx.now()) > DPOP_CLOCK_MS) {
    throw invalidProof(`iat of the DPoP proof is more than ${DPOP_CLOCK_MS / 1000} seconds off; compare the Date header`)
  }
  if (nonce === undefined || !isCurrentNonce(ctx, nonce)) throw new AppError('use_dpop_nonce', 'Use the nonce of the DPoP-Nonce header')
  // Not by jose, which takes half as long again: this is done for every request.
  const signed = Buffer.from(`${header}.${payload}`)
  // It throws for an Ed25519 signature of another length.
  const isSigned = await crypto.subtle.verify(SIGNATURES[alg], key, Buffer.from(signature, 'base64url'), signed).catch(() => false)
  if (!isSigned) throw invalidProof('The DPoP proof is not signed by its key')
  // Kept until no server's clock accepts the proof any more.
  const expiresAt = Math.ceil(iat * 1000) + 2 * DPOP_CLOCK_MS
  return { jkt, alg, spent: { digest: sha256(`dpop:${jkt}:${jti}`), claimedBy: Number.parseInt(randomHex(6), 16), expiresAt } }
}

/** The key that tokens for this request are bound to; null for none. Throws if the client must not do without, or not with such a key. */
export function keyToBind(client: Client, proof: DpopProof | undefined): string | null {
  if (!proof && client.isDpopBound) throw invalidProof('This client must send a DPoP proof')
  if (proof && !maySignWith(client, proof.alg)) throw invalidProof(`This client must sign with one of ${FAPI_ALGORITHMS.join(', ')}`)
  return proof?.jkt ?? null
}

/** Throws unless this request is the one that has claimed its proof. */
export function requireClaimed(isClaimed: boolean): void {
  if (!isClaimed) throw invalidProof('The DPoP proof was used before: make a new one for each request')
}

/** Whether a text can be a thumbprint (RFC 9449 §10). */
export function isThumbprint(text: string): boolean {
  return /^[\w-]{43}$/.test(text)
}

export function invalidProof(message: string): AppError {
  return new AppError('invalid_dpop_proof', message)
}

/** RFC 7518 §3, RFC 8037 and RFC 9864 in the terms of WebCrypto. */
const SIGNATURES = {
  RS256: { name: 'RSASSA-PKCS1-v1_5' },
  PS256: { name: 'RSA-PSS', saltLength: 32 },
  ES256: { name: 'ECDSA', hash: 'SHA-256' },
  ES384: { name: 'ECDSA', hash: 'SHA-384' },
  EdDSA: { name: 'Ed25519' },
  Ed25519: { name: 'Ed25519' },
} as const satisfies Record<(typeof DPOP_ALGORITHMS)[number], object>

const Claims = z.object({
  jti: z.string().min(1).max(DPOP_ID_LENGTH_MAX),
  htm: z.string(),
  htu: z.string(),
  iat: z.number(),
  ath: z.string().optional(),
  nonce: z.string().optional(),
})

const Header = z.object({
  typ: z.literal('dpop+jwt'),
  alg: z.enum(DPOP_ALGORITHMS),
  jwk: registeredKey,
  // No extension is understood (RFC 7515 §4.1.11).
  crit: z.undefined().optional(),
})

interface ProofKey {
  readonly key: CryptoKey
  readonly alg: keyof typeof SIGNATURES
  readonly jkt: string
}

/** By the header as it was sent, which a client's proofs have in common. */
const keys = new Map<string, ProofKey>()
const KEYS_MAX = 500

/** The key in a proof's header (RFC 9449 §4.2). */
async function keyOf(header: string): Promise<ProofKey> {
  const known = keys.get(header)
  if (known) return known
  const { data, error } = Header.safeParse(decode(header))
  if (!data) throw invalidProof(`The header of the DPoP proof has no valid ${error.issues[0]?.path.join('.')}`)
  const { alg, jwk } = data
  const imported = await importJWK({ ...jwk } as never, alg).catch(() => {
    throw invalidProof('The jwk of the DPoP proof does not fit its alg')
  })
  const found = { key: imported as CryptoKey, alg, jkt: await calculateJwkThumbprint({ ...jwk } as never) }
  // The oldest goes: a Map keeps the order of insertion.
  if (keys.size >= KEYS_MAX) keys.delete(keys.keys().next().value ?? '')
  keys.set(header, found)
  return found
}

function decode(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
  } catch {
    throw invalidProof('The DPoP proof is not a signed JWT')
  }
}

/** RFC 9449 §4.3: without query and fragment, and normalized (RFC 3986 §6.2.2, §6.2.3). Null if it is no URL. */
function normalized(uri: string): string | null {
  if (!URL.canParse(uri)) return null
  const { origin, pathname } = new URL(uri)
  const decodeUnreserved = (escaped: string) => {
    const character = String.fromCharCode(Number.parseInt(escaped.slice(1), 16))
    return /[\w.~-]/.test(character) ? character : escaped.toUpperCase()
  }
  return origin + pathname.replace(/%[0-9a-f]{2}/gi, decodeUnreserved)
}
