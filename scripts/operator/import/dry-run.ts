/**
 * What a dry run would have written: the store has none of it, so lines that depend on earlier ones are judged here. It keeps a
 * number for each person, not their data.
 */
import { createHash } from 'node:crypto'
import type { Kind, Outcome, Target } from './target.ts'

type Row = Readonly<Record<string, unknown>>

/** 48 bits: two of a million people have the same with a chance of one in 500. */
const numberOf = (text: string) => createHash('sha256').update(text).digest().readUIntBE(0, 6)
const text = (value: unknown) => (typeof value === 'string' ? value.trim() : '')

export class DryRun {
  readonly #people = new Set<number>()
  readonly #addresses = new Set<number>()

  async settle(target: Target, kind: Kind, records: readonly Row[], outcomes: readonly Outcome[]): Promise<readonly Outcome[]> {
    if (kind === 'people') return outcomes.map((outcome, at) => this.#person(records[at] ?? {}, outcome))
    return this.#edges(target, records, outcomes)
  }

  #person(record: Row, outcome: Outcome): Outcome {
    if (outcome.status !== 'created') return outcome
    const [externalId, name, email] = [text(record.externalId), text(record.username), text(record.email)]
    const ends = [externalId, name === '' ? '' : `@${name.toLowerCase()}`].filter(Boolean).map(numberOf)
    if (ends[0] !== undefined && this.#people.has(ends[0])) return { status: 'exists' }
    const address = email === '' || record.emailVerified === false ? null : numberOf(email.toLowerCase())
    if (address !== null && this.#addresses.has(address)) {
      if (externalId === '') return { status: 'exists' }
      return { status: 'refused', field: 'email', message: 'is the verified address of somebody else in the file' }
    }
    for (const end of ends) this.#people.add(end)
    if (address !== null) this.#addresses.add(address)
    return outcome
  }

  /** The store looks for both ends of an edge, and names the first that it has not. */
  async #edges(target: Target, records: readonly Row[], outcomes: readonly Outcome[]): Promise<readonly Outcome[]> {
    const isComing = (end: unknown) => this.#people.has(numberOf(text(end).startsWith('@') ? text(end).toLowerCase() : text(end)))
    const judged = outcomes.map((outcome, at): Outcome | 'ask' => {
      const { from, to } = records[at] ?? {}
      if (outcome.status !== 'refused' || outcome.message !== NOBODY || !isComing(outcome.field === 'from' ? from : to)) return outcome
      return outcome.field === 'to' || isComing(to) ? { status: 'created' } : 'ask'
    })
    const asked = judged.flatMap((outcome, at) => (outcome === 'ask' ? [at] : []))
    if (asked.length === 0) return judged as Outcome[]
    // The other way round, the end in question is the first.
    const turned = asked.map((at) => ({ type: 'follow', from: records[at]?.to, to: records[at]?.from }))
    const answers = await target.send('edges', turned, true)
    for (const [index, at] of asked.entries()) {
      const answer = answers[index]
      judged[at] = answer?.field === 'from' ? { status: 'refused', field: 'to', message: answer.message ?? NOBODY } : { status: 'created' }
    }
    return judged as Outcome[]
  }
}

/** As the core says it of an end that it does not know. */
const NOBODY = 'is nobody here'
