/** Phone numbers with a country code. */

/** ITU-T E.164 §6.2.1: no country code is a prefix of another. What has neither one nor two digits has three. */
const COUNTRY_CODE = /^(?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3})/

/** `+447911123456` as a profile stores it. Takes a plus and digits, more than any country code has. */
export function splitPhone(international: string): { phoneCountryCode: string; phone: string } {
  const digits = international.slice(1)
  const code = COUNTRY_CODE.exec(digits)?.[0] ?? ''
  return { phoneCountryCode: `+${code}`, phone: digits.slice(code.length) }
}
