/**
 * Examples of the API document (design §8). Those of requests are composed from the fields' own; those of refusals are
 * errors, rendered as the room renders real ones.
 */
import * as z from 'zod'
import { AppError, type ErrorCode } from '../core/errors.ts'
import type { Input, Tags } from '../http/tags.ts'

type Json = Record<string, unknown>

/** The examples of the fields of a schema, put together. */
export function exampleOf(schema: Json): Json {
  const properties = (schema.properties ?? {}) as Record<string, { example?: unknown; anyOf?: { example?: unknown }[] }>
  const examples = Object.entries(properties).map(([name, { example, anyOf }]) => [
    name,
    example ?? anyOf?.find((s) => s.example !== undefined)?.example,
  ])
  return Object.fromEntries(examples.filter(([, example]) => example !== undefined))
}

/** The likeliest error behind a status. */
const ERRORS: Readonly<Record<number, readonly [code: ErrorCode, message?: string]>> = {
  400: ['invalid_request', 'Some fields are invalid'],
  401: ['unauthenticated'],
  403: ['insufficient_scope', 'The token lacks the scope of this call'],
  404: ['not_found'],
  408: ['request_timeout', 'The body stopped arriving'],
  409: ['role_in_use', 'Some users still have this role'],
  411: ['length_required', 'Send the length of the body in Content-Length'],
  412: ['precondition_failed', 'The file does not meet the condition of the request'],
  413: ['payload_too_large', 'The body may have at most 10485760 bytes'],
  415: ['unsupported_media_type', 'Send application/x-www-form-urlencoded'],
  416: ['range_not_satisfiable', 'The range starts after the end of the file'],
  429: ['rate_limited', 'Too many requests'],
  503: ['temporarily_unavailable', 'Try again later'],
}
const LOCATIONS = { json: 'body', form: 'body', query: 'query', param: 'params' } as const
const RETRY_AFTER_SECONDS = 60

export function exampleRefusal(status: number, { access }: Tags, inputs: readonly Input[]): AppError {
  const fields = inputs.flatMap(({ target, schema }) => {
    const names = schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
    return names.map((path) => ({ code: 'invalid' as const, path, location: LOCATIONS[target], message: 'is not valid' }))
  })
  // Signing in, and a client's own authentication: nothing was required, and what was sent is wrong.
  if (status === 401 && access?.kind === 'anyone') return new AppError('invalid_client', 'What was sent does not prove who you are')
  if (status === 409 && fields.some(({ path }) => path === 'username')) return new AppError('username_taken')
  if (status === 409 && fields.length > 1) return new AppError('already_exists', undefined, { fields: fields.slice(0, 1) })
  const [code, message] = ERRORS[status] ?? ['forbidden', 'Not allowed']
  return new AppError(code, message, {
    ...(status === 400 ? { fields: fields.slice(0, 1) } : {}),
    ...(status === 429 || status === 503 ? { retryAfter: RETRY_AFTER_SECONDS } : {}),
  })
}
