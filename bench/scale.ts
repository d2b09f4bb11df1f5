/**
 * `npm run scale`: Kith over several databases, which is not built (docs/scale.md). What a person weighs and asks of one database; the
 * load on each of several; and a simulation of what may go wrong between them, with the invariants that must hold afterwards.
 * A run that fails prints its seed.
 */
import { parseArgs } from 'node:util'
import { EACH, measurePeople } from './scale/bytes.ts'
import { type Plan, simulate } from './scale/consistency.ts'
import { spread } from './scale/load.ts'
import { MECHANISMS, type Mechanism, type World } from './scale/world.ts'

const USAGE = `Usage: npm run scale -- [--runs 300] [--seed 1] [--people 20000]

  --runs    runs of each simulation, with this seed and the following
  --people  people whose rows are weighed`

/** What a D1 may hold. */
const LIMIT_BYTES = 10e9
/** Few people and many acts, so that most of them race with others. */
const HOT = { databases: 4, people: 24, acts: 4_000, deathRate: 0.03 }

function weighPeople(count: number): void {
  const { weights, timings } = measurePeople(count)
  const each = Object.entries(EACH).map(([what, number]) => `${number} ${what}`)
  console.log(`A person with ${each.join(', ')}, in bytes with all indexes (${count} people):`)
  for (const { table, rows, bytes } of weights)
    console.log(`  ${table.padEnd(16)}${rows.toFixed(1).padStart(6)} rows${bytes.toFixed(0).padStart(8)}`)
  const total = weights.reduce((sum, { bytes }) => sum + bytes, 0)
  console.log(
    `  ${'in all'.padEnd(16)}${total.toFixed(0).padStart(19)}: ${(LIMIT_BYTES / total / 1e6).toFixed(2)} million people in 10 GB\n`,
  )
  console.log('SQLite alone, without D1 around it, in microseconds:')
  for (const { what, microseconds } of timings) console.log(`  ${what}: ${microseconds.toFixed(0)}`)
}

function spreadLoad(): void {
  console.log('\nLoad by number of databases (requests/s: when the busiest database, or the directory, is busy all the time):')
  console.log('                 lists read each person            lists have cards')
  console.log('   n   batches  chain  busiest  requests/s   batches  chain  busiest  requests/s')
  for (const databases of [1, 2, 4, 8, 16, 32]) {
    const cells = [false, true].map((hasCards) => {
      const requests = 200_000
      const load = spread(databases, { seed: 1, people: 100_000, requests, hasCards })
      const most = Math.max(...load.busy)
      const mean = load.busy.reduce((sum, ms) => sum + ms, 0) / databases
      const perSecond = (1000 * requests) / Math.max(most, load.directory)
      return `${load.batches.toFixed(2).padStart(8)}${load.chain.toFixed(2).padStart(7)}${(most / mean).toFixed(2).padStart(9)}${perSecond.toFixed(0).padStart(12)}`
    })
    console.log(`${String(databases).padStart(4)}${cells.join('  ')}`)
  }
}

function checkConsistency(runs: number, seed: number): void {
  console.log(`\nConsistency, ${runs} runs each (4 databases, 24 people, 4,000 acts in a minute, 3 % of the steps die):`)
  report('slots move', { ...HOT, moves: 24, seed }, runs)
  report('one database is restored', { ...HOT, moves: 0, restores: true, seed }, runs)
  report('nothing dies or moves', { ...HOT, moves: 0, deathRate: 0, seed }, runs)
  console.log('\nThe same without one mechanism: runs in which an invariant breaks (none would mean that it is not needed, or not tested)')
  for (const without of MECHANISMS) {
    const broken = run({ ...HOT, ...shakes(without), seed, without }, runs).filter(({ violations }) => violations.length > 0)
    console.log(`  ${without.padEnd(9)}${String(broken.length).padStart(6)} of ${runs}   ${broken[0]?.violations[0] ?? ''}`)
    if (broken.length === 0) process.exitCode = 1
  }
}

const shakes = (without: Mechanism) => (without === 'audit' ? { moves: 0, restores: true } : { moves: 24 })

const run = (plan: Plan, runs: number): World[] => Array.from({ length: runs }, (_, n) => simulate({ ...plan, seed: plan.seed + n }))

function report(what: string, plan: Plan, runs: number): void {
  const worlds = run(plan, runs)
  const sum = (of: (world: World) => number) => worlds.reduce((total, world) => total + of(world), 0)
  console.log(
    `  ${what}: ${sum((world) => world.simulator.deaths)} deaths, ${sum(({ moves }) => moves)} moves, ${sum((world) => world.simulator.gaveUp)} answers 503`,
  )
  console.log(`    the other side has a decision after ${quantiles(worlds.flatMap(({ lags }) => lags))}`)
  console.log(`    ${sum(({ pauses }) => pauses.length)} requests waited for a slot: ${quantiles(worlds.flatMap(({ pauses }) => pauses))}`)
  for (const [n, { violations }] of worlds.entries())
    for (const violation of violations) {
      console.log(`    VIOLATED with --seed ${plan.seed + n}: ${violation}`)
      process.exitCode = 1
    }
}

function quantiles(milliseconds: number[]): string {
  if (milliseconds.length === 0) return '-'
  const sorted = milliseconds.sort((a, b) => a - b)
  const at = (share: number) => `${Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? 0)} ms`
  return `${at(0.5)} (median), ${at(0.99)} (99 %), ${at(1)} at most`
}

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
    people: { type: 'string', default: '20000' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
const [runs, seed, people] = [Number(values.runs), Number(values.seed), Number(values.people)]
if (values.help || !(runs > 0 && Number.isInteger(seed) && people >= 100)) {
  console.log(USAGE)
  process.exitCode = values.help ? 0 : 1
} else {
  weighPeople(people)
  spreadLoad()
  checkConsistency(runs, seed)
}
