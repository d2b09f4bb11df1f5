/** Budgets of the console's figures, audit log and state, with many days and events. */
import { beforeAll, expect, test } from 'vitest'
import { newId } from '../../../src/ids.ts'
import { signedInAdmin } from '../../support/admins.ts'
import { spend } from '../../support/budget.ts'
import { db, ORIGIN, platform } from '../../support/kith.ts'
import { formOf, open } from '../../support/pages.ts'
import { type Person, signedInPerson } from '../../support/people.ts'
import { idOf } from '../../support/tokens.ts'
import { expectWithin } from '../index.ts'
import { RECORDS } from '../tour.ts'

export function walkConsoleFigures(): void {
  let admin: Person

  const look = async (path: string, name = `GET ${path.split('?')[0]}`) => {
    const spent = await spend(admin.client, 'GET', path, undefined, { origin: ORIGIN })
    expectWithin(name, spent)
    return spent
  }

  beforeAll(async () => {
    platform.reset()
    admin = await signedInAdmin('figures_admin', 'super_admin')
    const days = Array.from({ length: 60 }, (_, index) => Math.floor(Date.now() / 86_400_000) - index)
    const names = ['active', 'last_active', 'sign_ups', 'sign_ins', 'sign_in_failures', 'mails_sent', 'mails_failed']
    await db
      .prepare(
        `INSERT INTO daily_counts (day, name, value) SELECT d.value, n.value, 12 FROM json_each(?) d, json_each(?) n WHERE true
         ON CONFLICT (day, name) DO UPDATE SET value = value + 12`,
      )
      .bind(JSON.stringify(days), JSON.stringify(names))
      .run()
    // A thousand events of nobody, of which few are of the type that is looked for.
    await db
      .prepare(
        `INSERT INTO audit_events (id, type, user_agent, place, created_at)
         SELECT value, iif(key % 300, 'sign_in_challenged', 'role_created'), '', '', 0 FROM json_each(?)`,
      )
      .bind(JSON.stringify(Array.from({ length: 1_000 }, () => newId())))
      .run()
  })

  test('the first page of the console', async () => {
    expectWithin('GET /admin', await spend(admin.client, 'GET', '/admin', undefined, { origin: ORIGIN }), 303)
  })

  test('the overview, with 30 days of figures', async () => {
    const { text } = await look('/admin/overview')
    expect(text.match(/<rect/g)).toHaveLength(6 * 30)
  })

  test('the audit log, whatever the filter', async () => {
    const api = '/user/admin-api/audit-log'
    const ask = async (query: string, name: string) => {
      const spent = await spend(admin.client, 'GET', `${api}?limit=${RECORDS}${query}`, undefined, { 'sec-fetch-site': 'same-origin' })
      expectWithin(`GET ${api}${name}`, spent)
      return spent.json.data
    }
    const by = `&actor=${admin.username}`
    for (const query of ['', `&person=${admin.username}`, by, '&from=2026-01-01T00:00:00.000Z&to=2027-01-01T00:00:00.000Z'])
      await ask(query, '')
    for (const query of ['&type=role_created', '&type=service', `&person=${admin.username}${by}`]) await ask(query, ' with a type')
    // A page looks at a part, and the next one goes on where it stopped.
    const first = await ask('&type=role_created', ' with a type')
    const second = await ask(`&type=role_created&offset=${first.next}`, ' with a type')
    expect(first.records.length + second.records.length).toBeGreaterThanOrEqual(3)
    expect(first.records.length).toBeLessThan(3)
  })

  test('the pages of the audit log, the settings and the health, and the log as a file', async () => {
    for (const query of ['', `?person=${admin.username}`, `?actor=${admin.username}&from=2026-01-01`]) await look(`/admin/audit${query}`)
    const page = await look('/admin/audit?type=role_created', 'GET /admin/audit with a type')
    await look('/admin/metrics')
    await look('/admin/settings')
    await look('/admin/health')
    const form = formOf(page, '/admin/audit/file')
    const file = await spend(admin.client, 'POST', form.action, new URLSearchParams(form.fields), { origin: ORIGIN })
    expectWithin('POST /admin/audit/file', file)
  })

  test('somebody else’s account, opened and left', async () => {
    const person = await signedInPerson('figures_helped')
    await db.prepare("UPDATE sessions SET amr = 'pwd otp mfa' WHERE user_id = ?").bind(idOf(admin)).run()
    const path = `/admin/people/${person.id}/impersonate`
    const page = await look(path, 'GET /admin/people/:id/impersonate')
    const start = new URLSearchParams({ ...formOf(page, path).fields, reason: 'ticket' })
    const started = await spend(admin.client, 'POST', path, start, { origin: ORIGIN })
    expectWithin('POST /admin/people/:id/impersonate', started, 303)
    admin.client.keepCookies(started.headers)
    const { action, fields } = formOf(await open(admin.client, '/account'), '/account/impersonation/leave')
    const left = await spend(admin.client, 'POST', action, new URLSearchParams(fields), { origin: ORIGIN })
    expectWithin('POST /account/impersonation/leave', left, 303)
    admin.client.keepCookies(left.headers)
  })
}
