// `npm run scale` in short: Kith over several databases, as docs/scale.md describes it, keeps its invariants, and needs every part of it.
import { describe, expect, test } from 'vitest'
import { type Plan, simulate } from '../../bench/scale/consistency.ts'
import { spread } from '../../bench/scale/load.ts'
import { MECHANISMS } from '../../bench/scale/world.ts'
import { times } from '../support/runs.ts'

const RUNS = times(5, 500)
/** Enough to meet the rarest race, and no more are run than it takes. */
const RUNS_WITHOUT = 200

const plan = { databases: 4, people: 24, acts: 4_000, deathRate: 0.03 }
const moving = { ...plan, moves: 24 }
const restoring = { ...plan, moves: 0, restores: true }

/** The first run that breaks an invariant, with the seed that repeats it. */
function firstBroken(plan: Omit<Plan, 'seed'>, runs: number) {
  for (let seed = 1; seed <= runs; seed++) {
    const { violations } = simulate({ ...plan, seed })
    if (violations.length > 0) return { seed, violations }
  }
  return null
}

test('after processes have died and slots have moved, both sides of every pair agree, and nothing acknowledged is lost', () => {
  expect(firstBroken(moving, RUNS)).toBeNull()
})

test('a database that went back in time alone agrees with the others before anybody writes to it', () => {
  expect(firstBroken(restoring, RUNS)).toBeNull()
})

test('the same seed gives the same run', () => {
  const [one, two] = [simulate({ ...moving, seed: 7 }), simulate({ ...moving, seed: 7 })]
  expect(two.lags).toEqual(one.lags)
  expect(two.simulator.deaths).toBe(one.simulator.deaths)
})

describe.each(MECHANISMS)('without %s', (without) => {
  test('an invariant breaks', () => {
    expect(firstBroken({ ...(without === 'audit' ? restoring : moving), without }, RUNS_WITHOUT)).not.toBeNull()
  })
})

test('twice as many databases take more, but not twice as much', () => {
  const busiest = [1, 2, 4].map((databases) =>
    Math.max(...spread(databases, { seed: 1, people: 10_000, requests: 20_000, hasCards: false }).busy),
  )
  const [one, two, four] = busiest as [number, number, number]
  expect(two).toBeLessThan(one)
  expect(two).toBeGreaterThan(one / 2)
  expect(four).toBeLessThan(two)
  expect(four).toBeGreaterThan(two / 2)
})
