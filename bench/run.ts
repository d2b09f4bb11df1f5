// `npm run bench`: bundle size, then Kith's routes beside the floors of the same workerd. --graph measures the social
// graph at two sizes instead; --media, files; --ended, expired rows; --overload, 512 clients; --distance, stores far away; --archive, 10,000 files. It only reports; with
// --check it exits 1 when a target is missed. README.md explains the output.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bundleFloors, bundleWorker, loadingCpuMs } from './bundle.ts'
import type { Subject } from './load.ts'
import { Lanes, measureSideBySide } from './load.ts'
import { benchVars, HASH_LANES_MAX, prepareKith } from './prepare.ts'
import type { Row, Target } from './report.ts'
import { misses, printBundle, printNoise, printRows } from './report.ts'
import type { Runtime } from './runtime.ts'
import { startRuntime } from './runtime.ts'
import { kithPairs, whileHashing } from './subjects.ts'

interface Pair {
  subject: Subject
  floor: Subject
  target: Target
}

const { values: options } = parseArgs({
  options: {
    'floors-only': { type: 'boolean', default: false },
    graph: { type: 'boolean', default: false },
    media: { type: 'boolean', default: false },
    ended: { type: 'boolean', default: false },
    overload: { type: 'boolean', default: false },
    distance: { type: 'boolean', default: false },
    archive: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    connections: { type: 'string' },
  },
})

/** `--quick` checks that everything runs; its figures mean nothing. */
const usual = options.quick
  ? { rounds: 1, seconds: 0.2, warmUpSeconds: 0.1, connections: 2 }
  : { rounds: 9, seconds: 1, warmUpSeconds: 1, connections: 16 }
const pace = { ...usual, rounds: Number(options.rounds ?? usual.rounds), seconds: Number(options.seconds ?? usual.seconds) }
const connections = Number(options.connections ?? usual.connections)

/** Hashes run one at a time in any case; a few lanes keep the next one waiting. */
const HASH_LANES = 4

const SAME_FLOOR = 'the same floor'
const missed: string[] = []
// Loaded on demand: node:sqlite is not in every Node that the rest runs on.
if (options.graph) missed.push(...(await (await import('./graph.ts')).benchGraph(options.quick)))
else if (options.media) {
  const { benchMedia, FULL, QUICK } = await import('./media.ts')
  missed.push(...(await benchMedia(options.quick ? QUICK : FULL)))
} else if (options.ended) {
  const { benchEnded, FULL, QUICK } = await import('./ended.ts')
  missed.push(...(await benchEnded(options.quick ? QUICK : FULL)))
} else if (options.overload) {
  const { benchOverload, FULL, QUICK } = await import('./overload.ts')
  missed.push(...(await benchOverload(options.quick ? QUICK : FULL)))
} else if (options.distance) {
  missed.push(...(await (await import('./distance.ts')).benchDistance(options.quick, options.only)))
} else if (options.archive) {
  const { benchArchive, FULL, QUICK } = await import('./archive.ts')
  missed.push(...(await benchArchive(options.quick ? QUICK : FULL)))
} else await benchRoutes()
for (const line of missed) console.log(`missed: ${line}`)
if (options.check && missed.length > 0) process.exitCode = 1

async function benchRoutes(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'kith-bench-'))
  let runtime: Runtime | undefined
  try {
    const vars = benchVars()
    const bundle = options['floors-only'] ? undefined : await bundleWorker(join(folder, 'bundle')).catch(reportUnmeasured)
    const kith = bundle && { bundle, vars }
    runtime = await startRuntime({ floors: await bundleFloors(), kith, stores: join(folder, 'stores') })
    const lanes = new Lanes(connections + HASH_LANES_MAX, new URL(vars.ORIGIN).host)
    try {
      const rows = await measureAll(await pairsOf(runtime, lanes), lanes)
      missed.push(...rows.flatMap(misses))
      if (bundle !== undefined) missed.push(...printBundle(bundle, loadingCpuMs(bundle, join(folder, 'bundle'))))
    } finally {
      lanes.close()
    }
  } finally {
    await runtime?.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function pairsOf(running: Runtime, lanes: Lanes): Promise<Pair[]> {
  const floors = makeFloors(running.floors)
  // A floor beside itself: how far from 1.00 this machine strays by chance.
  const pairs: Pair[] = [
    { subject: { ...floors.read, name: SAME_FLOOR }, floor: floors.read, target: {} },
    { subject: floors.read, floor: floors.hello, target: {} },
    { subject: floors.write, floor: floors.read, target: {} },
  ]
  if (running.kith === undefined) {
    pairs.push({ subject: { ...floors.scrypt, name: 'the same scrypt' }, floor: floors.scrypt, target: {} })
    pairs.push({ subject: whileHashing(floors.read, floors.scrypt), floor: floors.read, target: {} })
  } else {
    try {
      const database = await running.kithDatabase()
      const accounts = await prepareKith({ base: running.kith, lanes, connections, database })
      pairs.push(...kithPairs({ base: running.kith, floors, accounts }))
    } catch (error) {
      reportUnmeasured(error)
    }
  }
  return pairs.filter(({ subject }) => subject.name.includes(options.only))
}

/** If Kith cannot be built or prepared, that is reported and the floors are still measured. */
function reportUnmeasured(error: unknown): undefined {
  missed.push(`Kith was not measured: ${error instanceof Error ? error.message : error}`)
}

function makeFloors(base: URL) {
  const floor = (name: string, method: 'GET' | 'POST', path: string, lanes: number): Subject => ({
    name,
    base,
    lanes,
    next: () => ({ method, path }),
  })
  return {
    hello: floor('bare Hono', 'GET', '/hello', connections),
    read: floor('bare D1 read', 'GET', '/read', connections),
    write: floor('bare D1 write', 'POST', '/write', connections),
    scrypt: floor('bare scrypt', 'POST', '/scrypt', HASH_LANES),
  }
}

async function measureAll(pairs: Pair[], lanes: Lanes): Promise<Row[]> {
  const { rounds, seconds } = pace
  console.log(`${connections} connections, ${rounds} rounds of ${seconds} s each side, node ${process.version}\n`)
  const rows: Row[] = []
  for (const { subject, floor, target } of pairs) {
    rows.push({ comparison: await measureSideBySide(lanes, subject, floor, pace), target })
  }
  printRows(rows)
  printNoise(rows, SAME_FLOOR)
  return rows
}
