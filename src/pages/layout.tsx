/**
 * The document of every page: head, skip link, header, notice, one `h1`. Server-rendered; it loads only
 * our own style sheet and pictures and, for passkeys, our own script (ASVS 3.4).
 */
import type { Context } from 'hono'
import type { Child } from 'hono/jsx'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Config } from '../config.ts'
import type { Ctx } from '../core/ctx.ts'
import { PAGE_REFERRER_POLICY } from '../http/request-scope.ts'
import { parseSender } from '../mail/mailer.ts'
import { type Section, sectionsOf } from './account/sections.ts'
import { scriptUrl, styleSheetUrl } from './loaded-files.ts'
import { noticeOf } from './notices.ts'

export interface Page {
  /** The `h1` and, with the product's name, the window title. */
  readonly title: string
  /** Replaces the title in the `h1`, if that needs markup. */
  readonly heading?: Child
  /** Of a page without an error. */
  readonly status?: ContentfulStatusCode
  /** Below the heading. */
  readonly lead?: Child
  /** Its status; it marks the window title, and hides the notice of an earlier form. */
  readonly error?: { readonly status: ContentfulStatusCode } | null
  /** The path of this account page; adds the account's navigation. */
  readonly section?: string
  /** Where to redirect, at once or after a moment. */
  readonly refreshTo?: string
  readonly refreshSeconds?: number
  /** The URLs of its frames. */
  readonly frames?: readonly string[]
  /** Loads the script for passkeys. */
  readonly hasPasskeys?: boolean
}

export function productOf(config: Config): string {
  return parseSender(config.mail.from).name ?? 'Kith'
}

/** Replies with a page. */
export function showPage(c: Context, page: Page, children: Child): Response {
  const { config } = c.var.ctx as Ctx
  c.header('Content-Security-Policy', contentSecurityPolicy(config, page))
  c.header('Referrer-Policy', PAGE_REFERRER_POLICY)
  c.header('Cache-Control', 'no-store')
  c.header('Content-Type', 'text/html; charset=utf-8')
  const product = productOf(config)
  const notice = page.error ? null : noticeOf(c)
  const document = (
    <html lang="en">
      <Head product={product} page={page} />
      <body>
        <a class="skip" href="#main">
          Skip to the content
        </a>
        <Header product={product} isSignedIn={page.section !== undefined} />
        <div class={page.section === undefined ? 'narrow' : 'wide'}>
          {page.section !== undefined && <AccountNavigation sections={sectionsOf(config)} current={page.section} />}
          <main id="main">
            {page.section !== undefined && page.section !== '/account' && (
              <p class="back">
                <a href="/account">Account</a>
              </p>
            )}
            <h1>{page.heading ?? page.title}</h1>
            {page.lead !== undefined && <p class="lead">{page.lead}</p>}
            {notice !== null && (
              <p class="notice" role="status">
                {notice}
              </p>
            )}
            {children}
          </main>
        </div>
      </body>
    </html>
  )
  return c.body(`<!doctype html>${document}`, page.error?.status ?? page.status ?? 200)
}

/** Pictures come from the avatars' origin; forms lead only to this site (see `goOn`). Only a page with passkeys may run a script. */
function contentSecurityPolicy({ avatars: { urls } }: Config, { hasPasskeys = false, frames = [] }: Page): string {
  const { origin } = new URL(urls.kind === 'public' ? urls.baseUrl : urls.url)
  return [
    "default-src 'none'",
    ...(hasPasskeys ? ["script-src 'self'", "connect-src 'self'"] : []),
    "style-src 'self'",
    `img-src 'self' data: ${origin}`,
    ...(frames.length === 0 ? [] : [`frame-src ${[...new Set(frames.map((url) => new URL(url).origin))].join(' ')}`]),
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

function Head({ product, page }: { product: string; page: Page }) {
  return (
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta name="robots" content="noindex" />
      {page.refreshTo !== undefined && <meta http-equiv="refresh" content={`${page.refreshSeconds ?? 0};url=${page.refreshTo}`} />}
      <title>{`${page.error ? 'Error: ' : ''}${page.title}${page.title === product ? '' : ` · ${product}`}`}</title>
      <link rel="icon" href="data:," />
      <link rel="stylesheet" href={styleSheetUrl()} />
      {page.hasPasskeys && <script src={scriptUrl()} defer />}
    </head>
  )
}

function Header({ product, isSignedIn }: { product: string; isSignedIn: boolean }) {
  return (
    <header>
      <a class="brand" href="/account">
        <span class="mark" aria-hidden="true" />
        {product}
      </a>
      {isSignedIn && (
        <a class="quiet-link" href="/sign-out">
          Sign out
        </a>
      )}
    </header>
  )
}

function AccountNavigation({ sections, current }: { sections: readonly Section[]; current: string }) {
  const home = { path: '/account', title: 'Overview' }
  return (
    <nav aria-label="Account">
      <ul>
        {[home, ...sections].map(({ path, title }) => (
          <li>
            <a href={path} {...(path === current ? { 'aria-current': 'page' } : {})}>
              {title}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  )
}
