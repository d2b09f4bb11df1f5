/** SCIM's filters (RFC 7644 §3.4.2.2): text to a tree, and what a tree says of a value of a list. */
import { AppError } from '../../core/errors.ts'
import { isObject } from './attributes.ts'

const OPERATORS = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le', 'pr'] as const
export type Operator = (typeof OPERATORS)[number]
export type Value = string | number | boolean | null

export type Filter =
  | { readonly and: readonly Filter[] }
  | { readonly or: readonly Filter[] }
  | { readonly not: Filter }
  | { readonly path: string; readonly operator: Operator; readonly value: Value }
  /** What the values of a list are like: `emails[type eq "work"]`. */
  | { readonly list: string; readonly where: Filter }

export interface Path {
  readonly attribute: string
  readonly where: Filter | null
  readonly part: string | null
}

export const FILTER_LENGTH_MAX = 1_000
const DEPTH_MAX = 8
const ATTRIBUTE = /[A-Za-z$][\w$.:/-]*/y
const VALUE = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false|null/iy
const WORD = /[A-Za-z]+/y

/** Throws `invalid_request` with the reason `invalidFilter`. */
export function parseFilter(text: string): Filter {
  const reader = new Reader(text, 'invalidFilter')
  const filter = disjunction(reader, 0)
  reader.end()
  return filter
}

/** The target of a PATCH (RFC 7644 §3.5.2): `name.givenName`, `emails[type eq "work"].value`. */
export function parsePath(text: string): Path {
  const reader = new Reader(text, 'invalidPath')
  const { name, where } = attribute(reader, 0)
  const rest = reader.take(/\.([A-Za-z$]\w*)/y)
  reader.end()
  return { attribute: name, where, part: rest?.slice(1) ?? null }
}

class Reader {
  readonly #text: string
  readonly #reason: string
  #at = 0
  constructor(text: string, reason: string) {
    this.#text = text
    this.#reason = reason
    if (text.length > FILTER_LENGTH_MAX) throw this.refusal(`has more than ${FILTER_LENGTH_MAX} characters`)
  }

  /** What the pattern finds here; null if nothing. */
  take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0] ?? null
    this.#at += found?.length ?? 0
    return found
  }

  takeWord(word: string): boolean {
    const from = this.#at
    this.skip()
    if (this.take(WORD)?.toLowerCase() === word) return true
    this.#at = from
    return false
  }

  skip(): void {
    this.take(/ */y)
  }

  expect(pattern: RegExp, what: string): string {
    this.skip()
    const found = this.take(pattern)
    if (found === null) throw this.refusal(`needs ${what} at character ${this.#at + 1}`)
    return found
  }

  end(): void {
    this.skip()
    if (this.#at < this.#text.length) throw this.refusal(`is not understood from character ${this.#at + 1}`)
  }

  deeper(depth: number): number {
    if (depth >= DEPTH_MAX) throw this.refusal(`is nested deeper than ${DEPTH_MAX}`)
    return depth + 1
  }

  refusal(message: string): AppError {
    return new AppError('invalid_request', `The ${this.#reason === 'invalidPath' ? 'path' : 'filter'} ${message}`, { reason: this.#reason })
  }
}

function disjunction(reader: Reader, depth: number): Filter {
  const parts = [conjunction(reader, depth)]
  while (reader.takeWord('or')) parts.push(conjunction(reader, depth))
  return parts.length === 1 ? (parts[0] as Filter) : { or: parts }
}

function conjunction(reader: Reader, depth: number): Filter {
  const parts = [term(reader, depth)]
  while (reader.takeWord('and')) parts.push(term(reader, depth))
  return parts.length === 1 ? (parts[0] as Filter) : { and: parts }
}

function term(reader: Reader, depth: number): Filter {
  reader.skip()
  const isNot = reader.take(/not *(?=\()/iy) !== null
  if (reader.take(/\(/y) !== null) {
    const inner = disjunction(reader, reader.deeper(depth))
    reader.expect(/\)/y, 'a )')
    return isNot ? { not: inner } : inner
  }
  const { name, where } = attribute(reader, depth)
  if (where === null) return comparison(reader, name)
  // Entra compares behind the brackets: emails[type eq "work"].value eq "john@example.com".
  const part = reader.take(/\.[A-Za-z$]\w*/y)
  return part === null ? { list: name, where } : { list: name, where: { and: [where, comparison(reader, part.slice(1))] } }
}

function attribute(reader: Reader, depth: number): { name: string; where: Filter | null } {
  const name = reader.expect(ATTRIBUTE, 'the name of an attribute')
  if (reader.take(/ *\[/y) === null) return { name, where: null }
  const where = disjunction(reader, reader.deeper(depth))
  reader.expect(/\]/y, 'a ]')
  return { name, where }
}

function comparison(reader: Reader, path: string): Filter {
  const word = reader.expect(WORD, 'an operator').toLowerCase()
  const operator = OPERATORS.find((one) => one === word)
  if (!operator) throw reader.refusal(`has an operator that does not exist; it can be ${OPERATORS.join(', ')}`)
  if (operator === 'pr') return { path, operator, value: null }
  const literal = reader.expect(VALUE, 'a value in double quotes, a number, true or false')
  try {
    return { path, operator, value: JSON.parse(literal.startsWith('"') ? literal : literal.toLowerCase()) as Value }
  } catch {
    throw reader.refusal('has a string that is not valid JSON')
  }
}

/** Whether a value of a list is one that the filter means. Only texts and truth values are compared. */
export function isMeant(filter: Filter, item: unknown): boolean {
  if ('and' in filter) return filter.and.every((one) => isMeant(one, item))
  if ('or' in filter) return filter.or.some((one) => isMeant(one, item))
  if ('not' in filter) return !isMeant(filter.not, item)
  if ('list' in filter || !isObject(item)) return false
  const key = Object.keys(item).find((name) => name.toLowerCase() === filter.path.toLowerCase())
  return compares(key === undefined ? undefined : item[key], filter)
}

/** Text is compared without regard to case. */
export function compares(actual: unknown, { operator, value }: { readonly operator: Operator; readonly value: Value }): boolean {
  const isThere = actual !== undefined && actual !== null && actual !== ''
  if (operator === 'pr') return isThere
  const [left, right] = [folded(actual), folded(value)]
  if (operator === 'eq') return left === right
  if (operator === 'ne') return left !== right
  if (typeof left !== 'string' || typeof right !== 'string') return false
  if (operator === 'co') return left.includes(right)
  if (operator === 'sw') return left.startsWith(right)
  return operator === 'ew' && left.endsWith(right)
}

/** Entra sends truth values as text. */
function folded(value: unknown): unknown {
  if (typeof value !== 'string') return value ?? null
  const lower = value.toLowerCase()
  return lower === 'true' ? true : lower === 'false' ? false : lower
}
