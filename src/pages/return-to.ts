/**
 * Where the browser goes after sign-in: `?return_to=`, a path of this origin that is not an API, and nothing else
 * (CWE-601, CWE-352). Other values are dropped, and the user gets to the account page. It is passed from page to page;
 * mailed links do not contain it, but it is stored with their code.
 */
import type { Context } from 'hono'
import { RETURN_TO_LENGTH_MAX } from '../core/limits.ts'
import { type NoticeName, redirectWith } from './notices.ts'

const HOME = '/account'
const LEADS_ELSEWHERE = /^\/(oauth\/|consent\b|sign-out\b)/
/** Printable ASCII without space and backslash: browsers read `\` as `/`, and drop tabs and line breaks. */
const PATH = /^\/[\x21-\x5B\x5D-\x7E]*$/

/** The path, or null. Some parsers take two slashes in the path for a host; in the query they are harmless. */
export function toOwnPath(text: string | undefined): string | null {
  if (text === undefined || text.length > RETURN_TO_LENGTH_MAX || !PATH.test(text)) return null
  return /^[^?#]*\/\//.test(text) || isOfApi(text) ? null : text
}

/**
 * The user API is not a page, and some of its GETs have effects: a redirect from our page would look like the user's
 * own navigation (`ownNavigationOnly`). Paths are compared as browsers and the router read them: dots resolved, escapes
 * decoded.
 */
function isOfApi(path: string): boolean {
  try {
    return /^\/user(\/|$)/.test(decodeURIComponent(new URL(path, 'https://own.invalid').pathname))
  } catch {
    return true
  }
}

export function returnTo(c: Context): string {
  return askedReturn(c) ?? HOME
}

/** The page's own `return_to` or, after a mailed link, the one stored with the code. */
export function askedReturn(c: Context, ofCode: string | null = null): string | null {
  return toOwnPath(c.req.query('return_to')) ?? toOwnPath(ofCode ?? undefined)
}

/** `path` with the current `return_to`, so that it survives several pages. */
export function withReturn(
  c: Context,
  path: string,
  extra: Readonly<Record<string, string>> = {},
  known: string | null = askedReturn(c),
): string {
  const query = new URLSearchParams({ ...(known === null ? {} : { return_to: known }), ...extra }).toString()
  return query === '' ? path : `${path}?${query}`
}

/**
 * Redirects to `return_to` after a form. If that may lead to another site, it goes through a page of our own: browsers
 * apply `form-action`, which names only this site, to the whole chain of redirects. An app does not show the notice.
 */
export function goOn(c: Context, known: string | null = askedReturn(c), notice: NoticeName | null = null): Response {
  const path = known ?? HOME
  if (LEADS_ELSEWHERE.test(path)) return c.redirect(withReturn(c, '/continue', {}, known), 303)
  return notice === null ? c.redirect(path, 303) : redirectWith(c, path, notice)
}
