/**
 * Moves a slot with all its people to another database. How far a move has come is in the phases of the slot at both databases, so
 * that whoever finds it half done continues it.
 */
import type { Change, Database } from './database.ts'
import type { Process } from './simulator.ts'
import type { World } from './world.ts'

const CHUNK_PEOPLE = 4
const CHUNK_CHANGES = 20
/** As few changes as may be left when the source is fenced. */
const FEW_CHANGES = 5
/** After this, somebody else looks after a move. */
const LEASE_MS = 3_000

interface Move {
  readonly world: World
  readonly number: number
  readonly slot: number
  readonly from: Database
  readonly to: Database
}

/** Like cron: tries until the slot has moved. Each try may die. */
export function* move(world: World, slot: number, target: number): Process {
  const from = world.databases[world.directory.homes[slot] as number] as Database
  const to = world.databases[target] as Database
  // One move of a slot at a time.
  if (from === to || from.phases.get(slot)?.is !== 'mine') return
  world.moves += 1
  const moving = { world, number: world.moves, slot, from, to }
  // In one batch: from now on whatever is written is also in the log.
  from.phases.set(slot, { is: 'copying', move: moving.number })
  from.logs.set(slot, [])
  while (world.directory.homes[slot] !== target) {
    world.simulator.start(tryToMove(moving), true)
    yield LEASE_MS
  }
}

function* tryToMove(move: Move): Process {
  const { world, slot, from, to, number } = move
  if (isAt(move, from, 'copying')) yield* copy(move)
  if (isAt(move, from, 'draining')) {
    yield* drain(move, FEW_CHANGES)
    if (world.without !== 'fence' && isAt(move, from, 'draining')) from.phases.set(slot, { is: 'fenced', move: number })
  }
  if (isAt(move, from, 'fenced') || isAt(move, from, 'draining')) {
    yield* drain(move, 0)
    yield* world.way()
    if (isAt(move, from, 'fenced') && digest(from, slot) !== digest(to, slot)) world.violated(`slot ${slot} differs after its copy`)
    // The source gives up first: for a moment nobody has the slot, but never two.
    if (isAt(move, from, 'fenced') || isAt(move, from, 'draining')) from.phases.set(slot, { is: 'gone', to: to.number, move: number })
  }
  yield* world.way()
  if (isAt(move, from, 'gone')) yield* arrive(move)
}

/** The condition of every statement of a move: a late one, of this move or an earlier one, must do nothing. */
function isAt({ slot, number }: Move, database: Database, is: string): boolean {
  const phase = database.phases.get(slot)
  return phase !== undefined && phase.is === is && 'move' in phase && phase.move === number
}

function* copy(move: Move): Process {
  const { world, slot, from, to, number } = move
  yield* world.way()
  if (!isAt(move, from, 'copying')) return
  if (!isAt(move, to, 'incoming')) {
    to.forget(slot)
    to.applied.set(slot, 0)
    to.phases.set(slot, { is: 'incoming', move: number })
  }
  const people = from.owners(slot)
  for (let at = 0; at < people.length; at += CHUNK_PEOPLE) {
    const rows = people.slice(at, at + CHUNK_PEOPLE).flatMap((person) => from.rowsOf(person))
    yield* world.way()
    // Once the log is being applied, a chunk is older than what is there.
    if (!isAt(move, to, 'incoming') || to.applied.get(slot) !== 0) return
    apply(to, rows)
  }
  if (isAt(move, from, 'copying')) from.phases.set(slot, { is: 'draining', move: number })
}

/** Applies the log in order, each change once, until at most `few` are left. */
function* drain(move: Move, few: number): Process {
  const { world, slot, from, to } = move
  for (;;) {
    const log = from.logs.get(slot) ?? []
    const done = to.applied.get(slot) ?? 0
    if (log.length - done <= few || !isAt(move, to, 'incoming')) return
    const changes = log.slice(done, done + CHUNK_CHANGES)
    yield* world.way()
    if (!isAt(move, to, 'incoming') || to.applied.get(slot) !== done) continue
    apply(to, changes)
    to.applied.set(slot, done + changes.length)
  }
}

function* arrive(move: Move): Process {
  const { world, slot, from, to } = move
  if (isAt(move, to, 'incoming')) to.phases.set(slot, { is: 'mine' })
  yield* world.way()
  if (world.directory.homes[slot] !== from.number || !isAt(move, from, 'gone')) return
  world.directory.homes[slot] = to.number
  yield* world.way()
  if (!isAt(move, from, 'gone')) return
  from.logs.delete(slot)
  from.forget(slot)
}

function apply(target: Database, changes: readonly Change[]): void {
  for (const { owner, table, other, row } of changes) target.write(owner, table, other, row)
}

function digest(database: Database, slot: number): string {
  const rows = database.owners(slot).flatMap((owner) => database.rowsOf(owner).map((row) => JSON.stringify(row)))
  return rows.sort().join()
}
