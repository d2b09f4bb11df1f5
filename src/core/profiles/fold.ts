/**
 * Folding, in one place (design §1.15): queries and names are reduced to one form, in which search compares them.
 * Width, compatibility forms, accents, case and invisible characters are dropped. It is close to the first level of the
 * Unicode Collation Algorithm, and never shown to anybody.
 */

/** Accents and points. Marks of other scripts (Thai, Devanagari and their relatives) are vowels, which no reader would omit, and stay. */
const ACCENTS = /(?=\p{M})[\p{Script=Inherited}\p{Script=Cyrillic}\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}]/gu
/** Bidi marks, zero-width characters, fillers, controls, lone surrogates, and non-characters. White space is handled separately. */
const UNSEEN = /(?![\t-\r])[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/gu
/** Apostrophes, what is typed instead of them, and quotation marks: people who search omit them, or type other ones. */
const APOSTROPHES =
  /['"`\u00B4\u02B9-\u02BF\u0384\u055A\u05F3\u05F4\u1FBD\u1FBF\u1FEF\u1FFD\u1FFE\u2018-\u201F\u2032-\u2037\uA78C\uFF02\uFF07\uFF40]/g
/**
 * What separates parts of a name like a space: dashes, dots on the baseline and in the middle, the word separators of
 * Tibetan and Ethiopic.
 */
export const SEPARATORS = /[\p{Pd}.\u00B7\u0387\u0F0B\u0F0C\u1361\u2022\u2027\u22C5\u30FB\uFF0E\uFF65]/gu
/** Latin letters whose stroke or ligature Unicode does not decompose, and the final sigma. */
const LETTERS: Readonly<Record<string, string>> = {
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  ħ: 'h',
  ŧ: 't',
  æ: 'ae',
  œ: 'oe',
  þ: 'th',
  ς: 'σ',
  // One letter each, on keyboards of different countries.
  ی: 'ي',
  ى: 'ي',
  ک: 'ك',
  ة: 'ه',
  ـ: '',
}
const LETTER = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'g')

function foldOnce(text: string): string {
  return (
    text
      // Before some of them become a space and an accent.
      .replace(APOSTROPHES, '')
      .normalize('NFKD')
      .replace(UNSEEN, '')
      .replace(ACCENTS, '')
      // Via upper case: ß becomes ss, the dotless i an i, and letters with several small forms become one.
      .toUpperCase()
      .toLowerCase()
      .normalize('NFKD')
      .replace(ACCENTS, '')
      .replace(LETTER, (letter) => LETTERS[letter] ?? letter)
      .replace(APOSTROPHES, '')
      .replace(SEPARATORS, ' ')
      .replace(/\s+/g, ' ')
      .trim()
  )
}

/** The folded form; empty if nothing is left. Idempotent. */
export function fold(text: string): string {
  // Repeated for the few letters whose small form decomposes only then.
  return foldOnce(foldOnce(text))
}
