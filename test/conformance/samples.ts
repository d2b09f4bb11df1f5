/** Compares a printed sample of a seed with a real answer: names, types and nesting. */
import { expect } from 'vitest'
import type { Reply } from '../support/kith.ts'

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

const kindOf = (value: Json) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value)

/**
 * What in `answer` differs from the printed sample. Additional names are no difference. Null matches any type where the path is
 * in `mayBeNull`.
 */
export function differences(sample: Json, answer: Json | undefined, mayBeNull: readonly string[] = [], path = ''): string[] {
  if (answer === undefined) return [`${path} is missing`]
  if ((answer === null || sample === null) && mayBeNull.includes(path)) return []
  if (kindOf(sample) !== kindOf(answer)) return [`${path} is ${kindOf(answer)} instead of ${kindOf(sample)}`]
  if (sample === null || typeof sample !== 'object') return []
  if (Array.isArray(sample)) {
    const [first] = sample
    return first === undefined ? [] : (answer as Json[]).flatMap((item) => differences(first, item, mayBeNull, `${path}[]`))
  }
  return Object.entries(sample).flatMap(([name, value]) =>
    differences(value, (answer as Record<string, Json>)[name], mayBeNull, path === '' ? name : `${path}.${name}`),
  )
}

export function expectAnswer(reply: Reply, sample: Json, mayBeNull: readonly string[] = [], status = 200): void {
  expect(reply.status, reply.text).toBe(status)
  expect(differences(sample, reply.json, mayBeNull)).toEqual([])
}
