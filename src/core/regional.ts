/**
 * Languages, countries, currencies and time zones as a profile stores them. Except for time zones, nothing depends on
 * the runtime's ICU data, so a value is valid or invalid everywhere alike.
 */

/** RFC 5646 §3.1.7: subtags that the registry has replaced. Java and Android still send the first three. */
const REPLACED_LANGUAGES: Readonly<Record<string, string>> = { iw: 'he', in: 'id', ji: 'yi', jw: 'jv', mo: 'ro' }

/** Far above any real one (RFC 5646 §4.4.1): the time to read one grows with the square of its length. */
const TAG_LENGTH_MAX = 64

/**
 * The intended language tag (RFC 5646), in its usual case; null if it is none. Accepts what phones send: `zh_Hant_TW`,
 * `en_US.UTF-8`, Java's `zh_TW_#Hant`, extensions (`en-US-u-mu-celsius`).
 */
export function parseLanguageTag(text: string): string | null {
  if (text.length > TAG_LENGTH_MAX) return null
  const [, body = '', script] = /^([^.@#]*?)(?:_#([A-Za-z]{4})[^.@]*)?(?:[.@].*)?$/s.exec(text.trim()) ?? []
  const [language = '', ...rest] = body.toLowerCase().split(/[-_]/)
  if (!/^[a-z]{2,3}$/.test(language)) return null
  const subtags = script === undefined ? rest : [script.toLowerCase(), ...rest]
  if (!areSubtags(subtags)) return null
  const cased = subtags.map((subtag, at) => inItsCase(subtag, subtags.slice(0, at)))
  return [REPLACED_LANGUAGES[language] ?? language, ...cased].join('-')
}

/** §2.1: extended languages, script, region, variants, extensions, private use. */
const SUBTAGS =
  /^(-[a-z]{3}){0,3}(-[a-z]{4})?(-([a-z]{2}|\d{3}))?(-([a-z\d]{5,8}|\d[a-z\d]{3}))*(-[a-wy-z\d](-[a-z\d]{2,8})+)*(-x(-[a-z\d]{1,8})+)?$/

/** §2.2.5, §2.2.6: neither a variant nor the letter of an extension may repeat. */
function areSubtags(subtags: readonly string[]): boolean {
  if (!SUBTAGS.test(subtags.map((subtag) => `-${subtag}`).join(''))) return false
  const end = subtags.indexOf('x')
  const registered = end === -1 ? subtags : subtags.slice(0, end)
  const extensions = registered.findIndex((subtag) => subtag.length === 1)
  const variants = (extensions === -1 ? registered : registered.slice(0, extensions)).filter(
    (subtag) => subtag.length >= 5 || /^\d.{3}$/.test(subtag),
  )
  const letters = registered.filter((subtag) => subtag.length === 1)
  return new Set(variants).size === variants.length && new Set(letters).size === letters.length
}

/** §2.1.1: four letters in title case, two in upper case, unless a single letter stands somewhere before. */
function inItsCase(subtag: string, before: readonly string[]): string {
  if (before.some((one) => one.length === 1)) return subtag
  if (subtag.length === 2) return subtag.toUpperCase()
  return /^[a-z]{4}$/.test(subtag) ? subtag.charAt(0).toUpperCase() + subtag.slice(1) : subtag
}

const codes = (list: string) => list.trim().split(/\s+/)

/** ISO 4217, list one, of November 2026: currencies in use, without funds, metals and test codes. */
export const CURRENCIES: readonly string[] = codes(`
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK
DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS
KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD
OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP
TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG`)

/** For those that are younger than the names that a runtime has. */
export const YOUNG_CURRENCIES: Readonly<Record<string, string>> = {
  SLE: 'Sierra Leonean Leone',
  VED: 'Venezuelan Digital Bolívar',
  XCG: 'Caribbean Guilder',
  ZWG: 'Zimbabwe Gold',
}

/** ISO 3166-1 alpha-2, and XK, the code in common use for Kosovo. */
export const COUNTRIES: readonly string[] = codes(`
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI
CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ
GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS
LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG
PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK
TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW`)

/** ISO 3166-1 reserves these for the countries that use them elsewhere. */
const OTHER_COUNTRIES: Readonly<Record<string, string>> = { UK: 'GB', EL: 'GR' }

/** The country's code in capitals. `COUNTRIES` says whether the country exists. */
export function spellCountry(text: string): string {
  const code = text.trim().toUpperCase()
  return OTHER_COUNTRIES[code] ?? code
}

/** Parts of names of time zones that are not a capital and small letters (tzdata). */
const ZONE_WORDS = new Map(
  `ACT CET CST6CDT DeNoronha DumontDUrville EET EST EST5EDT GB GMT GMT0 HST LHI MET MST MST7MDT McMurdo NSW NZ PRC PST8PDT ROC ROK UCT UTC
   BajaNorte BajaSur ComodRivadavia EasterIsland US WET au es in of CHAT SU W IN ND`
    .trim()
    .split(/\s+/)
    .map((word) => [word.toLowerCase(), word]),
)
/** A part spelt one way elsewhere is spelt differently here. */
const ZONE_NAMES = new Map([
  ['us/east-indiana', 'US/East-Indiana'],
  ['america/knox_in', 'America/Knox_IN'],
])

/** A time zone in the spelling of tzdata, however it is typed. An older name of a zone stays that name. */
export function spellTimeZone(text: string): string {
  const lower = text.trim().toLowerCase()
  return ZONE_NAMES.get(lower) ?? lower.replace(/[a-z\d]+/g, (word) => ZONE_WORDS.get(word) ?? word.charAt(0).toUpperCase() + word.slice(1))
}
