/**
 * The requests sent to a graph, one at a time: lists, people, search, and acts on one edge. None of them leaves a
 * trace.
 */
import { toHex } from '../../src/ids.ts'
import type { BenchRequest } from '../load.ts'
import { type Measured, read, write } from './client.ts'
import { COMMON_NAME, FULL_NAME, usernameOf } from './people.ts'
import type { Budget, Scene } from './scene.ts'
import { CLUB, CROWD_FIRST, FRIENDS, IDOL, MEMBER, READER, STAR, STRANGERS, WAITING } from './shape.ts'

interface Step {
  readonly what: string
  readonly by: number
  readonly request: BenchRequest
  readonly budget: Budget
}

const TIMES = 5

/** The rows of design §7. */
const ONE_THING: Budget = { rows: 8, trips: 1 }
const ONE_ACT: Budget = { rows: 20, trips: 2 }
const SEARCH: Budget = { rows: 400, trips: 1 }
const pageOf = (count: number): Budget => ({ rows: 3 * count + 12, trips: 1 })
/**
 * Reading other people counts against a limit of the account (docs/limits.md) in the same round trip: it reads the
 * session, the account's epoch, the counter and its index. Tests enforce the same four rows (`COUNT_READS`).
 */
const counted = ({ rows = 0, ...budget }: Budget): Budget => ({ ...budget, rows: rows + 4 })
// The next two have no row in design §7. Each id of a list is read, then its person, then the edge between the two, and
// the result sorted.
const idsOf = (count: number): Budget => ({ rows: 4 * count + 12, trips: 1 })
/**
 * 20 people from at most 200 edges (`SUGGESTIONS_MAX` in src/core/limits.ts); each edge is read and counted, its person
 * looked up, and the result sorted.
 */
const SUGGESTIONS: Budget = { rows: 5 * 200 + 3 * 20 + 12, trips: 1 }
/** The number of the star's followers that are newer than a page deep in the list. */
const DEEP = 0.6

export async function measureReads(scene: Scene): Promise<void> {
  for (const { what, by, request, budget } of [...(await lists(scene)), ...people(scene), ...searches()]) {
    const measured: Measured[] = []
    while (measured.length < TIMES) measured.push(await scene.send(by, request))
    // The middle one by time; both have the same rows.
    const median = measured.sort((a, b) => a.reply.ms - b.reply.ms)[Math.floor(TIMES / 2)]
    if (median !== undefined) scene.add(what, median, budget)
  }
}

async function lists(scene: Scene): Promise<Step[]> {
  const star = scene.hex(STAR)
  const deep = toHex(await positionInside(scene))
  const page = (what: string, by: number, path: string, count: number): Step => ({
    what: `${what}, ${count}`,
    by,
    request: read(`${path}${path.includes('?') ? '&' : '?'}limit=${count}`),
    budget: pageOf(count),
  })
  const ofOthers = (...of: Parameters<typeof page>): Step => {
    const step = page(...of)
    return { ...step, budget: counted(step.budget) }
  }
  return [
    page('GET /user/followers of the star', STAR, '/user/followers', 100),
    page('  deep inside', STAR, `/user/followers?offset=${deep}`, 100),
    page('GET /user/following', READER, '/user/following', 20),
    page('GET /user/follow-requests', WAITING, '/user/follow-requests', 50),
    ofOthers('GET /user/:star/followers', READER, `/user/${star}/followers`, 100),
    ofOthers('  deep inside', READER, `/user/${star}/followers?offset=${deep}`, 100),
    ofOthers('  by a date', READER, `/user/${star}/followers?offset=${new Date().toISOString()}`, 20),
    ofOthers('  of a private account, by one who follows them', MEMBER, `/user/${scene.hex(CLUB)}/followers`, 50),
    ofOthers('GET /user/:friend/following', READER, `/user/${scene.hex(FRIENDS.first)}/following`, 10),
    page('GET /user/blocks', READER, '/user/blocks', 20),
    { what: 'GET /user/suggestions', by: READER, request: read('/user/suggestions'), budget: SUGGESTIONS },
  ]
}

