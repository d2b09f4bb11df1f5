// Mail through a provider's API: what is sent, and what each answer means. Stand-ins answer in their place, as their references say.
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Bindings } from '../../src/config.ts'
import type { MailConfig } from '../../src/config-mail.ts'
import { MailRefusal } from '../../src/mail/mailer.ts'
import { mailerOf } from '../../src/mail/transports/chosen.ts'

const KEY = 'kith-test-secret-key'
const MESSAGE = { to: 'ann@example.com', subject: 'Grüße', text: 'Text\n', html: '<p>Text</p>' }
const ID = 4_711
const config: Omit<MailConfig, 'kind'> = {
  from: '"Kith, Inc." <no-reply@kith.test>',
  apiKey: KEY,
  apiUrl: '',
  region: 'eu-central-1',
  accessKeyId: 'AKIATEST',
}
type Kind = 'resend' | 'postmark' | 'ses' | 'relay'

interface Seen {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

/** Sends a mail and answers the request with `answer`. */
async function send(kind: Kind, answer: (init: RequestInit) => Promise<Response> | Response, changes: Partial<MailConfig> = {}) {
  const seen: Seen[] = []
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    expect([init.method, init.redirect]).toEqual(['POST', 'manual'])
    seen.push({ url, headers: Object.fromEntries(new Headers(init.headers)), body: JSON.parse(String(init.body)) })
    return answer(init)
  })
  const relay = kind === 'relay' ? { apiUrl: 'https://relay.example.com/send' } : {}
  const mailer = mailerOf({ ...config, ...relay, kind, ...changes }, env as unknown as Bindings)
  const outcome = await mailer.send(ID, MESSAGE).then(
    () => 'accepted',
    (error: unknown) => error,
  )
  if (outcome !== 'accepted') expect(outcome).toBeInstanceOf(MailRefusal)
  return { outcome: outcome as 'accepted' | MailRefusal, seen }
}

const json =
  (body: unknown, status = 200, headers = {}) =>
  () =>
    Response.json(body, { status, headers })
const ACCEPTED: Readonly<Record<Kind, () => Response>> = {
  resend: json({ id: '49a3999c-0ce1-4ea6-ab68-afcd6dc2e794' }),
  postmark: json({ To: MESSAGE.to, SubmittedAt: '2026-11-22T12:00:00Z', MessageID: 'b7bc2f4a', ErrorCode: 0, Message: 'OK' }),
  ses: json({ MessageId: '0107018' }),
  relay: () => new Response(null, { status: 202 }),
}
const KINDS = Object.keys(ACCEPTED) as Kind[]

afterEach(() => void vi.unstubAllGlobals())

