/** Lines that are about somebody, or about two, whom an earlier line of the same file is about: only the first of them counts. */
import { Numbers } from './numbers.ts'
import type { Row } from './readers/index.ts'
import type { Kind } from './target.ts'

const text = (value: unknown) => (typeof value === 'string' ? value.trim() : '')

/** Who a record is about elsewhere: an id, or `@` and a user name; empty if only an address tells. As in `core/imports`. */
export function externalIdOf({ externalId, username }: Row): string {
  const name = text(username).toLowerCase()
  return typeof externalId === 'string' ? externalId : name && `@${name}`
}

/** The address of a record, if it is a verified one. */
export const addressOf = ({ email, emailVerified }: Row) => (emailVerified === false ? '' : text(email).toLowerCase())

/** An end of an edge, as the core compares it. */
export const endOf = (end: unknown) => (text(end).startsWith('@') ? text(end).toLowerCase() : String(end))

export class Repetitions {
  readonly #lines = new Numbers()

  /** The line that was first, if this is not; from now on it is known. */
  first(kind: Kind, record: Row, line: number): number | undefined {
    if (kind === 'edges') return this.#lines.add(`${record.type}\0${endOf(record.from)}\0${endOf(record.to)}`, line)
    const [externalId, address] = [externalIdOf(record), addressOf(record)]
    const byId = externalId === '' ? undefined : this.#lines.add(`id ${externalId}`, line)
    const byAddress = address === '' ? undefined : this.#lines.add(`address ${address}`, line)
    return byId ?? (typeof record.externalId !== 'string' ? byAddress : undefined)
  }
}
