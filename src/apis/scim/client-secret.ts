/**
 * The client's own secret, for directories that cannot ask for a token: by HTTP Basic, or as a bearer token that is the same base64 of id
 * and secret (docs/decisions/060). An access token is a JWT, whose dots tell it apart.
 */
import { AppError } from '../../core/errors.ts'
import { decodeBasic } from '../../core/oauth/client-authentication.ts'
import { claimOfClient } from '../../core/oauth/client-claim.ts'
import type { ReadCredential } from '../../http/credentials.ts'
import { countOfNetwork } from '../../http/rate-limit.ts'

export const clientSecret: ReadCredential = async (c) => {
  const header = c.req.header('authorization') ?? ''
  const pair = decodeBasic(header.replace(/^bearer /i, 'Basic '))
  if (!pair) return null
  try {
    return await claimOfClient(c.get('ctx'), { method: 'client_secret_basic', ...pair })
  } catch (error) {
    if (error instanceof AppError && error.status === 401) await countOfNetwork(c, 'other', 'client failures')
    throw error
  }
}
