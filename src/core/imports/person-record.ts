/**
 * What an import reads of a person and of an edge between two: one JSON object each, a line of a file or an item of the admin
 * API. Readers of other systems' exports make such records, and the operator's export writes them. The fields are those of a
 * profile, under the core's names and rules.
 */
import * as z from 'zod'
import { fromHex, NO_ID, timeOf, type UserId } from '../../ids.ts'
import { customData, reason, roleId, subscriptionTier } from '../admin/fields.ts'
import * as fields from '../fields.ts'
import { BODY_DEPTH_MAX, DAY_MS } from '../limits.ts'
import { text } from '../texts.ts'

/** A clock elsewhere may be ahead, and a date alone begins first at UTC+14. */
const AHEAD_MS = DAY_MS
const TIME = 'must be a time such as 2020-05-01T12:00:00Z'

const time = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()], TIME)
  .transform((v) => Date.parse(v))
  .refine((v) => v >= 0, 'must not be before 1970')
  .meta({ format: 'date-time', example: '2020-05-01T12:00:00Z' })
const pastTime = time.refine((v) => v <= Date.now() + AHEAD_MS, 'must not be in the future')

/** A fact, with or without when it came about. */
const sinceWhen = z.union([z.boolean(), pastTime], `must be true, false, or the time since when: ${TIME}`)

const sanction = z.strictObject({ reason: optional(reason), since: optional(pastTime), until: optional(time) })

/** More accounts at other providers than a person has. */
const IDENTITIES_MAX = 20

/** An account at another provider, by which the person signs in here, too. */
const identity = z.strictObject({
  issuer: z
    .string()
    .max(512, 'must have at most 512 characters')
    .refine((v) => URL.canParse(v) && v.startsWith('https://'), 'must be an https URL')
    .meta({ description: "The provider's issuer, as its ID tokens have it", example: 'https://accounts.google.com' }),
  subject: text({ max: 255, asIs: true }).meta({ description: 'The id of the person there', example: '110169484474386276334' }),
  /** The address or name there. */
  label: optional(text({ max: 255 })),
})

/** An edge refers to a person by this, or by `@` and a user name. */
const externalId = fields.externalId
  .refine((v) => !v.startsWith('@'), 'must not begin with @')
  .meta({ description: 'The id of the person in the system that they come from', example: 'auth0|507f1f77bcf86cd799439011' })

const id = z
  .string()
  .transform((v) => fromHex<UserId>(v))
  .refine(
    (v) => v !== null && v !== NO_ID && timeOf(v) <= Date.now() + AHEAD_MS,
    'must be an id of Kith: 24 hex digits. The id in another system is externalId',
  )
  .transform((v) => v as UserId)
  .meta({ description: 'The id in Kith, of an export of Kith. Only the operator may give it', example: '00000000000000c13d5fe000' })

/** Null is the same as nothing: exports write both. */
function optional<S extends z.ZodType>(schema: S) {
  return schema.nullish().transform((v) => v ?? null)
}

