/** The formats of the secrets that are keys. */
import * as z from 'zod'
import type { Keyring } from './crypto.ts'

/** OpenID Connect libraries expect RS256 for ID tokens; ES256 is smaller and faster. */
export const SIGNING_ALGORITHMS = ['RS256', 'ES256'] as const
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number]

export interface SigningKey {
  readonly kid: string
  readonly alg: SigningAlgorithm
  readonly privateJwk: JsonWebKey
}

const KEY_BYTES_MIN = 32
const RSA_MODULUS_BYTES_MIN = 256
/** Not a number: JavaScript sorts integer keys first, but the first key must be the current one. */
const KID = /^(?!\d+$)[A-Za-z0-9._-]{1,32}$/

export const json = z
  .string({ error: 'is missing' })
  .min(1, 'is missing')
  .transform((text, refine) => {
    try {
      return JSON.parse(text) as unknown
    } catch {
      refine.addIssue({ code: 'custom', message: 'is not JSON' })
      return z.NEVER
    }
  })

/** Keys by their ids; the first is current. */
export const keyring = json.pipe(
  z.record(z.string().regex(KID), z.base64url()).transform((record, refine): Keyring => {
    const keys = new Map(Object.entries(record).map(([kid, key]) => [kid, Buffer.from(key, 'base64url')]))
    const current = [...keys.keys()][0]
    if (current === undefined || [...keys.values()].some((key) => key.length < KEY_BYTES_MIN)) {
      refine.addIssue({ code: 'custom', message: `needs keys of ${KEY_BYTES_MIN} bytes or more` })
      return z.NEVER
    }
    return { current, keys }
  }),
)

/** Only private and symmetric keys have these (RFC 7518 §6). */
const isPublic = (key: object) => !('d' in key) && !('k' in key)

/** A JWK set that verifies what others have signed. */
export const publicKeys = json.pipe(
  z.object({
    keys: z
      .array(z.looseObject({ kty: z.enum(['RSA', 'EC', 'OKP'], 'must be RSA, EC or OKP') }).refine(isPublic, 'must be public keys'))
      .min(1, 'must have a key'),
  }),
)

const keyPart = z.base64url().min(1)
const kid = z.string().min(1)
const ecKey = z.looseObject({ kid, kty: z.literal('EC'), crv: z.literal('P-256'), x: keyPart, y: keyPart, d: keyPart })
const rsaKey = z.looseObject({
  kid,
  kty: z.literal('RSA'),
  // RFC 7518 §3.3: 2048 bits or more.
  n: keyPart.refine((v) => Buffer.from(v, 'base64url').length >= RSA_MODULUS_BYTES_MIN, 'has fewer than 2048 bits'),
  e: keyPart,
  ...{ d: keyPart, p: keyPart, q: keyPart, dp: keyPart, dq: keyPart, qi: keyPart },
})

/** A JWK set. The first key of each algorithm signs. */
export const signingKeys = json.pipe(
  z
    .object({ keys: z.array(z.discriminatedUnion('kty', [ecKey, rsaKey])) })
    .transform(({ keys }): SigningKey[] =>
      keys.map((key) => ({ kid: key.kid, alg: key.kty === 'EC' ? 'ES256' : 'RS256', privateJwk: key as JsonWebKey })),
    )
    .refine((keys) => keys.some(({ alg }) => alg === 'ES256'), 'needs a key of type EC with the curve P-256')
    .refine((keys) => new Set(keys.map((key) => key.kid)).size === keys.length, 'must not repeat a key id'),
)
