/** The links around a page: header, navigation of the account or the console, footer. */
import type { Context } from 'hono'
import type { Brand } from '../config-brand.ts'
import type { AppEnv } from '../http/app-env.ts'
import { LANGUAGES, LOCALES, type Locale } from '../texts/locales.ts'
import { sectionsOf } from './account/sections.ts'
import { consoleSectionsOf } from './console/sections.ts'
import { useTexts } from './texts.tsx'

type Viewer = AppEnv['Variables']['viewer']

export function Header({ brand, viewer }: { brand: Brand; viewer: Viewer }) {
  const t = useTexts()
  const first = viewer ? consoleSectionsOf(viewer.principal.scopes)[0] : undefined
  return (
    <header>
      <a class="brand" href="/account">
        {brand.logoUrl === '' ? <span class="mark" aria-hidden="true" /> : <img class="logo" src={brand.logoUrl} alt="" />}
        {brand.name}
      </a>
      {viewer && (
        <div class="header-links">
          {first && (
            <a class="quiet-link" href={first.path}>
              {t.layout.console}
            </a>
          )}
          <a class="quiet-link" href="/sign-out">
            {t.layout.signOut}
          </a>
        </div>
      )}
    </header>
  )
}

/** The page's own section is marked. */
export function Navigation({ c, path }: { c: Context<AppEnv>; path: string }) {
  const t = useTexts()
  const scopes = c.get('viewer')?.principal.scopes ?? []
  const isConsole = path.startsWith('/admin')
  const links = isConsole
    ? consoleSectionsOf(scopes).map(({ path, name }) => ({ path, title: t.console.sections[name] }))
    : [
        { path: '/account', title: t.account.overview.link },
        ...sectionsOf(c.get('ctx').config).map(({ path, name }) => ({ path, title: t.account.sections[name].title })),
      ]
  return (
    <nav aria-label={isConsole ? t.layout.console : t.layout.account}>
      <ul>
        {links.map((link) => (
          <li>
            <a href={link.path} {...(link.path === path ? { 'aria-current': 'page' } : {})}>
              {link.title}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  )
}

/** What the operator links to and, for whoever is not signed in, the other languages. */
export function Footer({ c, brand }: { c: Context<AppEnv>; brand: Brand }) {
  const t = useTexts()
  const legal = [
    { url: brand.termsUrl, text: t.layout.terms },
    { url: brand.privacyUrl, text: t.layout.privacy },
    { url: brand.supportUrl, text: t.layout.support },
  ].filter(({ url }) => url !== '')
  const others: Locale[] = c.get('viewer') || c.req.method !== 'GET' ? [] : LOCALES.filter((locale) => locale !== t.locale)
  if (legal.length + others.length === 0) return null
  return (
    <footer>
      {legal.length > 0 && (
        <ul>
          {legal.map(({ url, text }) => (
            <li>
              <a href={url}>{text}</a>
            </li>
          ))}
        </ul>
      )}
      {others.length > 0 && (
        <ul aria-label={t.layout.languages}>
          {others.map((locale) => (
            <li>
              <a href={inLanguage(c, locale)} lang={locale} hreflang={locale}>
                {LANGUAGES[locale].name}
              </a>
            </li>
          ))}
        </ul>
      )}
    </footer>
  )
}

function inLanguage(c: Context, locale: string): string {
  const { pathname, searchParams } = new URL(c.req.url)
  searchParams.set('ui_locales', locale)
  return `${pathname}?${searchParams}`
}
