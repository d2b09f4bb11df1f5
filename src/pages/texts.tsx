/** The texts of a page: in which language its reader gets it, and how components reach them. */
import type { Context } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { type Child, createContext, useContext } from 'hono/jsx'
import type { AppEnv } from '../http/app-env.ts'
import { acceptedTags, askedTags, DEFAULT_LOCALE, type Locale, matchLocale } from '../texts/locales.ts'
import { type PlaceholderOf, partsOf, type Texts, textsIn } from '../texts/texts.ts'

const COOKIE = 'locale'
const COOKIE_SECONDS = 365 * 24 * 3600

/**
 * The reader's language: what the request or the app that sent the person asks for (`ui_locales`, OpenID Connect Core §3.1.2.1),
 * what the account says, what was chosen in this browser, or what the browser prefers.
 */
export function localeOf(c: Context<AppEnv>): Locale {
  const asked = matchLocale(askedTags(c.req.url))
  if (asked) return asked
  const account = c.get('viewer')?.user.locale
  return (
    (account ? matchLocale([account]) : null) ??
    matchLocale([getCookie(c, COOKIE) ?? '']) ??
    matchLocale(acceptedTags(c.req.header('accept-language') ?? '')) ??
    DEFAULT_LOCALE
  )
}

/** Remembers the language that somebody who is not signed in has chosen here. */
export function keepLocale(c: Context<AppEnv>): void {
  const asked = c.req.query('ui_locales') === undefined || c.get('viewer') ? null : matchLocale(askedTags(c.req.url))
  if (asked === null || getCookie(c, COOKIE) === asked) return
  setCookie(c, COOKIE, asked, { path: '/', httpOnly: true, secure: true, sameSite: 'Lax', maxAge: COOKIE_SECONDS })
}

/** In the reader's language. What the account says counts once the request has passed the gate. */
export function textsOf(c: Context): Promise<Texts> {
  return textsIn(localeOf(c))
}

const TextsContext = createContext<Texts | null>(null)

/** Everything on a page is inside it (`layout.tsx`). */
export const WithTexts = TextsContext.Provider

/** The texts of the page that a component is on. Only within `showPage`. */
export function useTexts(): Texts {
  const texts = useContext(TextsContext)
  if (texts === null) throw new Error('There are no texts outside of a page')
  return texts
}

/** A text with elements in its placeholders: `<Filled text={t.x} with={{ name: <strong>Ada</strong> }} />`. */
export function Filled<const S extends string>(props: { text: S; with: Readonly<Record<PlaceholderOf<S>, Child>> }) {
  return <>{partsOf<S, Child>(props.text, props.with)}</>
}
