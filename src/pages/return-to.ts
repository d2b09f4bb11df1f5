/**
 * Where a person goes on after signing in: `?return_to=`, a path of this origin that is no API, and nothing else (CWE-601,
 * CWE-352). What is not one is left out, and the person gets to the account's page. It goes along from page to page; a mailed
 * link does not hold it, but the code in it knows it.
 */
import type { Context } from 'hono'
import { RETURN_TO_LENGTH_MAX } from '../core/limits.ts'

const HOME = '/account'
const LEADS_ELSEWHERE = /^\/(oauth\/|consent\b|sign-out\b)/
/** Printable ASCII without space and backslash: browsers read `\` as `/`, and drop tabs and line breaks. */
const PATH = /^\/[\x21-\x5B\x5D-\x7E]*$/

/** The path, or null. Some parsers take two slashes in its path part for a host; in the query they do not matter. */
export function toOwnPath(text: string | undefined): string | null {
  if (text === undefined || text.length > RETURN_TO_LENGTH_MAX || !PATH.test(text)) return null
  return /^[^?#]*\/\//.test(text) || isOfApi(text) ? null : text
}

/**
 * The user API is no page, and a few of its GETs act for who is signed in: from a page of ours they would look as if the
 * person had wanted them (`ownNavigationOnly`). Judged as browsers and the router read it: dots resolved, signs decoded.
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

/** What the page was called with, if anything; otherwise what the code was asked for with, if a code has led here. */
export function askedReturn(c: Context, ofCode: string | null = null): string | null {
  return toOwnPath(c.req.query('return_to')) ?? toOwnPath(ofCode ?? undefined)
}

/** `path` with where the person goes on, so that nothing is lost on the way through several pages. */
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
 * Goes on there after a form. What may lead to another site goes by a page of its own: browsers hold the whole chain of
 * redirects after a form against `form-action`, which names this site alone.
 */
export function goOn(c: Context, known: string | null = askedReturn(c)): Response {
  const path = known ?? HOME
  return c.redirect(LEADS_ELSEWHERE.test(path) ? withReturn(c, '/continue', {}, known) : path, 303)
}
