/** Budgets of the console's figures, audit log and state, with many days and events. */
import { beforeAll, expect, test } from 'vitest'
import { signedInAdmin } from '../../support/admins.ts'
import { spend } from '../../support/budget.ts'
import { db, ORIGIN, platform } from '../../support/kith.ts'
import type { Person } from '../../support/people.ts'
import { expectWithin } from '../index.ts'

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
  })

  test('the overview, with 30 days of figures', async () => {
    const { text } = await look('/admin/overview')
    expect(text.match(/<rect/g)).toHaveLength(6 * 30)
  })
}
