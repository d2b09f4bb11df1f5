/**
 * Liquid's requests (seed 002, wire §3). Only this room refuses unknown fields. A body may be wrapped in a one-element
 * array, as in some of the seed's samples.
 */
import * as z from 'zod'
import * as fields from '../../core/fields.ts'
import {
  IDS_MAX,
  PAGE_LIMIT_DEFAULT,
  PAGE_LIMIT_MAX,
  SEARCH_QUERY_LENGTH_MAX,
  SEARCH_RESULTS_DEFAULT,
  SEARCH_RESULTS_MAX,
} from '../../core/limits.ts'
import type { Page } from '../../core/paging.ts'
import { AVAILABILITIES, MOODS } from '../../core/profiles/status.ts'
import { shownText } from '../../core/texts.ts'
import { type AnyId, type FollowId, fromHex, idAt, type SessionId } from '../../ids.ts'
import { name, optional } from './profile-wire.ts'

/** Any format: the core looks it up. */
const inviteCode = z.string().max(128, 'must have at most 128 characters').meta({ example: 'GU-2526-1687389089010' })

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
  })
  .refine((body) => body.phone === undefined || body.phoneCountryCode !== undefined, {
    path: ['phoneCountryCode'],
    message: 'is required with a phone number',
  })

const mailedCode = z.string().min(3).max(128).meta({ description: 'From the mail', example: 'xxx-yyy-zzz-abc-def-ghi-jkm-npq' })

export const VerifyEmailBody = z.strictObject({ code: mailedCode })
export const VerifyEmailQuery = z.object({ target: fields.userIdHex, code: mailedCode })
export const ResendVerificationQuery = z.object({ target: fields.userIdHex })

/** Untrusted text, cut to fit. */
const userAgent = z
  .string()
  .max(1024)
  .transform((v) => shownText(v, 512))
  .meta({ example: 'Mozilla/5.0 (iPhone)' })

export const LoginBody = z
  .strictObject({
    username: z.string().min(1).max(254).optional().meta({
      description: 'The user name or e-mail address; if email is sent too, both must match the same account',
      example: 'john_doe',
    }),
    email: z.string().min(1).max(254).optional().meta({ example: 'user@example.com' }),
    password: fields.typedPassword,
    userAgent: optional(userAgent),
  })
  .refine((body) => body.username !== undefined || body.email !== undefined, {
    path: ['username'],
    message: 'username or email is required',
  })

const sessionHash = z
  .string()
  .min(1)
  .max(128)
  .meta({ description: 'From the log-in', example: 'q3Z0uTnk1fY8v0m7Wb2c5d8e1f4g7h0i3j6k9l2m5n8' })

export const DoTwoFactorBody = z.strictObject({ target: fields.userIdHex, code: fields.secondFactorCode, sessionHash })
export const PendingSignInBody = z.strictObject({ target: fields.userIdHex, sessionHash })
export const TotpCodeBody = z.strictObject({ code: fields.totpCode })

/** A boolean, or the text that a form sends. */
export const flag = z
  .union([z.boolean(), z.enum(['true', 'false']).transform((v) => v === 'true')])
  .meta({ example: true, documented: { type: 'boolean' } })
export const StateBody = z.strictObject({ state: flag })

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

/** The `_id` of the previous page's last record; the old server's ISO date is accepted too (wire §6.14). */
const offset = z
  .string()
  .transform((text, refine) => {
    const position = fromHex(text) ?? (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(Date.parse(text)) ? idAt(Date.parse(text)) : null)
    if (position === null) refine.addIssue({ code: 'custom', message: 'must be the _id of a record, or a date' })
    return position as number
  })
  .meta({ description: 'The _id of the last record of the previous page', example: '507f1f77bcf86cd799439011' })

export const PageQuery = z.object({
  limit: z
    .string()
    .regex(/^\d{1,9}$/, 'must be a number')
    .transform(Number)
    .refine((v) => v >= 1 && v <= PAGE_LIMIT_MAX, `must be 1 to ${PAGE_LIMIT_MAX}`)
    .default(PAGE_LIMIT_DEFAULT)
    .meta({ description: `Records per page, at most ${PAGE_LIMIT_MAX}`, example: '10', documented: { type: 'integer', example: 10 } }),
  offset: offset.optional(),
})
/**
 * For lists with filters and those of administrators, where a misspelled filter would show everything. Other lists
 * ignore unknown parameters.
 */
export const StrictPageQuery = PageQuery.strict()

export const hexId = <Id extends AnyId>() =>
  z
    .string()
    .regex(/^[0-9a-f]{24}$/, 'must be an id of 24 hex digits')
    .transform((v) => fromHex<Id>(v) as Id)
    .meta({ example: '507f1f77bcf86cd799439011' })

export const SessionParams = z.object({ id: hexId<SessionId>() })
export const UserParams = z.object({ userId: fields.userIdHex })
export const PictureQuery = z.object({
  format: z.enum(['png', 'svg'], { error: 'must be png or svg' }).meta({ example: 'png' }).optional(),
})
export const TargetBody = z.strictObject({ target: fields.userIdHex })
export const TargetQuery = z.object({ target: fields.userIdHex })
export const TargetsBody = z.strictObject({
  targets: z
    .array(fields.userIdHex)
    .min(1, 'must name at least one user')
    .max(IDS_MAX, `must have at most ${IDS_MAX} ids`)
    .meta({ example: ['507f1f77bcf86cd799439011'] }),
})
export const FollowRequestBody = z.strictObject({ request: hexId<FollowId>().meta({ description: 'The _id of the follow record' }) })
export const FollowEntryBody = z.strictObject({ entry: hexId<FollowId>().meta({ description: 'The _id of the follow record' }) })

export const StatusBody = z.strictObject({
  statusMessage: fields.statusMessage.nullable().optional(),
  availability: z.enum(AVAILABILITIES).nullable().optional().meta({ example: 'busy' }),
  mood: z.enum(MOODS).nullable().optional().meta({ example: 'happy' }),
  expiresAt: z.iso
    .datetime()
    .transform((v) => Date.parse(v))
    .nullable()
    .optional()
    .meta({ description: 'When the status expires', example: '2099-01-01T00:00:00.000Z' }),
})

export function toPage({ limit, offset }: z.output<typeof PageQuery>): Page {
  return { limit, before: offset ?? null }
}

export const SearchBody = z.strictObject({
  query: z
    .string()
    .refine((v) => v !== '' && [...v].length <= SEARCH_QUERY_LENGTH_MAX, `must have 1 to ${SEARCH_QUERY_LENGTH_MAX} characters`)
    .meta({
      description: 'The beginning of a name or user name, or an id',
      example: 'john',
      minLength: 1,
      maxLength: SEARCH_QUERY_LENGTH_MAX,
    }),
  limit: z
    .union([
      z.int(),
      z
        .string()
        .regex(/^\d{1,9}$/, 'must be a number')
        .transform(Number),
    ])
    .refine((v) => v >= 1 && v <= SEARCH_RESULTS_MAX, `must be 1 to ${SEARCH_RESULTS_MAX}`)
    .default(SEARCH_RESULTS_DEFAULT)
    .meta({ description: `At most ${SEARCH_RESULTS_MAX}`, example: 10, documented: { type: 'integer' } }),
})
