/**
 * What a dry run would have written: the store has none of it, so lines that depend on earlier ones are judged here, as the core
 * would judge them. It keeps numbers for each person and each edge, not their data.
 */
import { usernameKey } from '../../../src/core/fields.ts'
import { BLOCKED, GONE, NOBODY, SAME } from '../../../src/core/imports/edges.ts'
import { ADDRESS_TWICE, NAMESAKE } from '../../../src/core/imports/people-plan.ts'
import { personRecord, readRecord } from '../../../src/core/imports/person-record.ts'
import { Numbers } from './numbers.ts'
import type { Row } from './readers/index.ts'
import { addressOf, endOf, externalIdOf } from './repetitions.ts'
import type { Kind, Outcome, Target } from './target.ts'

/** What has to be known of a person of the file: a bit each. */
const IS_NEW = 1
const IS_GONE = 2
const HAS_ADDRESS = 4
const HAS_ID = 8

const refuse = (field: string, message: string): Outcome => ({ status: 'refused', field, message })

interface End {
  /** As the store looks for it. */
  readonly text: string
  /** Of the file; 0 is nobody. */
  readonly person: number
}

export class DryRun {
  /** By their number; the first is nobody. */
  readonly #people: number[] = [0]
  readonly #ids = new Numbers()
  readonly #names = new Numbers()
  readonly #addresses = new Numbers()
  /** By the ids of Kith. */
  readonly #accounts = new Numbers()
  readonly #edges = new Numbers()

