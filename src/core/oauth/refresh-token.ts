/**
 * The format of a refresh token: 16 bytes that all tokens of its family share, and 16 bytes of its own. So a family has
 * one row however often it is refreshed, and even a token used long ago can be attributed.
 */
import { mac, sha256 } from '../../crypto.ts'
import type { TokenHashes } from '../../store/db/refresh-tokens.ts'
import type { Ctx } from '../ctx.ts'

const BYTES = 32
const FAMILY_BYTES = 16

/** What a token is looked up by. Any other text belongs to no family. */
export function refreshTokenHashes(token: string): TokenHashes {
  const bytes = Buffer.from(token, 'base64url')
  const isToken = bytes.length === BYTES && bytes.toString('base64url') === token
  const family = isToken ? bytes.toString('base64url', 0, FAMILY_BYTES) : token
  return { familyHash: sha256(family), tokenHash: sha256(token) }
}

/** The token that follows `presented`, always the same one. Null if the key `kid` is gone. */
export function successorOf(ctx: Ctx, kid: string, presented: string): string | null {
  const secret = mac(ctx.config.hmacKeys, kid, 'refresh-token', presented)
  if (secret === null) return null
  const family = Buffer.from(presented, 'base64url').subarray(0, FAMILY_BYTES)
  return Buffer.concat([family, secret]).toString('base64url', 0, BYTES)
}