export const personRecord = z.strictObject({
  id: optional(id),
  externalId: optional(externalId),
  /** Any text: one that breaks Kith's rules, or is taken, is replaced by a proposal. */
  username: optional(z.string().max(190, 'must have at most 190 characters').meta({ example: 'john_doe' })),
  email: optional(fields.email),
  emailVerified: sinceWhen.nullish().transform((v) => v ?? true),
  givenName: optional(fields.personName),
  middleName: optional(fields.personName),
  familyName: optional(fields.personName),
  displayName: optional(fields.displayName),
  nickname: optional(fields.displayName),
  title: optional(fields.title),
  about: optional(fields.about),
  bio: optional(fields.bio),
  gender: optional(fields.gender),
  pronouns: optional(fields.pronouns),
  birthDate: optional(fields.birthdate),
  relationshipStatus: optional(z.enum(fields.RELATIONSHIP_STATUSES, `must be one of ${fields.RELATIONSHIP_STATUSES.join(', ')}`)),
  designation: optional(fields.designation),
  organization: optional(fields.organization),
  phoneCountryCode: optional(fields.phoneCountryCode),
  phone: optional(fields.phone),
  countryCode: optional(fields.country),
  whereAmI: optional(fields.whereAmI),
  customLink: optional(fields.customLink),
  profileUrl: optional(fields.profileUrl),
  locale: optional(fields.locale),
  zoneinfo: optional(fields.zoneinfo),
  currency: optional(fields.currency),
  isPrivate: z
    .boolean()
    .nullish()
    .transform((v) => v ?? false),
  customData: optional(customData),
  role: optional(roleId),
  subscription: optional(z.strictObject({ tier: subscriptionTier, expiresAt: optional(time) })),
  terms: optional(z.strictObject({ version: text({ max: 64 }), acceptedAt: pastTime })),
  /** The operator's mark of a person whose identity is verified. */
  verified: sinceWhen.nullish().transform((v) => v ?? false),
  banned: optional(sanction),
  restricted: optional(sanction),
  /** One of each provider. One that signs in somebody else here stays theirs. */
  identities: z
    .array(identity)
    .max(IDENTITIES_MAX, `must have at most ${IDENTITIES_MAX} accounts`)
    .nullish()
    .transform((v) => v ?? []),
  createdAt: optional(pastTime),
  updatedAt: optional(pastTime),
  lastSeenAt: optional(pastTime),
  /** Fetched later, and kept as an avatar. */
  picture: optional(fields.profileUrl),
  /** In the notation of `accounts/foreign-hashes`, or Kith's own. */
  passwordHash: optional(
    z.string().min(1, 'must not be empty').max(1024, 'must have at most 1024 characters').meta({ example: '$2b$10$...' }),
  ),
})

/** A record as it is written. */
export type PersonRecord = z.input<typeof personRecord>
/** The same once it is read: every field, absent ones as null. */
export type ReadPerson = z.output<typeof personRecord>

/** Who an edge is from or to. */
const end = z
  .string()
  .min(1, 'must be an external id, or @ and a user name')
  .max(191, 'must have at most 191 characters')
  .meta({ description: 'An external id, or @ and a user name', example: '@john_doe' })

export const edgeRecord = z.strictObject({
  type: z.enum(['follow', 'block'], 'must be follow or block'),
  from: end,
  to: end,
  /** Of a follow. By default whether the account is public: a private one is asked. */
  approved: optional(z.boolean()),
  createdAt: optional(pastTime),
})

export type EdgeRecord = z.input<typeof edgeRecord>
export type ReadEdge = z.output<typeof edgeRecord>

export interface RecordRefusal {
  /** Its path with dots; empty if the record as a whole is wrong. */
  readonly field: string
  readonly message: string
}

/** As deep as a request may be, whose record it may become. */
const DEPTH_MAX = BODY_DEPTH_MAX - 2

/** Whether everything in the record may be in a request. */
function isWellFormed(value: unknown, depth = 0): boolean {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0')
  if (typeof value !== 'object' || value === null) return true
  if (depth >= DEPTH_MAX) return false
  return Object.entries(value).every(([key, item]) => key !== '__proto__' && isWellFormed(key) && isWellFormed(item, depth + 1))
}

/** A record as the schema reads it, or what is wrong with it first. */
export function readRecord<S extends z.ZodType>(schema: S, value: unknown): { read: z.output<S> } | { refusal: RecordRefusal } {
  if (!isWellFormed(value)) return { refusal: { field: '', message: 'must be well-formed text without NUL, and not nested deeply' } }
  const result = schema.safeParse(value)
  if (result.success) return { read: result.data }
  const [issue] = result.error.issues
  return { refusal: issue ? toRefusal(issue) : { field: '', message: 'is not a record' } }
}

/** An unknown field's name is the file's text. */
const NAME_LENGTH_MAX = 64

function toRefusal(issue: z.core.$ZodIssue): RecordRefusal {
  const [unknown] = issue.code === 'unrecognized_keys' ? issue.keys : []
  const path = unknown === undefined ? issue.path : [...issue.path, unknown.slice(0, NAME_LENGTH_MAX)]
  const field = path.join('.')
  if (unknown !== undefined) return { field, message: 'is not a known field' }
  return { field, message: issue.message }
}
