/** What the pages share to which an app sends the browser: who is told what went wrong, and answers that came too late. */
import type { Context } from 'hono'
import { AppError } from '../core/errors.ts'
import { logFailure } from '../http/errors.ts'
import { showError } from './errors.tsx'
import { OUT_OF_DATE } from './form-token.ts'

/** Errors in the app's own request are shown to the user here, and never sent to an unverified URI. */
export async function ofApp(c: Context, answer: () => Promise<Response>): Promise<Response> {
  try {
    return await answer()
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.code !== 'invalid_request' || thrown.fields.length > 0) throw thrown
    logFailure(c, thrown)
    const message =
      'The app that sent you here is unknown, or its request is wrong. It was given nothing. Go back and try again, or tell the people who made it.'
    return showError(c, { status: 400, title: 'This app made a mistake', message })
  }
}

/** An answer to a page that has expired, or that was shown to somebody else: the page is shown again. */
export function staleTicket(thrown: unknown): never {
  if (!(thrown instanceof AppError) || thrown.code !== 'cross_site_request') throw thrown
  throw new AppError('cross_site_request', 'This page was out of date. Please answer once more.', { reason: OUT_OF_DATE, cause: thrown })
}
