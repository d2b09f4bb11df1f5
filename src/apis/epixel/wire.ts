/**
 * Requests, replies and presenters of seed 003 (wire §4). Schemas use the core's atoms and report errors in Django's
 * wording, which clients show to users. Unknown fields are ignored. A blank field is cleared, because forms send empty
 * fields.
 */
import * as z from 'zod'
import type { Ctx } from '../../core/ctx.ts'
import { AppError } from '../../core/errors.ts'
import * as fields from '../../core/fields.ts'
import { avatarUrl } from '../../core/media/avatar-urls.ts'
import type { Choices } from '../../core/profiles/choices.ts'
import { splitPhone } from '../../core/profiles/phone-numbers.ts'
import type { ProvedUpdate, UserRow } from '../../core/profiles/proved-update.ts'
import { foldTypedCode } from '../../core/typed-text.ts'
import { toHex } from '../../ids.ts'

// --- requests --------------------------------------------------------------------------------------------------

export const REQUIRED = 'This field is required.'
export const WRONG_TOKEN = 'Token is not matching.'
export const NOT_AN_IMAGE = 'Upload a valid image. The file you uploaded was either not an image or a corrupted image.'
const PHONE = "Phone number must be entered in the format: '999999999'. Up to 15 digits allowed."

/** An issue with this room's own wording. */
const worded = (message: string) => ({ code: 'custom', message, params: { code: 'worded' } }) as const

/** Text; a JSON number is read as text. */
const typed = z
  .union([z.string(), z.number()])
  .transform((sent) => String(sent).trim())
  .meta({ documented: { type: 'string' } })

/** The core's rule with Django's wording. A blank value clears the field. */
function optional<T>(atom: z.ZodType<T>, refusal: (text: string) => string, example: string) {
  return typed
    .transform((text, judged): T | null => {
      if (text === '') return null
      const result = atom.safeParse(text)
      if (result.success) return result.data
      judged.addIssue(worded(refusal(text)))
      return z.NEVER
    })
    .optional()
    .meta({ example })
}

const nameRefusal = (text: string) =>
  [...text].length > 255 ? 'Ensure this field has no more than 255 characters.' : 'Enter a valid value.'
const name = (example: string) => optional(fields.personName, nameRefusal, example)
const choice = (atom: z.ZodType<string>, example: string) =>
  optional(atom, (text) => `"${[...text].slice(0, 64).join('')}" is not a valid choice.`, example)

const email = z
  .string()
  .transform((sent, judged): fields.Email => {
    const result = fields.email.safeParse(sent.trim())
    if (result.success) return result.data
    judged.addIssue(worded(sent.trim() === '' ? REQUIRED : 'Enter a valid email address.'))
    return z.NEVER
  })
  .meta({ example: 'user@example.com' })

const proof = (description: string, example: string) => optional(z.string(), () => WRONG_TOKEN, example).meta({ description })

export const UpdateProfileBody = z.object({
  first_name: name('John'),
  last_name: name('Doe'),
  email,
  // `toProvedUpdate` checks the format, because a stored number may be sent back.
  phone_number: optional(z.string(), () => PHONE, '447911123456').meta({ description: '9 to 15 digits, with or without a plus' }),
  country_code: choice(fields.country, 'GB'),
  languages: choice(fields.locale, 'en'),
  currencies: choice(fields.currency, 'EUR'),
  timezones: choice(fields.zoneinfo, 'Europe/Paris'),
  token_field: proof('The six-digit code from the mail; only with a new email address', '022625'),
  token_checksum_field: proof('The token_checksum from /user/token-generator', 'q3Z0uTnk1fY8v0m7Wb2c5d8e1f4g7h0i3j6k9l2m5n8'),
})

export const TokenGeneratorBody = z.object({ email })

export const LoginBody = z.object({
  username: z
    .string()
    .min(1, REQUIRED)
    .max(254, 'must have at most 254 characters')
    .meta({ description: 'The user name or email address', example: 'john_doe' }),
  password: fields.typedPassword,
})

export const RefreshBody = z.object({
  refresh: z.string().min(1, REQUIRED).meta({ example: 'q3Z0uTnk1fY8v0m7Wb2c5d8e1f4g7h0i3j6k9l2m5n8' }),
})

/** Core field -> wire field. */
const WIRE_NAMES: Readonly<Record<string, keyof z.output<typeof UpdateProfileBody>>> = {
  givenName: 'first_name',
  familyName: 'last_name',
  phone: 'phone_number',
  phoneCountryCode: 'phone_number',
  country: 'country_code',
  locale: 'languages',
  currency: 'currencies',
  zoneinfo: 'timezones',
  email_code: 'token_field',
  email_token: 'token_checksum_field',
}

