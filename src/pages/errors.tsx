/** Errors as users read them: what happened, and what to do now. If only a sign-in is missing, the browser is redirected there and back. */
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { AppError, ErrorCode, ParentCode } from '../core/errors.ts'
import { PASSKEY_REQUIRED } from '../core/sessions/second-factors.ts'
import type { AppEnv, ShownError } from '../http/app-env.ts'
import { clearImpersonationCookie } from '../http/credentials.ts'
import { errorHeaders, logFailure, toAppError } from '../http/errors.ts'
import { fill, type Plural, plural, type Texts } from '../texts/texts.ts'
import { showPage } from './layout.tsx'
import { textsOf } from './texts.tsx'

/** Parents that people need not tell apart. The others have a text of their own, or are about a request of an app. */
const ALIKE: Partial<Record<ParentCode, keyof Texts['errors']>> = {
  consent_required: 'access_denied',
  insufficient_scope: 'access_denied',
  invalid_token: 'login_required',
}

/** For people: never the error's own message, which is for programs. */
function textsFor(
  { errors }: Texts,
  { reason = '', code, parent }: AppError,
): { readonly title: string; readonly message: string | Plural } {
  const { reasons } = errors
  if (Object.hasOwn(reasons, reason)) return reasons[reason as keyof typeof reasons]
  const name = [code, parent, ALIKE[parent] ?? ''].find((one) => Object.hasOwn(errors, one)) as ErrorCode | undefined
  return errors[(name ?? 'invalid_request') as 'invalid_request' | 'rate_limited']
}

export function messageOf(t: Texts, error: AppError): string {
  const { message } = textsFor(t, error)
  if (typeof message !== 'string') return plural(t, message, Math.max(1, Math.ceil((error.retryAfter ?? 60) / 60)))
  return fill<string>(message, error.named)
}

/** The headers that browsers use. */
export function setErrorHeaders(c: Context, error: AppError): void {
  const { allow, 'retry-after': retryAfter } = errorHeaders(error)
  if (allow) c.header('Allow', allow)
  if (retryAfter) c.header('Retry-After', retryAfter)
}

export async function renderError(thrown: unknown, c: Context): Promise<Response> {
  const error = toAppError(thrown)
  logFailure(c, error)
  // The account that an administrator looked at is closed again; their own session may go on.
  if (error.code === 'unauthenticated' && clearImpersonationCookie(c)) return c.redirect('/admin', 303)
  if (error.code === 'unauthenticated') return toSignIn(c, {})
  if (error.code === 'reauthentication_required' && !isImpersonated(c))
    return toSignIn(c, { reauth: error.reason === PASSKEY_REQUIRED ? 'passkey' : '1' })
  setErrorHeaders(c, error)
  const t = await textsOf(c)
  return showTexts(c, { status: error.status, title: textsFor(t, error).title, message: messageOf(t, error) })
}

/** Nobody can sign in afresh for somebody else. */
const isImpersonated = (c: Context<AppEnv>) => Boolean(c.get('viewer')?.principal.impersonation)

/** Redirects to the sign-in, and then back to this page. A form's page has the address of the form. */
function toSignIn(c: Context, extra: Record<string, string>): Response {
  const { pathname, search } = new URL(c.req.url)
  return c.redirect(`/sign-in?${new URLSearchParams({ return_to: pathname + search, ...extra })}`, 303)
}

/** Shows an error of a room that browsers visit as a page of its own. */
export async function showError(c: Context, { status, error, detail }: ShownError): Promise<Response> {
  const t = await textsOf(c)
  return showTexts(c, { status, title: textsFor(t, error).title, message: messageOf(t, error), detail })
}

interface Texted {
  readonly status: ContentfulStatusCode
  readonly title: string
  readonly message: string
  readonly detail?: string | null
}

/** In the console and the account, the way on stays in sight. */
function frameOf(c: Context): { section?: string } {
  const [, section] = /^(\/admin|\/account|\/people)(\/|$)/.exec(c.req.path) ?? []
  return section !== undefined && c.get('viewer') !== undefined ? { section: section === '/people' ? '/account' : section } : {}
}

/** A page of its own. */
export async function showTexts(c: Context, { title, message, detail = null, ...error }: Texted): Promise<Response> {
  const t = await textsOf(c)
  return showPage(
    c,
    { title, lead: message, error, ...frameOf(c) },
    <>
      {detail !== null && (
        <p class="aside" lang="en" dir="ltr">
          {detail}
        </p>
      )}
      <p>
        <a class="button secondary" href="/account">
          {t.errors.toAccount}
        </a>
      </p>
    </>,
  )
}
