/**
 * What the tour says about a route: what a request may cost (design §7), how to send one that succeeds, and what a restricted
 * account gets. One file per noun, which is a heading of the room's reference.
 */
import { expect } from 'vitest'
import type { Scope } from '../../src/core/scopes.ts'
import { COUNT_READS, COUNT_WRITES, kvOperations, type Spent } from '../support/budget.ts'
import type { Person } from '../support/people.ts'

export interface Budget {
  /** D1 round trips before the reply. */
  readonly roundTrips: number
  readonly rowsRead: number
  /** At most; unlimited by default. */
  readonly rowsWritten?: number
  /** Counts against a limit of the account: one row written. */
  readonly counted?: true
  /** Before the reply and after it together; none by default. */
  readonly kv?: number
  /** Before the reply; none by default. */
  readonly r2?: number
  /** Questions to the rate limiter before the reply; none by default. */
  readonly limiter?: number
  /** D1 round trips after the reply; unlimited by default. */
  readonly later?: number
}

/** What a request acts on: somebody else, and what the caller has. */
export interface Scene {
  readonly other: Person
  /** In the caller's library: a file in a folder called `FOLDER`. */
  readonly own: { readonly file: string; readonly folder: string }
  /** For this request alone: where only one may exist. */
  readonly n: number
  /** The body as the API document shows it. */
  readonly example: Readonly<Record<string, unknown>>
  /** What the route needs. */
  readonly scope: Scope
}

export interface Stop extends Budget {
  /** What the route must demand: its scope, or `anyone` or the like. For routes of the room `user`. */
  readonly access?: string
  /** What it demands of a client that acts for itself; without it, such a client is refused. For routes of the room `user`. */
  readonly client?: Scope
  /** If the example of the API document is not what to send. Ids of people in it are replaced by that of `other`. */
  readonly body?: (scene: Scene) => Record<string, unknown> | string
  /** The parameter of the path, if its name does not tell. */
  readonly param?: (scene: Scene) => string
  /** The page with the form, if its path is another. */
  readonly page?: string
  /** The caller has a picture. */
  readonly pictured?: true
  /** What a restricted account gets; by default the same as everybody. */
  readonly restricted?: 'refused' | 'made'
  /**
   * The scope lets an app in as far as the core, which requires a browser's sign-in, or checks first the rights being granted.
   */
  readonly app?: 'needs_browser' | 'gives_rights'
  /** It mails somebody: once in half a minute. */
  readonly mails?: true
  /** A new account has nothing for it to act on. */
  readonly nothingThere?: true
  /** The example is refused: what it contains is signed, for nobody. */
  readonly signed?: true
  /** The request needs a signed link of its caller's own: without one it is refused (403 `link_invalid`). */
  readonly linked?: true
}

/** By the name of the route; ` with `: a case with its own budget. */
export type Stops = Readonly<Record<string, Stop>>

/** A role, a client, an API and a key that nobody uses; the caller's folder. */
export const ROLE = 'tour_role'
export const CLIENT = 'tour-client'
/** That may provision users. */
export const DIRECTORY = 'tour-directory'
/** The one in the examples of the API document. */
export const API = 'https://orders.example.com/'
export const FOLDER = 'Mine'
/** Of the caller's account at another provider. */
export const PROVIDER = (8192).toString(16).padStart(24, '0')
/** A file of the caller, and the folder that it is in. */
export const FILE = (12_288).toString(16).padStart(24, '0')
export const FILE_FOLDER = (12_289).toString(16).padStart(24, '0')
/** Somebody for administrators to act on. */
export const TARGET = (12_290).toString(16).padStart(24, '0')
export const MACHINE = (4096).toString(16).padStart(24, '0')

/** An endpoint that nothing can be sent to, and that wants nothing that happens in the tour; and a delivery. As in the API document. */
export const DELIVERY = (20_481).toString(16).padStart(24, '0')
export const WEBHOOK = (20_480).toString(16).padStart(24, '0')
/** A mail that was given up. */
export const MAIL = (16384).toString(16).padStart(24, '0')

/** Of somebody else, and unused. */
export const INVITE_CODE = 'GU-2526-1687389089010'

/** For a page. */
export const RECORDS = 10
export const READ = { roundTrips: 1, rowsRead: 8, rowsWritten: 0 } as const
export const page = (records: number): Budget => ({ roundTrips: 1, rowsRead: 3 * records + 12, rowsWritten: 0 })
export const PAGE = page(RECORDS)
/** A row of it for each changed row whose triggers ask whether anybody is to be told. */
export const WRITE = { roundTrips: 2, rowsRead: 22 } as const
export const NOTHING = { roundTrips: 0, rowsRead: 0, rowsWritten: 0 } as const
export const counted = ({ rowsWritten: _, ...budget }: Budget): Budget => ({
  ...budget,
  rowsRead: budget.rowsRead + COUNT_READS,
  counted: true,
})
export const COUNTED_READ = counted(READ)
export const COUNTED_WRITE = { ...WRITE, rowsRead: WRITE.rowsRead + COUNT_READS } as const

/** KV during and after the reply, without the captured mails: one list and one write each. */
export function kvOf({ counts, later }: Pick<Spent, 'counts' | 'later'>): number {
  const captured = later.kvLists * 2
  return kvOperations(counts) + kvOperations(later) - captured
}

export function expectToKeep(name: string, budget: Budget, spent: Omit<Spent, 'json'>, status = spent.status): void {
  const { counts } = spent
  const dear = spent.statements
    .filter(({ rowsRead }) => rowsRead > 2)
    .map(({ sql, rowsRead }) => `${rowsRead} rows: ${sql.trim().slice(0, 60)}`)
  const says = `${name}: ${JSON.stringify(counts)} ${dear.join('; ')} ${spent.text.slice(0, 300)}`
  expect(spent.status, says).toBe(status)
  expect(counts.d1RoundTrips, says).toBeLessThanOrEqual(budget.roundTrips)
  expect(counts.rowsRead, says).toBeLessThanOrEqual(budget.rowsRead)
  expect(kvOf(spent), says).toBeLessThanOrEqual(budget.kv ?? 0)
  expect(counts.r2Operations, says).toBeLessThanOrEqual(budget.r2 ?? 0)
  expect(counts.limiterCalls, says).toBeLessThanOrEqual(budget.limiter ?? 0)
  expect(spent.later.d1RoundTrips, says).toBeLessThanOrEqual(budget.later ?? Number.POSITIVE_INFINITY)
  if (budget.counted) expect(counts.rowsWritten, says).toBe(COUNT_WRITES)
  else expect(counts.rowsWritten, says).toBeLessThanOrEqual(budget.rowsWritten ?? Number.POSITIVE_INFINITY)
}
