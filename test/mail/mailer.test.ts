// The mailers without a request over HTTP (transports.test.ts has those), and the captured mails as a list.
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { Bindings } from '../../src/config.ts'
import { parseSender } from '../../src/config-brand.ts'
import { newId, toHex } from '../../src/ids.ts'
import { captureMailer, listCapturedMails } from '../../src/mail/captured.ts'
import { emailServiceMailer } from '../../src/mail/transports/cloudflare.ts'
import { createPlatform } from '../platform/platform.ts'

const platform = createPlatform(env as unknown as Bindings)
const kv = platform.env.KV
const now = () => Date.UTC(2026, 10, 22)
const headers = { 'Auto-Submitted': 'auto-generated' }
const mailTo = (to: string) => ({ to, subject: 'Hello', text: 'Text\n', html: '<p>Text</p>' })

describe('MAIL_FROM', () => {
  it.each([
    ['no-reply@kith.test', { name: null, email: 'no-reply@kith.test' }],
    ['Kith <no-reply@kith.test>', { name: 'Kith', email: 'no-reply@kith.test' }],
    ['"Kith, Inc." <no-reply@kith.test>', { name: 'Kith, Inc.', email: 'no-reply@kith.test' }],
    ['<no-reply@kith.test>', { name: null, email: 'no-reply@kith.test' }],
  ])('%s is read as a name and an address', (from, sender) => {
    expect(parseSender(from)).toEqual(sender)
  })
})

describe('the Email Service mailer', () => {
  it('hands over the mail with the sender that is configured, as one that wants no answer by a program (RFC 3834)', async () => {
    platform.reset()
    await emailServiceMailer(platform.env.EMAIL, 'Kith <no-reply@kith.test>').send(1, mailTo('ann@example.com'))
    await emailServiceMailer(platform.env.EMAIL, 'no-reply@kith.test').send(2, mailTo('ann@example.com'))
    const { to: _, ...content } = mailTo('')
    expect(platform.emails).toEqual([
      { from: 'Kith <no-reply@kith.test>', to: 'ann@example.com', ...content, headers },
      { from: 'no-reply@kith.test', to: 'ann@example.com', ...content, headers },
    ])
  })

  it.each(['subject', 'to'])('refuses a line break in %s', async (header) => {
    platform.reset()
    const mailer = emailServiceMailer(platform.env.EMAIL, 'no-reply@kith.test')
    const message = { ...mailTo('ann@example.com'), [header]: 'a@b.example\r\nBcc: eve@example.com' }
    await expect(mailer.send(3, message)).rejects.toMatchObject({ reason: 'message_refused', isPermanent: true })
    expect(platform.emails).toEqual([])
  })
})

describe('captured mails', () => {
  const mailer = captureMailer(kv, now)

  it('are listed newest first, to one address or to all', async () => {
    const ids = [newId(), newId(), newId()]
    await mailer.send(ids[0] as number, mailTo('ben@example.com'))
    await mailer.send(ids[2] as number, mailTo('Ben@Example.com'))
    await mailer.send(ids[1] as number, mailTo('cleo@example.com'))
    const all = await listCapturedMails(kv, { limit: 10 })
    expect(all.map(({ id }) => id)).toEqual(ids.toReversed().map((id) => toHex(id)))
    expect(all[0]).toEqual({ id: toHex(ids[2] as number), sentAt: now(), ...mailTo('Ben@Example.com'), headers })
    const bens = await listCapturedMails(kv, { to: 'BEN@example.com', limit: 10 })
    expect(bens.map(({ id }) => id)).toEqual([toHex(ids[2] as number), toHex(ids[0] as number)])
    expect(await listCapturedMails(kv, { to: 'ben@example.com', limit: 1 })).toHaveLength(1)
    expect(await listCapturedMails(kv, { to: 'nobody@example.com', limit: 10 })).toEqual([])
  })

  it('are not doubled or changed when the outbox sends the same row again', async () => {
    const id = newId()
    await mailer.send(id, mailTo('dora@example.com'))
    await mailer.send(id, { ...mailTo('dora@example.com'), subject: 'Again' })
    const found = await listCapturedMails(kv, { to: 'dora@example.com', limit: 10 })
    expect(found.map(({ subject }) => subject)).toEqual(['Hello'])
  })
})
