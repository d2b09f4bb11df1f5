/**
 * Authentication in this room: an `apikey` header and, except for log-in, an access token issued under that key (wire
 * §4.1). The gate checks both, and that they belong together (security row 53). Neither is read from the URL.
 */
import type { Context } from 'hono'
import { AppError } from '../../core/errors.ts'
import { sha256 } from '../../crypto.ts'
import { bearer, type ReadCredential } from '../../http/credentials.ts'

export const readApiKey = (c: Context): string | undefined => c.req.header('apikey')

export const bearerUnderKey: ReadCredential = async (c) => {
  const key = readApiKey(c)
  const claim = await bearer(c)
  if (claim === null) return null
  // Tokens of clients that act for themselves are refused: nothing would check their key.
  if (key === undefined || claim.kind !== 'access_token') throw new AppError('unauthenticated')
  return { ...claim, key: { kind: 'api_key', secretHash: sha256(key) } }
}
