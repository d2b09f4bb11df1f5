// GET /dev/mailbox (design §8): the captured mails for people and for programs. pages/docs.test.ts: absent where mail is really sent.
import { env } from 'cloudflare:workers'
import { Hono } from 'hono'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Bindings } from '../../src/config.ts'
import type { Ctx } from '../../src/core/ctx.ts'
import type { AppEnv } from '../../src/http/app-env.ts'
import { newId, toHex } from '../../src/ids.ts'
import { captureMailer } from '../../src/mail/captured.ts'
import { mailbox } from '../../src/pages/mailbox.tsx'

const kv = (env as unknown as Bindings).KV
const sentAt = Date.UTC(2026, 10, 22, 14, 3)
const ids = [newId(), newId()] as const
const first = {
  to: 'ann@example.com',
  subject: 'Hello <b>',
  text: 'a "text" <script>alert(1)</script>\nhttps://kith.test/verify?code=abc\n',
  html: '<!doctype html><html><head></head><body><script>alert(2)</script><a href="https://kith.test/verify?code=abc">Go</a></body></html>',
}
const headers = { 'Auto-Submitted': 'auto-generated' }
const second = { ...first, to: 'ben@example.com', subject: 'Second' }

function request(path: string, accept: string) {
  const app = new Hono<AppEnv>()
  app.use(async (c, next) => {
    c.set('ctx', { kv, config: { mail: { kind: 'capture', from: 'Kith <no-reply@kith.test>' } } } as unknown as Ctx)
    await next()
  })
  app.route('/', mailbox)
  return app.request(path, { headers: { accept } })
}

beforeAll(async () => {
  const mailer = captureMailer(kv, () => sentAt)
  await mailer.send(ids[0], first)
  await mailer.send(ids[1], second)
})

describe('the mailbox of captured mail', () => {
  it('is JSON for a program, newest first', async () => {
    const response = await request('/dev/mailbox', 'application/json')
    const messages = [
      { id: toHex(ids[1]), ...second, headers, sentAt: '2026-11-22T14:03:00.000Z' },
      { id: toHex(ids[0]), ...first, headers, sentAt: '2026-11-22T14:03:00.000Z' },
    ]
    expect(await response.json()).toEqual({ messages })
    expect(response.headers.get('cache-control')).toBe('no-store')
  })

  it('is a page for people, on which a mail is seen as they get it, and nothing runs', async () => {
    const response = await request('/dev/mailbox', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8')
    const page = await response.text()
    expect(response.headers.get('content-type')).toContain('text/html')
    expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'unsafe-inline';/)
    expect(page).toMatch(/^<!doctype html><html lang="en">/)
    expect(page).toContain('Hello &lt;b&gt;')
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    // The HTML is in a frame that can run nothing and whose links open outside it; in the text part, links work as well.
    const frame = /<iframe [^>]*>/.exec(page)?.[0] ?? ''
    expect(frame).toContain('sandbox="allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"')
    expect(frame).toContain('&lt;base target=&quot;_top&quot;&gt;')
    expect(frame).toContain('&lt;a href=&quot;https://kith.test/verify?code=abc&quot;&gt;Go&lt;/a&gt;')
    expect(page).toContain('<a href="https://kith.test/verify?code=abc">https://kith.test/verify?code=abc</a>')
    expect(page).not.toContain('<script')
  })

  it('shows what was looked for as text', async () => {
    const page = await (await request('/dev/mailbox?to=%3Cscript%3E', 'text/html')).text()
    expect(page).toContain('Only mails to &lt;script&gt;.')
    expect(page).toContain('There is no mail yet.')
  })
})
