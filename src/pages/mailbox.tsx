/**
 * Captured mails (`MAIL=capture`, design §8): `GET /dev/mailbox`, a page for people and JSON for programs. It does not
 * exist in production, which refuses to capture mail. A mail's HTML is shown in a frame without scripts; its links open
 * outside of the frame.
 */
import { Hono } from 'hono'
import { accepts } from 'hono/accepts'
import { html, raw } from 'hono/html'
import { AppError } from '../core/errors.ts'
import { anyone } from '../http/access.ts'
import type { AppEnv } from '../http/app-env.ts'
import { readOnly } from '../http/errors.ts'
import { CAPTURED_MAILS_MAX, type CapturedMail, listCapturedMails } from '../mail/captured.ts'

/** Nothing loads or runs, including in the frames, which inherit this policy. */
const CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const STYLE = `
  :root { color-scheme: light dark; --line: light-dark(#d8dbe0, #3a3f47); --quiet: light-dark(#5b626d, #a2a9b4) }
  body { margin: 0 auto; padding: 2rem 1rem; max-width: 46rem; font: 16px/1.5 system-ui, sans-serif;
    background: light-dark(#fff, #16181c); color: light-dark(#1b1e23, #e8eaed) }
  h1 { font-size: 1.5rem } h2 { margin: 0; font-size: 1.1rem }
  article { margin: 1.5rem 0; padding: 1rem 1.25rem; border: 1px solid var(--line); border-radius: 8px }
  article p { margin: 0.25rem 0; color: var(--quiet) }
  pre { margin: 1rem 0 0; white-space: pre-wrap; overflow-wrap: anywhere; font: 14px/1.5 ui-monospace, Menlo, monospace }
  a { color: light-dark(#0b57d0, #8ab4f8) }
  iframe { display: block; width: 100%; height: 28rem; margin: 1rem 0; border: 1px solid var(--line); border-radius: 8px; resize: vertical }
  summary { cursor: pointer; color: var(--quiet) }
`

export const mailbox = new Hono<AppEnv>()

mailbox.get('/dev/mailbox', anyone(), async (c) => {
  const { config, kv } = c.var.ctx
  if (config.mail.kind !== 'capture') throw new AppError('not_found')
  const to = c.req.query('to') || undefined
  const limit = Number(c.req.query('limit')) || CAPTURED_MAILS_MAX
  const mails = await listCapturedMails(kv, { to, limit: Math.max(1, limit) })
  c.header('Cache-Control', 'no-store')
  c.header('Vary', 'Accept')
  c.header('X-Content-Type-Options', 'nosniff')
  const type = accepts(c, { header: 'Accept', supports: ['text/html', 'application/json'], default: 'text/html' })
  if (type === 'application/json') return c.json({ messages: mails.map(toMessage) })
  c.header('Content-Security-Policy', CONTENT_SECURITY_POLICY)
  c.header('Referrer-Policy', 'no-referrer')
  return c.html(html`<!doctype html>${<MailboxPage mails={mails} to={to} />}`)
})

mailbox.all('/dev/mailbox', readOnly)

function toMessage({ id, to, subject, text, html, headers, sentAt }: CapturedMail) {
  return { id, to, subject, text, html, headers, sentAt: new Date(sentAt).toISOString() }
}

function MailboxPage({ mails, to }: { mails: readonly CapturedMail[]; to: string | undefined }) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Captured mail</title>
        <style>{raw(STYLE)}</style>
      </head>
      <body>
        <h1>Captured mail</h1>
        <p>Mails are shown here instead of being sent, newest first, for one day.</p>
        {to !== undefined && (
          <p>
            Only mails to {to}. <a href="/dev/mailbox">Show all</a>
          </p>
        )}
        <main>{mails.length > 0 ? mails.map((mail) => <Mail mail={mail} />) : <p>There is no mail yet.</p>}</main>
      </body>
    </html>
  )
}

function Mail({ mail }: { mail: CapturedMail }) {
  const sentAt = new Date(mail.sentAt).toISOString()
  return (
    <article id={mail.id}>
      <h2>{mail.subject}</h2>
      <p>
        To <a href={`/dev/mailbox?to=${encodeURIComponent(mail.to)}`}>{mail.to}</a>,{' '}
        <time datetime={sentAt}>{sentAt.slice(0, 19).replace('T', ' ')} UTC</time>
      </p>
      <iframe title={`${mail.subject}, as HTML`} srcdoc={framed(mail.html)} sandbox={SANDBOX} />
      <details>
        <summary>As text</summary>
        <pre>{linked(mail.text)}</pre>
      </details>
    </article>
  )
}

/** A click may open a link of the mail; scripts, forms and cookies are off. */
const SANDBOX = 'allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation'

/** Our pages refuse framing, so links open in the window itself. */
function framed(html: string): string {
  return html.replace(/(<head>)?/, '$1<base target="_top">')
}

function linked(text: string) {
  return text.split(/(https?:\/\/\S+)/).map((part, index) => (index % 2 === 1 ? <a href={part}>{part}</a> : part))
}
