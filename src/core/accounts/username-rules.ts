/** What a user name must be besides well-formed (`fields.username`). */
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { USERNAME_LENGTH_MAX } from '../fields.ts'

/** Throws `invalid_request` for the field `username` if it is shorter than the operator wants. */
export function refuseShortUsername({ config }: Ctx, username: string): void {
  const { usernameLengthMin: min } = config.signUp
  if (username.length >= min) return
  throw AppError.ofFields([{ path: 'username', message: `must have ${min} to ${USERNAME_LENGTH_MAX} letters, digits or underscores` }])
}
