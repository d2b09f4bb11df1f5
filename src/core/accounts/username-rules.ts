/** What a user name must be besides well-formed (`fields.username`). */
import type { Ctx } from '../ctx.ts'
import { AppError, type RefusedField } from '../errors.ts'
import { USERNAME_LENGTH_MAX } from '../fields.ts'

/** What is wrong with one that is shorter than the operator wants. */
export function usernameIssues({ config }: Ctx, username: string): RefusedField[] {
  const { usernameLengthMin: min } = config.signUp
  if (username.length >= min) return []
  return [{ path: 'username', message: `must have ${min} to ${USERNAME_LENGTH_MAX} letters, digits or underscores` }]
}

/** Throws `invalid_request` for the field `username` if it is shorter than the operator wants. */
export function refuseShortUsername(ctx: Ctx, username: string): void {
  AppError.refuse(usernameIssues(ctx, username))
}
