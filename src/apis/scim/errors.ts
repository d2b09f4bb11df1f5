/** SCIM's error envelope (RFC 7644 §3.12): the status as text, a `scimType` for what clients tell apart, and a sentence. */
import type { Context } from 'hono'
import * as z from 'zod'
import type { AppError } from '../../core/errors.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { logFailure, resourceErrorHeaders, toAppError, toFieldText } from '../../http/errors.ts'
import { SCIM_JSON } from './answers.ts'

const ERROR_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:Error'
const TYPES = ['invalidFilter', 'invalidPath', 'invalidSyntax', 'invalidValue', 'mutability', 'noTarget', 'tooMany', 'uniqueness'] as const
type ScimType = (typeof TYPES)[number]

export const ErrorReply = z
  .strictObject({
    schemas: z.tuple([z.literal(ERROR_SCHEMA)]),
    status: z.string().meta({ description: 'The HTTP status, as text' }),
    scimType: z.enum(TYPES).optional(),
    detail: z.string(),
  })
  .meta({ id: 'ScimError' })

export function renderError(thrown: unknown, c: Context<AppEnv>): Response {
  const error = toAppError(thrown)
  logFailure(c, error)
  // A secret that is wrong is a credential like a token that is wrong, and no client of this room reads OAuth's errors.
  return c.body(JSON.stringify(toErrorBody(error)), error.status, { ...resourceErrorHeaders(error, c), 'content-type': SCIM_JSON })
}

/** Also renders the examples in the API document. */
export function toErrorBody(error: AppError): z.output<typeof ErrorReply> {
  const scimType = typeOf(error)
  return { schemas: [ERROR_SCHEMA], status: String(error.status), ...(scimType ? { scimType } : {}), detail: detailOf(error) }
}

function typeOf({ code, reason, fields }: AppError): ScimType | undefined {
  const named = TYPES.find((type) => type === reason)
  if (named) return named
  if (code === 'already_exists') return 'uniqueness'
  if (code !== 'invalid_request') return undefined
  return fields.length > 0 ? 'invalidValue' : 'invalidSyntax'
}

function detailOf({ fields, message }: AppError): string {
  return fields.length > 0 ? fields.map(toFieldText).join('; ') : message
}
