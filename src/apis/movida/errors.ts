/** Movida's errors: `<error><message>` and `<errors><error>` (wire §2.1), and the JSON equivalent. */
import type { Context } from 'hono'
import * as z from 'zod'
import type { AppError } from '../../core/errors.ts'
import { NONCE_STALE } from '../../core/machines/robots.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { errorHeaders, logFailure, toAppError, toFieldText } from '../../http/errors.ts'
import { challenge } from './digest-auth.ts'
import { represent } from './representation.ts'

const Message = z.object({ message: z.string() })
export const ErrorReply = z.union([z.object({ error: Message }), z.object({ errors: z.array(Message) })])

export function renderError(thrown: unknown, c: Context<AppEnv>): Response {
  const error = toAppError(thrown)
  logFailure(c, error)
  // Movida treats invalid parameters like an invalid entity (wire §2.1).
  const status = error.code === 'invalid_request' ? 422 : error.status
  // A missing scope would add a Bearer challenge, but callers of this room have no Bearer tokens.
  const { 'www-authenticate': _, ...headers } = errorHeaders(error)
  if (status === 401) headers['www-authenticate'] = challenge(c.var.ctx, error.reason === NONCE_STALE)
  if (status === 429 && headers['retry-after'] !== undefined) headers['ratelimit-reset'] = headers['retry-after']
  return represent(c, { json: toErrorBody(error), xml: toElement(messagesOf(error)) }, status, headers)
}

/** Also renders the examples in the API document. */
export function toErrorBody(error: AppError): z.output<typeof ErrorReply> {
  const [first = '', ...rest] = messagesOf(error)
  if (rest.length === 0) return { error: { message: first } }
  return { errors: [first, ...rest].map((message) => ({ message })) }
}

function toElement(messages: readonly string[]) {
  const [first = '', ...rest] = messages
  if (rest.length === 0) return { name: 'error', content: [{ name: 'message', content: first }] }
  return { name: 'errors', content: messages.map((message) => ({ name: 'error', content: message })) }
}

function messagesOf(error: AppError): string[] {
  return error.fields.length > 0 ? error.fields.map(toFieldText) : [error.message]
}
