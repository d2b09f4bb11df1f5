// The rules of fields in every room and page: real input is accepted and normalised, and shown values may be sent back unchanged.
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import type { z } from 'zod'
import * as fields from '../../src/core/fields.ts'
import { nearestFileName } from '../../src/core/file-names.ts'
import { COUNTRIES, CURRENCIES, parseLanguageTag, spellTimeZone } from '../../src/core/regional.ts'
import { foldDigits, foldTypedCode } from '../../src/core/typed-text.ts'

const taken = (atom: z.ZodType, value: string) => atom.safeParse(value).data
const isTaken = (atom: z.ZodType, value: string) => atom.safeParse(value).success

describe('names', () => {
  const NAMES = [
    ...['John', "O'Brien", 'O’Brien', 'O´Brien', 'O`Brien', 'ʻAkahi', 'Jean-Luc', 'Anne‑Marie', 'Gal·la', 'Jennifer 8.', 'J. R. R.'],
    ...[
      'King, Jr.',
      'William “Bill”',
      'Ravi a/l Kumar',
      'Iontiats:kon',
      '!Gobs',
      'ǃGobs',
      'Louis Ⅲ',
      'X Æ A-12',
      'Müller (Schmidt)',
      '-',
      '.',
    ],
    ...[
      'ジョン・スミス',
      'ｼﾞｮﾝ･ｽﾐｽ',
      '山田 太郎',
      '佐々木',
      '김철수',
      '麦克•乔丹',
      '李〇',
      'نور الدين',
      'علی‌رضا',
      'م. خان',
      'עו״ד כהן',
      "ז'בוטינסקי",
    ],
    ...[
      'श्री॰ कुमार',
      'ক্ষমা',
      'க்ஷேத்ரா',
      'สมชาย ใจดี',
      'བསྟན་འཛིན',
      'አበበ፡ቢቂላ',
      'Անի՛',
      'Дем’янчук',
      'Ђорђе',
      'ᠮᠣᠩᠭᠣᠯ᠎ᠠ',
      'ᐃᓄᒃ',
      'Nguyễn Thị',
      '𞤀𞤣𞤤𞤢𞤥',
    ],
  ]

  test.each(NAMES)('%s', (name) => {
    expect(taken(fields.personName, name)).toBe(name.normalize('NFC'))
  })

  test.each([
    ['a bidi override', 'a\u202Eb'],
    ['an isolate', '\u2068John\u2069'],
    ['a control character', 'a\u0007b'],
    ['a line break', 'a\nb'],
    ['a line separator', 'a\u2028b'],
    ['a tag', '<b>'],
    ['an address', 'a@b'],
    ['a sign', 'a€'],
    ['nothing', ''],
    ['blanks', ' \u3000 '],
    ['joiners alone', '\u200D\u200C'],
    ['a filler', '\u3164'],
    ['256 characters', 'é'.repeat(256)],
  ])('%s is not a name', (_what, name) => {
    expect(isTaken(fields.personName, name)).toBe(false)
  })

  test('are trimmed and composed before they are counted', () => {
    expect(taken(fields.personName, '  Rene\u0301e\t ')).toBe('Ren\u00E9e')
    expect(taken(fields.personName, 'e\u0301'.repeat(255))).toBe('é'.repeat(255))
  })

  test('a display name may contain any symbols', () => {
    expect(taken(fields.displayName, ' ✨Anna✨ 👩‍👩‍👧 ')).toBe('✨Anna✨ 👩‍👩‍👧')
    expect(isTaken(fields.displayName, 'a\u202Eb')).toBe(false)
  })
})

describe('texts', () => {
  test('a line ends in \\n, however the sender ends it', () => {
    expect(taken(fields.bio, ' one\r\ntwo\rthree\u2028four\tfive\r\n')).toBe('one\ntwo\nthree\nfour five')
    expect(isTaken(fields.title, 'one\r\ntwo')).toBe(false)
  })
})

