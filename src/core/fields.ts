/**
 * The rules of fields, once: atoms that rooms compose under their own names (design §3). They are branded where a
 * mix-up would hurt, so no room can skip a rule. A room may narrow one, never widen it.
 */
import * as z from 'zod'
import { fromHex, type UserId } from '../ids.ts'
import { foldTypedAddress, foldTypedCode } from './typed-text.ts'

/** Text of people: no control characters but line breaks where allowed, no bidi overrides, not blank. */
const CONTROL = /[\p{Cc}\p{Cs}\u2028\u2029\u202A-\u202E\u2066-\u2069\uFEFF]/u
const CONTROL_BUT_LINE_BREAKS = /[\p{Cs}\u0000-\u0009\u000B-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069\uFEFF]/u

const length = (text: string) => [...text].length

function text(min: number, max: number, forbidden: RegExp = CONTROL) {
  return z
    .string()
    .refine((v) => length(v) >= min && length(v) <= max, `must have ${min} to ${max} characters`)
    .refine((v) => !forbidden.test(v), 'must not contain control characters')
    .refine((v) => min === 0 || v.trim() !== '', 'must not be blank')
    .meta({ minLength: min, maxLength: max })
}

/** Names that would pass for the service or its staff. */
const RESERVED_USERNAMES = new Set([
  'administrator',
  'superadmin',
  'super_admin',
  'superuser',
  'moderator',
  'moderators',
  'official',
  'security',
  'postmaster',
  'hostmaster',
  'webmaster',
  'mailer_daemon',
  'no_reply',
  'noreply_mail',
  'anonymous',
  'undefined',
  'everyone',
  'system_user',
  'support_team',
  'kith_team',
  'kith_support',
  'kith_admin',
  'helpdesk',
  'customer_service',
  'well_known',
  'null_null',
  '__unset__',
])
/** What the rooms read as ids (wire §6.10). */
const LOOKS_LIKE_AN_ID = /^(m\d+|[0-9a-f]{24})$/i

export const username = z
  .string()
  .regex(/^[A-Za-z0-9_]{8,30}$/, 'must have 8 to 30 letters, digits or _')
  .refine((v) => !LOOKS_LIKE_AN_ID.test(v), 'must not look like an id')
  .refine((v) => !RESERVED_USERNAMES.has(v.toLowerCase()), 'is reserved')
  .brand<'Username'>()
  .meta({ description: 'Unique without regard to case', example: 'john_doe' })
export type Username = z.output<typeof username>

/** The canonical form that decides uniqueness. User names are ASCII, so lower case is all it takes. */
export function usernameKey(name: string): string {
  return name.toLowerCase()
}

export const email = z
  .string()
  .overwrite(foldTypedAddress)
  .max(254, 'must have at most 254 characters')
  .regex(
    /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]$/,
    'must be an e-mail address',
  )
  .refine((v) => !v.startsWith('.') && !v.includes('..') && !v.includes('.@'), 'must be an e-mail address')
  .brand<'Email'>()
  .meta({ format: 'email', example: 'user@example.com' })
export type Email = z.output<typeof email>

export function emailKey(address: string): string {
  return address.toLowerCase()
}

/** NIST 800-63B-4 §3.1.1.2: length counts in code points, everything is allowed, nothing is cut. NFKC before hashing. */
export const password = z
  .string()
  .refine((v) => Math.min(length(v), length(v.normalize('NFKC'))) >= 8, 'must have at least 8 characters')
  .refine((v) => length(v) <= 256, 'must have at most 256 characters')
  .brand<'Password'>()
  .meta({ description: '8 to 256 characters of any kind; no common password', example: '$uper&ecurePassw0rd' })
export type Password = z.output<typeof password>

/** What is typed at log-in: judged by its hash alone, bounded so that it costs no more than a real one. */
export const typedPassword = z
  .string()
  .min(1, 'is required')
  .refine((v) => length(v) <= 256, 'must have at most 256 characters')
  .meta({ example: '$uper&ecurePassw0rd' })

export const personName = text(1, 255).meta({ example: 'John' })
export const phone = z
  .string()
  .regex(/^\d{1,15}$/, 'must have 1 to 15 digits')
  .meta({ example: '0000000000' })
export const phoneCountryCode = z
  .string()
  .regex(/^\+?\d{1,4}$/, 'must be a country code such as +44')
  .meta({ example: '+00' })
export const gender = text(1, 128).meta({ example: 'male' })
export const bio = text(1, 256, CONTROL_BUT_LINE_BREAKS).meta({ example: 'Likes long walks.' })
export const about = text(1, 1024, CONTROL_BUT_LINE_BREAKS).meta({ example: 'Likes long walks.' })
export const title = text(1, 128).meta({ example: 'Dr' })
export const whereAmI = text(1, 128).meta({ example: 'At home' })
/** What nobody says anything about is null. */
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
export const statusMessage = text(1, 256).meta({ example: 'Out for lunch' })
export const designation = text(1, 128).meta({ example: 'Software Engineer' })
export const organization = text(1, 128).meta({ example: 'Example Ltd' })
export const pronouns = text(1, 24).meta({ example: 'he/him' })

