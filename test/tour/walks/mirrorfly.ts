// Budgets of the room mirrorfly (design §7): round trips to D1 and R2, and rows; a user costs the same however many there are.
import { beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../../src/ids.ts'
import {
  BASE,
  basic,
  type Deployment,
  type Fields,
  formOf,
  logIn,
  type MadeUser,
  madeUser,
  newDeployment,
  picture,
} from '../../apis/mirrorfly/harness.ts'
import { COUNT_READS, COUNT_WRITES, kvOperations, type Spent, spend } from '../../support/budget.ts'
import { JPEG, png } from '../../support/images.ts'
import { Client, db, platform } from '../../support/kith.ts'

export function walkMirrorfly(): void {
  const NEIGHBOURS = 300
  let ours: Deployment
  let user: MadeUser
  let other: MadeUser

  beforeAll(async () => {
    platform.reset()
    ours = await newDeployment()
    user = await madeUser(ours, 'budget', { nickname: 'Budget', profileFile: picture(png()) })
    other = await madeUser(ours, 'other')
    const ids = Array.from({ length: NEIGHBOURS }, () => newId<never>() as number)
    await db.batch(
      ids.flatMap((id) => [
        db
          .prepare('INSERT INTO users (id, username, username_key, created_at, updated_at) VALUES (?1, ?2, ?2, 0, 0)')
          .bind(id, `neighbour_${id}`),
        db
          .prepare(
            'INSERT INTO external_identities (id, credential_id, external_id, user_id, password_hash, created_at, updated_at) VALUES (?1, ?2, ?3, ?1, ?3, 0, 0)',
          )
          .bind(id, ours.machine.id, String(id)),
      ]),
    )
    // A key's use is recorded only once in a while.
    await logIn(ours.account)
  })

  interface Budget {
    readonly d1: number
    readonly rows: number
    readonly written?: number
    readonly r2?: number
  }

  function expectWithin(spent: Omit<Spent, 'json'>, { d1, rows, written = 0, r2 = 0 }: Budget, status = 200): void {
    const { d1RoundTrips, rowsRead, rowsWritten, r2Operations } = spent.counts
    expect(spent.status, spent.text.slice(0, 300)).toBe(status)
    expect({ d1RoundTrips, r2Operations, kv: kvOperations(spent.counts) }).toEqual({ d1RoundTrips: d1, r2Operations: r2, kv: 0 })
    expect(rowsRead, JSON.stringify(spent.statements.map(({ sql, rowsRead: n }) => [n, sql.trim().slice(0, 60)]))).toBeLessThanOrEqual(rows)
    expect(rowsWritten).toBeLessThanOrEqual(written)
    expect(spent.later.d1RoundTrips).toBe(0)
  }

  const ask = (token: string, path: string) => spend(new Client(), 'GET', `${BASE}${path}`, undefined, { authorization: token })
  const create = (name: string, fields: Fields = {}) =>
    spend(new Client(), 'POST', `${BASE}/users/createUser`, formOf({ ...basic(ours, name), ...fields }), { authorization: ours.token })

  describe('log-in', () => {
    const signIn = (body: { username: string; password: string }) => spend(new Client(), 'POST', `${BASE}/login`, body)

    test("a key's account: 1 round trip, and nothing is written", async () => {
      expectWithin(await signIn(ours.account), { d1: 1, rows: 3 })
    })

    test('a user: 2 round trips', async () => {
      expectWithin(await signIn(user), { d1: 2, rows: 14, written: 8 })
    })

    test('what is wrong: 2 round trips', async () => {
      for (const username of ['nobody_at_all', user.username, ours.account.username]) {
        expectWithin(await signIn({ username, password: 'wrong' }), { d1: 2, rows: 9, written: 5 }, 400)
      }
    })
  })

  describe('users', () => {
    test("one user, by the service, by oneself and by another: the gate's one round trip", async () => {
      expectWithin(await ask(ours.token, '/users/budget'), { d1: 1, rows: 8 })
      // A person's read counts against the account.
      const counted = { d1: 1, rows: 8 + COUNT_READS, written: COUNT_WRITES }
      for (const token of [user.token, other.token]) expectWithin(await ask(token, '/users/budget'), counted)
      expectWithin(await ask(ours.token, '/users/nobody'), { d1: 1, rows: 8 }, 404)
    })

    test('a picture: one round trip and one object', async () => {
      for (const url of [user.profileUrl, user.profileUrlThumb]) {
        const path = new URL(url).pathname.slice(BASE.length)
        const spent = await spend(new Client(), 'GET', `${BASE}${path}`, undefined, { authorization: other.token })
        expectWithin(spent, { d1: 1, rows: 10, r2: 1 })
      }
    })

    test('a token that does not count costs one read, and no body', async () => {
      const spent = await spend(new Client(), 'POST', `${BASE}/users/createUser`, formOf(basic(ours, 'x')), { authorization: 'nonsense' })
      expectWithin(spent, { d1: 0, rows: 0 }, 401)
    })

    test('createUser: 3 round trips', async () => {
      expectWithin(await create('new'), { d1: 3, rows: 24, written: 18 })
      expectWithin(await create('new'), { d1: 3, rows: 20, written: 10 })
      const all = { nickname: 'N', email: 'n@example.com', mobileNumber: '1', metadataKey1: 'k', metadataValue1: 'v', deviceToken: 't' }
      expectWithin(await create('new', all), { d1: 3, rows: 26, written: 14 })
      expectWithin(await create('newer', all), { d1: 3, rows: 24, written: 18 })
    })

    test('with a picture: 4 for a new user, 5 for one who is there, and two objects', async () => {
      expectWithin(await create('pictured', { profileFile: picture(png()) }), { d1: 4, rows: 44, written: 30, r2: 2 })
      expectWithin(await create('pictured', { profileFile: picture(JPEG, 'image/jpeg') }), { d1: 5, rows: 52, written: 30, r2: 2 })
    })

    test('what is refused writes nothing: 1 round trip for a bad form', async () => {
      expectWithin(await create('x'.repeat(192)), { d1: 1, rows: 6 }, 400)
      expectWithin(await create('x', { licenseKey: 'wrong' }), { d1: 1, rows: 6 }, 400)
      expectWithin(await create('x', { profileFile: picture(new Uint8Array(9)) }), { d1: 2, rows: 8 }, 400)
    })
  })
}
