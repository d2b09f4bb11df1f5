/** Requests to sign in, and of sessions. */
import * as z from 'zod'
import * as fields from '../../../core/fields.ts'
import { shownText } from '../../../core/texts.ts'
import type { SessionId } from '../../../ids.ts'
import { hexId, optional } from '../wire.ts'

/** Untrusted text, cut to fit. */
const userAgent = z
  .string()
  .max(1024)
  .transform((v) => shownText(v, 512))
  .meta({ example: 'Mozilla/5.0 (iPhone)' })

const names = {
  username: z.string().min(1).max(254).optional().meta({
    description: 'The user name or email address; if email is sent too, both must match the same account',
    example: 'john_doe',
  }),
  email: z.string().min(1).max(254).optional().meta({ example: 'user@example.com' }),
}
type Names = { readonly username?: string | undefined; readonly email?: string | undefined }
const isNamed = ({ username, email }: Names) => username !== undefined || email !== undefined
const NAMELESS = { path: ['username'], message: 'username or email is required' }

export const LoginBody = z
  .strictObject({ ...names, password: fields.typedPassword, userAgent: optional(userAgent) })
  .refine(isNamed, NAMELESS)

export const SignInCodeBody = z.strictObject(names).refine(isNamed, NAMELESS)
export const ConfirmSignInCodeBody = z.strictObject({
  token: z
    .string()
    .min(1)
    .max(128)
    .meta({ description: 'From POST /user/sign-in-code', example: 'q3Z0uTnk1fY8v0m7Wb2c5d8e1f4g7h0i3j6k9l2m5n8' }),
  code: fields.mailedDigits,
  userAgent: optional(userAgent),
})

const sessionHash = z
  .string()
  .min(1)
  .max(128)
  .meta({ description: 'From the log-in', example: 'q3Z0uTnk1fY8v0m7Wb2c5d8e1f4g7h0i3j6k9l2m5n8' })

export const DoTwoFactorBody = z.strictObject({ target: fields.userIdHex, code: fields.secondFactorCode, sessionHash })
export const PendingSignInBody = z.strictObject({ target: fields.userIdHex, sessionHash })

export const SessionParams = z.object({ id: hexId<SessionId>() })
