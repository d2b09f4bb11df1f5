// Folding (design §1.15): strings that look alike fold to one string, and invisible characters make no difference.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fold } from '../../../src/core/profiles/fold.ts'

const RUNS = { numRuns: 2_000 }
const anyText = fc.string({ unit: 'binary', maxLength: 40 })
const letters = fc.string({ unit: fc.constantFrom(..."abcdefgßéÅøłİıKﬁﾌſŉǅΣςάйא한가語ÆþŒ _-'%"), maxLength: 30 })
const unseen = fc.constantFrom(
  '\u200B',
  '\u200C',
  '\u200D',
  '\u200E',
  '\u200F',
  '\u202E',
  '\u2066',
  '\u2069',
  '\u00AD',
  '\uFEFF',
  '\u061C',
  '\u2060',
)

describe('what is alike', () => {
  test.each([
    ['case', 'JOHN_Doe', 'john_doe'],
    ['accents', 'Renée Ångström Ñandú', 'renee angstrom nandu'],
    ['accents written apart', 'Rene\u0301e', 'renee'],
    ['width', 'Ｊｏｈｎ　Ｄｏｅ', 'john doe'],
    ['half width', 'ﾌﾗﾝｸ', fold('フランク')],
    ['sharp s', 'Weiß WEISS', 'weiss weiss'],
    ['capital sharp s', 'WEIẞ', 'weiss'],
    ['dotted I', 'İSTANBUL', 'istanbul'],
    ['dotless i', 'ısparta', 'isparta'],
    ['Kelvin sign', '\u212Aelvin', 'kelvin'],
    ['Angstrom sign', '\u212Bsa', 'asa'],
    ['ligatures', 'ﬁﬂ ﬃ', 'fifl ffi'],
    ['long s', 'ſt', 'st'],
    ['sigma at the end', 'ΣΩΚΡΆΤΗΣ', fold('σωκράτης')],
    ['strokes', 'Łukasz Sørensen Đorđe', 'lukasz sorensen dorde'],
    ['ae and oe', 'Æthelred Œuvre', 'aethelred oeuvre'],
    ['white space', '  John \t\n\u00A0 Doe  ', 'john doe'],
    ['apostrophes', "O’Brien Oʼbrien O'Brien O´Brien O`Brien", 'obrien obrien obrien obrien obrien'],
    ['quotation marks', 'צה״ל William “Bill” "Bill"', 'צהל william bill bill'],
    ['dashes', 'Anne‑Marie Anne–Marie Anne-Marie', 'anne marie anne marie anne marie'],
    ['dots', 'J. R. R. Tolkien', 'j r r tolkien'],
    ['middle dots', 'ジョン・スミス ｼﾞｮﾝ･ｽﾐｽ Gal·la', fold('ジョン スミス ジョン スミス gal la')],
    ['joiners', 'علی\u200Cرضا', fold('علیرضا')],
    ['letters of two keyboards', 'علی کریمی', fold('علي كريمي')],
    ['points', 'שָׁלוֹם', fold('שלום')],
    ['bidi marks and zero width', '\u202Ejo\u200Bhn\u200F', 'john'],
  ])('%s', (_what, text, folded) => {
    expect(fold(text)).toBe(folded)
  })

  test('case, accents, width and unseen characters never make a difference', () => {
    fc.assert(
      fc.property(letters, fc.array(fc.tuple(unseen, fc.nat(40))), (text, marks) => {
        const folded = fold(text)
        expect(fold(text.toUpperCase())).toBe(folded)
        expect(fold(text.toLowerCase())).toBe(folded)
        expect(fold(text.normalize('NFC'))).toBe(folded)
        expect(fold(text.normalize('NFD'))).toBe(folded)
        expect(fold(text.normalize('NFKC'))).toBe(folded)
        let marked = [...text]
        for (const [mark, at] of marks) marked = [...marked.slice(0, at), mark, ...marked.slice(at)]
        expect(fold(marked.join(''))).toBe(folded)
      }),
      RUNS,
    )
  })
})

describe('any text', () => {
  test('folding again changes nothing', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(fold(fold(text))).toBe(fold(text))
      }),
      RUNS,
    )
  })

  test('every single character folds to something that folds to itself', () => {
    const wrong: string[] = []
    for (let point = 0; point <= 0x10ffff; point++) {
      const text = String.fromCodePoint(point)
      const folded = fold(text)
      if (folded !== '' && fold(folded) !== folded) wrong.push(point.toString(16))
      if (point === 0x33ff) point = 0xa63f
      if (point === 0xabff) point = 0xd7ff
      if (point === 0x1ffff) point = 0xdffff
      if (point === 0xe0fff) point = 0x10fffd
    }
    expect(wrong).toEqual([])
  })

  test('the folded form is well-formed, without accents, capitals, unseen characters and runs of white space', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const folded = fold(text)
        expect(folded.isWellFormed()).toBe(true)
        expect(folded).not.toMatch(/[\p{Cc}\p{Cf}\p{Noncharacter_Code_Point}]/u)
        expect(folded).not.toMatch(/[\u0300-\u036F]/u)
        expect(folded).not.toMatch(/\s\s|^\s|\s$/u)
        expect(folded).not.toMatch(/[A-Z]/)
      }),
      RUNS,
    )
  })

  test('text of nothing but unseen characters, accents and white space folds to nothing', () => {
    for (const text of ['', '   ', '\u200F\u202E\u200B', '\u0301\u0308', '\u3164\uFFA0\u115F', '\uFEFF \u00AD', '\uD800', '\u{10FFFF}']) {
      expect(fold(text)).toBe('')
    }
  })

  test('wildcards, digits and signs stay as they are', () => {
    expect(fold('%_\\*?!@100 €')).toBe('%_\\*?!@100 €')
  })

  test('vowels that are marks are no accents', () => {
    expect(fold('कि')).not.toBe(fold('का'))
    expect(fold('กิ')).not.toBe(fold('กา'))
  })
})
