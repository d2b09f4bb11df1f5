/**
 * The rules of fields, once: atoms that rooms compose under their own names (design §3). They are branded where a
 * mix-up would hurt, so no room can skip a rule. A room may narrow one, never widen it.
 */
import * as z from 'zod'
import '../config-words.ts'
import { fromHex, type UserId } from '../ids.ts'
import { isCommonPassword } from './accounts/common-passwords.ts'
import { COUNTRIES, CURRENCIES, parseLanguageTag, spellCountry, spellTimeZone } from './regional.ts'
import { hasControl, codePoints as length, nameOf, text, tooLong } from './texts.ts'
import { foldDigits, foldTypedAddress } from './typed-text.ts'

export { type FileName, type FolderName, fileName, folderName } from './file-names.ts'
export { mailedDigits, secondFactorCode, totpCode } from './typed-codes.ts'

/** Names that would pass for the service or its staff. */
const RESERVED_USERNAMES = new Set(
  [
    'administrator superadmin super_admin superuser moderator moderators official security postmaster',
    'hostmaster webmaster mailer_daemon no_reply noreply_mail anonymous undefined everyone system_user',
    'support_team kith_team kith_support kith_admin helpdesk customer_service well_known null_null __unset__',
  ].flatMap((line) => line.split(' ')),
)
/** What the rooms accept as ids (wire §6.10). */
const LOOKS_LIKE_AN_ID = /^(m\d+|[0-9a-f]{24})$/i

export const USERNAME_LENGTH_MAX = 30
/** Its length is also the operator's choice (`accounts/username-rules.ts`). */
export const username = z
  .string()
  .regex(/^[A-Za-z0-9_]+$/, 'must have only letters, digits and underscores')
  .max(USERNAME_LENGTH_MAX)
  .refine((v) => !LOOKS_LIKE_AN_ID.test(v), 'must not look like an id')
  .refine((v) => !RESERVED_USERNAMES.has(v.toLowerCase()), 'is reserved')
  .brand<'Username'>()
  .meta({ description: 'Unique, ignoring case', example: 'john_doe' })
export type Username = z.output<typeof username>

/** The canonical form that decides uniqueness. User names are ASCII, so lower case is all it takes. */
export function usernameKey(name: string): string {
  return name.toLowerCase()
}

/** A user name that somebody looks for, as its key. Some in use are older than the rules above. */
export const usernameToFind = z
  .string()
  .regex(/^\w{1,64}$/, 'must be a user name')
  .transform(usernameKey)
  .meta({ example: 'john_doe' })

export const email = z
  .string()
  .overwrite(foldTypedAddress)
  .max(254, 'must have at most 254 characters')
  .regex(
    /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]$/,
    'must be an email address',
  )
  .refine((v) => !v.startsWith('.') && !v.includes('..') && !v.includes('.@'), 'must be an email address')
  .brand<'Email'>()
  .meta({ format: 'email', example: 'user@example.com' })
export type Email = z.output<typeof email>

export function emailKey(address: string): string {
  return address.toLowerCase()
}

const isPasswordTooLong = (v: string) => length(v) > 256

/** NIST 800-63B-4 §3.1.1.2: length counts in code points, everything is allowed, nothing is cut. NFKC before hashing. */
export const password = z
  .string()
  .refine((v) => !isPasswordTooLong(v), tooLong(256))
  .refine((v) => isPasswordTooLong(v) || Math.min(length(v), length(v.normalize('NFKC'))) >= 8, 'must have at least 8 characters')
  .refine((v) => isPasswordTooLong(v) || length(v) < 8 || !isCommonPassword(v), 'is one of the most common passwords')
  .brand<'Password'>()
  .meta({ description: '8 to 256 characters of any kind; no common password', example: '$uper&ecurePassw0rd' })
export type Password = z.output<typeof password>

/** A password typed at log-in: checked only against its hash, bounded so that it costs no more than a real one. */
export const typedPassword = z
  .string()
  .min(1, 'is required')
  .refine((v) => !isPasswordTooLong(v), tooLong(256))
  .meta({ example: '$uper&ecurePassw0rd' })

/** The one rule for names, in all rooms and on all pages. */
export const personName = nameOf(255).meta({ example: 'John' })
/** A label that a user or program chooses. It is not a person's name, so it may contain any characters. */
export const displayName = text({ max: 255 }).meta({ example: 'Johnny' })
/** Separators that people type in numbers, and the wrapping that phone address books add. */
const BETWEEN_DIGITS = /[\p{Zs}\p{Pd}\p{Cf}()./]/gu
const spellDigits = (typed: string) => foldDigits(typed.replace(BETWEEN_DIGITS, ''))

export const phone = z
  .string()
  .overwrite(spellDigits)
  .regex(/^\d{1,15}$/, 'must have 1 to 15 digits, and no country code')
  .meta({ example: '0000000000' })
export const phoneCountryCode = z
  .string()
  .overwrite(spellDigits)
  .regex(/^\+?\d{1,4}$/, 'must be a country code such as +44')
  .meta({ example: '+00' })
