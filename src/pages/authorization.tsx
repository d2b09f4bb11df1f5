/** Shared by the pages to which an app sends the browser: errors of its request, and outdated answers. */
import type { Context } from 'hono'
import { AppError } from '../core/errors.ts'
import { logFailure } from '../http/errors.ts'
import { showTexts } from './errors.tsx'
import { OUT_OF_DATE } from './form-token.ts'
import { textsOf } from './texts.tsx'

/** Shows errors of the app's own request to the user, and never sends them to an unverified URI. */
export async function ofApp(c: Context, answer: () => Promise<Response>): Promise<Response> {
  try {
    return await answer()
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.code !== 'invalid_request' || thrown.fields.length > 0) throw thrown
    logFailure(c, thrown)
    const { appMistake } = (await textsOf(c)).errors
    const isDeveloped = c.var.ctx.config.environment === 'development'
    return showTexts(c, {
      status: 400,
      ...appMistake,
      detail: isDeveloped ? [thrown.message, thrown.hint].filter(Boolean).join('. ') : null,
    })
  }
}

/** The page has expired or was shown to another user: it is shown again. */
export function staleTicket(thrown: unknown): never {
  if (!(thrown instanceof AppError) || thrown.code !== 'cross_site_request') throw thrown
  throw new AppError('cross_site_request', 'This page was out of date. Please answer again.', { reason: OUT_OF_DATE, cause: thrown })
}