/** The edge with that share of the star's followers above it. */
function positionInside(scene: Scene): Promise<number> {
  return scene.number(
    'SELECT id AS number FROM follows WHERE followed_id = ? AND approved_at IS NOT NULL ORDER BY id DESC LIMIT 1 OFFSET ?',
    scene.id(STAR),
    Math.floor(scene.shape.starFollowers * DEEP),
  )
}

function people(scene: Scene): Step[] {
  const some = [FRIENDS, STRANGERS].flatMap(({ first, count }) => Array.from({ length: count }, (_, at) => scene.hex(first + at)))
  return [
    { what: 'GET /user/:star', by: READER, request: read(`/user/${scene.hex(STAR)}`), budget: ONE_THING },
    { what: 'GET /user/follow-status', by: READER, request: read(`/user/follow-status?target=${scene.hex(STAR)}`), budget: ONE_THING },
    { what: 'POST /user/lookup, 100', by: READER, request: write('POST', '/user/lookup', { targets: some }), budget: idsOf(100) },
    {
      what: 'POST /user/relationships, 100',
      by: READER,
      request: write('POST', '/user/relationships', { targets: some }),
      budget: idsOf(100),
    },
  ]
}

function searches(): Step[] {
  const search = (what: string, query: string): Step => ({
    what: `POST /user/search ${what}`,
    // Somebody who follows nobody: an edge from the caller would add a row at random.
    by: STRANGERS.first,
    request: write('POST', '/user/search', { query, limit: 20 }),
    budget: SEARCH,
  })
  return [
    // Not "a": O'Brien matches two strings, and an Ahmed is among the first 20 in the small graph only.
    search('one letter', 'm'),
    search('the common name', COMMON_NAME),
    search('a full name', FULL_NAME),
    search('a user name', usernameOf(STAR)),
    search('the start of every user name', 'bench'),
    search('nobody', 'qqqq'),
  ]
}

/** Acts on one edge, each followed by its inverse. */
export async function measureWrites(scene: Scene): Promise<void> {
  const act = async (what: string, by: number, method: 'POST' | 'PATCH' | 'DELETE', path: string, body: unknown) => {
    scene.add(what, await scene.send(by, write(method, path, body)), ONE_ACT)
  }
  const [star, waiting, reader, fan] = [STAR, WAITING, READER, CROWD_FIRST].map((number) => ({ target: scene.hex(number) }))
  await act('POST /user/follow the star', READER, 'POST', '/user/follow', star)
  await act('  once more', READER, 'POST', '/user/follow', star)
  await act('POST /user/unfollow the star', READER, 'POST', '/user/unfollow', star)
  await act('POST /user/follow, a request', READER, 'POST', '/user/follow', waiting)
  const request = await newestRequest(scene)
  await act('PATCH /user/follow-request', WAITING, 'PATCH', '/user/follow-request', { request })
  await act('DELETE /user/follow-entry', WAITING, 'DELETE', '/user/follow-entry', { entry: request })
  await act('POST /user/block by the star', STAR, 'POST', '/user/block', fan)
  await act('POST /user/unblock', STAR, 'POST', '/user/unblock', fan)
  await scene.send(READER, write('POST', '/user/follow', star))
  await act('POST /user/block the star', READER, 'POST', '/user/block', star)
  await act('POST /user/unblock the star', READER, 'POST', '/user/unblock', star)
  await act('POST /user/block, a stranger', IDOL, 'POST', '/user/block', reader)
  await scene.send(IDOL, write('POST', '/user/unblock', reader))
}

async function newestRequest(scene: Scene): Promise<string> {
  const { body } = await scene.send(WAITING, read('/user/follow-requests?limit=1'))
  const { data } = JSON.parse(body) as { data: { records: { _id: string }[] } }
  const [newest] = data.records
  if (newest === undefined) throw new Error('no request waits')
  return newest._id
}
