// The room mirrorfly: a user costs the same however many there are.
import { beforeAll, expect, test } from 'vitest'
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
import { spend } from '../../support/budget.ts'
import { JPEG, png } from '../../support/images.ts'
import { Client, db, platform } from '../../support/kith.ts'
import { expectWithin } from '../index.ts'

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

  const ask = (token: string, path: string) => spend(new Client(), 'GET', `${BASE}${path}`, undefined, { authorization: token })
  const CREATE = 'POST /api/v1/users/createUser'
  const create = (name: string, fields: Fields = {}, authorization = ours.token) =>
    spend(new Client(), 'POST', `${BASE}/users/createUser`, formOf({ ...basic(ours, name), ...fields }), { authorization })

  test("log-in of a key's account, of a user, and with what is wrong", async () => {
    const route = 'POST /api/v1/login'
    const signIn = ({ username, password }: { username: string; password: string }) =>
      spend(new Client(), 'POST', `${BASE}/login`, { username, password })
    expectWithin(`${route} with a key's account`, await signIn(ours.account))
    expectWithin(route, await signIn(user))
    for (const username of ['nobody_at_all', user.username, ours.account.username]) {
      expectWithin(`${route} with what is wrong`, await signIn({ username, password: 'wrong' }), 400)
    }
  })

  test('one user, by the service, by oneself and by another, and nobody', async () => {
    const route = 'GET /api/v1/users/:userId'
    expectWithin(route, await ask(ours.token, '/users/budget'))
    for (const { token } of [user, other]) expectWithin(`${route} with a person who asks`, await ask(token, '/users/budget'))
    expectWithin(route, await ask(ours.token, '/users/nobody'), 404)
  })

  test('a picture', async () => {
    for (const url of [user.profileUrl, user.profileUrlThumb]) {
      const spent = await ask(other.token, new URL(url).pathname.slice(BASE.length))
      expectWithin('GET /api/v1/media/profilePics/:upload/:digest/:size', spent)
      expect(spent.counts.r2Operations).toBe(1)
    }
  })

  test('createUser', async () => {
    expectWithin(CREATE, await create('new'))
    expectWithin(`${CREATE} with one who is there`, await create('new'))
    const all = { nickname: 'N', email: 'n@example.com', mobileNumber: '1', metadataKey1: 'k', metadataValue1: 'v', deviceToken: 't' }
    expectWithin(`${CREATE} with changes`, await create('new', all))
    expectWithin(CREATE, await create('newer', all))
  })

  test('createUser with a picture, for a new user and for one who is there', async () => {
    expectWithin(`${CREATE} with a picture`, await create('pictured', { profileFile: picture(png()) }))
    expectWithin(`${CREATE} with another picture`, await create('pictured', { profileFile: picture(JPEG, 'image/jpeg') }))
  })

  test('what is refused writes nothing; a token that does not count costs nothing', async () => {
    expectWithin(`${CREATE} with a token that does not count`, await create('x', {}, 'nonsense'), 401)
    expectWithin(`${CREATE} with a bad form`, await create('x'.repeat(192)), 400)
    expectWithin(`${CREATE} with a bad form`, await create('x', { licenseKey: 'wrong' }), 400)
    expectWithin(`${CREATE} with a bad picture`, await create('x', { profileFile: picture(new Uint8Array(9)) }), 400)
  })
}
