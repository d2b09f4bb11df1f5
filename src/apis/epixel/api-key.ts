/**
 * How callers of this room authenticate: an `apikey` header, and with it the access token of a log-in under that key
 * (wire §4.1). The gate judges both, and that they belong together (security row 53). Neither is read from a URL.
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
  // A client that acts for itself cannot call this room: its key would be checked nowhere.
  if (key === undefined || claim.kind !== 'access_token') throw new AppError('unauthenticated')
  return { ...claim, key: { kind: 'api_key', secretHash: sha256(key) } }
}