  async send(target: Target, kind: Kind, records: readonly Row[]): Promise<readonly Outcome[]> {
    if (kind === 'edges') return this.#settleEdges(target, records, await target.send(kind, records, true))
    // Whom an earlier batch would have made takes no part in how the core judges this one.
    const settled = records.map((record) => ('read' in readRecord(personRecord, record) ? this.#there(record) : null))
    const open = records.filter((_, at) => settled[at] === null)
    const outcomes = open.length === 0 ? [] : await target.send(kind, open, true)
    let at = 0
    return settled.map((outcome, index) => outcome ?? this.#person(records[index] ?? {}, outcomes[at++] as Outcome))
  }

  // --- people ----------------------------------------------------------------------------------------------------

  #person(record: Row, outcome: Outcome): Outcome {
    if (outcome.status === 'exists') return this.#link(record, outcome)
    if (outcome.status !== 'created') return outcome
    // Somebody whose account here got this id by an earlier line.
    return this.#ids.get(externalIdOf(record)) === undefined ? this.#make(record, outcome) : { status: 'exists' }
  }

  #known(facts: number): number {
    return this.#people.push(facts) - 1
  }

  /** Who is here by their address gets the id, unless an earlier line has given them another. */
  #link(record: Row, outcome: Outcome): Outcome {
    const id = externalIdOf(record)
    if (id === '' || outcome.id === null || this.#ids.get(id) !== undefined) return outcome
    const person = this.#known(HAS_ID)
    const isAnothers = this.#accounts.add(String(outcome.id), person) !== undefined
    if (!isAnothers) this.#ids.add(id, person)
    return isAnothers && typeof record.externalId === 'string' ? refuse('email', ADDRESS_TWICE) : outcome
  }

  /** Whether an earlier batch would have made them; or why they cannot be. */
  #there(record: Row): Outcome | null {
    const isNamed = typeof record.externalId === 'string'
    const [id, address] = [externalIdOf(record), addressOf(record)]
    const [same, owner] = [this.#ids.get(id), this.#addresses.get(address)]
    if (same !== undefined) {
      if (!this.#is(same, IS_NEW)) return null
      const isOther = !isNamed && address !== '' && owner !== same && this.#is(same, HAS_ADDRESS)
      return isOther ? refuse('username', NAMESAKE) : { status: 'exists' }
    }
    if (owner === undefined) return null
    if (isNamed && this.#is(owner, HAS_ID)) return refuse('email', ADDRESS_TWICE)
    // The import links the id to whoever has the address, unless they have one.
    if (id !== '' && !this.#is(owner, HAS_ID)) {
      this.#ids.add(id, owner)
      this.#people[owner] = (this.#people[owner] ?? 0) | HAS_ID
    }
    return { status: 'exists', isByAddress: true }
  }

  #make(record: Row, outcome: Outcome): Outcome {
    const [id, address, { banned }] = [externalIdOf(record), addressOf(record), record]
    const isGone = typeof banned === 'object' && banned !== null && !(banned as Row).until
    const person = this.#known(IS_NEW | (isGone ? IS_GONE : 0) | (address === '' ? 0 : HAS_ADDRESS) | (id === '' ? 0 : HAS_ID))
    if (id !== '') this.#ids.add(id, person)
    if (address !== '') this.#addresses.add(address, person)
    const { username, ...rest } = outcome
    const isTaken = username !== undefined && this.#names.add(usernameKey(username), person) !== undefined
    // They would get another, which only the import finds.
    return isTaken ? { ...rest, isProposed: true } : outcome
  }

  #is = (person: number, fact: number) => ((this.#people[person] ?? 0) & fact) !== 0

  // --- edges -----------------------------------------------------------------------------------------------------

  #end(of: unknown): End {
    const text = endOf(of)
    const byName = text.startsWith('@') ? this.#names.get(text.slice(1)) : undefined
    return { text, person: this.#ids.get(text) ?? byName ?? 0 }
  }

  async #settleEdges(target: Target, records: readonly Row[], outcomes: readonly Outcome[]): Promise<readonly Outcome[]> {
    const pairs = records.map(({ from, to }) => [this.#end(from), this.#end(to)] as const)
    const ofStore = await this.#statesOf(target, pairs, outcomes)
    const settled = outcomes.map((outcome, at) => this.#ends(outcome, pairs[at] as readonly [End, End], ofStore))
    // The order of the store: the blocks of a batch remove its follows.
    for (const type of ['block', 'follow']) {
      for (const [at, outcome] of settled.entries()) {
        if (records[at]?.type !== type || outcome.status === 'refused') continue
        settled[at] = this.#edge(type, outcome, pairs[at] as readonly [End, End])
      }
    }
    return settled
  }

  /** How the store has those who are at the other end of an edge of somebody whom only the file has. */
  async #statesOf(target: Target, pairs: readonly (readonly [End, End])[], outcomes: readonly Outcome[]) {
    const asked = new Set<string>()
    for (const [at, { message, field }] of outcomes.entries()) {
      const [from, to] = pairs[at] as readonly [End, End]
      if (message !== NOBODY) continue
      const [missing, other] = field === 'from' ? [from, to] : [to, from]
      if (missing.person !== 0 && !this.#is(other.person, IS_NEW)) asked.add(other.text)
    }
    // Somebody who follows themselves is refused for what is wrong with them first.
    const loops = [...asked].map((end) => ({ type: 'follow', from: end, to: end }))
    const answers = loops.length === 0 ? [] : await target.send('edges', loops, true)
    return new Map([...asked].map((end, at) => [end, answers[at]?.message]))
  }

  /** The core's verdict about the two, had it seen the people of the file. */
  #ends(outcome: Outcome, [from, to]: readonly [End, End], ofStore: ReadonlyMap<string, string | undefined>): Outcome {
    const isSame = from.person !== 0 && from.person === to.person
    if (outcome.message !== NOBODY) return isSame && outcome.status !== 'refused' ? refuse('to', SAME) : outcome
    const missing = outcome.field === 'from' ? from : to
    if (missing.person === 0) return outcome
    const is = (end: End, message: string) =>
      this.#is(end.person, IS_NEW) ? message === GONE && this.#is(end.person, IS_GONE) : ofStore.get(end.text) === message
    if (to.person === 0 && is(to, NOBODY)) return refuse('to', NOBODY)
    if (is(from, GONE)) return refuse('from', GONE)
    if (is(to, GONE)) return refuse('to', GONE)
    return isSame ? refuse('to', SAME) : { status: 'created' }
  }

  /** Of two who both are there, or would be. */
  #edge(type: string, outcome: Outcome, [from, to]: readonly [End, End]): Outcome {
    const key = ({ person, text }: End) => (person === 0 ? text : `\0${person}`)
    const of = (kind: string, one: End, other: End) => `${kind}\0${key(one)}\0${key(other)}`
    const isBlocked = () => [of('block', from, to), of('block', to, from)].some((block) => this.#edges.get(block) !== undefined)
    if (type === 'follow' && isBlocked()) return refuse('', BLOCKED)
    return this.#edges.add(of(type, from, to), 1) === undefined ? outcome : { status: 'exists' }
  }
}
