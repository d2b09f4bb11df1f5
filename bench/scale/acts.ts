/** What people do. Each act is decided in one batch of one database; the copy at the other person follows after the reply. */
import type { Row } from './database.ts'
import { decide, isBlocked, isLive, takeWord } from './decisions.ts'
import { confirmName, deliverBlock, deliverEdge } from './deliveries.ts'
import type { Process } from './simulator.ts'
import type { Router, World } from './world.ts'

/** One person in five has a private account. */
const isPrivate = (person: number) => person % 5 === 0

export function* follow(world: World, router: Router, follower: number, followed: number): Process {
  // The gate, and the follower's own word on the pair.
  const word = yield* router.read(follower, (database) => database.read(follower, 'block', followed))
  if (isBlocked(word)) return
  const row = yield* router.write(followed, (database) => {
    if (world.without !== 'word') takeWord(world, database, followed, follower, word)
    if (isBlocked(database.read(followed, 'block', follower)) || isBlocked(database.read(followed, 'blocked_by', follower))) return null
    if (isLive(database.read(followed, 'follower', follower))) return null
    const state = isPrivate(followed) ? 'pending' : 'approved'
    world.knew.set(`${followed}/${follower}`, word?.version ?? 0)
    const knows = world.without === 'word' ? 0 : word?.version
    return decide(world, database, { owner: followed, table: 'follower', other: follower }, state, knows)
  })
  yield* tellEdge(world, router, followed, follower, row)
}

/** By either side: the end of an edge, or the approval of a request. */
export function* change(world: World, router: Router, followed: number, follower: number, from: readonly string[], to: string): Process {
  const row = yield* router.write(followed, (database) => {
    const edge = database.read(followed, 'follower', follower)
    if (edge === undefined || !from.includes(edge.state)) return null
    return decide(world, database, { owner: followed, table: 'follower', other: follower }, to, edge.cut)
  })
  yield* tellEdge(world, router, followed, follower, row)
}

function* tellEdge(world: World, router: Router, followed: number, follower: number, row: Row | null): Process {
  if (row === null) return
  world.acknowledge(followed, 'follower', follower, row)
  yield* deliverEdge(world, router, followed, follower, row)
}

export function* block(world: World, router: Router, blocker: number, blocked: number): Process {
  const row = yield* router.write(blocker, (database) => {
    const own = { owner: blocker, table: 'block' as const, other: blocked }
    const before = database.read(blocker, 'block', blocked)
    if (isBlocked(before)) return null
    if (isLive(database.read(blocker, 'follower', blocked))) decide(world, database, { ...own, table: 'follower' }, 'none')
    return decide(world, database, own, 'blocked', (before?.version ?? 0) + 1)
  })
  if (row === null) return
  world.acknowledge(blocker, 'block', blocked, row)
  world.promiseBlock(blocker, blocked, row)
  yield* deliverBlock(world, router, blocker, blocked, row)
}

export function* unblock(world: World, router: Router, blocker: number, blocked: number): Process {
  world.blocked.delete(`${blocker}/${blocked}`)
  const row = yield* router.write(blocker, (database) => {
    const before = database.read(blocker, 'block', blocked)
    if (!isBlocked(before)) return null
    const lifted = decide(world, database, { owner: blocker, table: 'block', other: blocked }, 'none', before?.cut)
    world.lifted.set(`${blocker}/${blocked}`, lifted.version)
    // Its reply may have come since.
    world.blocked.delete(`${blocker}/${blocked}`)
    return lifted
  })
  if (row !== null) yield* deliverBlock(world, router, blocker, blocked, row)
}

/** Whoever is shown decides in their own database who may see them, so a block takes effect at once. */
export function* view(world: World, router: Router, viewer: number, viewed: number): Process {
  const promised = world.blocked.get(`${viewed}/${viewer}`)
  const own = yield* router.read(viewer, (database) => database.read(viewer, 'block', viewed))
  const theirs = yield* router.read(viewed, (database) => database.read(viewed, 'block', viewer))
  const isShown = !isBlocked(own) && !isBlocked(theirs)
  if (isShown && promised !== undefined && world.blocked.get(`${viewed}/${viewer}`) === promised)
    world.violated(`${viewer} saw ${viewed}, who blocks them`)
}

/** At sign-up and later. The name is reserved, then borne, then confirmed. */
export function* takeName(world: World, router: Router, person: number, name: string): Process {
  yield* world.way()
  const reservation = world.directory.reserve(name, person, world.simulator.now)
  yield* world.way()
  if (reservation === null) {
    world.refusals += 1
    return
  }
  const row = yield* router.write(person, (database) => {
    if (database.read(person, 'closed', reservation) !== undefined) return null
    const version = (database.read(person, 'person')?.version ?? 0) + 1
    const made = { state: name, version, at: world.simulator.now, cut: reservation }
    database.write(person, 'person', 0, made)
    return made
  })
  if (row === null) return
  world.acknowledge(person, 'person', 0, row)
  yield* confirmName(world, name, reservation, row)
}
