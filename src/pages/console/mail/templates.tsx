/**
 * `/admin/mail/templates`: each kind of mail in each language, with made-up facts. Its HTML is a reply of its own, in a frame that can
 * run and load nothing.
 */
import { type Context, Hono } from 'hono'
import { DAY_MS } from '../../../core/limits.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { FRAMED_HERE } from '../../../http/request-scope.ts'
import { MAIL_KINDS } from '../../../mail/kinds.ts'
import { type MailFacts, renderMessage, subjectOf } from '../../../mail/messages.ts'
import { LANGUAGES, LOCALES, type Locale } from '../../../texts/locales.ts'
import { textsIn } from '../../../texts/texts.ts'
import { showPage } from '../../layout.tsx'
import { FilterForm } from '../../table.tsx'
import { textsOf } from '../../texts.tsx'
import { MAIL_PATH } from './list.tsx'

const PATH = `${MAIL_PATH}/templates`
const HTML_PATH = `${PATH}/html`
/** The mail's own styles, and this site's frame around it. */
const MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox"

type Kind = (typeof MAIL_KINDS)[number]

export const mailTemplatePages = new Hono<AppEnv>()
  .get(PATH, requires('admin:mail:read'), async (c) => {
    await c.var.gate()
    return show(c, await chosen(c))
  })
  .get(HTML_PATH, requires('admin:mail:read'), async (c) => {
    await c.var.gate()
    const { kind, locale } = await chosen(c)
    c.header('Content-Security-Policy', MAIL_POLICY)
    c.header('X-Frame-Options', FRAMED_HERE)
    c.header('Cache-Control', 'no-store')
    return c.html((await rendered(c, kind, locale)).html)
  })

interface Chosen {
  readonly kind: Kind
  readonly locale: Locale
}

/** Whatever is not there is replaced by the first kind, and by the reader's language. */
async function chosen(c: Context): Promise<Chosen> {
  const { locale } = await textsOf(c)
  return {
    kind: MAIL_KINDS.find((kind) => kind === c.req.query('kind')) ?? MAIL_KINDS[0],
    locale: LOCALES.find((one) => one === c.req.query('language')) ?? locale,
  }
}

/** Neither a person nor a code of theirs: the code is of no challenge. */
async function rendered(c: Context, kind: Kind, locale: Locale) {
  const { config, now } = c.var.ctx
  const facts: MailFacts = {
    brand: config.brand,
    origin: config.origin,
    username: 'alex_example',
    givenName: 'Alex',
    code: kind === 'sign_in_code' || kind === 'change_email_digits' ? '000000' : 'example-code',
    digits: kind === 'mail_sign_in' ? '000000' : null,
    minutesValid: 15,
    userAgent: 'Firefox/140.0 Linux',
    place: 'Lisbon, PT',
    changed: ['email', 'factors_off', 'totp_on', 'digits_refused'],
    codesLeft: 7,
    failures: 5,
    provider: 'Google (alex@example.com)',
    host: 'hooks.example.com',
    reason: 'Spam',
    until: now() + 7 * DAY_MS,
    at: now(),
    timeZone: null,
  }
  return renderMessage(await textsIn(locale), kind, facts)
}

async function show(c: Context, { kind, locale }: Chosen): Promise<Response> {
  const t = await textsOf(c)
  const words = t.console.mail
  const { config } = c.var.ctx
  const { subject, text } = await rendered(c, kind, locale)
  const frame = `${HTML_PATH}?${new URLSearchParams({ kind, language: locale })}`
  const { direction } = await textsIn(locale)
  return showPage(
    c,
    { title: words.templates, lead: words.templatesLead, section: MAIL_PATH, isWide: true, frames: [config.origin] },
    <>
      <FilterForm action={PATH} submit={words.show}>
        <div class="field">
          <label for="kind">{words.mail}</label>
          <select id="kind" name="kind">
            {MAIL_KINDS.map((one) => (
              <option value={one} selected={one === kind}>
                {subjectOf(t, one, config.brand.name)} ({one})
              </option>
            ))}
          </select>
        </div>
        <div class="field">
          <label for="language">{words.language}</label>
          <select id="language" name="language">
            {LOCALES.map((one) => (
              <option value={one} selected={one === locale}>
                {LANGUAGES[one].name}
              </option>
            ))}
          </select>
        </div>
      </FilterForm>
      <h2 class="apart" lang={locale} dir={direction}>
        {subject}
      </h2>
      <div class="mail-parts">
        <section aria-labelledby="as-html">
          <h3 id="as-html">{words.asHtml}</h3>
          <iframe class="mail" src={frame} title={words.asHtml} sandbox="" />
        </section>
        <section aria-labelledby="as-text">
          <h3 id="as-text">{words.asText}</h3>
          <pre class="mail" lang={locale} dir={direction} tabindex={0}>
            {text}
          </pre>
        </section>
      </div>
      <p class="links">
        <a href={MAIL_PATH}>{words.title}</a>
      </p>
    </>,
  )
}