describe('the request', () => {
  it('to Resend has an idempotency key, so that an attempt whose answer was lost is not doubled', async () => {
    const { outcome, seen } = await send('resend', ACCEPTED.resend)
    expect(outcome).toBe('accepted')
    expect(seen).toMatchObject([
      {
        url: 'https://api.resend.com/emails',
        headers: { authorization: `Bearer ${KEY}`, 'idempotency-key': `mail-${ID}`, 'content-type': 'application/json' },
        body: { from: '"Kith, Inc." <no-reply@kith.test>', ...MESSAGE, to: [MESSAGE.to], headers: { 'Auto-Submitted': 'auto-generated' } },
      },
    ])
    // The first attempt was accepted: the text of the second differs, by the minutes left.
    const conflict = json({ statusCode: 409, name: 'invalid_idempotent_request', message: 'Same key used with a different payload' }, 409)
    expect((await send('resend', conflict)).outcome).toBe('accepted')
  })

  it('to Postmark turns its tracking off', async () => {
    const { outcome, seen } = await send('postmark', ACCEPTED.postmark)
    expect(outcome).toBe('accepted')
    expect(seen).toMatchObject([
      {
        url: 'https://api.postmarkapp.com/email',
        headers: { 'x-postmark-server-token': KEY },
        body: {
          From: '"Kith, Inc." <no-reply@kith.test>',
          To: MESSAGE.to,
          Subject: MESSAGE.subject,
          TextBody: MESSAGE.text,
          HtmlBody: MESSAGE.html,
          Headers: [{ Name: 'Auto-Submitted', Value: 'auto-generated' }],
          TrackOpens: false,
          TrackLinks: 'None',
        },
      },
    ])
  })

  it('to SES is signed for its region, and does not contain the secret', async () => {
    const { outcome, seen } = await send('ses', ACCEPTED.ses)
    expect(outcome).toBe('accepted')
    expect(seen).toMatchObject([
      {
        url: 'https://email.eu-central-1.amazonaws.com/v2/email/outbound-emails',
        headers: {
          authorization: expect.stringMatching(/^AWS4-HMAC-SHA256 Credential=AKIATEST\/\d{8}\/eu-central-1\/ses\/aws4_request, /),
        },
        body: {
          FromEmailAddress: '"Kith, Inc." <no-reply@kith.test>',
          Destination: { ToAddresses: [MESSAGE.to] },
          Content: {
            Simple: {
              Subject: { Data: MESSAGE.subject, Charset: 'UTF-8' },
              Body: { Text: { Data: MESSAGE.text }, Html: { Data: MESSAGE.html } },
              Headers: [{ Name: 'Auto-Submitted', Value: 'auto-generated' }],
            },
          },
        },
      },
    ])
    expect(seen[0]?.headers).toHaveProperty('x-amz-date')
    expect(JSON.stringify(seen)).not.toContain(KEY)
  })

  it('to SES has a sender of ASCII alone', async () => {
    const from = `${'Grüße 友達 '.repeat(6).trim()} <no-reply@kith.test>`
    const { seen } = await send('ses', ACCEPTED.ses, { from })
    const { FromEmailAddress: sender } = seen.map(({ body }) => body as { FromEmailAddress: string })[0] ?? { FromEmailAddress: '' }
    expect(sender).toMatch(/^(=\?UTF-8\?B\?[\w+/]+=*\?= ?)+<no-reply@kith\.test>$/)
    const words = [...sender.matchAll(/=\?UTF-8\?B\?([^?]+)\?=/g)]
    for (const [word] of words) expect(word.length).toBeLessThanOrEqual(75)
    expect(words.map(([, part = '']) => Buffer.from(part, 'base64').toString()).join('')).toBe('Grüße 友達 '.repeat(6).trim())
  })

  it('to a relay is what docs/mail.md says', async () => {
    const { outcome, seen } = await send('relay', ACCEPTED.relay)
    expect(outcome).toBe('accepted')
    expect(seen).toMatchObject([
      {
        url: 'https://relay.example.com/send',
        headers: { authorization: `Bearer ${KEY}`, 'idempotency-key': `mail-${ID}` },
        body: { from: '"Kith, Inc." <no-reply@kith.test>', ...MESSAGE, to: [MESSAGE.to], headers: { 'Auto-Submitted': 'auto-generated' } },
      },
    ])
  })

  it.each(['resend', 'postmark', 'ses'] as const)('to %s goes where the setting says', async (kind) => {
    const { seen } = await send(kind, ACCEPTED[kind], { apiUrl: 'https://mail.eu.example.com' })
    expect(seen[0]?.url).toMatch(/^https:\/\/mail\.eu\.example\.com\/(emails?|v2\/email\/outbound-emails)$/)
  })

  it.each(KINDS)('to %s is not made with a line break in a header', async (kind) => {
    const fetched = vi.fn()
    vi.stubGlobal('fetch', fetched)
    const mailer = mailerOf({ ...config, apiUrl: 'https://relay.example.com', kind }, env as unknown as Bindings)
    await expect(mailer.send(ID, { ...MESSAGE, to: 'a@b.example\r\nBcc: eve@example.com' })).rejects.toMatchObject({ isPermanent: true })
    expect(fetched).not.toHaveBeenCalled()
  })
})

const resend = (status: number, name: string) => json({ statusCode: status, name, message: `about ${MESSAGE.to}` }, status)
const postmark = (status: number, ErrorCode: number) => json({ ErrorCode, Message: `about ${MESSAGE.to}` }, status)
const ses = (status: number, type: string, message = `about ${MESSAGE.to}`) => json({ message }, status, { 'x-amzn-errortype': type })

