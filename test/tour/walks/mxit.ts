// The room mxit beyond one request of each route: who asks, and lists that cost the same however large the graph or the gallery is.
import { beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../../src/ids.ts'
import { mxitIdOf, newOldApp, REDIRECT_URI, tokensFor } from '../../apis/mxit/harness.ts'
import { makeCrowd, putBlocks, putEdges } from '../../social/crowd.ts'
import { spend } from '../../support/budget.ts'
import { png } from '../../support/images.ts'
import { Client, db, platform } from '../../support/kith.ts'
import { signedInPerson } from '../../support/people.ts'
import { bearerOf, clientToken, idOf, userToken } from '../../support/tokens.ts'
import { expectWithin } from '../index.ts'
import { expectToKeep, page } from '../tour.ts'

export function walkMxit(): void {
  beforeAll(() => platform.reset())
  const read = (client: Client, path: string) => spend(client, 'GET', `/mxit/user/${path}`)

  test('an app reads people by either name for no more, found or not', async () => {
    const { username, ...person } = await signedInPerson('old_budget_person')
    const app = bearerOf(await clientToken(['client:profile:read']))
    for (const path of ['lookup', 'profile']) {
      for (const name of [username, mxitIdOf({ username, ...person }), 'nobody_of_this_name']) {
        const status = name.startsWith('nobody') ? 404 : 200
        expectWithin(`GET /mxit/user/${path}/:person with an app that asks`, await read(app, `${path}/${name}`), status)
      }
    }
  })

  test('what is open to everybody is one read, found or not, with a picture or without', async () => {
    const [pictured, other] = [await signedInPerson('old_pictured'), await signedInPerson('old_pictureless')]
    await pictured.client.fetch('/user/profile-picture', { method: 'PUT', body: png() })
    const withPicture = [pictured.username, mxitIdOf(pictured)]
    for (const what of ['statusmessage', 'displayname', 'avatar']) {
      for (const name of [...withPicture, other.username, 'nobody_of_this_name', 'm1']) {
        const spent = await read(new Client(), `public/${what}/${name}`)
        expectWithin(`GET /mxit/user/public/${what}/:person`, spent, /nobody|^m1$/.test(name) ? 404 : 200)
        expect([spent.counts.d1RoundTrips, spent.counts.d1Statements], `${what} ${name}`).toEqual([1, 1])
        expect(spent.counts.r2Operations, `${what} ${name}`).toBe(what === 'avatar' && withPicture.includes(name) ? 1 : 0)
      }
    }
  })

  test('tokens cost what they cost at /oauth', async () => {
    const person = await signedInPerson('old_budget_tokens')
    const old = await newOldApp()
    const headers = { authorization: old.authorization }
    const form = (fields: Record<string, string>) => new URLSearchParams(fields)
    const ask = (path: string, fields: Record<string, string>) => spend(new Client(), 'POST', `/mxit${path}`, form(fields), headers)
    expectWithin('POST /mxit/token', await ask('/token', { grant_type: 'client_credentials', scope: 'profile/public' }))
    const { refresh_token } = await tokensFor(person, old, 'openid')
    const refreshed = await ask('/token', { grant_type: 'refresh_token', refresh_token })
    expectWithin('POST /mxit/token with refresh_token', refreshed)
    expectWithin('POST /mxit/revoke', await ask('/revoke', { token: refreshed.json.refresh_token }))
    const query = form({ response_type: 'code', client_id: old.id, redirect_uri: REDIRECT_URI, scope: 'openid' })
    expectWithin('GET /mxit/authorize', await spend(new Client(), 'GET', `/mxit/authorize?${query}`), 302)
  })

  describe('a page costs what is on it, whatever the size of the graph', () => {
    const CROWD = 600
    let star: Client

    beforeAll(async () => {
      const person = await signedInPerson('old_budget_star')
      const id = idOf(person)
      const crowd = await makeCrowd(CROWD)
      await putEdges(crowd.map((one) => [one, id]))
      await putEdges(crowd.map((one) => [id, one]))
      await putBlocks((await makeCrowd(300)).map((one) => [id, one]))
      await putEdges(
        (await makeCrowd(300)).map((one) => [one, id]),
        false,
      )
      await putEdges(
        (await makeCrowd(300)).map((one) => [id, one]),
        false,
      )
      await putBlocks((await makeCrowd(300)).map((one) => [one, id]))
      star = bearerOf(await userToken(person))
    })

    test.each(['@All', '@Connections', '@Friends', '@Invites', '@Pending', '@Blocked'])('contacts %s', async (filter) => {
      for (const n of [1, 10, 100]) {
        const spent = await read(star, `socialgraph/contactlist?filter=${filter}&count=${n}`)
        expect(spent.json.Contacts).toHaveLength(n)
        expectToKeep(`${filter} of ${n}`, page(n), spent, 200)
      }
    })

    test.each(['@Apps', '@Rejected', '@Deleted'])('contacts %s: nobody is looked for', async (filter) => {
      expectWithin(
        'GET /mxit/user/socialgraph/contactlist with a list of nobody',
        await read(star, `socialgraph/contactlist?filter=${filter}`),
      )
    })

    test('what is skipped is read as well, and no more than that', async () => {
      for (const filter of ['@Connections', '@All']) {
        const spent = await read(star, `socialgraph/contactlist?filter=${filter}&skip=200&count=10`)
        expect(spent.json.Contacts).toHaveLength(10)
        expectToKeep(`${filter} from 200 on`, page(210), spent, 200)
      }
    })

    test('a folder of many files', async () => {
      const person = await signedInPerson('old_budget_files')
      const client = bearerOf(await userToken(person))
      const rows = Array.from({ length: 300 }, (_, index) => [newId(), `file-${index}`])
      await db
        .prepare(
          `INSERT INTO files (id, user_id, name, content_type, size, object_key, digest, created_at, updated_at, committed_at)
         SELECT value ->> 0, ?2, value ->> 1, 'text/plain', 1, value ->> 1, 'x', 1, 1, 1 FROM json_each(?1)`,
        )
        .bind(JSON.stringify(rows), idOf(person))
        .run()
      for (const n of [1, 10, 100]) {
        const spent = await read(client, `media/list/Default?count=${n}`)
        expect(spent.json).toHaveLength(n)
        expectToKeep(`files of ${n}`, page(n), spent, 200)
      }
    })
  })
}
