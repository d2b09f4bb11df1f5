/**
 * Text from people, in one place: how it is cleaned before it is validated and stored, and what it may contain.
 * Cleaning is idempotent, so what a profile shows is accepted back unchanged.
 */
import * as z from 'zod'

/** No control characters, lone surrogates, line separators, or characters that change the direction of other text. */
const CONTROL = /[\p{Cc}\p{Cs}\u2028\u2029\u202A-\u202E\u2066-\u2069\uFEFF]/u
/** Invisible characters: text of nothing else is blank. U+2800 is an empty Braille cell. */
const UNSEEN = /[\p{White_Space}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/gu

export const codePoints = (text: string) => [...text].length

/** For a `refine` that counts code points; zod's `max` counts UTF-16 units. */
export const tooLong = (max: number) => ({ error: `must have at most ${max} characters`, params: { code: 'too_long', max } })

/** Line ends of Windows, old Macs and word processors. */
const LINE_BREAK = /\r\n?|\u2028|\u2029/g

/** At most so many UTF-16 units compose to one character in NFC. */
const UNITS_PER_CHARACTER = 4

/**
 * One spelling of what looks alike (Unicode NFC), without surrounding space. Text that is too long in any spelling is
 * only trimmed, because normalizing 60 KB of combining marks takes seconds.
 */
function clean(text: string, max: number): string {
  const trimmed = text.replace(/\t/g, ' ').trim()
  return trimmed.length > max * UNITS_PER_CHARACTER ? trimmed : trimmed.normalize('NFC')
}

const cleanLines = (text: string, max: number) => clean(text.replace(LINE_BREAK, '\n'), max)

interface TextRule {
  readonly max: number
  /** Whether it may have more than one line. */
  readonly lines?: boolean
  /** Whether it belongs to a program, which looks for it unchanged: validated, not cleaned. */
  readonly asIs?: boolean
}

/** Text from a person, at most `max` code points long. */
export function text({ max, lines = false, asIs = false }: TextRule) {
  const cleaned = lines ? cleanLines : clean
  return z
    .string()
    .overwrite((v) => (asIs ? v : cleaned(v, max)))
    .refine((v) => v.replace(UNSEEN, '') !== '', 'must not be blank')
    .refine((v) => codePoints(v) <= max, `must have 1 to ${max} characters`)
    .refine((v) => !CONTROL.test(lines ? v.replaceAll('\n', '') : v), 'must not contain control characters')
    .meta({ minLength: 1, maxLength: max })
}

/** A program's text that is only shown: without the characters that no text may have, cut to `max` code points. */
export const shownText = (value: string, max: number) =>
  [...value]
    .filter((char) => !CONTROL.test(char))
    .slice(0, max)
    .join('')

export const hasControl = (value: string) => CONTROL.test(value)

/**
 * What people's names are made of: letters, marks and digits of every script (CLDR exemplars), spaces, and
 * - apostrophes, also the ones that stand for them on keyboards: O'Brien, O’Brien, O´Brien, Дем'янчук
 * - dashes and middle dots: Anne-Marie, Gal·la, ジョン・スミス
 * - dots, commas, colons, quotation marks, brackets, slashes: J. R. R., King, Jr., Iontiats:kon, William “Bill”, Ravi
 * a/l Kumar
 * - the signs of abbreviation and the word separators of Hebrew, Armenian, Arabic, Devanagari, Tibetan, Ethiopic
 * - joiners, and marks of direction, which keyboards of right-to-left scripts type: علی‌رضا
 * - the click letters as typed without a keyboard for them: !Gobs
 */
const NAME =
  /^[\p{L}\p{M}\p{Nd}\p{Nl}\p{Zs}\p{Pd}'’‘`´＇·‧・･•.．,:꞉"“”„«»()/!\u05F3\u05F4\u055A-\u055F\u060C\u06D4\u070F\u0970\u09FD\u0F0B\u0F0C\u1361\u180E\u200C-\u200F\u061C]+$/u

/** A person's name, or a part of one. */
export function nameOf(max: number) {
  return text({ max }).refine((v) => v === '' || NAME.test(v), 'may contain only letters, digits, spaces and punctuation used in names')
}
