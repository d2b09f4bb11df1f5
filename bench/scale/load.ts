/**
 * What each of n databases has to do: people with very unequal numbers of followers and of requests, one of them a star, and the
 * batches that each request then needs, one database after the other or side by side.
 */
import { seededRandom } from '../graph/shape.ts'

export interface Load {
  readonly databases: number
  /** Batches of a request on average, in all databases together. */
  readonly batches: number
  /** Of those, the ones before the reply that wait for each other. */
  readonly chain: number
  /** Busy milliseconds of each database, then of the directory. */
  readonly busy: readonly number[]
  readonly directory: number
  readonly people: readonly number[]
}

export interface Scene {
  readonly seed: number
  readonly people: number
  readonly requests: number
  /** Whether each edge has a card of the other person (name, picture), so that a list needs no other database. */
  readonly hasCards: boolean
}

/** What a batch occupies its database for: an assumption. Production shows the real figures. */
export const READ_MS = 1
export const WRITE_MS = 3

/** Placement is by slot, as in the other simulation, only finer. */
const SLOTS = 4096
const PAGE = 20
/** Of all views of profiles and lists, those of the star. */
const STAR_SHARE = 0.05

type Work = (home: number, ms: number) => void

interface Request {
  readonly kind: string
  readonly share: number
  /** Returns how many batches wait for each other before the reply. */
  readonly send: (world: Placement, work: Work) => number
}

const REQUESTS: readonly Request[] = [
  { kind: 'own reads', share: 0.55, send: (world, work) => own(world, work, READ_MS) },
  { kind: 'own writes, refresh', share: 0.12, send: (world, work) => own(world, work, READ_MS) && own(world, work, WRITE_MS) + 1 },
  { kind: 'a profile', share: 0.12, send: view },
  { kind: 'a list of people', share: 0.14, send: list },
  { kind: 'follow, block', share: 0.04, send: follow },
  { kind: 'sign-in', share: 0.03, send: signIn },
]

interface Placement {
  readonly random: () => number
  readonly people: number
  readonly databases: number
  readonly hasCards: boolean
  readonly caller: number
}

const slotOf = (person: number) => Math.imul(person + 1, 0x9e3779b1) >>> 20
const homeOf = ({ databases }: Placement, person: number) => (slotOf(person) % SLOTS) % databases
const DIRECTORY = -1

function own(world: Placement, work: Work, ms: number): number {
  work(homeOf(world, world.caller), ms)
  return 1
}

/** Somebody whom many look at: the star, or else the fewer the later. */
function seen({ random, people }: Placement): number {
  return random() < STAR_SHARE ? 0 : Math.floor(people * random() ** 3)
}

/** The gate at the caller's, then the person at theirs; one batch if that is the same. */
function view(world: Placement, work: Work): number {
  const [here, there] = [homeOf(world, world.caller), homeOf(world, seen(world))]
  work(here, READ_MS)
  if (here !== there) work(there, READ_MS)
  return here === there ? 1 : 2
}

function list(world: Placement, work: Work): number {
  const here = homeOf(world, world.caller)
  const there = world.random() < 0.5 ? here : homeOf(world, seen(world))
  const chain = here === there ? 1 : 2
  work(here, READ_MS)
  if (here !== there) work(there, READ_MS)
  if (world.hasCards) return chain
  // Whom the page shows, side by side. Whoever is where the list is has been read with it.
  const others = new Set(Array.from({ length: PAGE }, () => homeOf(world, Math.floor(world.people * world.random()))))
  others.delete(there)
  for (const other of others) work(other, READ_MS)
  return others.size > 0 ? chain + 1 : chain
}

/** Gate, decision, and after the reply the copy and its confirmation. */
function follow(world: Placement, work: Work): number {
  const [here, there] = [homeOf(world, world.caller), homeOf(world, seen(world))]
  work(here, READ_MS)
  work(there, WRITE_MS)
  if (here !== there) {
    work(here, WRITE_MS)
    work(there, WRITE_MS)
  }
  return 2
}

/** The directory knows whose name it is, if there is more than one database. */
function signIn(world: Placement, work: Work): number {
  const here = homeOf(world, world.caller)
  if (world.databases > 1) work(DIRECTORY, READ_MS)
  work(here, READ_MS)
  work(here, WRITE_MS)
  work(here, WRITE_MS)
  return world.databases > 1 ? 4 : 3
}

export function spread(databases: number, { seed, people, requests, hasCards }: Scene): Load {
  const random = seededRandom(seed)
  const busy = Array.from({ length: databases }, () => 0)
  let directory = 0
  let batches = 0
  let chain = 0
  const work: Work = (home, ms) => {
    batches += 1
    if (home === DIRECTORY) directory += ms
    else busy[home] = (busy[home] as number) + ms
  }
  for (let n = 0; n < requests; n++) {
    // A tenth of the people makes about half of the requests.
    const caller = Math.floor(people * random() ** 3.3)
    const world = { random, people, databases, hasCards, caller: (caller * 7919) % people }
    chain += anyRequest(random).send(world, work)
  }
  const counts = Array.from({ length: databases }, () => 0)
  const placement = { random, people, databases, hasCards, caller: 0 }
  for (let person = 0; person < people; person++) {
    const home = homeOf(placement, person)
    counts[home] = (counts[home] as number) + 1
  }
  return { databases, batches: batches / requests, chain: chain / requests, busy, directory, people: counts }
}

function anyRequest(random: () => number): Request {
  let left = random()
  const found = REQUESTS.find(({ share }) => {
    left -= share
    return left < 0
  })
  return found ?? (REQUESTS[0] as Request)
}
