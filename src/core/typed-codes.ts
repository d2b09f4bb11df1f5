/** Codes that people type: from a mail, an authenticator app, or their list of recovery codes. */
import * as z from 'zod'
import { foldTypedCode } from './typed-text.ts'

/**
 * The answer to a pending log-in: six digits as text or number (a number has lost its leading zeros), or a recovery
 * code. Spaces, dashes and capitals are accepted as typed.
 */
export const secondFactorCode = z
  .union([z.string().max(64, 'must have at most 64 characters'), z.int().min(0).max(999_999).transform(String)])
  .transform(foldTypedCode)
  .refine((v) => /^(\d{1,6}|[a-z2-9]{16})$/.test(v), 'must be six digits, or a recovery code')
  .transform((v) => (v.length < 6 ? v.padStart(6, '0') : v))
  .meta({
    description: 'The mailed code, a code from the authenticator app, or a recovery code',
    example: '022625',
    documented: { type: 'string', maxLength: 64 },
  })

const sixDigits = (description: string) =>
  z
    .union([z.string().max(16, 'must have at most 16 characters'), z.int().min(0).max(999_999).transform(String)])
    .transform(foldTypedCode)
    .refine((v) => /^\d{1,6}$/.test(v), 'must be six digits')
    .transform((v) => v.padStart(6, '0'))
    .meta({ description, example: '022625', documented: { type: 'string', maxLength: 16 } })

/** Of an authenticator app. */
export const totpCode = sixDigits('From the authenticator app')
export const mailedDigits = sixDigits('From the mail')
