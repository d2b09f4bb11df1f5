/** Authentication in this room: the raw token in `Authorization`, without a scheme. `Bearer` is accepted too (wire §6.21). */
import { AppError } from '../../core/errors.ts'
import { keyIdOf } from '../../core/machines/keys.ts'
import { type ReadCredential, verifyUnbound } from '../../http/credentials.ts'
import { NO_ID } from '../../ids.ts'

/** A missing token, a wrong one, and one not issued under a key get the same error. The core finds the key in the gate's batch. */
export const licenseToken: ReadCredential = async (c) => {
  const token = /^(?:bearer +)?([\w.-]+) *$/i.exec(c.req.header('authorization') ?? '')?.[1]
  const claim = token === undefined ? null : await verifyUnbound(c, token)
  if (!claim || keyIdOf(claim.clientId) === NO_ID) throw new AppError('invalid_token')
  return claim
}
