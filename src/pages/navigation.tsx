/** The links around a page: header, navigation of the account or the console, footer. */
import type { Context } from 'hono'
import type { Brand } from '../config-brand.ts'
import type { ClientFace } from '../core/oauth/client-face.ts'
import type { AppEnv } from '../http/app-env.ts'
import { LANGUAGES, LOCALES, type Locale } from '../texts/locales.ts'
import { number, type Texts } from '../texts/texts.ts'
import { sectionGroupsOf } from './account/sections.ts'
import { consoleSectionsOf } from './console/sections.ts'
import { Face, nameOf } from './face.tsx'
import { Isolated } from './isolated.tsx'
import { askedReturn } from './return-to.ts'
import { useTexts } from './texts.tsx'

type Viewer = NonNullable<AppEnv['Variables']['viewer']>

/** The menu that opens it on a phone points here. */
const NAVIGATION = 'navigation'

export function Header({ c, brand, viewer }: { c: Context<AppEnv>; brand: Brand; viewer: Viewer | undefined }) {
  const t = useTexts()
  return (
    <header>
      <a class="brand" href="/account">
        {brand.logoUrl === '' ? <span class="mark" aria-hidden="true" /> : <img class="logo" src={brand.logoUrl} alt="" />}
        {brand.name}
      </a>
      {viewer && (
        <div class="header-links">
          <ConsoleLink viewer={viewer} />
          <a class="me" href="/account">
            <Face ctx={c.get('ctx')} user={viewer.user} />
            <Isolated>{nameOf(viewer.user)}</Isolated>
          </a>
          <SignOutLink />
          <button type="button" class="menu" popovertarget={NAVIGATION}>
            {t.layout.menu}
          </button>
        </div>
      )}
    </header>
  )
}

function ConsoleLink({ viewer }: { viewer: Viewer }) {
  const t = useTexts()
  const first = consoleSectionsOf(viewer.principal.scopes)[0]
  if (!first) return null
  return (
    <a class="quiet-link" href={first.path}>
      {t.layout.console}
    </a>
  )
}

function SignOutLink() {
  const t = useTexts()
  return (
    <a class="quiet-link" href="/sign-out">
      {t.layout.signOut}
    </a>
  )
}

interface LinkGroup {
  readonly title: string | null
  readonly links: readonly { readonly path: string; readonly title: string; readonly waiting?: number }[]
}

function groupsOf(c: Context<AppEnv>, t: Texts, isConsole: boolean): LinkGroup[] {
  if (isConsole) {
    const sections = consoleSectionsOf(c.get('viewer')?.principal.scopes ?? [])
    return [{ title: null, links: sections.map(({ path, name }) => ({ path, title: t.console.sections[name] })) }]
  }
  const requests = c.get('viewer')?.user.requestCount ?? 0
  const groups = sectionGroupsOf(c.get('ctx').config).map(({ name, sections }) => ({
    title: t.account.groups[name],
    links: sections.map(({ path, name }) => ({ path, title: t.account.sections[name], waiting: name === 'requests' ? requests : 0 })),
  }))
  return [{ title: null, links: [{ path: '/account', title: t.account.overview.link }] }, ...groups]
}

/** The page's own section is marked. Beside the page or, where there is no room for that, a menu that the header opens. */
export function Navigation({ c, path }: { c: Context<AppEnv>; path: string }) {
  const t = useTexts()
  const viewer = c.get('viewer')
  const isConsole = path.startsWith('/admin')
  return (
    <nav id={NAVIGATION} popover="auto" aria-label={isConsole ? t.layout.console : t.layout.account}>
      {groupsOf(c, t, isConsole).map(({ title, links }, index) => (
        <>
          {title !== null && <p id={`group-${index}`}>{title}</p>}
          <ul {...(title === null ? {} : { 'aria-labelledby': `group-${index}` })}>
            {links.map((link) => (
              <li>
                <a href={link.path} {...(link.path === path ? { 'aria-current': 'page' } : {})}>
                  {link.title}
                  {link.waiting ? <span class="count">{number(t, link.waiting)}</span> : null}
                </a>
              </li>
            ))}
          </ul>
        </>
      ))}
      {viewer && (
        <div class="in-menu">
          <ConsoleLink viewer={viewer} />
          <SignOutLink />
        </div>
      )}
    </nav>
  )
}

interface FooterProps {
  readonly c: Context<AppEnv>
  readonly brand: Brand
  readonly app: ClientFace | null
  /** Not on the page of an error: links to it in other languages would repeat what somebody may have put into its address. */
  readonly hasLanguages: boolean
}

/** What the operator, or the app that sent the person, links to and, for whoever is not signed in, the other languages. */
export function Footer({ c, brand, app, hasLanguages }: FooterProps) {
  const t = useTexts()
  const legal = [
    { url: app?.tosUri ?? brand.termsUrl, text: t.layout.terms },
    { url: app?.policyUri ?? brand.privacyUrl, text: t.layout.privacy },
    { url: brand.supportUrl, text: t.layout.support },
  ].filter(({ url }) => url !== '')
  const others: Locale[] = c.get('viewer') || c.req.method !== 'GET' || !hasLanguages ? [] : LOCALES.filter((locale) => locale !== t.locale)
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

/** What a page needs to be the same page in another language. Anything else in its address is dropped: somebody may have written it. */
const CARRIED = ['account', 'code', 'user_code', 'invite_code', 'password', 'reauth', 'another', 'use']

/** This page, and where it returns to, if that is an app's request, in another language. */
function inLanguage(c: Context, locale: string): string {
  const carried = CARRIED.flatMap((name) => {
    const value = c.req.query(name) ?? ''
    return /^[\w-]{1,128}$/.test(value) ? [[name, value]] : []
  })
  const query = new URLSearchParams([...carried, ['ui_locales', locale]])
  const [path, request] = (askedReturn(c) ?? '').split(/\?(.*)/s)
  const asked = new URLSearchParams(request)
  if (asked.has('ui_locales')) asked.set('ui_locales', locale)
  if (path) query.set('return_to', request === undefined ? path : `${path}?${asked}`)
  return `${c.req.path}?${query}`
}
