/**
 * `npm run bench -- --graph`: the social graph at 1,000 and at 1,000,000 edges (design §7, "whatever the size of the
 * graph"). Rows read are D1's own count and decide; times are this machine's. README.md explains the table.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { bundleGraphWorker } from './bundle.ts'
import { measureBulk } from './graph/bulk.ts'
import { GraphClient, read } from './graph/client.ts'
import { missesOf, pair, printSteps } from './graph/report.ts'
import { type Result, Scene } from './graph/scene.ts'
import { LARGE, MEDIUM, READER, type Shape, SMALL } from './graph/shape.ts'
import { measureReads, measureWrites } from './graph/steps.ts'
import { type Bytes, fillStore } from './graph/store.ts'
import { benchVars } from './prepare.ts'
import { type Kith, startKithAlone } from './runtime.ts'

/** Design §7. */
const BYTES_PER_EDGE_MAX = 130
const MINUTES_MAX = 10

const WARM_UP_REQUESTS = 20

/** Users whose counters differ from a recount. */
const WRONG_COUNTERS = `
  SELECT COUNT(*) AS number FROM users u WHERE
    u.follower_count <> (SELECT COUNT(*) FROM follows WHERE followed_id = u.id AND approved_at IS NOT NULL)
    OR u.following_count <> (SELECT COUNT(*) FROM follows WHERE follower_id = u.id AND approved_at IS NOT NULL)
    OR u.request_count <> (SELECT COUNT(*) FROM follows WHERE followed_id = u.id AND approved_at IS NULL)`

/** Prints the table and returns the misses. */
export async function benchGraph(isQuick: boolean): Promise<string[]> {
  const larger = isQuick ? MEDIUM : LARGE
  const startedAt = performance.now()
  const vars = benchVars()
  const kith = { bundle: await bundleGraphWorker(), vars }
  const small = await measureGraph(kith, SMALL)
  const large = await measureGraph(kith, larger)
  const compared = pair(small.results, large.results)
  console.log()
  printSteps(compared, [SMALL.name, larger.name])
  const missed = compared.flatMap(missesOf)
  const { perEdge, usedPerEdge } = large.bytes
  console.log(
    `\nbytes per edge with all indexes: ${perEdge.toFixed(1)} in pages, ${usedPerEdge.toFixed(1)} used (target <= ${BYTES_PER_EDGE_MAX})`,
  )
  if (perEdge > BYTES_PER_EDGE_MAX) missed.push(`${perEdge.toFixed(1)} bytes per edge`)
  const wrong = small.wrongCounters + large.wrongCounters
  console.log(`users whose counters are wrong after all of this: ${wrong}`)
  if (wrong > 0) missed.push(`${wrong} users have wrong counters`)
  const minutes = (performance.now() - startedAt) / 60_000
  console.log(`total: ${minutes.toFixed(1)} minutes (target < ${MINUTES_MAX})`)
  if (minutes >= MINUTES_MAX) missed.push(`${minutes.toFixed(1)} minutes`)
  return missed
}

interface MeasuredGraph {
  readonly bytes: Bytes
  readonly results: readonly Result[]
  readonly wrongCounters: number
}

async function measureGraph(kith: Kith, shape: Shape): Promise<MeasuredGraph> {
  const stores = await mkdtemp(join(tmpdir(), 'kith-bench-graph-'))
  try {
    await (await startKithAlone({ kith, stores })).stop()
    const startedAt = performance.now()
    const bytes = fillStore(stores, shape)
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    console.log(`${shape.users.toLocaleString('en')} users and ${shape.name} edges written in ${seconds} s`)
    const running = await startKithAlone({ kith, stores })
    const client = new GraphClient(running, new URL(kith.vars.ORIGIN ?? '').host)
    try {
      const scene = new Scene(shape, client, running.database)
      for (let i = 0; i < WARM_UP_REQUESTS; i++) await scene.send(READER, read('/user/follow-requests'))
      await measureReads(scene)
      await measureWrites(scene)
      await measureBulk(scene)
      return { bytes, results: scene.results, wrongCounters: await scene.number(WRONG_COUNTERS) }
    } finally {
      client.close()
      await running.stop()
    }
  } finally {
    await rm(stores, { recursive: true, force: true })
  }
}
