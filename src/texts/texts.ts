/** Texts in a reader's language: their catalogue, with the operator's changes, and how a text is filled in. */

import type { Wording } from './en.ts'
import { DEFAULT_LOCALE, LANGUAGES, type Locale } from './locales.ts'
import { overrides } from './overrides.ts'

/** A catalogue, and the language that it is in. */
export type Texts = typeof import('./en.ts').en & { readonly locale: Locale; readonly direction: 'ltr' | 'rtl' }

/** One text for each plural category that the language has (CLDR); `{count}` is the number, written as the language does. */
export type Plural = { readonly other: string } & Partial<Readonly<Record<Intl.LDMLPluralRule, string>>>

const loaded = new Map<Locale, Promise<Texts>>()

/** The texts of a language. Placeholders are those of English, which a test makes sure of. */
export function textsIn(locale: Locale): Promise<Texts> {
  const known = loaded.get(locale)
  if (known) return known
  const texts = load(locale)
  loaded.set(locale, texts)
  // What could not be loaded once may be there the next time.
  texts.catch(() => loaded.delete(locale))
  return texts
}

async function load(locale: Locale): Promise<Texts> {
  const { load: loadWords, direction } = LANGUAGES[locale]
  const words = withOverrides(JSON.parse((await loadWords()).default) as Wording, overrides[locale] as Wording | undefined)
  return { ...words, locale, direction } as unknown as Texts
}

/** `words` with the members of `changes` in the place of its own. */
function withOverrides<T extends Wording>(words: T, changes: Wording | undefined): T {
  if (changes === undefined) return words
  const merged = Object.entries(words).map(([name, text]) => {
    const change = changes[name]
    if (change === undefined) return [name, text]
    return [name, typeof text === 'string' || typeof change === 'string' ? change : withOverrides(text, change)]
  })
  return Object.fromEntries(merged) as T
}

export const fallbackTexts = () => textsIn(DEFAULT_LOCALE)

/** The names in braces. */
export type PlaceholderOf<S extends string> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | PlaceholderOf<Rest> : never

/** A text with its placeholders filled in. */
export function fill<const S extends string>(text: S, values: Readonly<Record<PlaceholderOf<S>, string | number>>): string {
  return partsOf(text, values).join('')
}

/** The same for values that are not text, such as elements of a page: the pieces in their order. */
export function partsOf<S extends string, V>(text: S, values: Readonly<Record<PlaceholderOf<S>, V>>): (string | V)[] {
  const given = values as Readonly<Record<string, V>>
  return text
    .split(/(\{\w+\})/)
    .filter((part) => part !== '')
    .map((part) => (part.startsWith('{') && part.endsWith('}') ? (given[part.slice(1, -1)] ?? part) : part))
}

/** The text for `count` things. Other placeholders are left for `fill`. */
export function plural(texts: Pick<Texts, 'locale'>, forms: Plural, count: number): string {
  const text = forms[new Intl.PluralRules(texts.locale).select(count)] ?? forms.other
  return text.replaceAll('{count}', number(texts, count))
}

export function number(texts: Pick<Texts, 'locale'>, value: number): string {
  return new Intl.NumberFormat(texts.locale).format(value)
}

/** Bytes for people: `1.5 MB`. */
export function bytes(texts: Pick<Texts, 'locale'>, value: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const
  const power = value < 1 ? 0 : Math.min(Math.floor(Math.log(value) / Math.log(1024)), units.length - 1)
  const format = {
    style: 'unit',
    unit: units[power] ?? 'byte',
    unitDisplay: power === 0 ? 'long' : 'short',
    maximumFractionDigits: 1,
  } as const
  return new Intl.NumberFormat(texts.locale, format).format(value / 1024 ** power)
}
