/**
 * One database goes back in time, alone. It stays fenced until it has compared itself with what the others know of it: their copies
 * say what it had decided, and the directory says who bears which name.
 */
import { type Database, SLOTS, type Table } from './database.ts'
import { decide, isBlocked, isLive, takeEdge, takeWord } from './decisions.ts'
import type { Process } from './simulator.ts'
import type { World } from './world.ts'

const QUIET_MS = 15_000

const COPY_OF: Partial<Record<Table, Table>> = { following: 'follower', blocked_by: 'block' }

export function* restoreAlone(world: World, database: Database, takenAgoMs: number): Process {
  const goBack = database.snapshot()
  yield takenAgoMs
  goBack()
  world.restoredAt.set(database, world.simulator.now)
  const own = Array.from({ length: SLOTS }, (_, slot) => slot).filter((slot) => database.phases.get(slot)?.is === 'mine')
  for (const slot of own) database.phases.set(slot, { is: 'fenced', move: 0 })
  // Nobody keeps a promise that the backup has not.
  for (const promises of [world.acknowledged, world.blocked, world.knew])
    for (const key of promises.keys()) if (isOf(world, key, database)) promises.delete(key)
  // What was under way before must have arrived, or have been given up.
  yield QUIET_MS
  if (world.without !== 'audit') yield* audit(world, database)
  for (const slot of own) database.phases.set(slot, { is: 'mine' })
}

const isOf = (world: World, key: string, database: Database) => world.home(Number.parseInt(key, 10)) === database

function* audit(world: World, database: Database): Process {
  for (const other of world.databases) {
    yield* world.way()
    for (const owner of other.owners())
      for (const copy of other.rowsOf(owner)) {
        const table = COPY_OF[copy.table]
        if (table === undefined || copy.row === null || world.home(copy.other) !== database) continue
        // The decision that this was a copy of is lost here, and is taken back from it.
        const decided = database.read(copy.other, table, owner)
        if ((decided?.version ?? 0) < copy.row.version) database.write(copy.other, table, owner, copy.row)
      }
  }
  for (const [name, { owner, version, reservation }] of world.directory.names) {
    if (version === null || world.home(owner) !== database) continue
    if ((database.read(owner, 'person')?.version ?? 0) < version)
      database.write(owner, 'person', 0, { state: name, version, at: world.simulator.now, cut: reservation })
  }
  for (const other of world.databases) {
    yield* world.way()
    for (const owner of other.owners()) takeBack(world, database, other, owner)
  }
  for (const owner of database.owners()) endBlockedEdges(world, database, owner)
}

/** Copies that were lost here are made again; and whatever was decided here is told once more. */
function takeBack(world: World, database: Database, other: Database, owner: number): void {
  for (const { table, other: person, row } of other.rowsOf(owner)) {
    if (row === null || (table !== 'follower' && table !== 'block')) continue
    const isCopiedHere = world.home(person) === database
    if (isCopiedHere && table === 'follower') takeEdge(world, database, person, owner, row)
    if (isCopiedHere && table === 'block') takeWord(world, database, person, owner, row)
    if (other === database) other.write(owner, table === 'block' ? 'block_outbox' : 'edge_outbox', person, row)
  }
}

/** A block may have come back without the end of the edge that it caused. */
function endBlockedEdges(world: World, database: Database, owner: number): void {
  for (const { table, other } of database.rowsOf(owner)) {
    const isBlock = table === 'block' || table === 'blocked_by'
    if (!isBlock || !isBlocked(database.read(owner, table, other)) || !isLive(database.read(owner, 'follower', other))) continue
    decide(world, database, { owner, table: 'follower', other }, 'none')
  }
}
