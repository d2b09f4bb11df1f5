/** How the other side hears of a decision: right after the reply, or by cron from the outbox. Every delivery may be repeated. */
import type { Database, Row } from './database.ts'
import { confirm, takeEdge, takeWord } from './decisions.ts'
import type { Name } from './directory.ts'
import type { Process } from './simulator.ts'
import { Router, type World } from './world.ts'

const CRON_MS = 5_000
/** After this a reservation that was not confirmed is looked into. */
const RESERVED_MS = 2_000

export function* deliverEdge(world: World, router: Router, followed: number, follower: number, row: Row): Process {
  yield* router.write(follower, (database) => takeEdge(world, database, follower, followed, row))
  yield* router.write(followed, (database) => confirm(database, followed, 'edge_outbox', follower, row))
}

export function* deliverBlock(world: World, router: Router, blocker: number, blocked: number, row: Row): Process {
  yield* router.write(blocked, (database) => {
    takeWord(world, database, blocked, blocker, row)
  })
  yield* router.write(blocker, (database) => confirm(database, blocker, 'block_outbox', blocked, row))
}

export function* confirmName(world: World, name: string, reservation: number, row: Row): Process {
  yield* world.way()
  world.directory.confirm(name, reservation, row.version)
}

/** What cron does for one database, until `until`: sends what waits in the outboxes. */
export function* sendWaiting(world: World, database: Database, until: number): Process {
  const router = new Router(world)
  while (world.simulator.now < until) {
    yield CRON_MS
    for (const owner of database.owners())
      for (const { table, other, row } of database.rowsOf(owner)) {
        if (row === null || world.home(owner) !== database) continue
        // Each in a process of its own, so that one that hangs holds up no other.
        if (table === 'edge_outbox') world.simulator.start(deliverEdge(world, router, owner, other, row), true)
        if (table === 'block_outbox') world.simulator.start(deliverBlock(world, router, owner, other, row), true)
      }
  }
}

/** Confirms the reservations of names that are borne, and frees the others, after making sure that nobody bears them any more. */
export function* settleNames(world: World, until: number): Process {
  const router = new Router(world)
  while (world.simulator.now < until) {
    yield CRON_MS
    for (const [name, entry] of world.directory.overdue(world.simulator.now - RESERVED_MS))
      world.simulator.start(settleName(world, router, name, entry), true)
  }
}

function* settleName(world: World, router: Router, name: string, { owner, reservation }: Name): Process {
  const row = yield* router.write(owner, (database) => {
    const person = database.read(owner, 'person')
    if (person?.cut === reservation) return person
    if (world.without !== 'closing') database.write(owner, 'closed', reservation, { state: name, version: 1, at: 0, cut: 0 })
    return null
  })
  yield* world.way()
  if (row === null) world.directory.release(name, reservation)
  else world.directory.confirm(name, reservation, row.version)
}
