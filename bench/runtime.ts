// Starts ONE workerd that holds Kith and the floors, each on its own socket.
//
// @NOTE about miniflare 5.20261023: `miniflare.ready` is a socket of workerd, not of Node, but miniflare's entry worker is
// behind it (routing, `cf`, error pages, and one call to Node per request when requests are logged); a bare Hono route
// reached 4,600 requests/s through it. `unsafeDirectSockets` opens another socket of the same process that leads straight
// to the user's worker: 12,200 requests/s, side by side. We use that one. D1, KV and R2 are workers and Durable Objects
// inside the same workerd: no request below passes through Node. With `assets` the direct socket leads to the simulator's
// asset router instead, two more workers per request, which cost a fifth of the rate of GET /user/me. So Kith is measured
// without them, like the floors. A direct socket sets no `request.cf` and no `CF-Connecting-IP`; the load generator sends
// what is needed.
import { join } from 'node:path'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { unstable_getMiniflareWorkerOptions, unstable_readConfig } from 'wrangler'
import { migrate } from '../scripts/migrations.ts'
import { type Bundle, ROOT } from './bundle.ts'
import { FLOOR_SCHEMA } from './floor-rows.ts'

const KITH = 'kith'
const FLOORS = 'floors'

export interface Runtime {
  floors: URL
  /** Undefined with `--floors-only`. */
  kith: URL | undefined
  /** Kith's database, for what no route can create (clients). */
  kithDatabase(): Promise<BenchDatabase>
  stop(): Promise<void>
}

/** The part of D1 that preparation needs. */
export interface BenchDatabase {
  prepare(sql: string): {
    bind(...values: unknown[]): { run(): Promise<unknown> }
    run(): Promise<unknown>
    first<Row>(): Promise<Row | null>
  }
}

export interface Kith {
  bundle: Bundle
  vars: Record<string, string>
}

export interface RuntimeInput {
  floors: Bundle
  kith?: Kith | undefined
  /** Where D1, KV and R2 keep their files; the caller removes it. */
  stores: string
}

export async function startRuntime(input: RuntimeInput): Promise<Runtime> {
  const workers = [floorsWorker(input.floors), ...(input.kith === undefined ? [] : [kithWorker(input.kith)])]
  const miniflare = await startWorkers(workers, input.stores)
  const floors = await miniflare.getD1Database('DB', FLOORS)
  for (const statement of FLOOR_SCHEMA) await floors.prepare(statement).run()
  if (input.kith !== undefined) await migrate(await miniflare.getD1Database('DB', KITH))
  return {
    floors: await miniflare.unsafeGetDirectURL(FLOORS),
    kith: input.kith === undefined ? undefined : await miniflare.unsafeGetDirectURL(KITH),
    kithDatabase: () => miniflare.getD1Database('DB', KITH),
    stop: () => miniflare.dispose(),
  }
}

export interface KithAlone {
  base: URL
  database: D1Database
  /** One run of the cron trigger. */
  cron(): Promise<unknown>
  stop(): Promise<void>
}

/** Kith without the floors. */
export async function startKithAlone(input: { kith: Kith; stores: string }): Promise<KithAlone> {
  const miniflare = await startWorkers([kithWorker(input.kith)], input.stores)
  const database = await miniflare.getD1Database('DB', KITH)
  await migrate(database)
  return { base: await miniflare.unsafeGetDirectURL(KITH), database, cron: () => runCron(miniflare), stop: () => miniflare.dispose() }
}

/**
 * Aborts its call of Kith after `x-abort-after` milliseconds. The platform then drops the request, as when a client
 * hangs up.
 */
const HANGING_UP = `export default { async fetch(request, env) {
  const after = Number(request.headers.get('x-abort-after') ?? 0)
  if (after === 0) return env.KITH.fetch(request)
  const abort = new AbortController()
  const asked = env.KITH.fetch(new Request(request, { signal: abort.signal })).then(({ status }) => status, () => 'aborted')
  await scheduler.wait(after)
  abort.abort()
  return new Response(String(await asked))
} }`

/** Kith behind a Worker that hangs up on demand (workerd does not notice when a client's socket closes). */
export async function startKithBehindHangUps(input: { kith: Kith; stores: string }): Promise<KithAlone> {
  const contents = new TextEncoder().encode(HANGING_UP)
  const front = { ...flags, name: 'front', modules: [{ type: 'ESModule', path: 'front.js', contents }], serviceBindings: { KITH } }
  const miniflare = await startWorkers([front, kithWorker(input.kith)], input.stores)
  const database = await miniflare.getD1Database('DB', KITH)
  await migrate(database)
  return { base: await miniflare.unsafeGetDirectURL('front'), database, cron: () => runCron(miniflare), stop: () => miniflare.dispose() }
}

const config = unstable_readConfig({ config: join(ROOT, 'wrangler.toml') })

const flags = {
  compatibilityDate: config.compatibility_date ?? '',
  compatibilityFlags: config.compatibility_flags,
  unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
}

type WorkerOptions = Record<string, unknown>

function floorsWorker({ modules }: Bundle): WorkerOptions {
  return { ...flags, name: FLOORS, modules, d1Databases: { DB: 'floors' }, r2Buckets: { MEDIA: 'floors' } }
}

/** The bindings of wrangler.toml, so that no second list can drift; only the sources, the vars and the metrics are ours. */
function kithWorker({ bundle, vars }: Kith): WorkerOptions {
  const { modulesRules: _, assets: _beside, ...bound } = unstable_getMiniflareWorkerOptions(config).workerOptions
  const analyticsEngineDatasets = { METRICS: { dataset: 'kith' } }
  return { ...bound, ...flags, name: KITH, modules: bundle.modules, bindings: vars, analyticsEngineDatasets }
}

async function startWorkers(workers: WorkerOptions[], stores: string): Promise<Miniflare> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: '127.0.0.1',
      port: 0,
      cf: false,
      logRequests: false,
      // Kith logs every request; printing that would take the load generator's time.
      handleStructuredLogs: () => undefined,
      log: new Log(LogLevel.ERROR),
      resourcePersistencePath: stores,
      workers,
    } as unknown as Parameters<typeof convertV4MiniflareOptions>[0]),
  )
  await miniflare.ready
  return miniflare
}

async function runCron(miniflare: Miniflare): Promise<unknown> {
  const worker = await miniflare.getWorker(KITH)
  return worker.scheduled({ cron: '*/5 * * * *', scheduledTime: new Date() })
}
