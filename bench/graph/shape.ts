/**
 * The two graphs to compare: who is who, and how many edges each person has. Every list that is read has more than a
 * page at both sizes, so that requests are comparable.
 * @NOTE Nobody is followed twice by the same person: 200,000 followers need more than 200,000 users.
 */
import { idAt } from '../../src/ids.ts'

export interface Shape {
  readonly name: string
  readonly users: number
  /** All edges, requests included. */
  readonly edges: number
  /** Followers of the star, of the account that gets banned, and of the reader. */
  readonly starFollowers: number
  readonly idolFollowers: number
  readonly readerFollowers: number
  /** Requests to the private account. */
  readonly requests: number
  /** How many people the reader follows besides the friends, and how many each friend follows. */
  readonly readerFollowing: number
  readonly friendFollowing: number
  /** How many people the reader blocks. */
  readonly readerBlocks: number
}

export const SMALL: Shape = {
  name: '1,000',
  users: 1_000,
  edges: 1_000,
  starFollowers: 300,
  idolFollowers: 50,
  readerFollowers: 50,
  requests: 100,
  readerFollowing: 0,
  friendFollowing: 12,
  readerBlocks: 50,
}

/** For `--quick`. */
export const MEDIUM: Shape = {
  name: '10,000',
  users: 3_000,
  edges: 10_000,
  starFollowers: 1_500,
  idolFollowers: 200,
  readerFollowers: 100,
  requests: 300,
  readerFollowing: 50,
  friendFollowing: 20,
  readerBlocks: 100,
}

export const LARGE: Shape = {
  name: '1,000,000',
  users: 220_000,
  edges: 1_000_000,
  starFollowers: 200_000,
  idolFollowers: 20_000,
  readerFollowers: 2_000,
  requests: 20_000,
  readerFollowing: 3_000,
  friendFollowing: 500,
  readerBlocks: 5_000,
}

/**
 * People by number: the star; the private account with many requests; the one that gets banned; the one who sends most
 * requests; an administrator.
 */
export const STAR = 0
export const WAITING = 1
export const IDOL = 2
export const READER = 3
export const ADMIN = 4
/** A private account, and one that follows it and all of its followers: the most expensive row that a list can have. */
export const CLUB = 5
export const MEMBER = 6
export const CLUB_FOLLOWERS = 50
/** The people whom the reader followed last: suggestions come from them. */
export const FRIENDS = { first: 7, count: 25 }
/** Without any edge. */
export const STRANGERS = { first: 32, count: 75 }
export const CROWD_FIRST = 107

const DAY_MS = 86_400_000
// Users joined over 30 days, edges over the 25 days after. All are recent, because a current id takes 8 bytes and one
// of 2025 only 6.
const USERS_AGO_MS = 60 * DAY_MS
const EDGES_AGO_MS = 28 * DAY_MS
const USERS_LASTED_MS = 30 * DAY_MS
const EDGES_LASTED_MS = 25 * DAY_MS

const startedAt = Date.now()

export function userTime(shape: Shape, number: number): number {
  return startedAt - USERS_AGO_MS + Math.floor((number * USERS_LASTED_MS) / shape.users)
}

export function userId(shape: Shape, number: number): number {
  return idAt(userTime(shape, number)) + (number % 4096)
}

export function edgeTime(shape: Shape, place: number): number {
  return startedAt - EDGES_AGO_MS + Math.floor((place * EDGES_LASTED_MS) / shape.edges)
}

/** The same numbers in every run (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
