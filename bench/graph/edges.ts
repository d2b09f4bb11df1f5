/**
 * Generates the edges of a graph: those of the subjects as in shape.ts, and a crowd in which few people have many
 * followers.
 */
import type { DatabaseSync } from 'node:sqlite'
import { idAt } from '../../src/ids.ts'
import { isPrivate } from './people.ts'
import {
  CLUB,
  CLUB_FOLLOWERS,
  CROWD_FIRST,
  edgeTime,
  FRIENDS,
  IDOL,
  MEMBER,
  READER,
  type Shape,
  STAR,
  seededRandom,
  userId,
  WAITING,
} from './shape.ts'

interface Edge {
  readonly follower: number
  readonly followed: number
  readonly approved: boolean
}

const INSERT_EDGE = 'INSERT INTO follows (id, follower_id, followed_id, approved_at) VALUES (?, ?, ?, ?)'

const INSERT_BLOCK = 'INSERT INTO blocks (id, blocker_id, blocked_id, created_at) VALUES (?, ?, ?, ?)'

const WAITS_FOR_A_PRIVATE_ACCOUNT = 0.2
/** How uneven the crowd is: the exponent applied to the random number that picks somebody. */
const FOLLOWED_SKEW = 3
const FOLLOWER_SKEW = 1.5

/** In the order of their ids, which is the order of time, so neighbours are unrelated. */
export function writeEdges(store: DatabaseSync, shape: Shape): void {
  const insert = store.prepare(INSERT_EDGE)
  let place = 0
  for (const { follower, followed, approved } of makeEdges(shape)) {
    const at = edgeTime(shape, place)
    insert.run(idAt(at) + (place % 4096), userId(shape, follower), userId(shape, followed), approved ? at : null)
    place += 1
  }
}

/** The reader follows the last of the crowd, who are in none of the lists that the reader reads. */
export function writeBlocks(store: DatabaseSync, shape: Shape): void {
  const insert = store.prepare(INSERT_BLOCK)
  for (let place = 0; place < shape.readerBlocks; place++) {
    const at = edgeTime(shape, place)
    insert.run(idAt(at), userId(shape, READER), userId(shape, shape.users - 1 - place), at)
  }
}

function makeEdges(shape: Shape): Edge[] {
  const random = seededRandom(2)
  const last = friends().map((friend) => ({ follower: READER, followed: friend, approved: true }))
  const edges = subjectEdges(shape)
  addCrowdEdges(edges, shape, shape.edges - last.length, random)
  shuffle(edges, random)
  return [...edges, ...last]
}

function friends(): number[] {
  return Array.from({ length: FRIENDS.count }, (_, at) => FRIENDS.first + at)
}

function subjectEdges(shape: Shape): Edge[] {
  const crowd = (from: number, count: number) => Array.from({ length: count }, (_, at) => CROWD_FIRST + from + at)
  const followedBy = (followed: number, followers: number[], approved = true) =>
    followers.map((follower) => ({ follower, followed, approved }))
  const following = (follower: number, all: number[]) => all.map((followed) => ({ follower, followed, approved: true }))
  // Nobody whom the reader follows also follows the star, so a row of the star's list costs the same at both sizes.
  const afterFans = shape.starFollowers + 100
  return [
    ...followedBy(STAR, crowd(0, shape.starFollowers)),
    ...followedBy(IDOL, crowd(10, shape.idolFollowers)),
    ...followedBy(WAITING, crowd(20, shape.requests), false),
    ...followedBy(READER, crowd(30, shape.readerFollowers)),
    ...following(READER, crowd(afterFans, shape.readerFollowing)),
    ...followedBy(CLUB, [MEMBER, ...crowd(50, CLUB_FOLLOWERS)]),
    ...following(MEMBER, crowd(50, CLUB_FOLLOWERS)),
    // No two friends follow the same person, so suggestions draw on equally many people at both sizes.
    ...friends().flatMap((friend, at) => following(friend, crowd(40 + at * shape.friendFollowing, shape.friendFollowing))),
  ]
}

/** Fills up to `count`. */
function addCrowdEdges(edges: Edge[], shape: Shape, count: number, random: () => number): void {
  const size = shape.users - CROWD_FIRST
  const pick = (skew: number) => CROWD_FIRST + Math.floor(size * random() ** skew)
  const pairs = new Set<number>()
  while (edges.length < count) {
    // Two different orders: who follows the most is not who is followed the most.
    const follower = CROWD_FIRST + ((pick(FOLLOWER_SKEW) * 7_919) % size)
    const followed = pick(FOLLOWED_SKEW)
    const pair = follower * shape.users + followed
    if (follower === followed || pairs.has(pair)) continue
    pairs.add(pair)
    edges.push({ follower, followed, approved: !isPrivate(followed) || random() >= WAITS_FOR_A_PRIVATE_ACCOUNT })
  }
}

function shuffle(edges: Edge[], random: () => number): void {
  for (let at = edges.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1))
    const edge = edges[at] as Edge
    edges[at] = edges[other] as Edge
    edges[other] = edge
  }
}
