// The product equals a model of the social graph: acts of six people one after the other, with everything that the routes show;
// and eight concurrent acts that take turns at the database in a generated order. Some sequential order must explain both the
// answers and the database. `npm run model`: 2,000 runs.
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { brokenRules } from '../support/graph.ts'
import { MODEL_RUNS, MODEL_SEED, MODEL_TIMEOUT_MS } from '../support/runs.ts'
import { inTurns, interleave } from '../support/turns.ts'
import { explain } from './explain.ts'
import { type Act, copyGraph, emptyGraph, type Graph, PEOPLE, perform } from './graph-model.ts'
import { SixPeople } from './six-people.ts'

let six: SixPeople
beforeAll(async () => {
  six = await SixPeople.signUp()
})

const PARAMETERS = { numRuns: MODEL_RUNS, endOnFailure: false, ...(MODEL_SEED === null ? {} : { seed: MODEL_SEED }) } as const

/** Mostly three of the six, so that acts meet. */
const person = fc.oneof({ weight: 3, arbitrary: fc.nat(2) }, { weight: 1, arbitrary: fc.nat(PEOPLE - 1) })
const two = { by: person, whom: person }

/** An entry is one of the current edges, so its act is built once they are known. */
type Plan = Act | { readonly kind: 'accept' | 'remove'; readonly entry: number; readonly side: number; readonly by: number }
const entry = { entry: fc.nat(29), side: fc.nat(3), by: person }

const plans = {
  follow: fc.record({ kind: fc.constant('follow' as const), ...two }),
  unfollow: fc.record({ kind: fc.constant('unfollow' as const), ...two }),
  block: fc.record({ kind: fc.constant('block' as const), ...two }),
  unblock: fc.record({ kind: fc.constant('unblock' as const), ...two }),
  accept: fc.record({ kind: fc.constant('accept' as const), ...entry }),
  remove: fc.record({ kind: fc.constant('remove' as const), ...entry }),
  private: fc.record({ kind: fc.constant('private' as const), by: person, on: fc.boolean() }),
  ban: fc.record({ kind: fc.constant('ban' as const), whom: person }),
  lift: fc.record({ kind: fc.constant('lift' as const), whom: person }),
  delete: fc.record({ kind: fc.constant('delete' as const), by: person }),
  return: fc.record({ kind: fc.constant('return' as const), by: person }),
} satisfies Record<Act['kind'], fc.Arbitrary<Plan>>

/** Sides 0 and 1: the one who is followed, who alone may accept; 2: the follower; 3: anybody. */
function toAct(graph: Graph, plan: Plan): Act {
  if (!('entry' in plan)) return plan
  const edges = [...graph.edges]
  const [pair, edge] = edges[plan.entry % Math.max(1, edges.length)] ?? ['0>1', null]
  const by = [Number(pair.split('>')[1]), Number(pair.split('>')[1]), Number(pair.split('>')[0]), plan.by][plan.side] ?? plan.by
  return { kind: plan.kind, by, pair, born: edge?.born ?? null }
}

type Real = SixPeople

class DoAct implements fc.AsyncCommand<Graph, Real> {
  readonly plan: Plan
  constructor(plan: Plan) {
    this.plan = plan
  }

  /** Somebody banned does not come back, and somebody present does not need to. */
  check = (graph: Readonly<Graph>) =>
    this.plan.kind !== 'return' || (graph.isDeleted[this.plan.by] === true && !graph.isBanned[this.plan.by])

  async run(graph: Graph, real: Real): Promise<void> {
    const act = toAct(graph, this.plan)
    const expected = perform(graph, act)
    expect(await real.send(act), JSON.stringify(act)).toBe(expected)
    if (act.kind === 'delete') real.keepCookies(act.by)
    if (act.kind === 'lift') await real.reviveSessions()
    await real.compare(graph)
  }

  toString = () => JSON.stringify(this.plan)
}

class Look implements fc.AsyncCommand<Graph, Real> {
  readonly viewer: number
  readonly whom: number
  constructor(viewer: number, whom: number) {
    this.viewer = viewer
    this.whom = whom
  }

  check = () => true
  run = (graph: Graph, real: Real) => real.look(graph, this.viewer, this.whom)
  toString = () => `look(${this.viewer}, ${this.whom})`
}

const often = <T>(times: number, arbitrary: T) => Array<T>(times).fill(arbitrary)
const commands = fc.commands(
  [
    ...[...often(4, plans.follow), plans.unfollow, plans.block, plans.unblock, ...often(3, plans.accept), plans.remove].map((plan) =>
      plan.map((one) => new DoAct(one)),
    ),
    ...[...often(2, plans.private), plans.ban, plans.lift, plans.delete, plans.return].map((plan) => plan.map((one) => new DoAct(one))),
    ...often(
      2,
      fc.tuple(person, person).map(([viewer, whom]) => new Look(viewer, whom)),
    ),
  ],
  { maxCommands: 30, size: 'max' },
)

test(
  'one after the other: answers, edges, requests, blocks, counters and every list are as the model says',
  async () => {
    const property = fc.asyncProperty(commands, async (sequence) => {
      await six.reset()
      await fc.asyncModelRun(() => ({ model: emptyGraph(), real: six }), sequence)
      expect(await brokenRules()).toEqual([])
    })
    await fc.assert(property, PARAMETERS)
  },
  MODEL_TIMEOUT_MS,
)

const AT_ONCE = 8
const together = fc.oneof(
  ...[...often(4, plans.follow), plans.unfollow, ...often(2, plans.block), plans.unblock, ...often(3, plans.accept)],
  ...[...often(2, plans.remove), ...often(3, plans.private), plans.ban, plans.delete],
) as fc.Arbitrary<Plan>
const rounds = fc.array(
  fc.record({
    plans: fc.array(together, { minLength: AT_ONCE, maxLength: AT_ONCE }),
    turns: fc.array(fc.nat(AT_ONCE - 1), { minLength: 24, maxLength: 24 }),
  }),
  { minLength: 3, maxLength: 3 },
)

test(
  'eight at a time: some order of the acts explains the answers and the state, and nothing is broken',
  async () => {
    const property = fc.asyncProperty(rounds, person, person, async (all, viewer, whom) => {
      await six.reset()
      let graph = emptyGraph()
      for (const round of all) graph = await doTogether(graph, round.plans, round.turns)
      await six.look(graph, viewer, whom)
    })
    await fc.assert(property, PARAMETERS)
  },
  MODEL_TIMEOUT_MS,
)

/** Returns the state after the acts. */
async function doTogether(before: Graph, some: readonly Plan[], turns: readonly number[]): Promise<Graph> {
  const acts = some.map((plan) => toAct(before, plan))
  let turn = 0
  const pick = () => turns[turn++ % turns.length] ?? 0
  const replies = await interleave(
    acts.map((act) => () => six.send(act, inTurns)),
    pick,
  )
  for (const act of acts) if (act.kind === 'delete') six.keepCookies(act.by)
  expect(await brokenRules(), JSON.stringify({ acts, replies })).toEqual([])
  const stored = await six.read()
  const after = explain(copyGraph(before), acts, replies, stored, six.edgeIds)
  if (!after) throw new Error(`no order explains ${JSON.stringify({ acts, replies, before: [...before.edges], after: [...stored.edges] })}`)
  const adopted = six.adopt(after, stored)
  await six.compare(adopted)
  return adopted
}
