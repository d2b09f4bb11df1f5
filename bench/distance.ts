/**
 * `npm run bench -- --distance`: what people wait for when the stores are far from them, route by route. README.md
 * explains the table, `distance/stores.ts` what is simulated.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundleDistanceWorker } from './bundle.ts'
import { type Measured, printRoutes, tripsOf } from './distance/report.ts'
import { GROUPS } from './distance/routes.ts'
import { Scene } from './distance/scene.ts'
import type { Route } from './distance/sign-in-routes.ts'
import type { Setting } from './distance/terms.ts'
import { Wire } from './distance/visitor.ts'
import { benchVars } from './prepare.ts'
import { startKithAlone } from './runtime.ts'

/** To a store in the same place: a replica, a value that KV has cached, or everything for a Worker beside the primary. */
export const NEAR_MS = 5
const FULL_MS = [5, 80, 250]
const QUICK_MS = [20]
const QUICK_COLUMNS = 2

export interface Column {
  readonly title: string
  readonly setting: Setting
}

function columnsOf(distances: readonly number[]): Column[] {
  return distances.flatMap((far) => {
    const near = Math.min(NEAR_MS, far)
    return [
      { title: `primary ${far}`, setting: { gate: 'primary', far, near, isPlaced: false } },
      { title: `replica ${far}`, setting: { gate: 'replica', far, near, isPlaced: false } },
      { title: `placed ${far}`, setting: { gate: 'primary', far, near, isPlaced: true } },
    ]
  })
}

/** Prints the table and returns the misses: routes that need more trips, one after another, than they did. */
export async function benchDistance(isQuick: boolean, only: string): Promise<string[]> {
  const stores = await mkdtemp(join(tmpdir(), 'kith-bench-distance-'))
  // A password is hashed cheaply, so that the times are those of the way.
  const vars = { ...benchVars(), ENVIRONMENT: 'test', SCRYPT_LN: '10', EMAIL_SIGN_IN: 'on' }
  const kith = await startKithAlone({ kith: { bundle: await bundleDistanceWorker(), vars }, stores })
  const wire = new Wire(kith.base)
  try {
    const scene = new Scene(wire)
    await scene.prepare(kith.database)
    const columns = isQuick ? columnsOf(QUICK_MS).slice(0, QUICK_COLUMNS) : columnsOf(FULL_MS)
    const missed: string[] = []
    for (const [heading, routes] of GROUPS) {
      const measured: Measured[] = []
      for (const route of routes.filter(({ name }) => name.includes(only))) measured.push(await measureRoute(scene, route, columns))
      if (measured.length > 0) printRoutes(heading, measured, columns)
      missed.push(...measured.flatMap(missesOf))
    }
    return missed
  } finally {
    wire.close()
    await kith.stop()
    await rm(stores, { recursive: true, force: true })
  }
}

async function measureRoute(scene: Scene, route: Route, columns: readonly Column[]): Promise<Measured> {
  const samples = []
  for (const { setting } of columns) {
    const { by, ...wanted } = await route.make(scene)
    const sample = await by.measure({ ...wanted, by }, setting)
    const { status, body } = sample.reply
    if (status >= 400) throw new Error(`${route.name}: ${status} ${body.slice(0, 500)}`)
    samples.push(sample)
  }
  return { route, samples }
}

function missesOf({ route, samples }: Measured): string[] {
  const [atPrimary] = samples
  const trips = atPrimary ? tripsOf(atPrimary) : 0
  return trips > route.trips ? [`${route.name}: ${trips} trips one after another, wanted ${route.trips}`] : []
}
