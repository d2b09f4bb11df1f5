// The access matrix of the room (design §5): every route against every credential that must be refused, and what the state of a
// person's account means for robots.
import { beforeAll, describe, expect, test } from 'vitest'
import { movida } from '../../../src/apis/movida/index.ts'
import { newName } from '../../support/actors.ts'
import { answerTo, challengeOf, newChallenge, Robot, toHeader } from '../../support/digest.ts'
import { setColumns } from '../../support/graph.ts'
import { Client, type Options, platform, type Reply } from '../../support/kith.ts'
import { makeApiKey, makeLicenseKey, makeRobot } from '../../support/machines.ts'
import { type Person, signedInPerson } from '../../support/people.ts'
import { nameOf, routesOfRoom } from '../../support/routes.ts'
import { clientToken, idOf, userToken } from '../../support/tokens.ts'

const routes = routesOfRoom(movida.app)
let person: Person
let pathOf: Record<string, string>

beforeAll(async () => {
  platform.reset()
  person = await signedInPerson(newName('accessed'))
  pathOf = { 'GET /': '/api', 'GET /users': '/api/users', 'GET /users/:id{[0-9]+}': `/api/users/${idOf(person)}` }
})

type Send = (path: string) => Promise<Reply>
const withHeaders =
  (headers: Record<string, string>): Send =>
  (path) =>
    new Client().get(path, { headers })

/** Anyone unauthenticated: 401, with the challenge, in the room's words. */
const STRANGERS: Readonly<Record<string, () => Promise<Send>>> = {
  'no credential': async () => withHeaders({}),
  'the cookie of a person': async () => (path) => person.client.get(path),
  "a person's access token": async () => withHeaders({ authorization: `Bearer ${await userToken(person)}` }),
  "an app's access token with the scope": async () => withHeaders({ authorization: `Bearer ${await clientToken()}` }),
  'an API key': async () => {
    const { secret } = await makeApiKey()
    return withHeaders({ apikey: secret })
  },
  'a license key': async () => {
    const { secret } = await makeLicenseKey()
    return withHeaders({ authorization: secret })
  },
  "a robot's secret by Basic": async () => {
    const { machine, secret } = await makeRobot()
    return withHeaders({ authorization: `Basic ${btoa(`${machine.name}:${secret}`)}` })
  },
  "a robot's secret in the address": async () => {
    const { machine, secret } = await makeRobot()
    return (path) => new Client().get(`${path}?username=${machine.name}&password=${secret}`)
  },
  'a robot with a wrong secret': async () => robotWith(await makeRobot(), { secret: 'wrong' }),
  'a robot that nobody made': async () => robotWith(await makeRobot(), { username: 'nobody_made' }),
  'an API key as a robot': async () => robotWith(await makeApiKey()),
}

function robotWith(
  { machine, secret }: Awaited<ReturnType<typeof makeRobot>>,
  changes: Partial<{ username: string; secret: string }> = {},
): Send {
  const who = { username: machine.name, secret, ...changes }
  return async (path) => {
    const authorization = toHeader(answerTo(await newChallenge(), who, path))
    return await new Client().get(path, { headers: { authorization } })
  }
}

describe('every route', () => {
  test('needs a robot with client:profile:read', () => {
    expect(routes.map(nameOf)).toEqual(Object.keys(pathOf))
    for (const { tags } of routes) expect(tags.access).toEqual({ kind: 'scope', scope: 'client:profile:read', callers: 'robot' })
  })

  test('is open to a robot', async () => {
    const robot = new Robot(await makeRobot())
    for (const path of Object.values(pathOf)) expect((await robot.get(path)).status, path).toBe(200)
  })

  test.each(Object.entries(STRANGERS))('is closed to %s', async (_name, arrange) => {
    const send = await arrange()
    for (const path of Object.values(pathOf)) {
      const reply = await send(path)
      expect([reply.status, reply.headers.get('content-type')], path).toEqual([401, 'application/xml; charset=utf-8'])
      expect(challengeOf(reply).stale).toBeUndefined()
      expect(reply.text).toMatch(/^<\?xml [^>]+>\n<error>\n {2}<message>[^<]+<\/message>\n<\/error>\n$/)
      expect(reply.text).not.toContain(person.username)
    }
  })

  test('is closed to a robot without the scope', async () => {
    const robot = new Robot(await makeRobot({ scopes: ['client:profile:write', 'client:oauth:all'] }))
    for (const path of Object.values(pathOf)) {
      const reply = await robot.get(path)
      expect([reply.status, reply.json], path).toEqual([403, { error: { message: 'The token lacks the scope of this call' } }])
      expect(reply.headers.get('www-authenticate')).toBeNull()
    }
    const parent = new Robot(await makeRobot({ scopes: ['client:all'] }))
    for (const path of Object.values(pathOf)) expect((await parent.get(path)).status).toBe(200)
  })
})

describe('the state of an account', () => {
  const STATES: Readonly<Record<string, [columns: Record<string, string | number | null>, isSeen: boolean]>> = {
    restricted: [{ restricted_at: 1 }, true],
    private: [{ is_private: 1 }, true],
    'logged out everywhere': [{ epoch: 7 }, true],
    'not verified': [{ email_verified_at: null }, false],
    banned: [{ banned_at: 1 }, false],
    deleted: [{ deleted_at: 1, deleted_reason: 'self' }, false],
  }

  test.each(Object.entries(STATES))('%s: what robots see, and nobody signs in by Digest', async (state, [columns, isSeen]) => {
    const one = await signedInPerson(newName('in_a_state'))
    await setColumns(one, columns)
    const robot = new Robot(await makeRobot())
    const list = await robot.get('/api/users?per_page=200')
    const single = await robot.get(`/api/users/${idOf(one)}`)
    expect([list.text.includes(`"id":${idOf(one)},`), single.status], state).toEqual([isSeen, isSeen ? 200 : 404])
    const send = robotWith(await makeRobot(), { username: one.username, secret: one.password })
    expect((await send('/api/users')).status).toBe(401)
  })
})

describe('while the database is in trouble', () => {
  const RETRY: Options = { headers: { accept: 'application/json' } }

  test('503 in the words of the room, and it can be tried again', async () => {
    const robot = new Robot(await makeRobot())
    await robot.get('/api')
    for (const n of [1, 2]) {
      platform.faults.failStatement(n, 'overloaded')
      const reply = await robot.get('/api/users', RETRY)
      platform.faults.clear()
      expect([reply.status, reply.json], reply.text).toEqual([503, { error: { message: 'Try again in a moment' } }])
      expect(reply.headers.get('retry-after')).toBe('2')
    }
    expect((await robot.get('/api/users')).status).toBe(200)
  })
})
