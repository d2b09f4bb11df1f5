/**
 * Your own texts. Each replaces the one of the same name in that language's catalogue: `{ en: { signIn: { title: 'Welcome' } } }`.
 * A name that does not exist does not compile; placeholders such as `{name}` are those of the original.
 */
import type { Words } from './en.ts'
import type { Locale } from './locales.ts'

type Change<T> = {
  readonly [Name in keyof T]?: T[Name] extends string
    ? string
    : T[Name] extends { readonly other: string }
      ? Readonly<Record<string, string>>
      : Change<T[Name]>
}

export const overrides: { readonly [L in Locale]?: Change<Words> } = {}
