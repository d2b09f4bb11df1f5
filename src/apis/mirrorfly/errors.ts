/** MirrorFly's error envelope: `{"status":N,"message":"..."}`, with the same status before it (wire §5.1). */
import type { Context } from 'hono'
import type { AppError } from '../../core/errors.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { errorHeaders, logFailure, toAppError } from '../../http/errors.ts'

export function renderError(error: unknown, c: Context<AppEnv>): Response {
  const appError = toAppError(error)
  logFailure(c, appError)
  return c.json(toErrorBody(appError), appError.status, errorHeaders(appError))
}

/** The body alone: the API document's examples are made by it as well. */
export function toErrorBody(error: AppError) {
  const { status } = error
  // The one text that old clients look for: whatever is wrong with a token, they sign in again.
  return { status, message: status === 401 ? 'Token Expired' : toText(error) }
}

/** One field at a time: the envelope has room for a sentence. */
function toText(error: AppError): string {
  const [issue] = error.fields
  if (error.code === 'invalid_file') return `profileFile: ${error.message}`
  return issue ? `${issue.path} ${issue.message}` : error.message
}
