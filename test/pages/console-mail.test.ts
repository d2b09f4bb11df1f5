// The console's section of mail, and the API that does the same: who sees what, another try, and the templates.
import { beforeAll, describe, expect, test } from 'vitest'
import { fromHex, newId, toHex } from '../../src/ids.ts'
import { MAIL_KINDS } from '../../src/mail/kinds.ts'
import { LOCALES } from '../../src/texts/locales.ts'
import { rows } from '../support/actors.ts'
import { signedInAdmin } from '../support/admins.ts'
import { Client, db, mailsTo, ORIGIN } from '../support/kith.ts'
import { browserOf, formOf, open, send } from '../support/pages.ts'
import { type Person, signedIn, verifiedPerson } from '../support/people.ts'
import { idOf } from '../support/tokens.ts'

let boss: Person
let bob: Person
let browser: Client

beforeAll(async () => {
  boss = await signedInAdmin('mail_boss', 'super_admin')
  bob = await verifiedPerson('mail_bob')
  browser = await browserOf(boss)
})

/** A mail to Bob that was given up. */
async function givenUp(changes: Record<string, unknown> = {}): Promise<string> {
  const row = {
    id: newId(),
    kind: 'password_changed',
    user_id: idOf(bob),
    to_address: bob.email,
    created_at: 1,
    next_attempt_at: 1,
    failed_at: 1,
    attempts: 8,
    error: 'limit_reached postmark_405',
    ...changes,
  }
  const names = Object.keys(row)
  await db
    .prepare(`INSERT INTO mail_outbox (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`)
    .bind(...Object.values(row))
    .run()
  return toHex(row.id)
}

const stateOf = async (mail: string) =>
  (
    await rows<{ sent: number; failed: number }>(
      'SELECT sent_at IS NOT NULL AS sent, failed_at IS NOT NULL AS failed FROM mail_outbox WHERE id = ?',
      fromHex(mail),
    )
  )[0]
const retriesOf = async (mail: string) =>
  (await rows("SELECT actor_id FROM audit_events WHERE type = 'mail_retried' AND user_id = ?", idOf(bob))).length + Number(mail === '')
const retry = (client: Client, mail: string) =>
  client.post('/user/admin-api/retry-mail', { mail }, { headers: { 'sec-fetch-site': 'same-origin' } })
const listed = async (client: Client, state = 'failed') =>
  (await client.get(`/user/admin-api/mails?state=${state}`, { headers: { 'sec-fetch-site': 'same-origin' } })).json.data.records

/** Signed in with a role of these scopes. */
async function withScopes(username: string, scopes: string): Promise<Person> {
  const person = await verifiedPerson(username)
  await db
    .prepare(
      "INSERT INTO roles (id, display_name, ranking, description, scopes, system, created_at, updated_at) VALUES (?1, 'R', 500, '', ?2, 0, 0, 0)",
    )
    .bind(username, `delegated:all ${scopes}`)
    .run()
  await db.prepare('UPDATE users SET role = ?, epoch = epoch + 1 WHERE id = ?').bind(username, idOf(person)).run()
  return signedIn(person)
}

describe('a mail that was given up', () => {
  test('is sent when an administrator asks, once, and the trail says who did', async () => {
    const mail = await givenUp()
    const before = (await mailsTo(bob.email)).length
    expect((await retry(boss.client, mail)).json).toEqual({ ok: 1 })
    await expect.poll(() => stateOf(mail)).toEqual({ sent: 1, failed: 0 })
    expect((await mailsTo(bob.email)).length).toBe(before + 1)
    const again = await retry(boss.client, mail)
    expect([again.status, JSON.stringify(again.json)]).toEqual([400, expect.stringContaining('was sent')])
    expect((await mailsTo(bob.email)).length).toBe(before + 1)
    expect(await rows("SELECT actor_id FROM audit_events WHERE type = 'mail_retried' AND user_id = ?", idOf(bob))).toEqual([
      { actor_id: idOf(boss) },
    ])
  })

  test('is tried again once by 64 who ask at the same time', async () => {
    const mail = await givenUp()
    const before = [(await mailsTo(bob.email)).length, await retriesOf(mail)] as const
    await Promise.all(Array.from({ length: 64 }, () => retry(boss.client, mail)))
    await expect.poll(() => stateOf(mail)).toEqual({ sent: 1, failed: 0 })
    expect((await mailsTo(bob.email)).length).toBe(before[0] + 1)
    expect(await retriesOf(mail)).toBe(before[1] + 1)
  })

  test('stays where it is if its code is not valid any more, or its address is gone', async () => {
    for (const changes of [{ kind: 'reset_password', challenge_id: 12345 }, { kind: 'sign_in_code' }, { to_address: null }]) {
      const mail = await givenUp(changes)
      expect((await listed(boss.client)).find(({ _id }: { _id: string }) => _id === mail)).toMatchObject({ retryable: false })
      expect((await retry(boss.client, mail)).status).toBe(400)
      expect(await stateOf(mail)).toEqual({ sent: 0, failed: 1 })
    }
  })

  test('and an id of nothing are told apart from nothing else', async () => {
    expect((await retry(boss.client, 'f'.repeat(24))).status).toBe(404)
    expect((await retry(boss.client, 'nonsense')).status).toBe(400)
  })

  test('shows its reason in words, and can be tried again on the page', async () => {
    const mail = await givenUp()
    const page = await open(browser, '/admin/mail')
    expect(page.text).toContain('The limit of the email provider was reached. (postmark_405)')
    expect(page.text).toContain(bob.email)
    expect(page.text).toContain(`/admin/people/${bob.id}`)
    const question = await open(browser, `/admin/mail/retry?mail=${mail}`)
    expect(question.text).toContain(bob.email)
    const reply = await send(browser, formOf(question))
    expect(reply.headers.get('location')).toBe('/admin/mail?state=waiting&notice=mail_retried')
    await expect.poll(() => stateOf(mail)).toEqual({ sent: 1, failed: 0 })
    // It cannot be asked for again: the page leads back to the list.
    expect((await browser.get(`/admin/mail/retry?mail=${mail}`)).status).toBe(303)
  })

  test('is among those that are all tried again, the others stay', async () => {
    const mails = [await givenUp(), await givenUp(), await givenUp({ kind: 'verify_email' })]
    await send(browser, formOf(await open(browser, '/admin/mail/retry-all')))
    await expect.poll(async () => (await Promise.all(mails.map(stateOf))).map((row) => row?.sent)).toEqual([1, 1, 0])
    expect((await send(browser, formOf(await open(browser, '/admin/mail/retry-all')))).headers.get('location')).toContain(
      'mails_none_retried',
    )
  })
})

