/** How callers prove who they are: the raw token in `Authorization`, without a scheme; one that writes `Bearer` is understood (wire §6.21). */
import { AppError } from '../../core/errors.ts'
import { keyIdOf } from '../../core/machines/keys.ts'
import { verifyAccessToken } from '../../core/oauth/access-token.ts'
import type { ReadCredential } from '../../http/credentials.ts'
import { NO_ID } from '../../ids.ts'

/** Missing is as bad as wrong, and as a token of anything but a key. Which key it is, the core finds out in the gate's own batch. */
export const licenseToken: ReadCredential = async (c) => {
  const token = /^(?:bearer +)?([\w.-]+) *$/i.exec(c.req.header('authorization') ?? '')?.[1]
  const claim = token === undefined ? null : await verifyAccessToken(c.var.ctx, token)
  if (!claim || keyIdOf(claim.clientId) === NO_ID) throw new AppError('invalid_token')
  return claim
}
