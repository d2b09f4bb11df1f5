/** People do not always type exactly what they were given: codes with other dashes and digits, addresses with spaces around them. */

/** Dashes of every kind (a minus, and what Japanese keyboards have in that place), spaces, and zero-width characters. */
const SEPARATORS = /[\p{Pd}\p{Z}\p{Cc}\p{Cf}\u2212\u30FC]+/gu

/** No code or number is longer. Longer text stays as it is, because folding 60 KB takes up to seconds. */
const FOLDED_LENGTH_MAX = 256

/**
 * A code without separators, as issued: full-width characters and the digits of other scripts become ASCII, capitals
 * become small, dashes and spaces are dropped.
 */
export function foldTypedCode(text: string): string {
  if (text.length > FOLDED_LENGTH_MAX) return text
  return foldDigits(text.normalize('NFKC').replace(SEPARATORS, '')).toLowerCase()
}

/** The digits of other scripts as ASCII. */
export function foldDigits(text: string): string {
  if (text.length > FOLDED_LENGTH_MAX) return text
  return text.replace(/(?![0-9])\p{Nd}/gu, (digit) => String(valueOfDigit(digit)))
}

/** Unicode §4.6: the ten digits of a script are consecutive, zero first; some scripts have two such rows, one after the other. */
function valueOfDigit(digit: string): number {
  const code = digit.codePointAt(0) ?? 0
  let before = 0
  while (/\p{Nd}/u.test(String.fromCodePoint(code - before - 1))) before += 1
  return before % 10
}

/** For a host that is not all ASCII; characters that would end it, or start a port, are not allowed in one. */
const NAMED_HOST = /^[^\s\p{Cc}/?#:@\\[\]%]+$/u

/** An address without surrounding space, and its host in ASCII (UTS 46, "punycode"): what is stored, compared and mailed to. */
export function foldTypedAddress(text: string): string {
  const address = text.trim()
  const at = address.lastIndexOf('@')
  const host = address.slice(at + 1)
  if (at === -1 || /^[\0-\x7f]*$/.test(host) || !NAMED_HOST.test(host)) return address
  const url = `http://${host}`
  return URL.canParse(url) ? `${address.slice(0, at)}@${new URL(url).hostname}` : address
}
