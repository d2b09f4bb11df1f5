/**
 * Pages of lists, newest first. A list is read with one row more than a page has, to tell whether there is more. Users
 * hidden from the caller bound a page as well, so that no page reads on forever.
 */
import { idAt } from '../ids.ts'
import type { Ctx } from './ctx.ts'

export interface Page {
  readonly limit: number
  /** A cursor: the id of the previous page's last entry, or one made from a time. Null: the newest. */
  readonly before: number | null
}

/** A page by offset, for protocols without cursors. */
export interface Slice {
  readonly skip: number
  readonly limit: number
}

export function positionOf(ctx: Ctx, page: Page): number {
  return page.before ?? idAt(ctx.now() + 60_000)
}

export interface Listed<Row, Position = number> {
  readonly records: readonly Row[]
  /** Where the next page starts, after this position; null on the last page. */
  readonly next: Position | null
}

/** A page of these rows, which were read with one more than `limit`. */
export function listed<Row extends { readonly id: number | string }>(rows: readonly Row[], limit: number): Listed<Row, Row['id']> {
  const records = rows.slice(0, limit)
  const last = records.at(-1)
  return { records, next: rows.length > limit && last !== undefined ? last.id : null }
}

/** How many entries a page reads, including hidden users. */
const lookedAt = (limit: number) => limit + HIDDEN_PER_PAGE
const HIDDEN_PER_PAGE = 100

/** What a list of users reads for a page. */
export function boundsOf(ctx: Ctx, page: Page): { before: number; limit: number; lookedAt: number; now: number } {
  return { before: positionOf(ctx, page), limit: page.limit + 1, lookedAt: lookedAt(page.limit), now: ctx.now() }
}

/** An entry whose user was not read. */
interface Unread {
  readonly id: null
}

/** The same for a list of users: its rows may end with the first entry that was not read, which has no user. */
export function listedPeople<Row extends { readonly id: number | null }, Shown>(
  rows: readonly Row[],
  limit: number,
  idOf: (row: Row) => number,
  show: (row: Exclude<Row, Unread>) => Shown,
): Listed<Shown> {
  const people = rows.filter((row): row is Exclude<Row, Unread> => row.id !== null)
  const page = people.slice(0, limit)
  const last = people.length > limit ? page.at(-1) : undefined
  const unread = rows.find(({ id }) => id === null)
  const next = last ? idOf(last) : unread ? idOf(unread) + 1 : null
  return { records: page.map(show), next }
}
