/**
 * Nonces of HTTP Digest (RFC 7616 §3.3, §5.4): a time, random bits, and an HMAC over both under a key with an id. A
 * nonce is stored only once used, with its count.
 */
import { currentMac, equalInConstantTime, mac, randomToken } from '../../crypto.ts'
import type { Ctx } from '../ctx.ts'
import { DIGEST_NONCE_MS } from '../limits.ts'

const RANDOM_BYTES = 16

export function issueNonce(ctx: Pick<Ctx, 'config' | 'now'>): string {
  const { hmacKeys } = ctx.config
  const at = String(ctx.now())
  const random = randomToken(RANDOM_BYTES)
  return `${at}.${random}.${hmacKeys.current}.${currentMac(hmacKeys, 'digest-nonce', at, random).toString('base64url')}`
}

/** When a nonce of ours expires or expired; null for any other text. */
export function readNonce(ctx: Pick<Ctx, 'config'>, nonce: string): { readonly expiresAt: number } | null {
  const [, at = '', random = '', kid = '', digest = ''] = /^(\d{1,16})\.([\w-]{22})\.(.+)\.([\w-]{43})$/.exec(nonce) ?? []
  const expected = mac(ctx.config.hmacKeys, kid, 'digest-nonce', at, random)?.toString('base64url')
  if (expected === undefined || !equalInConstantTime(expected, digest)) return null
  return { expiresAt: Number(at) + DIGEST_NONCE_MS }
}
