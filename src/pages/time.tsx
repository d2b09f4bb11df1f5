/** A point in time, readable by people and programs: in UTC, until the script of the pages puts it into the browser's zone. */
import type { Texts } from '../texts/texts.ts'
import { useTexts } from './texts.tsx'

const FORMAT: Intl.DateTimeFormatOptions = { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' }

export function Time({ at }: { at: number }) {
  return (
    <time datetime={new Date(at).toISOString()} data-local="">
      {timeText(useTexts(), at)}
    </time>
  )
}

/** The day alone. */
export function Day({ at }: { at: number }) {
  return (
    <time datetime={new Date(at).toISOString()} data-local="day">
      {format(useTexts(), at, { dateStyle: 'medium', timeZone: 'UTC' })}
    </time>
  )
}

/** The same as text, where there can be no element. */
export function timeText({ locale }: Pick<Texts, 'locale'>, at: number): string {
  return `${format({ locale }, at, FORMAT)} UTC`
}

function format({ locale }: Pick<Texts, 'locale'>, at: number, options: Intl.DateTimeFormatOptions): string {
  // In English, the day comes first: most readers of English are not in the United States.
  return new Intl.DateTimeFormat(locale === 'en' ? 'en-GB' : locale, options).format(at)
}