export const toWireName = (field: string): string => (Object.hasOwn(WIRE_NAMES, field) ? (WIRE_NAMES[field] ?? field) : field)

/** These may be sent back exactly as shown, even if a rule has changed since. */
export const PROFILE_NAMES = ['first_name', 'last_name', 'country_code', 'languages', 'currencies', 'timezones'] as const

/** The profile as shown, under the names of an update. */
export function toShown(ctx: Presented, user: UserRow): object {
  const { UserProfile, UserLocInfo } = toProfile(ctx, user)
  return { ...UserProfile[0], languages: UserLocInfo.lan, currencies: UserLocInfo.currency, timezones: UserLocInfo.tz }
}

export function toProvedUpdate(body: z.output<typeof UpdateProfileBody>, user: UserRow): ProvedUpdate {
  const { email, token_field: digits, token_checksum_field: token } = body
  const all = {
    givenName: body.first_name,
    familyName: body.last_name,
    country: body.country_code,
    locale: body.languages,
    currency: body.currencies,
    zoneinfo: body.timezones,
    ...phoneOf(body.phone_number, user),
  }
  const sent = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
  // A JSON number has lost its leading zeros, and people type spaces (wire §6.6).
  const proof = { token: token ?? null, digits: (digits && foldTypedCode(digits).padStart(6, '0')) ?? null }
  return { fields: sent, email, proof }
}

/** A stored number may be sent back as it is: other rooms accept shorter ones. */
function phoneOf(phone: string | null | undefined, user: UserRow): ProvedUpdate['fields'] {
  if (phone === undefined || phone === user.phone) return {}
  if (phone === null) return { phone }
  if (!/^\+?\d{9,15}$/.test(phone)) {
    throw AppError.ofFields([{ path: 'phone', code: 'worded', message: PHONE }])
  }
  return phone.startsWith('+') ? splitPhone(phone) : { phone }
}

// --- replies ---------------------------------------------------------------------------------------------------

const ok = <T extends z.ZodType>(data: T) => z.strictObject({ status_code: z.literal(200), errors: z.strictObject({}), data })

export const toReply = <T>(data: T) => ({ status_code: 200 as const, errors: {}, data })

export const ErrorReply = z.strictObject({
  status_code: z.int(),
  errors: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
  data: z.strictObject({}),
})

export const LoginReply = z.strictObject({ refresh: z.string(), access: z.string() })
export const RefreshReply = LoginReply.pick({ access: true })
export const UpdateProfileReply = ok(z.strictObject({}))
export const TokenGeneratorReply = ok(z.strictObject({ token_checksum: z.string() }))
export const ProfileImageReply = ok(z.strictObject({ image_url: z.url() }))

const Profile = z
  .strictObject({
    UserProfile: z.array(
      z.strictObject({
        username: z.string(),
        first_name: z.string(),
        last_name: z.string(),
        email: z.string(),
        phone_code: z.string(),
        phone_number: z.string(),
        country_code: z.string(),
      }),
    ),
    ProfileImage: z.url(),
    UserLocInfo: z.strictObject({ lan: z.string(), tz: z.string(), currency: z.string() }),
  })
  .meta({ id: 'Profile' })
export const ProfileReply = ok(Profile)

const Choice = z.array(z.strictObject({ key: z.string(), name: z.string() }))
export const LocalInfoReply = ok(z.strictObject({ languages: Choice, currencies: Choice, timezones: Choice }))

type Presented = Pick<Ctx, 'config' | 'now'>

/** PNG, which every program can decode. */
const bitmapUrl = (ctx: Presented, avatarKey: string | null) => avatarUrl(ctx, avatarKey, 128)

export const toProfileImage = (ctx: Presented, avatarKey: string) => ({ image_url: bitmapUrl(ctx, avatarKey) ?? '' })

/** Unknown values are empty strings, because clients put them into form fields. */
export function toProfile(ctx: Presented, user: UserRow): z.output<typeof Profile> {
  return {
    UserProfile: [
      {
        username: user.username,
        first_name: user.givenName ?? '',
        last_name: user.familyName ?? '',
        email: user.email ?? '',
        phone_code: user.phoneCountryCode ?? '',
        phone_number: user.phone ?? '',
        country_code: user.countryCode ?? '',
      },
    ],
    // Without a picture: the placeholder in the account's colour, as a bitmap (wire §6.18).
    ProfileImage: bitmapUrl(ctx, user.avatarKey) ?? `${ctx.config.origin}/user/${toHex(user.id)}/profile-picture?format=png`,
    UserLocInfo: { lan: user.locale ?? '', tz: user.zoneinfo ?? '', currency: user.currency ?? '' },
  }
}

export function toLocalInfo({ languages, currencies, timeZones }: Choices) {
  return { languages, currencies, timezones: timeZones }
}
