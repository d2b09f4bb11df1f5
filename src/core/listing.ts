/**
 * Pages of lists, newest first. A list is asked for one row more than a page has, so that it can say whether there is more; and
 * people who are hidden from the caller bound a page as well, so that nobody's page reads on for ever.
 */

export interface Listed<Row, Position = number> {
  readonly records: readonly Row[]
  /** Where the next page begins, behind this position; null on the last page. */
  readonly next: Position | null
}

/** A page of these rows, of which one more than `limit` was asked for. */
export function listed<Row extends { readonly id: number | string }>(rows: readonly Row[], limit: number): Listed<Row, Row['id']> {
  const records = rows.slice(0, limit)
  const last = records.at(-1)
  return { records, next: rows.length > limit && last !== undefined ? last.id : null }
}

/** How many entries a page looks at, hidden people's included. */
export const lookedAt = (limit: number) => limit + HIDDEN_PER_PAGE
const HIDDEN_PER_PAGE = 100

/** An entry of which the person was not looked at. */
interface Unread {
  readonly id: null
}

/** The same for a list of people: behind its rows may come the first entry that it did not look at, which is nobody's. */
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
