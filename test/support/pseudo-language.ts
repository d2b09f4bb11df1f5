/**
 * A language that exists only in tests: English in brackets, written from right to left. What a page shows in it without
 * brackets does not come from the catalogue.
 */
import { en, type Wording } from '../../src/texts/en.ts'
import { LANGUAGES, LOCALES, type Locale } from '../../src/texts/locales.ts'

/** CLDR's name for such a language. */
export const PSEUDO = 'ar-XB'

const bracketed = (words: Wording): Wording =>
  Object.fromEntries(Object.entries(words).map(([name, text]) => [name, typeof text === 'string' ? `⟦${text}⟧` : bracketed(text)]))

/** Until `forgetPseudoLanguage`: other test files of the worker share the module. */
export function speakPseudoLanguage(tag: string = PSEUDO): void {
  Object.assign(LANGUAGES, { [tag]: { name: 'Pseudo', direction: 'rtl', load: async () => ({ default: JSON.stringify(bracketed(en)) }) } })
  LOCALES.push(tag as Locale)
}

export function forgetPseudoLanguage(tag: string = PSEUDO): void {
  delete (LANGUAGES as Record<string, unknown>)[tag]
  LOCALES.splice(LOCALES.indexOf(tag as Locale), 1)
}
