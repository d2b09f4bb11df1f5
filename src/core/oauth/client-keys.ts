/**
 * What a client's assertions are verified with (RFC 7523, RFC 7517): its public keys, registered or published at its
 * `jwks_uri`, or its secret as an HMAC key. A key is used only with algorithms of its own kind (RFC 8725 §3.1).
 */
import { createPublicKey } from 'node:crypto'
import { createLocalJWKSet, type JWK, type JWTVerifyGetKey } from 'jose'
import * as z from 'zod'
import { decrypt, encrypt, isUnderOldKey, type Keyring } from '../../crypto.ts'
import { type ClientKeysRow, replaceSealedSecret } from '../../store/db/oauth-clients.ts'
import type { Ctx } from '../ctx.ts'
import { isPublicHttpsUrl, Unacceptable } from '../outside.ts'
import { getDocument } from '../upstream/documents.ts'
import { boundedFetch } from '../upstream/requests.ts'
import { CLIENT_KEYS_MAX, CLIENT_URI_LENGTH_MAX, RSA_BITS_MAX, RSA_BITS_MIN } from './limits.ts'

export const PRIVATE_KEY_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA', 'Ed25519'] as const
export const SECRET_ALGORITHMS = ['HS256'] as const

/** RFC 7518 §6.2.2, §6.3.2, §6.4: only private and symmetric keys have these. */
const PRIVATE_PARTS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

const PublicKey = z.object({
  kty: z.enum(['RSA', 'EC', 'OKP'], 'must be RSA, EC or OKP'),
  crv: z.enum(['P-256', 'P-384', 'Ed25519'], 'must be P-256, P-384 or Ed25519').optional(),
  n: z.base64url().optional(),
  e: z.base64url().optional(),
  x: z.base64url().optional(),
  y: z.base64url().optional(),
  kid: z.string().min(1).max(128, 'must have at most 128 characters').optional(),
  alg: z.enum(PRIVATE_KEY_ALGORITHMS, `must be one of ${PRIVATE_KEY_ALGORITHMS.join(', ')}`).optional(),
  use: z.literal('sig', 'must be sig').optional(),
})
export type PublicKey = z.output<typeof PublicKey>

export interface KeySet {
  readonly keys: readonly PublicKey[]
}

const RSA_RULE = `must be an RSA key of ${RSA_BITS_MIN} to ${RSA_BITS_MAX} bits`

/** What is wrong with a key, or null. */
function faultOf(key: PublicKey): string | null {
  try {
    const { asymmetricKeyDetails } = createPublicKey({ key: { ...key } as never, format: 'jwk' })
    if (key.kty !== 'RSA') return null
    const bits = asymmetricKeyDetails?.modulusLength ?? Buffer.from(key.n ?? '', 'base64url').length * 8
    // A large exponent makes each verification slow.
    const isSmall = Buffer.from(key.e ?? '', 'base64url').length <= 4
    return bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX && isSmall ? null : RSA_RULE
  } catch {
    return 'is not a valid public key'
  }
}

/** A public key that Kith verifies signatures with. */
export const registeredKey = z
  .looseObject({})
  .refine((key) => !hasPrivatePart(key), 'must be a public key: it has private parts, so replace it')
  .pipe(PublicKey)
  .superRefine((key, refine) => {
    const message = faultOf(key)
    if (message !== null) refine.addIssue({ code: 'custom', message })
  })

function hasPrivatePart(key: object): boolean {
  return PRIVATE_PARTS.some((part) => Object.hasOwn(key, part))
}

/** Members that have nothing to do with signatures are left out, such as certificates. */
export const jwks = z
  .object({
    keys: z
      .array(registeredKey)
      .min(1, 'must have a key')
      .max(CLIENT_KEYS_MAX, `must have at most ${CLIENT_KEYS_MAX} keys`)
      .refine(
        (keys) => keys.length < 2 || new Set(keys.map(({ kid }) => kid ?? '')).size === keys.length,
        'must each have a kid of its own',
      ),
  })
  .meta({ description: 'For private_key_jwt: its public keys (RFC 7517)' })

export const jwksUri = z
  .string()
  .max(CLIENT_URI_LENGTH_MAX, `must have at most ${CLIENT_URI_LENGTH_MAX} characters`)
  .refine(isPublicHttpsUrl, 'must be an https URL with a public host name')
  .meta({ description: 'For private_key_jwt, instead of jwks: where its public keys are published' })

/** Finds the key that an assertion names; throws errors of `jose`, or those of `core/outside.ts`. */
export async function findKeys(ctx: Ctx, { jwks, jwksUri }: ClientKeysRow): Promise<JWTVerifyGetKey> {
  if (jwksUri === null) return createLocalJWKSet(JSON.parse(jwks ?? '{"keys":[]}'))
  const fetch = boundedFetch(ctx.config)
  const source = { kind: 'client_keys', fetch, judge: toPublishedKeys } as const
  const known = await getDocument(ctx, jwksUri, source)
  return async (header, token) => {
    try {
      return await known(header, token)
    } catch (error) {
      // An unknown key may be new.
      if ((error as { code?: unknown }).code !== 'ERR_JWKS_NO_MATCHING_KEY') throw error
      return (await getDocument(ctx, jwksUri, { ...source, isOutdated: true }))(header, token)
    }
  }
}

/** Keys that cannot be used here may stand beside others; private ones must not. */
function toPublishedKeys({ keys }: Readonly<Record<string, unknown>>): JWTVerifyGetKey {
  if (!Array.isArray(keys)) throw new Unacceptable('not a key set')
  if (keys.some((key) => typeof key !== 'object' || key === null || hasPrivatePart(key))) throw new Unacceptable('a private key')
  const usable = keys.flatMap((key) => registeredKey.safeParse(key).data ?? [])
  if (usable.length === 0) throw new Unacceptable('no usable key')
  return createLocalJWKSet({ keys: usable as JWK[] })
}

/** What an encrypted secret is bound to. */
const purposeOf = (clientId: string) => `client_secret:${clientId}`

export function sealSecret(ring: Keyring, clientId: string, secret: string): Promise<string> {
  return encrypt(ring, purposeOf(clientId), Buffer.from(secret, 'utf8'))
}

/** The secret as an HMAC key; null if it cannot be read. Moves to the current key of ENCRYPTION_KEYS. */
export async function openSecret(ctx: Ctx, { id, sealedSecret }: ClientKeysRow): Promise<Uint8Array | null> {
  if (sealedSecret === null) return null
  const ring = ctx.config.encryptionKeys
  const plain = await decrypt(ring, purposeOf(id), sealedSecret)
  if (plain === null) ctx.log('error', 'client_secret_unreadable', { client: id })
  else if (isUnderOldKey(ring, sealedSecret)) {
    ctx.defer(async () => ctx.db.one(replaceSealedSecret(id, sealedSecret, await encrypt(ring, purposeOf(id), plain))))
  }
  return plain
}
