// What a page costs (design §7): one round trip to D1 for whoever is signed in, none for whoever is not.
import { beforeAll, expect, test } from 'vitest'
import { kvOperations, spendPage } from '../support/budget.ts'
import { Client } from '../support/kith.ts'
import { signInOnPage } from '../support/pages.ts'
import { PASSWORD, verifiedPerson } from '../support/people.ts'

const ACCOUNT_PAGES = [
  '/account',
  ...['profile', 'picture', 'status', 'privacy', 'password', 'email', 'two-step', 'two-step/app', 'apps', 'delete'].map(
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
  '/sign-out',
  '/',
  '/assets/kith.css',
  '/account',
])('%s: nothing, for whoever is not signed in', async (path) => {
  const { counts } = await spendPage(new Client(), path)
  expect([counts.d1RoundTrips, kvOperations(counts)]).toEqual([0, 0])
})
