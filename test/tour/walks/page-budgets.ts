// What a page costs (design §7): one round trip to D1 when signed in, none otherwise.
import { beforeAll, expect, test } from 'vitest'
import { kvOperations, spend, spendPage } from '../../support/budget.ts'
import { Client, ORIGIN } from '../../support/kith.ts'
import { formOf, mailedLink, open, signInOnPage } from '../../support/pages.ts'
import { PASSWORD, signedInPerson, verifiedPerson } from '../../support/people.ts'

export function walkPageBudgets(): void {
  const ACCOUNT_PAGES = [
    '/account',
    ...['profile', 'picture', 'status', 'privacy', 'password', 'email', 'two-step', 'two-step/app', 'apps', 'export', 'delete'].map(
      (name) => `/account/${name}`,
    ),
  ]

  let client: Client
  beforeAll(async () => {
    const { username } = await verifiedPerson('page_budgets')
    client = new Client()
    await signInOnPage(client, username, PASSWORD)
  })

  test.each(ACCOUNT_PAGES)('%s: one round trip, at most 8 rows', async (path) => {
    const { status, counts } = await spendPage(client, path)
    expect(status).toBe(200)
    expect([counts.d1RoundTrips, kvOperations(counts)]).toEqual([1, 0])
    expect(counts.rowsRead).toBeLessThanOrEqual(8)
  })

  test('/account/sessions: one round trip, and one read of KV for each device', async () => {
    const { counts } = await spendPage(client, '/account/sessions')
    expect([counts.d1RoundTrips, kvOperations(counts)]).toEqual([1, 1])
  })

  test.each([
    '/sign-in',
    '/sign-in/code',
    '/sign-up',
    '/verify',
    '/forgot',
    '/reset',
    '/email/undo',
    '/two-step/undo',
    '/sign-out',
    '/',
    '/assets/kith.css',
    '/account',
  ])('%s: nothing, for whoever is not signed in', async (path) => {
    const { counts } = await spendPage(new Client(), path)
    expect([counts.d1RoundTrips, kvOperations(counts)]).toEqual([0, 0])
  })

  test('the link that undoes a second factor: one round trip to open it, three to undo', async () => {
    const person = await signedInPerson('undo_budgets')
    await person.client.post('/user/2fa', { state: true })
    const link = await mailedLink(person.email)
    const browser = new Client()
    const { counts } = await spendPage(browser, link)
    expect([counts.d1RoundTrips, kvOperations(counts)]).toEqual([1, 0])
    expect(counts.rowsRead).toBeLessThanOrEqual(4)
    const { action, fields } = formOf(await open(browser, link))
    const body = new URLSearchParams({ ...fields, password: PASSWORD })
    const undone = await spend(browser, 'POST', action, body, { origin: ORIGIN })
    expect(undone.status).toBe(303)
    // To find it, to count the attempt, to carry it out.
    expect([undone.counts.d1RoundTrips, kvOperations(undone.counts)]).toEqual([3, 0])
    expect(undone.counts.rowsRead).toBeLessThanOrEqual(60)
  })
}
