/** Requests to sign up, verify an address, reset a password and delete the account. */
import * as z from 'zod'
import * as fields from '../../../core/fields.ts'
import { name, optional } from '../wire.ts'

/** Any format: the core looks it up. */
export const inviteCode = z.string().max(128, 'must have at most 128 characters').meta({ example: 'GU-2526-1687389089010' })

export const CreateUserBody = z
  .strictObject({
    username: fields.username,
    firstName: name,
    lastName: name.meta({ example: 'Doe' }),
    email: fields.email,
    password: fields.password,
    phoneCountryCode: optional(fields.phoneCountryCode),
    phone: optional(fields.phone),
    inviteCode: inviteCode.optional(),
    termsVersion: z
      .string()
      .max(40, 'must have at most 40 characters')
      .optional()
      .meta({ description: 'The version of the terms that the person has accepted (`TERMS_VERSION`)' }),
  })
  .refine((body) => body.phone === undefined || body.phoneCountryCode !== undefined, {
    path: ['phoneCountryCode'],
    message: 'is required with a phone number',
  })

const mailedCode = z.string().min(3).max(128).meta({ description: 'From the mail', example: 'xxx-yyy-zzz-abc-def-ghi-jkm-npq' })

export const VerifyEmailBody = z.strictObject({ code: mailedCode })
export const VerifyEmailQuery = z.object({ target: fields.userIdHex, code: mailedCode })
export const ResendVerificationQuery = z.object({ target: fields.userIdHex })

export const CodeQuery = z.object({ email: fields.email })
export const CodeBody = z.strictObject({ email: fields.email })
export const ResetPasswordBody = z.strictObject({
  code: mailedCode,
  password: fields.password,
  target: z
    .string()
    .regex(/^[0-9a-f]{24}$/, 'must be 24 hex digits')
    .optional()
    .meta({ description: 'From /user/code; checked when sent', example: '507f1f77bcf86cd799439011' }),
})

export const DeleteMeBody = z.strictObject({ password: optional(fields.typedPassword) })
export const ExportBody = DeleteMeBody