/** Directions that make `gnp.exe` of `exe.png`. Letters of right-to-left scripts are fine. */
const BIDI = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/u
/** What no program may call a file: on Windows these are devices, whatever follows the dot. */
const DEVICE_NAME = /^(con|prn|aux|nul|com[0-9\u00B9\u00B2\u00B3]|lpt[0-9\u00B9\u00B2\u00B3])(\..*)?$/i

/** What a decoder leaves of bytes that were no UTF-8. */
const REPLACEMENT = '\uFFFD'

/** A name in a file system: of a file or a folder. Stored as Unicode NFC, so that a name typed twice is one name. */
const entryName = text(1, 255)
  .refine((v) => !/[/\\]/.test(v) && v !== '.' && v !== '..', 'must not contain / or \\, and not be . or ..')
  .refine((v) => !BIDI.test(v), 'must not change the direction of text')
  .refine((v) => !v.includes(REPLACEMENT), 'must be well-formed Unicode')
  .refine((v) => v.trim() === v && !v.endsWith('.'), 'must not begin or end with a space, nor end with a dot')
  .refine((v) => !DEVICE_NAME.test(v), 'is reserved')
  .transform((v) => v.normalize('NFC'))
export const fileName = entryName.brand<'FileName'>().meta({ minLength: 1, maxLength: 255, example: 'Holiday.jpg' })
export type FileName = z.output<typeof fileName>
export const folderName = entryName.brand<'FolderName'>().meta({ minLength: 1, maxLength: 255, example: 'Holidays' })
export type FolderName = z.output<typeof folderName>

/** RFC 9110 §8.3.1, without parameters. */
export const contentType = z
  .string()
  .transform((v) => (v.split(';')[0] ?? '').trim().toLowerCase())
  .refine((v) => v.length <= 127 && /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(v), 'must be a media type such as image/jpeg')

/** Shown as text, never fetched by us. */
const httpsUrl = (max: number) =>
  z
    .string()
    .max(max, `must have at most ${max} characters`)
    .refine((v) => {
      if (!URL.canParse(v) || CONTROL.test(v)) return false
      const url = new URL(v)
      return url.protocol === 'https:' && url.username === '' && url.password === ''
    }, 'must be an https URL')
export const customLink = httpsUrl(256).meta({ format: 'uri', example: 'https://example.com/john' })

/** A picture that lies elsewhere. */
export const profileUrl = httpsUrl(2048).meta({ format: 'uri', example: 'https://example.com/john.png' })

/** Who a person is to the holder of a license key: its own text, exactly as it is. */
export const externalId = text(1, 191).meta({ example: '9900000011' })
/** Names that JavaScript gives a meaning to (security §6). */
const PROTOTYPE_NAME = /^(__proto__|constructor|prototype)$/
export const metadataKey = text(1, 64).refine((v) => !PROTOTYPE_NAME.test(v), 'is a name that is not allowed')
export const metadataValue = text(1, 1024)
/** As the services for pushes make them: the longest known have a fraction of it. */
export const deviceToken = text(1, 4096)
export const osVersion = text(1, 64)

const accepted = (check: (v: string) => unknown) => (v: string) => {
  try {
    return Boolean(check(v))
  } catch {
    return false
  }
}

export const locale = z
  .string()
  .regex(/^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$/, 'must be a language tag')
  .refine(
    accepted((v) => Intl.getCanonicalLocales(v.replace('_', '-')).length),
    'must be a language tag',
  )
  .meta({ example: 'en' })
export const zoneinfo = z
  .string()
  .max(64)
  .refine(
    accepted((v) => /^[A-Z]/i.test(v) && new Intl.DateTimeFormat('en', { timeZone: v })),
    'must be a time zone such as Europe/Paris',
  )
  .meta({ example: 'Europe/Paris' })
export const currency = z
  .string()
  .refine((v) => Intl.supportedValuesOf('currency').includes(v), 'must be a currency code such as EUR')
  .meta({ example: 'EUR' })

/** A user id as 24 hex digits. One that is well formed and unknown stays unknown. */
export const userIdHex = z
  .string()
  .regex(/^[0-9a-f]{24}$/, 'must be an id of 24 hex digits')
  .transform((v) => fromHex<UserId>(v) as UserId)
  .meta({ example: '507f1f77bcf86cd799439011' })

/**
 * What answers a pending log-in: six digits as text or number (a number has lost its leading zeros), or a recovery code.
 * Spaces, dashes and capitals are how people type.
 */
export const secondFactorCode = z
  .union([z.string().max(64, 'must have at most 64 characters'), z.int().min(0).max(999_999).transform(String)])
  .transform(foldTypedCode)
  .refine((v) => /^(\d{1,6}|[a-z2-9]{16})$/.test(v), 'must be six digits, or a recovery code')
  .transform((v) => (v.length < 6 ? v.padStart(6, '0') : v))
  .meta({
    description: 'From the mail, from the authenticator app, or a recovery code',
    example: '022625',
    documented: { type: 'string', maxLength: 64 },
  })

/** Of an authenticator app. */
export const totpCode = z
  .union([z.string().max(16, 'must have at most 16 characters'), z.int().min(0).max(999_999).transform(String)])
  .transform(foldTypedCode)
  .refine((v) => /^\d{1,6}$/.test(v), 'must be six digits')
  .transform((v) => v.padStart(6, '0'))
  .meta({ description: 'That the authenticator app shows', example: '022625', documented: { type: 'string', maxLength: 16 } })
