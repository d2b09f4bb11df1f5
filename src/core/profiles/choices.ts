/**
 * The languages, currencies and time zones that a user can choose, with names in the user's language, from the runtime.
 * `fields.ts` accepts each of them. Each language is built once per isolate, some 20 KB; the first takes milliseconds.
 */
import { CURRENCIES, parseLanguageTag, YOUNG_CURRENCIES } from '../regional.ts'

export interface Choice {
  readonly key: string
  readonly name: string
}

export interface Choices {
  readonly languages: readonly Choice[]
  readonly currencies: readonly Choice[]
  readonly timeZones: readonly Choice[]
}

const FALLBACK = 'en'
/** More languages than the users of one isolate have. */
const LANGUAGES_KEPT = 16
const LETTERS = [...'abcdefghijklmnopqrstuvwxyz']

const made = new Map<string, Choices>()

/** `locale` is the profile's; if the runtime has no names in it, they are English. */
export function choicesIn(locale: string | null): Choices {
  const language = languageFor(parseLanguageTag(locale ?? '') ?? FALLBACK)
  const known = made.get(language)
  if (known) return known
  const choices = {
    languages: named(languageCodes(), new Intl.DisplayNames(language, { type: 'language' })),
    currencies: currenciesIn(language),
    // The runtime's names for zones each cover many zones ("Central European Time"), and take ten times as long. Places
    // tell them apart.
    timeZones: Intl.supportedValuesOf('timeZone').map((key) => ({ key, name: key.replaceAll('_', ' ') })),
  }
  // The oldest goes: a Map keeps the order of insertion.
  if (made.size >= LANGUAGES_KEPT) made.delete(made.keys().next().value ?? '')
  made.set(language, choices)
  return choices
}

/** The language in which the runtime has names. It rejects tags with meaningless subtags. */
function languageFor(wanted: string): string {
  try {
    return new Intl.DisplayNames([wanted, FALLBACK], { type: 'language' }).resolvedOptions().locale
  } catch {
    return FALLBACK
  }
}

function named(keys: readonly string[], names: Intl.DisplayNames): Choice[] {
  return keys.map((key) => ({ key, name: names.of(key) ?? key }))
}

/** The runtime returns what it has no name for unchanged. */
function currenciesIn(language: string): Choice[] {
  return named(CURRENCIES, new Intl.DisplayNames(language, { type: 'currency' })).map(({ key, name }) =>
    name === key ? { key, name: YOUNG_CURRENCIES[key] ?? key } : { key, name },
  )
}

let codes: readonly string[] | undefined

/** The two-letter codes that the runtime has a name for, without those that it replaces by others. */
function languageCodes(): readonly string[] {
  const names = new Intl.DisplayNames(FALLBACK, { type: 'language', fallback: 'none' })
  const pairs = () => LETTERS.flatMap((first) => LETTERS.map((second) => first + second))
  codes ??= pairs().filter((code) => names.of(code) !== undefined && Intl.getCanonicalLocales(code)[0] === code)
  return codes
}
