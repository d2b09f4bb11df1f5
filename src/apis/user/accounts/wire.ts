/** Requests to sign up, verify an address, reset a password and delete the account. */
import * as z from 'zod'
import * as fields from '../../../core/fields.ts'
import { type ArchiveId, fromHex } from '../../../ids.ts'
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
export const ArchiveParams = z.object({
  archiveId: z
    .string()
    .regex(/^[0-9a-f]{24}$/, 'must be an id of 24 hex digits')
    .transform((v) => fromHex<ArchiveId>(v) as ArchiveId)
    .meta({ example: '507f1f77bcf86cd799439011' }),
})
/** As in the link. */
export const ArchiveLinkQuery = z.object({
  expires: z
    .string()
    .regex(/^\d{1,15}$/, 'must be a number')
    .meta({ example: '1796032800000', documented: { type: 'integer', example: 1796032800000 } }),
  kid: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,32}$/, 'must be the id of a key')
    .meta({ example: '2026-01-01' }),
  signature: z
    .string()
    .regex(/^[A-Za-z0-9_-]{43}$/, 'must be 32 bytes in base64url')
    .meta({ example: 'n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg' }),
})
