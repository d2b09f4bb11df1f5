/** MirrorFly's error envelope: `{"status":N,"message":"..."}`, with the same status on the reply (wire §5.1). */
import type { Context } from 'hono'
import type { AppError } from '../../core/errors.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { errorHeaders, logFailure, toAppError, toFirstText } from '../../http/errors.ts'

export function renderError(error: unknown, c: Context<AppEnv>): Response {
  const appError = toAppError(error)
  logFailure(c, appError)
  return c.json(toErrorBody(appError), appError.status, errorHeaders(appError))
}

/** Also renders the examples in the API document. */
export function toErrorBody(error: AppError) {
  const { status } = error
  // Old clients look for this text and sign in again, whatever is wrong with the token.
  return { status, message: status === 401 ? 'Token Expired' : toText(error) }
}

/** One field at a time: the envelope has room for one sentence. */
function toText(error: AppError): string {
  return error.code === 'invalid_file' ? `profileFile: ${error.message}` : toFirstText(error)
}
