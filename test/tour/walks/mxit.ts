// Budgets of the room mxit (design §7): round trips, rows and bucket operations before the reply leaves; lists cost the same
// however large the graph or the gallery is.
import { beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../../src/ids.ts'
import { GUARDED, newScene, OPEN, type Scene } from '../../apis/mxit/acts.ts'
import { mxitIdOf, newOldApp, REDIRECT_URI, tokensFor } from '../../apis/mxit/harness.ts'
import { idOf, makeCrowd, putBlocks, putEdges } from '../../social/crowd.ts'
import { COUNT_READS, COUNT_WRITES, kvOperations, type Spent, spend } from '../../support/budget.ts'
import { Client, db, type Options, platform } from '../../support/kith.ts'
import { type Person, signedInPerson } from '../../support/people.ts'
import { bearerOf, clientToken, userToken } from '../../support/tokens.ts'

export function walkMxit(): void {
  interface Budget {
    readonly roundTrips: number
    readonly rowsRead: number
    readonly writes?: true
    /** Counts against a limit of the account: one row written. */
    readonly counted?: true
    readonly r2?: number
  }
  const READ: Budget = { roundTrips: 1, rowsRead: 8 }
  const WRITE: Budget = { roundTrips: 2, rowsRead: 20, writes: true }
  const COUNTED: Budget = { ...READ, rowsRead: READ.rowsRead + COUNT_READS, counted: true }
  const page = (n: number): Budget => ({ roundTrips: 1, rowsRead: 3 * n + 12 })

  const BUDGETS: Readonly<Record<string, Budget>> = {
    'GET /user/lookup/:person': COUNTED,
    'GET /user/avatar': { ...READ, r2: 1 },
    // The limit and the gate; the reservation; the commit. Two objects.
    'POST /user/avatar': { roundTrips: 3, rowsRead: 30, writes: true, r2: 2 },
    'DELETE /user/avatar': WRITE,
    'GET /user/profile/:person': COUNTED,
    'GET /user/profile': READ,
    'PUT /user/profile': WRITE,
    'GET /user/statusmessage': READ,
    'PUT /user/statusmessage': WRITE,
    'GET /user/media': page(2),
    'GET /user/media/list/:name': page(1),
    'GET /user/media/content/:name': { roundTrips: 1, rowsRead: 12, r2: 1 },
    // The gate; the reservation; the commit.
    'POST /user/media/file/:name': { roundTrips: 3, rowsRead: 30, writes: true, r2: 1 },
    'PUT /user/media/file/:name': WRITE,
    'DELETE /user/media/file/:name': WRITE,
    'POST /user/media/:name': WRITE,
    'PUT /user/media/:name': WRITE,
    'DELETE /user/media/:name': { ...WRITE, rowsRead: 24 },
    'GET /user/socialgraph/contactlist': page(0),
    'PUT /user/socialgraph/contact/:person': WRITE,
    'GET /user/socialgraph/suggestions': COUNTED,
    'GET /userinfo': READ,
    'GET /user/version': { roundTrips: 0, rowsRead: 0 },
    'GET /user/public/statusmessage/:person': { roundTrips: 1, rowsRead: 2 },
    'GET /user/public/displayname/:person': { roundTrips: 1, rowsRead: 2 },
    'GET /user/public/avatar/:person': { roundTrips: 1, rowsRead: 2, r2: 1 },
  }

  function expectWithin(name: string, { status, counts }: Spent, budget: Budget, wanted = 200): void {
    const says = `${name}: ${JSON.stringify(counts)}`
    expect(status, says).toBe(wanted)
    expect(counts.d1RoundTrips, says).toBeLessThanOrEqual(budget.roundTrips)
    expect(counts.rowsRead, says).toBeLessThanOrEqual(budget.rowsRead)
    if (budget.counted) expect(counts.rowsWritten, says).toBe(COUNT_WRITES)
    else if (!budget.writes) expect(counts.rowsWritten, says).toBe(0)
    expect(counts.r2Operations, says).toBeLessThanOrEqual(budget.r2 ?? 0)
    expect(kvOperations(counts) + counts.limiterCalls, says).toBe(0)
  }

  let original: Person
  let app: Client
  beforeAll(async () => {
    original = await signedInPerson('old_budget_person')
    app = bearerOf(await clientToken(['client:profile:read']))
    platform.reset()
  })

  const send = (client: Client, method: string, path: string, body?: Options['body'], type?: string) =>
    spend(client, method, `/mxit${path}`, body, type ? { 'content-type': type } : {})

  test('every route has a budget, but for those of the authorization server', () => {
    expect(Object.keys(BUDGETS).sort()).toEqual([...Object.keys(GUARDED), ...Object.keys(OPEN)].sort())
  })

  describe('a request keeps to the budget of its route', () => {
    test.each(Object.entries({ ...GUARDED, ...OPEN }))('%s', async (name, [method, path, body, type]) => {
      const scene = await newScene(original, name)
      const own = bearerOf(await userToken(scene.person, ['delegated:all', 'openid']))
      const isOpen = name in OPEN
      expectWithin(name, await send(isOpen ? new Client() : own, method, path(scene), body, type), BUDGETS[name] as Budget)
    })

    test('an app reads people by either name for no more', async () => {
      const scene: Scene = await newScene(original)
      for (const path of ['lookup', 'profile']) {
        for (const name of [scene.person.username, mxitIdOf(scene.person), 'nobody_of_this_name']) {
          const spent = await send(app, 'GET', `/user/${path}/${name}`)
          expectWithin(`${path} ${name}`, spent, { roundTrips: 1, rowsRead: 5 }, name.startsWith('nobody') ? 404 : 200)
        }
      }
    })

    test('what is open to everybody is one read, found or not, with a picture or without', async () => {
      const scene = await newScene(original)
      const shapes = [scene.person.username, mxitIdOf(scene.person), scene.other.username, 'nobody_of_this_name', 'm1']
      for (const what of ['statusmessage', 'displayname', 'avatar']) {
        for (const name of shapes) {
          const { counts, status } = await send(new Client(), 'GET', `/user/public/${what}/${name}`)
          expect([200, 404]).toContain(status)
          expect([counts.d1RoundTrips, counts.d1Statements, counts.rowsWritten], `${what} ${name}`).toEqual([1, 1, 0])
          const hasPicture = what === 'avatar' && (name === shapes[0] || name === shapes[1])
          expect(counts.r2Operations, `${what} ${name}`).toBe(hasPicture ? 1 : 0)
        }
      }
    })

    test('tokens cost what they cost at /oauth', async () => {
      const person = await signedInPerson('old_budget_tokens')
      const old = await newOldApp()
      const headers = { authorization: old.authorization }
      const form = (fields: Record<string, string>) => new URLSearchParams(fields)
      const ask = (path: string, fields: Record<string, string>) => spend(new Client(), 'POST', `/mxit${path}`, form(fields), headers)
      const credentials = await ask('/token', { grant_type: 'client_credentials', scope: 'profile/public' })
      expectWithin('client_credentials', credentials, { roundTrips: 1, rowsRead: 4 })
      const tokens = await tokensFor(person, old, 'openid')
      const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }
      const refreshed = await ask('/token', refresh)
      expectWithin('refresh', refreshed, { roundTrips: 2, rowsRead: 12, writes: true })
      expectWithin('revoke', await ask('/revoke', { token: refreshed.json.refresh_token }), WRITE)
      const query = form({ response_type: 'code', client_id: old.id, redirect_uri: REDIRECT_URI, scope: 'openid' })
      expectWithin('authorize', await spend(new Client(), 'GET', `/mxit/authorize?${query}`), { roundTrips: 0, rowsRead: 0 }, 302)
    })
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
        const spent = await send(star, 'GET', `/user/socialgraph/contactlist?filter=${filter}&count=${n}`)
        expect(spent.json.Contacts).toHaveLength(n)
        expectWithin(`${filter} of ${n}`, spent, page(n))
      }
    })

    test.each(['@Apps', '@Rejected', '@Deleted'])('contacts %s: nobody is looked for', async (filter) => {
      expectWithin(filter, await send(star, 'GET', `/user/socialgraph/contactlist?filter=${filter}`), READ)
    })

    test('what is skipped is read as well, and no more than that', async () => {
      for (const filter of ['@Connections', '@All']) {
        const spent = await send(star, 'GET', `/user/socialgraph/contactlist?filter=${filter}&skip=200&count=10`)
        expect(spent.json.Contacts).toHaveLength(10)
        expectWithin(`${filter} from 200 on`, spent, page(210))
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
        const spent = await send(client, 'GET', `/user/media/list/Default?count=${n}`)
        expect(spent.json).toHaveLength(n)
        expectWithin(`files of ${n}`, spent, page(n))
      }
    })
  })
}
