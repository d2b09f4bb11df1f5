/**
 * Folding, in one place (design §1.15): what people type and what they are called become one form, in which search
 * compares. Width, compatibility forms, accents and case go away; so do characters that nobody sees. It is close to the
 * first level of the Unicode Collation Algorithm, and never shown to anybody.
 */

/**
 * Accents and points. Marks of other scripts (Thai, Devanagari and their relatives) are vowels, which no reader would
 * leave out, and stay.
 */
const ACCENTS = /(?=\p{M})[\p{Script=Inherited}\p{Script=Cyrillic}\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}]/gu
/** Bidi marks, zero-width characters, fillers, controls, halves of pairs, and what is no character. White space is apart. */
const UNSEEN = /(?![\t-\r])[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/gu
/** Telephones type these for the plain ones. */
const APOSTROPHES = /[\u2018\u2019\u02BC]/g
const DASHES = /\p{Pd}/gu
/** Latin letters whose stroke or ligature Unicode does not take apart, and the sigma that ends a word. */
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
}
const LETTER = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'g')

function foldOnce(text: string): string {
  return (
    text
      .normalize('NFKD')
      .replace(UNSEEN, '')
      .replace(ACCENTS, '')
      // By way of upper case: ß becomes ss, the dotless i an i, and letters with several small forms become one.
      .toUpperCase()
      .toLowerCase()
      .normalize('NFKD')
      .replace(ACCENTS, '')
      .replace(LETTER, (letter) => LETTERS[letter] ?? letter)
      .replace(APOSTROPHES, "'")
      .replace(DASHES, '-')
      .replace(/\s+/g, ' ')
      .trim()
  )
}

/** The folded form; empty when nothing is left. Folding it again changes nothing. */
export function fold(text: string): string {
  // A second time for the few letters whose small form is taken apart only then.
  return foldOnce(foldOnce(text))
}
