/** A walk through the console's section of mail, with a full outbox. */
import { beforeAll, expect, test } from 'vitest'
import { newId } from '../../../src/ids.ts'
import { signedInAdmin } from '../../support/admins.ts'
import { spend } from '../../support/budget.ts'
import { type Client, db, ORIGIN, platform } from '../../support/kith.ts'
import { browserOf, formOf } from '../../support/pages.ts'
import { idOf } from '../../support/tokens.ts'
import { expectWithin } from '../index.ts'

export function walkConsoleMail(): void {
  let client: Client

  const ask = async (method: string, path: string, status: number, body?: URLSearchParams) => {
    const spent = await spend(client, method, path, body, { origin: ORIGIN })
    client.keepCookies(spent.headers)
    expectWithin(`${method} ${path.split('?')[0]}`, spent, status)
    return spent
  }
  const look = (path: string) => ask('GET', path, 200)
  const answer = async (path: string) => {
    const form = formOf(await look(path))
    return ask('POST', form.action, 303, new URLSearchParams(form.fields))
  }

  beforeAll(async () => {
    platform.reset()
    const admin = await signedInAdmin('mail_walk', 'super_admin')
    client = await browserOf(admin)
    const columns = { failed: 'failed_at', sent: 'sent_at', waiting: 'created_at' }
    // Waiting ones are not due, so that no cron run of the tour takes them.
    for (const column of Object.values(columns))
      await db
        .prepare(
          `INSERT INTO mail_outbox (id, kind, user_id, to_address, created_at, next_attempt_at, ${column === 'created_at' ? 'attempts' : column})
           SELECT value, 'new_device', ?, iif(${column === 'sent_at'}, NULL, 'walk@example.com'), 1, 4e12, 1 FROM json_each(?)`,
        )
        .bind(idOf(admin), JSON.stringify(Array.from({ length: 60 }, () => newId())))
        .run()
  })

  test('the outbox, in each state and page by page', async () => {
    for (const state of ['failed', 'waiting', 'sent']) {
      const { text } = await look(`/admin/mail?state=${state}`)
      const next = /state=\w+&amp;after=[0-9a-f]{24}/.exec(text)?.[0].replace('&amp;', '&')
      expect(next, state).toBeDefined()
      await look(`/admin/mail?${next}`)
    }
    for (const state of ['waiting', 'sent']) await look(`/admin/mail?state=${state}`)
  })

  test('templates', async () => {
    await look('/admin/mail/templates')
    await look('/admin/mail/templates/html?kind=verify_email&language=en')
  })

  test('another try', async () => {
    const { text } = await look('/admin/mail')
    await answer(/\/admin\/mail\/retry\?mail=[0-9a-f]{24}/.exec(text)?.[0] ?? '')
    await answer('/admin/mail/retry-all')
  })
}
