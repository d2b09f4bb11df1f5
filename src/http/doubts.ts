/**
 * What a profile shows is taken back as it is, whatever today's rules say of it: rules and lists change, and rooms have
 * rules of their own. A value that breaks a rule is in doubt until the profile is read, and refused unless it stands there.
 */
import type * as z from 'zod'
import { AppError, type FieldIssue } from '../core/errors.ts'

/** Fields of a profile as they were sent, and what is wrong with some of them. */
export interface SentProfile {
  readonly raw: ReadonlyMap<string, unknown>
  readonly doubts: readonly FieldIssue[]
}

export const sentProfile = (raw: unknown, names: readonly string[], doubts: readonly FieldIssue[] = []): SentProfile => ({
  raw: new Map(Object.entries(raw ?? {}).filter(([name]) => names.includes(name))),
  doubts,
})

/** The names of what `error` refuses, where all of it is of fields that may be in doubt; null otherwise. */
export function doubtfulNames(error: z.core.$ZodError, mayBe: readonly string[]): ReadonlySet<string> | null {
  const names = error.issues.map(({ path }) => (path.length === 1 ? String(path[0]) : ''))
  return names.every((name) => mayBe.includes(name)) ? new Set(names) : null
}

/**
 * `values` without those that were sent just as the profile shows them, which say nothing. Throws for what is in doubt and not
 * shown. `shown`: the profile under the names of the request; null where there is none to be told of.
 */
export function withoutShown<T extends object>(values: T, sent: SentProfile | undefined, shown: object | null): T {
  if (!sent) return values
  const present = new Map<string, unknown>(Object.entries(shown ?? {}))
  const isShown = (name: string) => sent.raw.has(name) && present.has(name) && present.get(name) === sent.raw.get(name)
  const wrong = sent.doubts.filter(({ path }) => !isShown(path))
  if (wrong.length > 0) throw AppError.ofFields(wrong)
  return Object.fromEntries(Object.entries(values).filter(([name]) => !isShown(name))) as T
}
