/** How callers prove who they are: the raw token in `Authorization`, without a scheme; one that writes `Bearer` is understood (wire §6.21). */
import { AppError } from '../../core/errors.ts'
import { verifyAccessToken } from '../../core/oauth/access-token.ts'
import type { ReadCredential } from '../../http/credentials.ts'

/** Missing is as bad as wrong. That the token is of a license key, the core finds out in the gate's own batch. */
export const licenseToken: ReadCredential = async (c) => {
  const token = /^(?:bearer +)?([\w.-]+) *$/i.exec(c.req.header('authorization') ?? '')?.[1]
  const claim = token === undefined ? null : await verifyAccessToken(c.var.ctx, token)
  if (!claim) throw new AppError('invalid_token')
  return claim
}
