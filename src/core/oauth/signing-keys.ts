/**
 * The keys that sign tokens: ES256 for access tokens, RS256 or ES256 for ID tokens. The first key of each algorithm
 * signs, all of them verify and are published (RFC 7517; ASVS 11.1.1). A token must name a key and an algorithm of
 * ours: the key never comes from the token, and no key is used with an algorithm other than its own (RFC 8725 §3.1).
 */
import { type CryptoKey, errors, importJWK, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose'
import type { Config } from '../../config.ts'
import { SIGNING_ALGORITHMS, type SigningAlgorithm, type SigningKey } from '../../config-keys.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'

export type { SigningAlgorithm } from '../../config-keys.ts'
export { SIGNING_ALGORITHMS } from '../../config-keys.ts'

/** Clock skew between two edge locations: a token may be used where it is not valid yet. */
const CLOCK_TOLERANCE_SECONDS = 5

/** A configured key, imported on first use: an RSA key costs nothing unless it is used. */
interface HeldKey {
  readonly kid: string
  readonly alg: SigningAlgorithm
  readonly privateJwk: JsonWebKey
  readonly publicJwk: JsonWebKey
  signing?: CryptoKey
  verifying?: CryptoKey
}

const held = new WeakMap<Config, readonly HeldKey[]>()

function keysOf(config: Config): readonly HeldKey[] {
  const known = held.get(config)
  if (known) return known
  const keys = config.signingKeys.map((key) => ({ ...key, publicJwk: toPublicJwk(key) }))
  held.set(config, keys)
  return keys
}

function toPublicJwk({ kid, alg, privateJwk }: SigningKey): JsonWebKey {
  const { kty, crv, x, y, n, e } = privateJwk
  const parts = alg === 'ES256' ? { kty, crv, x, y } : { kty, n, e }
  return Object.assign(parts as JsonWebKey, { kid, alg, use: 'sig' })
}

/** RFC 7517: what `/.well-known/jwks.json` answers. */
export function getPublicJwks(config: Config): { readonly keys: readonly JsonWebKey[] } {
  return { keys: keysOf(config).map(({ publicJwk }) => publicJwk) }
}

/** Those with a configured key. */
export function signingAlgorithms(config: Config): SigningAlgorithm[] {
  return SIGNING_ALGORITHMS.filter((alg) => config.signingKeys.some((key) => key.alg === alg))
}

/** Throws if no key is configured for the algorithm. */
export function requireSigningKey(config: Config, alg: SigningAlgorithm): void {
  if (!signingAlgorithms(config).includes(alg)) {
    throw new AppError('temporarily_unavailable', `This client's ID tokens are ${alg}, and SIGNING_KEYS has no key for that`)
  }
}

/** RFC 7518 §3.3 and §3.4 in the terms of WebCrypto. */
const SIGNATURES = {
  ES256: { name: 'ECDSA', hash: 'SHA-256' },
  RS256: { name: 'RSASSA-PKCS1-v1_5' },
} as const satisfies Record<SigningAlgorithm, object>

/** A JWT of ours, in the compact serialization (RFC 7515 §3.1). jose would take as long again as the signature itself. */
export async function signJwt(config: Config, alg: SigningAlgorithm, typ: string, claims: JWTPayload): Promise<string> {
  requireSigningKey(config, alg)
  const first = keysOf(config).find((key) => key.alg === alg) as HeldKey
  // Caches the key, not the promise: a request cancelled half-way would leave that pending for all others.
  first.signing ??= await importKey(first.privateJwk, alg)
  const signed = `${encode({ alg, kid: first.kid, typ })}.${encode(claims)}`
  const signature = await crypto.subtle.sign(SIGNATURES[alg], first.signing, Buffer.from(signed))
  return `${signed}.${Buffer.from(signature).toString('base64url')}`
}

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')

function importKey(jwk: JsonWebKey, alg: SigningAlgorithm): Promise<CryptoKey> {
  return importJWK(jwk as never, alg) as Promise<CryptoKey>
}

type Expected = JWTVerifyOptions & {
  readonly typ: string
  readonly algorithms: SigningAlgorithm[]
  /** The caller judges `exp`. */
  readonly mayBeExpired?: true
}

/** The payload of a token of ours, or null unless signature, type, issuer and everything in `expected` match. */
export async function verifyJwt(ctx: Ctx, token: string, expected: Expected): Promise<JWTPayload | null> {
  const keys = keysOf(ctx.config)
  try {
    const { payload } = await jwtVerify(
      token,
      async ({ kid, alg }) => {
        const key = keys.find((one) => one.kid === kid && one.alg === alg)
        if (!key) throw new errors.JWKSNoMatchingKey()
        key.verifying ??= await importKey(key.publicJwk, key.alg)
        return key.verifying
      },
      {
        issuer: ctx.config.origin,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(ctx.now()),
        ...expected,
      },
    )
    return payload
  } catch (error) {
    // `exp` is judged last: everything else was right.
    if (error instanceof errors.JWTExpired && expected.mayBeExpired) return error.payload
    if (error instanceof errors.JOSEError) return null
    throw error
  }
}
