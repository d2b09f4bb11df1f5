/** What a profile may choose from: languages, time zones, countries and currencies, by their names in the reader's language. */
import { COUNTRIES, CURRENCIES } from '../../core/regional.ts'
import { LANGUAGES, LOCALES } from '../../texts/locales.ts'
import type { Texts } from '../../texts/texts.ts'

export type Choice = readonly [value: string, label: string]

const VALUES = {
  country: () => COUNTRIES,
  currency: () => CURRENCIES,
  timeZone: () => Intl.supportedValuesOf('timeZone'),
} as const

/** All options in the order of their names, plus the present value: the list lacks older names of time zones. */
export function choicesOf({ locale }: Texts, kind: keyof typeof VALUES, present: string | null): Choice[] {
  const values = new Set([...VALUES[kind](), ...(present === null ? [] : [present])])
  const nameOf = NAMES[kind](locale)
  const { compare } = new Intl.Collator(locale)
  return [...values].map((value): Choice => [value, nameOf(value)]).sort(([, a], [, b]) => compare(a, b))
}

const NAMES: Readonly<Record<keyof typeof VALUES, (locale: string) => (value: string) => string>> = {
  country: (locale) => namesIn(locale, 'region'),
  currency: (locale) => {
    const nameOf = namesIn(locale, 'currency')
    return (value) => (nameOf(value) === value ? value : `${nameOf(value)} (${value})`)
  },
  timeZone: () => (value) => value.replaceAll('_', ' '),
}

/** Those that the pages speak, each as its speakers call it, plus another one that the profile has. The empty one leaves it to the browser. */
export function languages({ account, locale }: Texts, present: string | null): Choice[] {
  const own = LOCALES.map((one): Choice => [one, LANGUAGES[one].name])
  const isOther = present !== null && !own.some(([value]) => value === present)
  const other: Choice[] = isOther ? [[present, namesIn(locale, 'language')(present)]] : []
  return [['', account.profile.browserLanguage], ...own, ...other]
}

/** The value itself if it has no name, as older and private codes. */
function namesIn(locale: string, type: 'region' | 'currency' | 'language'): (value: string) => string {
  const names = new Intl.DisplayNames([locale], { type })
  return (value) => {
    try {
      return names.of(value) ?? value
    } catch {
      return value
    }
  }
}