describe('an answer', () => {
  it.each([
    ['resend', 'message_refused', resend(422, 'validation_error')],
    ['resend', 'sender_refused', resend(403, 'validation_error')],
    ['resend', 'sender_refused', resend(422, 'invalid_from_address')],
    ['resend', 'sender_refused', resend(401, 'missing_api_key')],
    ['resend', 'limit_reached', resend(429, 'daily_quota_exceeded')],
    ['resend', 'unavailable', resend(409, 'concurrent_idempotent_requests')],
    ['resend', 'unavailable', resend(500, 'internal_server_error')],
    ['postmark', 'recipient_refused', postmark(422, 406)],
    ['postmark', 'message_refused', postmark(422, 300)],
    ['postmark', 'sender_refused', postmark(422, 400)],
    ['postmark', 'sender_refused', postmark(401, 10)],
    ['postmark', 'limit_reached', postmark(422, 405)],
    ['postmark', 'limit_reached', postmark(429, 429)],
    ['postmark', 'unavailable', postmark(503, 100)],
    ['ses', 'message_refused', ses(400, 'BadRequestException')],
    ['ses', 'message_refused', ses(400, 'MessageRejected:http://internal.amazon.com/')],
    ['ses', 'sender_refused', ses(400, 'MessageRejected', 'Email address is not verified. The following identities failed the check')],
    ['ses', 'sender_refused', ses(400, 'AccountSuspendedException')],
    ['ses', 'sender_refused', ses(403, 'UnrecognizedClientException')],
    ['ses', 'limit_reached', ses(429, 'TooManyRequestsException')],
    ['ses', 'unavailable', ses(500, 'InternalFailure')],
    ['relay', 'recipient_refused', json({ code: 'recipient_refused' }, 422)],
    ['relay', 'message_refused', json({}, 400)],
    ['relay', 'sender_refused', json({}, 401)],
    ['relay', 'limit_reached', json({}, 429)],
    ['relay', 'unavailable', () => new Response('Bad Gateway', { status: 502 })],
    ['relay', 'unavailable', () => new Response(null, { status: 302, headers: { location: 'https://elsewhere.example.com/' } })],
  ] as const)('of %s means %s', async (kind, reason, answer) => {
    const { outcome } = await send(kind, answer)
    expect(outcome).toMatchObject({ reason, isPermanent: reason === 'recipient_refused' || reason === 'message_refused' })
    expect((outcome as MailRefusal).message).toMatch(/^\w+( \w+)?$/)
  })

  it.each(KINDS)('of %s that names a time is obeyed, and one that is no number is not', async (kind) => {
    const slow = (after: string) => json({}, 429, { 'retry-after': after })
    expect((await send(kind, slow('120'))).outcome).toMatchObject({ reason: 'limit_reached', retryAfterMs: 120_000 })
    expect((await send(kind, slow('Wed, 21 Oct 2026 07:28:00 GMT'))).outcome).toMatchObject({ retryAfterMs: null })
  })

  it.each(['resend', 'postmark', 'ses'] as const)('of %s that cannot be read is no acceptance', async (kind) => {
    for (const body of ['<html>', '', 'null', '{}', '[1]']) {
      expect((await send(kind, () => new Response(body))).outcome).toMatchObject({ reason: 'unreadable_answer', isPermanent: false })
    }
  })

  it.each(KINDS)('of %s that does not come leaves the mail for later', async (kind) => {
    vi.spyOn(AbortSignal, 'timeout').mockImplementationOnce((ms) => {
      expect(ms).toBe(10_000)
      return AbortSignal.abort()
    })
    const late = await send(kind, async ({ signal }) => {
      signal?.throwIfAborted()
      return new Response()
    })
    expect(late.outcome).toMatchObject({ reason: 'timeout', isPermanent: false })
    const lost = await send(kind, () => Promise.reject(new TypeError(`no route, ${KEY}, ${MESSAGE.to}`)))
    expect(lost.outcome).toMatchObject({ reason: 'unavailable', message: 'unavailable no_connection' })
  })

  it('of any kind puts neither key nor address into the error', async () => {
    const nasty = { name: `${KEY} ${MESSAGE.to}`, code: `${KEY} ${MESSAGE.to}`, ErrorCode: MESSAGE.to, message: KEY }
    for (const kind of KINDS) {
      const { outcome } = await send(kind, json(nasty, 422, { 'x-amzn-errortype': MESSAGE.to }))
      expect(String(outcome)).toMatch(/^MailRefusal: message_refused( http_422)?$/)
      expect(JSON.stringify(outcome) + (outcome as MailRefusal).stack).not.toMatch(/secret|ann@/)
    }
  })
})