export const gender = text({ max: 128 }).meta({ example: 'male' })
export const bio = text({ max: 256, lines: true }).meta({ example: 'Likes long walks.' })
export const about = text({ max: 1024, lines: true }).meta({ example: 'Likes long walks.' })
export const title = text({ max: 128 }).meta({ example: 'Dr' })
export const whereAmI = text({ max: 128 }).meta({ example: 'At home' })
/** Null: not stated. */
export const RELATIONSHIP_STATUSES = [
  'dont_want_to_say',
  'single',
  'in_relationship',
  'engaged',
  'married',
  'it_is_complicated',
  'widowed',
  'separated',
  'divorced',
] as const
export const statusMessage = text({ max: 256 }).meta({ example: 'Out for lunch' })
export const designation = text({ max: 128 }).meta({ example: 'Software Engineer' })
export const organization = text({ max: 128 }).meta({ example: 'Example Ltd' })
/** OpenID Connect Core §5.1, as a full date. The day starts first at UTC+14. */
export const birthdate = z
  .string()
  .trim()
  .refine(
    (v) => isDate(v) && v <= new Date(Date.now() + 14 * 3_600_000).toISOString(),
    'must be a date such as 2000-05-01, not in the future',
  )
  .meta({ format: 'date', example: '2000-05-01' })

function isDate(v: string): boolean {
  const date = /^\d{4}-\d\d-\d\d$/.test(v) && !v.startsWith('0000') ? new Date(`${v}T00:00:00Z`) : null
  return date !== null && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(v)
}

export const country = z
  .string()
  .overwrite(spellCountry)
  .refine((v) => COUNTRIES.includes(v), 'must be a country code such as FR')
  .meta({ description: 'ISO 3166-1, two letters', example: 'FR' })
export const pronouns = text({ max: 24 }).meta({ example: 'he/him' })

/** RFC 9110 §8.3.1, without parameters. */
export const contentType = z
  .string()
  .transform((v) => (v.split(';')[0] ?? '').trim().toLowerCase())
  .refine((v) => v.length <= 127 && /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(v), 'must be a media type such as image/jpeg')

/** A link normalized per the URL Standard; text that is not a URL stays as it is. */
function spellUrl(typed: string): string {
  const url = typed.trim()
  // The scheme that people omit when they type an address.
  const whole = /^[\p{L}\d-]+(\.[\p{L}\d-]+)+([/?#]|$)/u.test(url) ? `https://${url}` : url
  return URL.canParse(whole) && !hasControl(whole) ? new URL(whole).href : url
}

/** Displayed as text, never fetched by us. */
const httpsUrl = (max: number) =>
  z
    .string()
    .overwrite(spellUrl)
    .refine((v) => length(v) <= max, tooLong(max))
    .refine((v) => {
      if (!URL.canParse(v) || hasControl(v)) return false
      const url = new URL(v)
      return url.protocol === 'https:' && url.username === '' && url.password === ''
    }, 'must be an https URL')
    .meta({ maxLength: max })
export const customLink = httpsUrl(256).meta({ format: 'uri', example: 'https://example.com/john' })

/** A picture hosted elsewhere. */
export const profileUrl = httpsUrl(2048).meta({ format: 'uri', example: 'https://example.com/john.png' })

/** The id of a user at the holder of a license key: the holder's own text, unchanged. */
export const externalId = text({ max: 191, asIs: true }).meta({ example: '9900000011' })
/** Names that have a meaning in JavaScript (security §6). */
const PROTOTYPE_NAME = /^(__proto__|constructor|prototype)$/
export const metadataKey = text({ max: 64, asIs: true }).refine((v) => !PROTOTYPE_NAME.test(v), 'is a name that is not allowed')
export const metadataValue = text({ max: 1024, asIs: true })
/** As push services create them: the longest known ones are a fraction of this. */
export const deviceToken = text({ max: 4096, asIs: true })
export const osVersion = text({ max: 64, asIs: true })

export const locale = z
  .string()
  .max(64, 'must be a language tag')
  .overwrite((v) => parseLanguageTag(v) ?? v)
  .refine((v) => parseLanguageTag(v) !== null, 'must be a language tag')
  .meta({ description: 'RFC 5646', example: 'en' })

function isTimeZone(name: string): boolean {
  try {
    // No offset such as +01:00: it has no daylight saving time.
    return /^[A-Z]/.test(name) && new Intl.DateTimeFormat('en', { timeZone: name }) !== null
  } catch {
    return false
  }
}

export const zoneinfo = z
  .string()
  .max(64)
  .overwrite(spellTimeZone)
  .refine(isTimeZone, 'must be a time zone such as Europe/Paris')
  .meta({ example: 'Europe/Paris' })
export const currency = z
  .string()
  .overwrite((v) => v.trim().toUpperCase())
  .refine((v) => CURRENCIES.includes(v), 'must be a currency code such as EUR')
  .meta({ description: 'ISO 4217', example: 'EUR' })

/** A user id as 24 hex digits. A well-formed unknown id is simply not found. */
export const userIdHex = z
  .string()
  .regex(/^[0-9a-f]{24}$/, 'must be an id of 24 hex digits')
  .transform((v) => fromHex<UserId>(v) as UserId)
  .meta({ example: '507f1f77bcf86cd799439011' })
