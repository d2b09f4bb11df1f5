/**
 * People who follow, block, look, and change their names, over several databases, while processes die, messages overtake each other
 * and slots move. When everybody has gone home and cron has run, every invariant must hold.
 */
import { block, change, follow, takeName, unblock, view } from './acts.ts'
import { type Database, SLOTS } from './database.ts'
import { isBlocked, isLive } from './decisions.ts'
import { sendWaiting, settleNames } from './deliveries.ts'
import { move } from './moves.ts'
import { restoreAlone } from './restore.ts'
import { type Process, Simulator } from './simulator.ts'
import { type Mechanism, Router, World } from './world.ts'

export interface Plan {
  readonly seed: number
  readonly databases: number
  readonly people: number
  readonly acts: number
  /** How likely a process dies at each of its steps. */
  readonly deathRate: number
  readonly moves: number
  /** Whether one database goes back in time; not together with moves. */
  readonly restores?: boolean
  readonly without?: Mechanism
}

const ISOLATES = 4
const LENGTH_MS = 60_000
/** For cron to put right what is left. */
const AFTERWARDS_MS = 120_000
/** More acts at once on fewer people: races are what this is about. */
const NAMES_PER_PERSON = 0.7

export function simulate(plan: Plan): World {
  const simulator = new Simulator(plan.seed)
  const world = new World(simulator, plan.databases, plan.without)
  const routers = Array.from({ length: ISOLATES }, () => new Router(world))
  simulator.deathRate = plan.deathRate
  for (let n = 0; n < plan.acts; n++)
    simulator.start(anyAct(world, routers[n % ISOLATES] as Router, plan.people), true, simulator.between(0, LENGTH_MS))
  for (let n = 0; n < plan.moves; n++)
    simulator.start(move(world, simulator.whole(SLOTS), simulator.whole(plan.databases)), false, (n * LENGTH_MS) / plan.moves)
  if (plan.restores) simulator.start(restoreAlone(world, world.databases[0] as Database, LENGTH_MS / 3), false, LENGTH_MS / 3)
  const end = LENGTH_MS + AFTERWARDS_MS
  for (const database of world.databases) simulator.start(sendWaiting(world, database, end), false)
  simulator.start(settleNames(world, end), false)
  simulator.run(LENGTH_MS + AFTERWARDS_MS / 2)
  simulator.deathRate = 0
  simulator.run(2 * end)
  inspect(world, plan.people)
  return world
}

function anyAct(world: World, router: Router, people: number): Process {
  const { simulator } = world
  // A few people are in most of what happens.
  const a = Math.floor(people * simulator.random() ** 2)
  const b = (a + 1 + Math.floor((people - 1) * simulator.random() ** 3)) % people
  const kind = simulator.random()
  if (kind < 0.3) return follow(world, router, a, b)
  if (kind < 0.4) return change(world, router, b, a, ['approved', 'pending'], 'none')
  if (kind < 0.5) return change(world, router, a, b, ['pending'], 'approved')
  if (kind < 0.6) return block(world, router, a, b)
  if (kind < 0.7) return unblock(world, router, a, b)
  if (kind < 0.9) return view(world, router, a, b)
  return takeName(world, router, a, `name${simulator.whole(people * NAMES_PER_PERSON)}`)
}

function inspect(world: World, people: number): void {
  for (let slot = 0; slot < SLOTS; slot++) {
    const owners = world.databases.filter(({ phases }) => (phases.get(slot)?.is ?? 'gone') !== 'gone')
    if (owners.length !== 1 || owners[0]?.number !== world.directory.homes[slot])
      world.violated(`slot ${slot} is at ${owners.map(({ number }) => number).join()}, and not where the directory says`)
  }
  const bearers = new Map<string, number>()
  for (let person = 0; person < people; person++) {
    inspectPairs(world, person, people)
    inspectCounters(world, person)
    const name = world.home(person).read(person, 'person')?.state
    if (name === undefined) continue
    if (bearers.has(name)) world.violated(`${bearers.get(name)} and ${person} have the same name`)
    bearers.set(name, person)
    if (world.directory.names.get(name)?.owner !== person) world.violated(`the directory does not know the name of ${person}`)
  }
  for (const [name, { owner }] of world.directory.names)
    if (bearers.get(name) !== owner) world.violated(`${name} is taken, and nobody bears it`)
  for (const [key, version] of world.acknowledged) {
    const [owner, table, other] = key.split('/') as [string, 'block', string]
    if ((world.home(Number(owner)).read(Number(owner), table, Number(other))?.version ?? 0) < version)
      world.violated(`${key}: a write that was acknowledged is lost`)
  }
}

function inspectPairs(world: World, followed: number, people: number): void {
  const at = world.home(followed)
  for (let other = 0; other < people; other++) {
    const there = world.home(other)
    const edge = at.read(followed, 'follower', other)
    if ((edge?.state ?? 'none') !== (there.read(other, 'following', followed)?.state ?? 'none'))
      world.violated(`${other} and ${followed} disagree on whether one follows the other`)
    const blocks = at.read(followed, 'block', other)
    if (isBlocked(blocks) !== isBlocked(there.read(other, 'blocked_by', followed)))
      world.violated(`${followed} and ${other} disagree on whether one blocks the other`)
    const back = there.read(other, 'follower', followed)
    if (isBlocked(blocks) && (isLive(edge) || isLive(back))) world.violated(`${followed} blocks ${other}, and there is an edge`)
  }
}

function inspectCounters(world: World, person: number): void {
  const home = world.home(person)
  const rows = home.rowsOf(person).filter(({ row }) => row?.state === 'approved')
  const { followers, followings } = home.countersOf(person)
  const counted = (table: string) => rows.filter((row) => row.table === table).length
  if (counted('follower') !== followers || counted('following') !== followings) world.violated(`the counters of ${person} are wrong`)
}
