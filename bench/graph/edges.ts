/** Makes the edges of a graph: those of the subjects as shape.ts says, and a crowd in which a few are followed by many. */
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
/** How uneven the crowd is: the power of a random number that picks somebody. */
const FOLLOWED_SKEW = 3
const FOLLOWER_SKEW = 1.5

/** In the order of their ids, which is the order of time: neighbours in it have nothing to do with each other. */
export function writeEdges(store: DatabaseSync, shape: Shape): void {
  const insert = store.prepare(INSERT_EDGE)
  let place = 0
  for (const { follower, followed, approved } of makeEdges(shape)) {
    const at = edgeTime(shape, place)
    insert.run(idAt(at) + (place % 4096), userId(shape, follower), userId(shape, followed), approved ? at : null)
    place += 1
  }
}

/** The reader's, of the last in the crowd: none of them is in a list that the reader reads. */
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
  // Whom the reader follows does not follow the star: a row of the star's list then costs the same at both sizes.
  const afterFans = shape.starFollowers + 100
  return [
    ...followedBy(STAR, crowd(0, shape.starFollowers)),
    ...followedBy(IDOL, crowd(10, shape.idolFollowers)),
    ...followedBy(WAITING, crowd(20, shape.requests), false),
    ...followedBy(READER, crowd(30, shape.readerFollowers)),
    ...following(READER, crowd(afterFans, shape.readerFollowing)),
    ...followedBy(CLUB, [MEMBER, ...crowd(50, CLUB_FOLLOWERS)]),
    ...following(MEMBER, crowd(50, CLUB_FOLLOWERS)),
    // No two friends follow the same person: suggestions are made of as many people at both sizes.
    ...friends().flatMap((friend, at) => following(friend, crowd(40 + at * shape.friendFollowing, shape.friendFollowing))),
  ]
}

/** Fills up to `count`. */
function addCrowdEdges(edges: Edge[], shape: Shape, count: number, random: () => number): void {
  const size = shape.users - CROWD_FIRST
  const pick = (skew: number) => CROWD_FIRST + Math.floor(size * random() ** skew)
  const pairs = new Set<number>()
  while (edges.length < count) {
    // Not the same people are first in both: who follows most is not who is followed most.
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
