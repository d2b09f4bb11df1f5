/**
 * People and edges of another system, the same for the same seed, as files that an import reads; and what must be in the
 * database afterwards, worked out without Kith.
 */
import { createHash } from 'node:crypto'
import type { EdgeRecord, PersonRecord } from '../../src/core/imports/person-record.ts'
import { seededRandom } from '../graph/shape.ts'

export interface Shape {
  readonly people: number
  readonly edges: number
  readonly seed: number
}

const GIVEN = ['John', 'Zoë', '王', 'Анна', 'علی', 'Jean-Luc', 'O’Brien', 'दीपिका', 'さくら', 'Σοφία']
const FAMILY = ['Smith', 'Müller', '小明', 'Иванова', 'رضا', 'Okafor', 'Nguyễn', 'שפירא', 'Łukasz', 'İnci']
/** Of "old password", by bcryptjs at cost 4. */
const HASH = '$2b$04$dd4AhQjy7bSmRZDlWnCHKOnHkrSxY7Qi980NWcuq/E64zhzV4g66i'
const FIRST_MS = Date.parse('2017-07-14T00:00:00Z')
/** Of 100 edges, one is a block; of two follows, one says that it is approved. */
const BLOCKS = 0.01
const APPROVED = 0.5

const hasOwnName = (n: number) => n % 50 !== 0
const isVerified = (n: number) => n % 20 !== 0
const isPrivate = (n: number) => n % 10 === 3

function personOf(n: number): PersonRecord & { readonly createdAt: string } {
  return {
    externalId: `old|${n}`,
    username: hasOwnName(n) ? `person_${n}` : `per.son ${n}`,
    email: `Person${n}@example.com`,
    emailVerified: isVerified(n),
    givenName: GIVEN[n % 10],
    familyName: FAMILY[Math.floor(n / 10) % 10],
    isPrivate: isPrivate(n),
    createdAt: new Date(FIRST_MS + n * 1_000).toISOString(),
    passwordHash: HASH,
    customData: { plan: 'free', n },
  }
}

export function* peopleOf({ people }: Shape): Generator<PersonRecord> {
  for (let n = 0; n < people; n++) yield personOf(n)
}

interface Edge {
  readonly from: number
  readonly to: number
  readonly isBlock: boolean
  readonly isApproved: boolean
}

function* drawEdges({ people, edges, seed }: Shape): Generator<Edge> {
  const random = seededRandom(seed)
  for (let n = 0; n < edges; n++) {
    const from = Math.floor(random() * people)
    const to = (from + 1 + Math.floor(random() * (people - 1))) % people
    yield { from, to, isBlock: random() < BLOCKS, isApproved: random() < APPROVED }
  }
}

export function* edgesOf(shape: Shape): Generator<EdgeRecord> {
  for (const { from, to, isBlock, isApproved } of drawEdges(shape)) {
    yield { type: isBlock ? 'block' : 'follow', from: `old|${from}`, to: `old|${to}`, ...(isApproved ? { approved: true } : {}) }
  }
}

/** Of people, follows and blocks: how many, and a digest of all that is said of them. */
export type Digests = Readonly<Record<'people' | 'follows' | 'blocks', string>>

export function digestOf(lines: string[]): string {
  const hash = createHash('sha256')
  for (const line of lines.sort()) hash.update(`${line}\n`)
  return `${lines.length} ${hash.digest('hex').slice(0, 16)}`
}

/** A block removes the follows between the two and keeps others out, so that it does not matter which came first. */
export function expectedDigests(shape: Shape): Digests {
  const { people } = shape
  const blocks = new Set<number>()
  const follows = new Map<number, boolean>()
  const key = (from: number, to: number) => from * people + to
  for (const { from, to, isBlock, isApproved } of drawEdges(shape)) {
    if (isBlock) blocks.add(key(from, to))
    // The second line about the same two changes nothing.
    else if (!follows.has(key(from, to))) follows.set(key(from, to), isApproved || !isPrivate(to))
  }
  const counts = Array.from({ length: people }, () => ({ followers: 0, following: 0, requests: 0 }))
  const followLines: string[] = []
  for (const [pair, isApproved] of follows) {
    const [from, to] = [Math.floor(pair / people), pair % people]
    if (blocks.has(pair) || blocks.has(key(to, from))) continue
    followLines.push(`old|${from} old|${to} ${isApproved ? 1 : 0}`)
    const [follower, followed] = [counts[from], counts[to]]
    if (!follower || !followed) continue
    if (isApproved) {
      follower.following++
      followed.followers++
    } else followed.requests++
  }
  const personLines = counts.map(({ followers, following, requests }, n) => {
    const { externalId, username, email, givenName, familyName, createdAt, customData } = personOf(n)
    const fields = [
      externalId,
      nameFor(n, username),
      email?.toLowerCase(),
      isVerified(n) ? 1 : 0,
      givenName,
      familyName,
      isPrivate(n) ? 1 : 0,
    ]
    return [...fields, Date.parse(createdAt), HASH, JSON.stringify(customData), followers, following, requests].join(' ')
  })
  const blockLines = [...blocks].map((pair) => `old|${Math.floor(pair / people)} old|${pair % people}`)
  return { people: digestOf(personLines), follows: digestOf(followLines), blocks: digestOf(blockLines) }
}

/** Kith draws a name for whoever has none that it allows. */
export const nameFor = (n: number, username: string | null | undefined) => (hasOwnName(n) ? username : 'proposed')
