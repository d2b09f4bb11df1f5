// Budgets of an import: what a person and an edge cost in a large batch.
import { beforeAll, test } from 'vitest'
import { signedInAdmin } from '../../support/admins.ts'
import { spend } from '../../support/budget.ts'
import { platform } from '../../support/kith.ts'
import type { Person } from '../../support/people.ts'
import { expectWithin } from '../index.ts'

const PEOPLE = 'POST /user/admin-api/import/people'
const EDGES = 'POST /user/admin-api/import/edges'

export function walkImports(): void {
  let admin: Person
  const send = async (name: string, records: readonly Record<string, unknown>[], dryRun = false) => {
    const [path = ''] = name.slice('POST '.length).split(' with ')
    expectWithin(name, await spend(admin.client, 'POST', path, { records, dryRun }))
  }

  beforeAll(async () => {
    platform.reset()
    admin = await signedInAdmin('walk_import')
  })

  test('a hundred people, half of them with names that are taken', async () => {
    const people = Array.from({ length: 100 }, (_, n) => ({
      externalId: `walk-${n}`,
      username: n % 2 === 0 ? 'walk_import' : `walk_import_${n}`,
      email: `walk_import_${n}@example.com`,
      givenName: 'Anne-Marie',
      familyName: 'Jones',
      picture: `https://pictures.example.com/${n}.jpg`,
      passwordHash: '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy',
      identities: [{ issuer: 'https://accounts.google.com', subject: `walk-${n}` }],
    }))
    await send(`${PEOPLE} with 100 people`, people)
  })

  test('a hundred edges, each tenth of them a block', async () => {
    const edges = Array.from({ length: 100 }, (_, n) => ({
      type: n % 10 === 9 ? 'block' : 'follow',
      from: `walk-${n}`,
      to: `walk-${(n + 1) % 100}`,
    }))
    await send(`${EDGES} with 100 in a dry run`, edges, true)
    await send(`${EDGES} with 100 edges`, edges)
    await send(`${EDGES} with 100 that are there`, edges)
  })
}
