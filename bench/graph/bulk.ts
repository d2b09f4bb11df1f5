/**
 * Operations on very many edges (design §2). The request itself is small and costs the same for everybody; the edges
 * follow in chunks, some after the reply and the rest by cron. We compare rows read per edge. The star is gone at the
 * end.
 */
import { ACCOUNT_RETURN_MS, EDGE_CHUNK } from '../../src/core/limits.ts'
import { type Measured, read, write } from './client.ts'
import type { Totals } from './cost.ts'
import type { Budget, Scene } from './scene.ts'
import { ADMIN, IDOL, READER, STAR, WAITING } from './shape.ts'

const CRON_RUNS_MAX = 50

/** For an operation that includes its first chunk: the operation's own budget, and the budget per edge. */
const PER_EDGE: Budget = { rowsPerEdge: 10 }
const FIRST_CHUNK: Budget = { rowsPerEdge: 10, trips: 2 }
const ONE_ACT: Budget = { rows: 20, trips: 2 }

const REQUESTS = 'SELECT COUNT(*) AS number FROM follows WHERE followed_id = ?1 AND approved_at IS NULL'
const EDGES =
  'SELECT (SELECT COUNT(*) FROM follows WHERE followed_id = ?1) + (SELECT COUNT(*) FROM follows WHERE follower_id = ?1) AS number'
const WORK = 'SELECT COUNT(*) AS number FROM edge_work WHERE user_id = ?1'
const USER = 'SELECT COUNT(*) AS number FROM users WHERE id = ?1'

export async function measureBulk(scene: Scene): Promise<void> {
  const idle = await scene.client.runCron()
  scene.add('cron, nothing to do', idle, {})
  await goPublic(scene)
  await ban(scene)
  await deleteStar(scene)
}

async function goPublic(scene: Scene): Promise<void> {
  const left = () => scene.number(REQUESTS, scene.id(WAITING))
  const before = await left()
  const measured = await scene.send(WAITING, write('POST', '/user/private', { state: false }))
  await addChunked(scene, { what: 'going public', measured, before, left, user: WAITING })
}

async function ban(scene: Scene): Promise<void> {
  const target = scene.hex(IDOL)
  const left = () => scene.number(EDGES, scene.id(IDOL))
  const before = await left()
  const put = (body: object) => scene.send(ADMIN, write('POST', '/user/admin-api/ban', { target, ...body }))
  const until = new Date(Date.now() + 86_400_000).toISOString()
  scene.add('ban, with an end', await put({ state: true, until }), ONE_ACT)
  scene.add('ban lifted', await put({ state: false }), ONE_ACT)
  await addChunked(scene, { what: 'ban, without end', measured: await put({ state: true }), before, left, user: IDOL })
}

async function deleteStar(scene: Scene): Promise<void> {
  const id = scene.id(STAR)
  scene.add('DELETE /user/me by the star', await scene.send(STAR, write('DELETE', '/user/me', {})), ONE_ACT)
  await scene.send(READER, read(`/user/${scene.hex(STAR)}`), 404)
  scene.add('cron, before the 14 days are over', await scene.client.runCron(), {})
  const edges = await scene.number(EDGES, id)
  await scene.database
    .prepare('UPDATE users SET deleted_at = deleted_at - ? WHERE id = ?')
    .bind(ACCOUNT_RETURN_MS + 1, id)
    .run()
  await addCron(scene, { what: 'the star is removed, by cron', edges, isDone: async () => (await scene.number(USER, id)) === 0 })
  const remaining = await scene.number(EDGES, id)
  if (remaining > 0) throw new Error(`${remaining} edges of the star are left`)
}

interface Chunked {
  readonly what: string
  readonly measured: Measured
  readonly before: number
  left(): Promise<number>
  readonly user: number
}

/** Three lines: until the reply (with the first chunk), after the reply, by cron. */
async function addChunked(scene: Scene, { what, measured, before, left, user }: Chunked): Promise<void> {
  const { reply, total, totalMs, dearest } = measured
  const first = Math.min(before, EDGE_CHUNK)
  scene.results.push({ what: `${what}: the request`, totals: reply, ms: reply.ms, budget: FIRST_CHUNK, dearest, edges: first })
  const after = { trips: total.trips - reply.trips, rows: total.rows - reply.rows, written: total.written - reply.written }
  const remaining = await left()
  const edges = before - first - remaining
  scene.results.push({ what: '  after the reply', totals: after, ms: totalMs - reply.ms, budget: PER_EDGE, dearest, edges })
  const isDone = async () => (await scene.number(WORK, scene.id(user))) === 0
  await addCron(scene, { what: '  by cron', edges: remaining, isDone })
  if ((await left()) > 0) throw new Error(`${what}: ${await left()} edges are left`)
}

async function addCron(scene: Scene, input: { what: string; edges: number; isDone(): Promise<boolean> }): Promise<void> {
  const totals: Totals = { trips: 0, rows: 0, written: 0 }
  let [ms, runs] = [0, 0]
  let dearest: string[] = []
  while (!(await input.isDone())) {
    if (runs === CRON_RUNS_MAX) throw new Error(`${input.what}: not done after ${runs} runs`)
    const run = await scene.client.runCron()
    runs += 1
    ms += run.totalMs
    for (const name of ['trips', 'rows', 'written'] as const) totals[name] += run.total[name]
    dearest = run.dearest
  }
  scene.results.push({ what: input.what, totals, ms, budget: PER_EDGE, dearest, edges: input.edges, runs })
}
