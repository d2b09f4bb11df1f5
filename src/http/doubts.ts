/**
 * Programs send profiles back as they read them, but rules and lists change, and rooms have rules of their own. So a
 * value that breaks a rule is only in doubt until the profile is read, and refused if the profile shows another.
 */
import type * as z from 'zod'
import { AppError, type FieldIssue } from '../core/errors.ts'

/** The profile fields of a request, and the issues of those in doubt. */
export interface SentProfile {
  readonly raw: ReadonlyMap<string, unknown>
  readonly doubts: readonly FieldIssue[]
}

export const sentProfile = (raw: unknown, names: readonly string[], doubts: readonly FieldIssue[] = []): SentProfile => ({
  raw: new Map(Object.entries(raw ?? {}).filter(([name]) => names.includes(name))),
  doubts,
})

/** The fields of `error` if all of them are in `mayBe`; null otherwise. */
export function doubtfulNames(error: z.core.$ZodError, mayBe: readonly string[]): ReadonlySet<string> | null {
  const names = error.issues.map(({ path }) => (path.length === 1 ? String(path[0]) : ''))
  return names.every((name) => mayBe.includes(name)) ? new Set(names) : null
}

/**
 * `values` without the fields that equal what the profile shows. Throws for a field in doubt that differs. `shown`: the
 * profile under the names of the request; null if the caller sees none.
 */
export function withoutShown<T extends object>(values: T, sent: SentProfile | undefined, shown: object | null): T {
  if (!sent) return values
  const present = new Map<string, unknown>(Object.entries(shown ?? {}))
  const isShown = (name: string) => sent.raw.has(name) && present.has(name) && present.get(name) === sent.raw.get(name)
  AppError.refuse(sent.doubts.filter(({ path }) => !isShown(path)))
  return Object.fromEntries(Object.entries(values).filter(([name]) => !isShown(name))) as T
}
