/**
 * The document of every page: head, skip link, header, notice, one `h1`. Server-rendered; it loads only
 * our own style sheet, pictures and scripts (ASVS 3.4), and works without the scripts.
 */
import type { Context } from 'hono'
import type { Child } from 'hono/jsx'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Config } from '../config.ts'
import type { Brand } from '../config-brand.ts'
import type { Ctx } from '../core/ctx.ts'
import type { ClientFace } from '../core/oauth/client-face.ts'
import { PAGE_REFERRER_POLICY } from '../http/request-scope.ts'
import type { Texts } from '../texts/texts.ts'
import { BOT_CHECK_SCRIPT, contentSecurityPolicy, type Loads } from './content-security-policy.ts'
import { impersonationBanner } from './impersonation-banner.tsx'
import { pageScriptUrl, passkeyScriptUrl, styleSheetUrl } from './loaded-files.ts'
import { WithLookOnly } from './look-only.ts'
import { Footer, Header, Navigation } from './navigation.tsx'
import { noticeOf } from './notices.ts'
import { keepLocale, textsOf, useTexts, WithTexts } from './texts.tsx'

export interface Page extends Loads {
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
  /** The app that sent the person here. */
  readonly app?: ClientFace | null
  /** A width for tables instead of one for reading. */
  readonly isWide?: boolean
  /** Where to redirect, at once or after a moment. */
  readonly refreshTo?: string
  readonly refreshSeconds?: number
  /** What other services show for a link to this page (the Open Graph protocol): only what everybody may see. */
  readonly openGraph?: { readonly title: string; readonly image?: string }
}

export const productOf = (config: Config): string => config.brand.name

/** Replies with a page. */
export async function showPage(c: Context, page: Page, children: Child): Promise<Response> {
  const { config } = c.var.ctx as Ctx
  c.header(
    'Content-Security-Policy',
    contentSecurityPolicy(config, { ...page, pictures: [...(page.pictures ?? []), page.app?.logoUri ?? ''] }),
  )
  c.header('Referrer-Policy', PAGE_REFERRER_POLICY)
  c.header('Cache-Control', 'no-store')
  c.header('Content-Type', 'text/html; charset=utf-8')
  keepLocale(c)
  const t = await textsOf(c)
  const banner = await impersonationBanner(c)
  const document = (
    <WithTexts value={t}>
      <html lang={t.locale} dir={t.direction}>
        <Head t={t} brand={config.brand} page={page} />
        <body>
          <a class="skip" href="#main">
            {t.layout.skip}
          </a>
          <Header c={c} brand={config.brand} viewer={page.section === undefined ? undefined : c.get('viewer')} />
          {banner}
          <WithLookOnly value={c.get('viewer')?.principal.impersonation?.kind === 'read'}>
            <Body c={c} page={page}>
              {children}
            </Body>
          </WithLookOnly>
          <Footer c={c} brand={config.brand} app={page.app ?? null} hasLanguages={!page.error} />
        </body>
      </html>
    </WithTexts>
  )
  return c.body(`<!doctype html>${document}`, page.error?.status ?? page.status ?? 200)
}

function Body({ c, page, children }: { c: Context; page: Page; children: Child }) {
  const { section } = page
  const notice = page.error ? null : noticeOf(c, useTexts())
  return (
    <div class={section === undefined ? 'narrow' : page.isWide ? 'wide broad' : 'wide'}>
      {section !== undefined && <Navigation c={c} path={section} />}
      <main id="main">
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
  )
}

function Head({ t, brand, page }: { t: Texts; brand: Brand; page: Page }) {
  return (
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta name="robots" content="noindex" />
      {page.refreshTo !== undefined && <meta http-equiv="refresh" content={`${page.refreshSeconds ?? 0};url=${page.refreshTo}`} />}
      <title>{`${page.error ? `${t.layout.error}: ` : ''}${page.title}${page.title === brand.name ? '' : ` · ${brand.name}`}`}</title>
      {Object.entries(page.openGraph ?? {}).map(([name, content]) => (
        <meta property={`og:${name}`} content={content} />
      ))}
      <link rel="icon" href={brand.faviconUrl || 'data:,'} />
      <link rel="stylesheet" href={styleSheetUrl(brand)} />
      {page.hasPasskeys && <script src={passkeyScriptUrl(brand)} defer />}
      {page.section !== undefined && <script src={pageScriptUrl(brand)} defer />}
      {page.hasBotCheck && <script src={BOT_CHECK_SCRIPT} async defer />}
    </head>
  )
}