describe('languages', () => {
  test.each([
    ['en', 'en'],
    ['zh_Hant_TW', 'zh-Hant-TW'],
    ['sr_Latn_RS', 'sr-Latn-RS'],
    ['en-US-u-mu-celsius', 'en-US-u-mu-celsius'],
    ['EN-us', 'en-US'],
    ['ZH_HANT_tw', 'zh-Hant-TW'],
    ['zh_TW_#Hant', 'zh-Hant-TW'],
    ['en_US.UTF-8', 'en-US'],
    ['de_DE@euro', 'de-DE'],
    ['ar_EG@numbers=latn', 'ar-EG'],
    ['iw_IL', 'he-IL'],
    ['in', 'id'],
    ['es-419', 'es-419'],
    ['yue-Hant-HK', 'yue-Hant-HK'],
    ['zh-yue-HK', 'zh-yue-HK'],
    ['sl-rozaj-biske', 'sl-rozaj-biske'],
    ['de-CH-1996', 'de-CH-1996'],
    ['en-US-x-TWAIN', 'en-US-x-twain'],
    [' pt-br ', 'pt-BR'],
  ])('%s is %s', (sent, stored) => {
    expect(taken(fields.locale, sent)).toBe(stored)
  })

  test.each([
    '',
    'e',
    'english',
    'en-',
    'en--US',
    '-en',
    'en-US-',
    'de-1996-1996',
    'en-a-bb-a-cc',
    'en-u',
    'en US',
    'e\u0301n',
    '中文',
    'en,de',
    `en-${'a'.repeat(9)}`,
  ])('%s is none', (sent) => {
    expect(isTaken(fields.locale, sent)).toBe(false)
  })
})

describe('currencies, countries, time zones', () => {
  test('currencies are those of today, in any case', () => {
    for (const code of ['SLE', 'XCG', 'ZWG', 'VED', 'EUR', 'usd', ' Jpy '])
      expect(taken(fields.currency, code)).toBe(code.trim().toUpperCase())
    for (const code of ['SLL', 'ANG', 'ZWL', 'HRK', 'CUC', 'DEM', 'BGN', 'XXX', 'XTS', 'XAU', 'EURO', '€', '']) {
      expect(isTaken(fields.currency, code), code).toBe(false)
    }
    expect(new Set(CURRENCIES).size).toBe(CURRENCIES.length)
  })

  test('countries are those of ISO 3166, in any case', () => {
    for (const [sent, stored] of [
      ['fr', 'FR'],
      [' GB ', 'GB'],
      ['uk', 'GB'],
      ['XK', 'XK'],
    ] as const) {
      expect(taken(fields.country, sent)).toBe(stored)
    }
    for (const code of ['XX', 'EU', 'SU', 'FRA', 'France', '', '250']) expect(isTaken(fields.country, code), code).toBe(false)
    expect(new Set(COUNTRIES).size).toBe(COUNTRIES.length)
  })

  test('a time zone is stored in its own spelling, however it is typed', () => {
    const others =
      'Asia/Calcutta Asia/Kolkata Asia/Saigon Asia/Ho_Chi_Minh America/Knox_IN US/East-Indiana Europe/Kyiv Europe/Kiev Etc/GMT+5 GMT0 EST5EDT'
    for (const zone of [...Intl.supportedValuesOf('timeZone'), ...others.split(' ')]) {
      expect([spellTimeZone(zone.toLowerCase()), spellTimeZone(zone.toUpperCase()), spellTimeZone(zone)]).toEqual([zone, zone, zone])
    }
    for (const zone of ['europe/paris', 'AMERICA/PORT-AU-PRINCE', 'Asia/Kolkata', 'utc']) {
      expect(taken(fields.zoneinfo, zone)).toBe(spellTimeZone(zone))
    }
    for (const zone of ['Europe/Nowhere', '+01:00', '', 'CEST', 'Paris']) expect(isTaken(fields.zoneinfo, zone), zone).toBe(false)
  })
})

describe('dates of birth', () => {
  test.each(['2000-05-01', '1815-12-10', '2004-02-29', '0900-01-01'])('%s', (day) => {
    expect(taken(fields.birthdate, ` ${day} `)).toBe(day)
  })

  test.each(['2001-02-29', '2000-13-01', '0000-05-01', '2999-01-01', '2000-5-1', '01.05.2000', '2000', '2000-05-01T00:00', ''])(
    '%s is none',
    (day) => {
      expect(isTaken(fields.birthdate, day)).toBe(false)
    },
  )
})

