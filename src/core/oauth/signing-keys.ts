/**
 * The keys that sign tokens: ES256, the first one signs, all of them verify and are published (RFC 7517; ASVS 11.1.1).
 * A key is always picked from this list by `kid`, never taken from a token's header (RFC 8725 §3.1).
 */
import { type CryptoKey, errors, importJWK, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose'
import type { Config } from '../../config.ts'
import type { Ctx } from '../ctx.ts'

export const SIGNING_ALGORITHM = 'ES256'
/** Between the clocks of two edge locations. */
const CLOCK_TOLERANCE_SECONDS = 5

interface Keys {
  readonly signing: { readonly kid: string; readonly key: CryptoKey }
  readonly verifying: ReadonlyMap<string, CryptoKey>
  /** RFC 7517: what `/.well-known/jwks.json` answers. */
  readonly publicJwks: { readonly keys: readonly JsonWebKey[] }
}

const imported = new WeakMap<Config, Keys>()

async function getKeys(config: Config): Promise<Keys> {
  const known = imported.get(config)
  if (known) return known
  const verifying = new Map<string, CryptoKey>()
  const publicKeys: JsonWebKey[] = []
  for (const { kid, privateJwk } of config.signingKeys) {
    const { kty, crv, x, y } = privateJwk
    const publicJwk = { kty, crv, x, y, kid, alg: SIGNING_ALGORITHM, use: 'sig' } as JsonWebKey
    publicKeys.push(publicJwk)
    verifying.set(kid, (await importJWK(publicJwk as never, SIGNING_ALGORITHM)) as CryptoKey)
  }
  const [first] = config.signingKeys
  if (!first) throw new Error('SIGNING_KEYS is empty')
  const key = (await importJWK(first.privateJwk as never, SIGNING_ALGORITHM)) as CryptoKey
  const keys = { signing: { kid: first.kid, key }, verifying, publicJwks: { keys: publicKeys } }
  imported.set(config, keys)
  return keys
}

export async function getPublicJwks(config: Config): Promise<Keys['publicJwks']> {
  return (await getKeys(config)).publicJwks
}

export async function getSigningKey(config: Config): Promise<Keys['signing']> {
  return (await getKeys(config)).signing
}

/** The payload of a token of ours, or null: signature, type, issuer and whatever `expected` says are right. */
export async function verifyJwt(ctx: Ctx, token: string, expected: JWTVerifyOptions & { typ: string }): Promise<JWTPayload | null> {
  const { verifying } = await getKeys(ctx.config)
  try {
    const { payload } = await jwtVerify(
      token,
      ({ kid }) => {
        const key = kid === undefined ? undefined : verifying.get(kid)
        if (!key) throw new errors.JWKSNoMatchingKey()
        return key
      },
      {
        algorithms: [SIGNING_ALGORITHM],
        issuer: ctx.config.origin,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(ctx.now()),
        ...expected,
      },
    )
    return payload
  } catch (error) {
    if (error instanceof errors.JOSEError) return null
    throw error
  }
}