describe('the outbox', () => {
  test('shows addresses and names only to whoever may see people, and lets only whoever may write try again', async () => {
    const mail = await givenUp()
    const reader = await withScopes('mail_reader', 'admin:mail:read')
    const [first] = await listed(reader.client)
    expect(first).toMatchObject({ _id: mail, to: `${bob.email[0]}…@${bob.email.split('@')[1]}`, person: null })
    const page = await open(await browserOf(reader), '/admin/mail')
    for (const secret of [bob.email, bob.username, bob.id, '/admin/mail/retry']) expect(page.text).not.toContain(secret)
    expect((await retry(reader.client, mail)).status).toBe(403)
    expect((await reader.client.get('/admin/mail/retry-all', { headers: { 'sec-fetch-site': 'same-origin' } })).status).toBe(403)
    const nobody = await withScopes('mail_nobody', 'admin:client:read')
    for (const path of ['/admin/mail', '/admin/mail/templates', '/admin/mail/templates/html'])
      expect((await nobody.client.get(path, { headers: { 'sec-fetch-site': 'same-origin' } })).status).toBe(403)
  })

  test('of an unknown state is the list of those that were given up, and the API says what it does not know', async () => {
    expect((await open(browser, '/admin/mail?state=%3Cscript%3E&after=nothing')).text).not.toContain('<script>')
    const reply = await boss.client.get('/user/admin-api/mails?state=lost', { headers: { 'sec-fetch-site': 'same-origin' } })
    expect(reply.status).toBe(400)
  })
})

describe('the templates', () => {
  test('are shown for each kind in each language, in a frame that runs nothing', async () => {
    for (const kind of MAIL_KINDS) {
      for (const language of LOCALES) {
        const { status, text } = await browser.get(`/admin/mail/templates/html?kind=${kind}&language=${language}`)
        expect([status, text.includes(`<html lang="${language}"`)]).toEqual([200, true])
      }
    }
    const page = await open(browser, '/admin/mail/templates?kind=verify_email')
    expect(page.text).toMatch(/<iframe [^>]*src="\/admin\/mail\/templates\/html\?kind=verify_email&amp;language=en"[^>]* sandbox=""/)
    expect(page.headers.get('content-security-policy')).toContain(`frame-src ${ORIGIN}`)
    expect(page.headers.get('x-frame-options')).toBe('DENY')
    expect(page.text).toContain('Confirm the address')
  })

  test('have a reply of their own that only this site may frame, and nothing of the request', async () => {
    const { headers, text } = await browser.get('/admin/mail/templates/html?kind=%3Cscript%3E&language=xx')
    expect(headers.get('x-frame-options')).toBe('SAMEORIGIN')
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox",
    )
    expect(text).not.toContain('<script')
  })
})

describe("a mail's language", () => {
  const localeOf = async (kind: string, person: Person) =>
    (
      await rows<{ locale: string | null }>(
        'SELECT locale FROM mail_outbox WHERE kind = ? AND user_id = ? ORDER BY id DESC',
        kind,
        idOf(person),
      )
    )[0]?.locale

  test("is that of the request that asked for it; an administrator's says nothing about the person's", async () => {
    const french = { headers: { 'accept-language': 'tlh, en-GB;q=0.8' } }
    await new Client().get(`/user/code?email=${encodeURIComponent(bob.email)}`, french)
    expect(await localeOf('reset_password', bob)).toBe('en')
    const headers = { ...french.headers, 'sec-fetch-site': 'same-origin' }
    await db.prepare("DELETE FROM attempt_counters WHERE key LIKE 'mail:%'").run()
    expect((await boss.client.post('/user/admin-api/send-password-reset', { target: bob.id }, { headers })).json).toEqual({ ok: 1 })
    expect(await localeOf('reset_password', bob)).toBeNull()
    expect((await mailsTo(bob.email))[0]).toMatchObject({ subject: expect.stringContaining('Set a new password') })
  })
})