describe('links and numbers', () => {
  test.each([
    [' https://Example.com ', 'https://example.com/'],
    ['HTTPS://example.com/a b', 'https://example.com/a%20b'],
    ['example.com/john', 'https://example.com/john'],
    ['https://münchen.example/ü', 'https://xn--mnchen-3ya.example/%C3%BC'],
    ['https://example.com:443/../a?b#c', 'https://example.com/a?b#c'],
  ])('%s is %s', (sent, stored) => {
    expect(taken(fields.customLink, sent)).toBe(stored)
  })

  test.each([
    'http://example.com',
    'javascript:alert(1)',
    'mailto:a@example.com',
    'https://me:secret@example.com',
    'https://',
    'john',
    'ftp.example',
    `https://example.com/${'ü'.repeat(100)}`,
    'https://a\u202Eb.example',
  ])('%s is none', (sent) => {
    expect(isTaken(fields.customLink, sent)).toBe(sent === 'ftp.example')
  })

  test.each([
    ['079 1112-3456', '07911123456'],
    ['(030) 901.820', '030901820'],
    ['\u202A0791\u202C', '0791'],
    ['٠٧٩١', '0791'],
    ['０７９１', '0791'],
  ])('the number %s is %s', (sent, stored) => {
    expect(taken(fields.phone, sent)).toBe(stored)
  })
})

const ATOMS: [string, z.ZodType<string>][] = [
  ['personName', fields.personName],
  ['displayName', fields.displayName],
  ['phone', fields.phone],
  ['phoneCountryCode', fields.phoneCountryCode],
  ['gender', fields.gender],
  ['bio', fields.bio],
  ['about', fields.about],
  ['title', fields.title],
  ['whereAmI', fields.whereAmI],
  ['statusMessage', fields.statusMessage],
  ['designation', fields.designation],
  ['organization', fields.organization],
  ['pronouns', fields.pronouns],
  ['customLink', fields.customLink],
  ['birthdate', fields.birthdate],
  ['country', fields.country],
  ['locale', fields.locale],
  ['zoneinfo', fields.zoneinfo],
  ['currency', fields.currency],
  ['fileName', fields.fileName],
  ['folderName', fields.folderName],
  ['username', fields.username],
  ['email', fields.email],
]

describe.each(ATOMS)('%s', (_name, atom) => {
  const pieces = fc.constantFrom(
    ...[
      'https://',
      'example.com',
      '/',
      '?',
      '#',
      'en',
      '_',
      '-',
      'Hant',
      '1',
      '٣',
      ' ',
      '\r\n',
      '\t',
      'e\u0301',
      'ｶﾞ',
      '\u200C',
      "'",
      'EUR',
      'fr',
      'Europe/',
      'paris',
      '2000-05-01',
      'ﬁ',
      '\u1100\u1161',
      '👩',
      '.',
      '+',
      '@',
    ],
  )
  const sent = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.array(pieces, { maxLength: 6 }).map((list) => list.join('')),
  )

  test('a normalised value is accepted again, unchanged', () => {
    fc.assert(
      fc.property(sent, (value) => {
        const first = atom.safeParse(value)
        if (first.success) expect(atom.safeParse(first.data)).toEqual({ success: true, data: first.data })
      }),
      { numRuns: 500 },
    )
  })
})

test('text that is far too long is refused before any work that grows with the square of its length', () => {
  const marks = `a${'\u0301'.repeat(15_000)}${'\u0316'.repeat(15_000)}`
  const normalize = vi.spyOn(String.prototype, 'normalize')
  for (const atom of [fields.personName, fields.displayName, fields.about, fields.password, fields.typedPassword]) {
    const [issue, ...more] = atom.safeParse(marks).error?.issues ?? []
    expect([issue?.message, more]).toEqual([expect.stringMatching(/^must have (at most|1 to) \d+ characters$/), []])
  }
  expect(foldTypedCode(marks)).toBe(marks)
  expect(normalize).not.toHaveBeenCalled()
  normalize.mockRestore()
  // In any spelling, the longest name is taken.
  expect(taken(fields.personName, 'ᾂ'.repeat(255).normalize('NFD'))).toBe('ᾂ'.repeat(255).normalize('NFC'))
  expect(parseLanguageTag(`en-x${'-a'.repeat(40)}`)).toBeNull()
  const digits = '\u{1D7FF}'.repeat(15_000)
  expect(foldDigits(digits)).toBe(digits)
  expect(isTaken(fields.phone, digits)).toBe(false)
})

test.each([
  ['spaces', `a${' '.repeat(60_000)}b.txt`],
  ['dots', `${'.'.repeat(60_000)}b.txt`],
  ['combining marks', `a${'\u0301\u0316'.repeat(30_000)}.txt`],
])('a file whose name is 60 KB of %s gets a name at once, and keeps its extension', (_, sent) => {
  const from = performance.now()
  expect(nearestFileName(sent)).toMatch(/^.{1,251}\.txt$/su)
  // It takes a millisecond or two; where the work grows with the square of the length, eight seconds.
  expect(performance.now() - from).toBeLessThan(4_000)
})
