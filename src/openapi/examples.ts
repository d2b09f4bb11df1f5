/**
 * Examples in the API document (design §8): requests are composed from the examples of their fields; errors are
 * rendered like real ones.
 */
import * as z from 'zod'
import { AppError, type ErrorCode } from '../core/errors.ts'
import type { Input, Tags } from '../http/tags.ts'

type Json = Record<string, unknown>

export function exampleOf(schema: Json): Json {
  const properties = (schema.properties ?? {}) as Record<string, { example?: unknown; anyOf?: { example?: unknown }[] }>
  const examples = Object.entries(properties).map(([name, { example, anyOf }]) => [
    name,
    example ?? anyOf?.find((s) => s.example !== undefined)?.example,
  ])
  return Object.fromEntries(examples.filter(([, example]) => example !== undefined))
}

/** The most likely error of a status. */
const ERRORS: Readonly<Record<number, readonly [code: ErrorCode, message?: string]>> = {
  400: ['invalid_request', 'Some fields are invalid'],
  401: ['unauthenticated'],
  403: ['insufficient_scope', 'The token lacks the scope of this call'],
  404: ['not_found'],
  408: ['request_timeout', 'The client stopped sending the body'],
  409: ['role_in_use', 'Some users still have this role'],
  411: ['length_required', 'Send the length of the body in Content-Length'],
  412: ['precondition_failed', 'The file does not match the conditions of the request'],
  413: ['payload_too_large', 'The body can be at most 10 MB'],
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
  // Log-in and client authentication: nothing was required, and the credentials are wrong.
  if (status === 401 && access?.kind === 'anyone') return new AppError('invalid_client', 'The credentials are invalid')
  if (status === 409 && fields.some(({ path }) => path === 'username')) return new AppError('username_taken')
  if (status === 409 && fields.length > 1) return new AppError('already_exists', undefined, { fields: fields.slice(0, 1) })
  const [code, message] = ERRORS[status] ?? ['forbidden', 'Not allowed']
  return new AppError(code, message, {
    ...(status === 400 ? { fields: fields.slice(0, 1) } : {}),
    ...(status === 429 || status === 503 ? { retryAfter: RETRY_AFTER_SECONDS } : {}),
  })
}
