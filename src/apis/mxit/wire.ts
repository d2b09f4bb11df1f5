/**
 * Mxit's requests (seed 000, wire §1): scopes, ids, login names, and bodies that are JSON strings. Unknown fields are
 * ignored, as Mxit's servers did.
 */
import * as z from 'zod'
import * as fields from '../../core/fields.ts'
import { PAGE_LIMIT_MAX, PAGE_SKIP_MAX } from '../../core/limits.ts'
import type { UserRow } from '../../core/profiles/proved-update.ts'
import { coveredBy, isIdentityScope, isScope, type Scope } from '../../core/scopes.ts'
import type { ContactList } from '../../core/social/contacts.ts'
import type { UserRef } from '../../core/social/visibility.ts'
import { type SentProfile, withoutShown } from '../../http/doubts.ts'
import { type FileId, fromHex, NO_ID } from '../../ids.ts'

// --- scopes (wire §6.1) ----------------------------------------------------------------------------------------

/** Null: a scope of Mxit's that opens nothing here. No scope grants more than Mxit's own routes need (docs/decisions/012). */
const OF_A_PERSON: Readonly<Record<string, readonly Scope[] | null>> = {
  'profile/public': ['delegated:profile:read'],
  'profile/private': ['delegated:profile:read'],
  'profile/write': ['delegated:profile:write'],
  'status/write': ['delegated:profile:status:write'],
  'avatar/write': ['delegated:profile:avatar:write'],
  'content/read': ['delegated:media:read'],
  'content/write': ['delegated:media:write'],
  'content/send': null,
  'graph/read': ['delegated:social:follow:read', 'delegated:social:block:read'],
  'contact/invite': ['delegated:social:follow:request'],
  'contact/recommend': null,
  'message/send': null,
  'message/user': null,
  openid: ['openid'],
}
/** Clients request every scope they know, even for an app's own token; only those that fit an app are granted. */
const OF_AN_APP: typeof OF_A_PERSON = {
  ...Object.fromEntries(Object.keys(OF_A_PERSON).map((name) => [name, null])),
  'profile/public': ['client:profile:read'],
}
export type TokenFor = 'app' | 'person'

const tableOf = (whom: TokenFor) => (whom === 'app' ? OF_AN_APP : OF_A_PERSON)

/**
 * Translates a list of scopes to the core's names. Scopes that open nothing here are dropped (RFC 6749 §3.3 allows it;
 * the reply lists what was granted). A list with no other scopes stays as it is and is refused: an empty list would
 * request everything.
 */
export function toCoreScope<Text extends string | undefined>(text: Text, whom: TokenFor): Text | string {
  const names = (text ?? '').split(/[\s,]+/).filter(Boolean)
  const table = tableOf(whom)
  const scopes = names.flatMap((name): readonly string[] => (Object.hasOwn(table, name) ? (table[name] ?? []) : [name]))
  return scopes.length === 0 ? text : [...new Set(scopes)].join(' ')
}

/** Translates granted scopes to Mxit's names, keeping the others. Depends on the grant alone. */
export function toMxitScope(granted: readonly string[], whom: TokenFor): string {
  const own = granted.filter(isScope)
  const known = Object.entries(tableOf(whom)).flatMap(([name, scopes]) => (scopes ? [{ name, scopes }] : []))
  const holds = (scope: Scope) => (isIdentityScope(scope) ? own.includes(scope) : coveredBy(own, scope))
  const named = known.filter(({ scopes }) => scopes.every(holds)).map(({ name }) => name)
  const translated: readonly string[] = known.flatMap(({ scopes }) => scopes)
  return [...named, ...granted.filter((scope) => !translated.includes(scope))].join(' ')
}

// --- people and files ------------------------------------------------------------------------------------------

export const toMxitId = (id: number) => `m${id}`

/** A login name or a `UserId`; no login name looks like one. Anything else is invalid. */
const person = z
  .string()
  .regex(/^\w{1,64}$/, 'must be a login name, or a UserId such as m41544805002')
  .transform((v): UserRef => {
    const digits = /^m(\d+)$/i.exec(v)?.[1]
    if (digits === undefined) return fields.usernameKey(v)
    return (Number.isSafeInteger(Number(digits)) ? Number(digits) : NO_ID) as UserRef
  })
  .meta({ description: 'A login name or a UserId', example: 'john_doe' })
export const PersonParams = z.object({ person })

/** A file id as a GUID: 32 hex digits, padded with zeros. */
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export function toFileId(id: FileId): string {
  return id
    .toString(16)
    .padStart(32, '0')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

export const FileParams = z.object({
  name: z
    .string()
    .toLowerCase()
    .regex(GUID, 'must be a FileId')
    .transform((v) => (v.startsWith('00000000-') ? (fromHex(v.slice(8).replaceAll('-', '')) as FileId) : (NO_ID as FileId)))
    .meta({ description: 'A FileId', example: '00000000-0000-0000-001a-2b3c4d5e6f70' }),
})
/** Called `name` because OpenAPI treats `/file/{folder}` and `/file/{file}` as the same path. `folder-names.ts` finds the folder. */
export const FolderParams = z.object({ name: fields.folderName.meta({ example: 'Holidays' }) })

export const UploadQuery = z.object({
  fileName: fields.fileName,
  preventShare: z
    .enum(['true', 'false'])
    .default('false')
    .transform((v) => v === 'true')
    .meta({
      description: 'Stored and shown: asks apps not to offer sharing of the file',
      example: 'false',
      documented: { type: 'boolean', default: false, example: false },
    }),
  mimeType: z.string().max(127).optional().meta({ description: 'Deprecated: use Content-Type', example: 'image/png' }),
})

const whole = (min: number, max: number, fallback: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .transform(Number)
    .refine((v) => v >= min && v <= max, `must be ${min} to ${max}`)
    .default(fallback)
    .meta({ example: '20', documented: { type: 'integer', minimum: min, maximum: max, default: fallback, example: max < 20 ? max : 20 } })
export const ListQuery = z.object({ skip: whole(0, PAGE_SKIP_MAX, 0), count: whole(1, PAGE_LIMIT_MAX, PAGE_LIMIT_MAX) })

/** Null: Kith has no contacts of this kind. */
const FILTERS: Readonly<Record<string, ContactList | null>> = {
  '@All': 'all',
  '@Friends': 'mutual',
  '@Apps': null,
  '@Invites': 'requesting',
  '@Connections': 'following',
  '@Rejected': null,
  '@Pending': 'requested',
  '@Deleted': null,
  '@Blocked': 'blocked',
}
export const ContactsQuery = ListQuery.extend({
  filter: z
    .enum(Object.keys(FILTERS), `must be one of ${Object.keys(FILTERS).join(' ')}`)
    .default('@Connections')
    .transform((v) => FILTERS[v] ?? null)
    .meta({ example: '@Friends' }),
})

// --- bodies ----------------------------------------------------------------------------------------------------

/** A bare JSON string. */
export const StatusBody = z
  .string()
  .transform((v) => (v === '' ? null : v))
  .pipe(z.union([z.null(), fields.statusMessage]))
  .meta({ description: 'A JSON string; an empty one removes the message', example: 'test status' })
export const FolderNameBody = fields.folderName.meta({ example: 'Other' })
export const FileNameBody = fields.fileName.meta({ example: 'Other.jpg' })

/** `""` clears a field. Null counts as omitted: clients send it for values they do not know. */
const unsaid = z.null().transform(() => undefined)
const text = (atom: z.ZodType<string>) => z.union([unsaid, z.literal('').transform(() => null), atom]).optional()
const number = (max: number) =>
  z.union([unsaid, z.literal(Array.from({ length: max + 1 }, (_, i) => i))], `must be a whole number from 0 to ${max}`).optional()

export const GENDERS = ['female', 'male'] as const

/** `/Date(ms+hhmm)/`: a moment and a UTC offset, which together give the day. */
const WCF_DATE = /^\/Date\((-?\d{1,15})([+-])(\d\d)(\d\d)\)\/$/

const momentOf = (text: unknown) => WCF_DATE.exec(String(text))?.[1]

function dayOf(text: string): string {
  const [, moment, sign, hours, minutes] = WCF_DATE.exec(text) ?? []
  if (moment === undefined) return text.replace(/T00:00:00(\.0+)?Z?$/, '')
  const offset = Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes)) * 60_000
  const day = new Date(Number(moment) + offset)
  return Number.isNaN(day.getTime()) ? text : day.toISOString().slice(0, 10)
}

const dateOfBirth = z
  .string()
  .transform((text, judged) => {
    const day = fields.birthdate.safeParse(dayOf(text))
    if (day.success) return { day: day.data, moment: momentOf(text) }
    judged.addIssue(day.error.issues[0]?.message ?? 'must be a date')
    return z.NEVER
  })
  .meta({ description: 'A WCF date, or one such as 2000-05-01', example: '/Date(957139200000+0000)/' })

export const ProfileBody = z.object({
  AboutMe: text(fields.about),
  DisplayName: text(fields.displayName),
  Email: z.union([unsaid, z.literal('').transform(() => undefined), fields.email]).optional(),
  FirstName: text(fields.personName),
  Gender: number(1).meta({ description: '0 female, 1 male', example: 1 }),
  LastName: text(fields.personName),
  MobileNumber: text(fields.phone),
  DateOfBirth: z.union([unsaid, z.literal('').transform(() => null), dateOfBirth]).optional(),
  RegisteredCountryCode: text(fields.country),
  UserId: z.unknown().optional().meta({ description: 'Sent with a profile as it was read: an unchanged Gender is then ignored' }),
  RelationshipStatus: number(fields.RELATIONSHIP_STATUSES.length).meta({ description: '0 undefined to 9 divorced', example: 2 }),
  Title: text(fields.title),
  WhereAmI: text(fields.whereAmI),
})

type Body = z.output<typeof ProfileBody>
type Shown = { readonly [name: string]: unknown }

/** These are ignored when sent back as shown. An address is changed separately. */
export const PROFILE_NAMES = Object.keys(ProfileBody.omit({ Email: true, Gender: true, UserId: true }).shape)

/** `shown`: the current profile, because programs send all of it back with one change in it. */
function toFields(body: Body, shown: Shown | null): Record<string, string | null> {
  const { Gender, RelationshipStatus } = body
  const isUnsaid = body.UserId !== undefined && Gender === shown?.Gender
  const sent = {
    about: body.AboutMe,
    displayName: body.DisplayName,
    givenName: body.FirstName,
    gender: Gender === undefined || isUnsaid ? undefined : (GENDERS[Gender] ?? null),
    familyName: body.LastName,
    phone: body.MobileNumber,
    birthdate: birthdateOf(body, shown),
    country: body.RegisteredCountryCode,
    relationshipStatus: RelationshipStatus === undefined ? undefined : (fields.RELATIONSHIP_STATUSES[RelationshipStatus - 1] ?? null),
    title: body.Title,
    whereAmI: body.WhereAmI,
  }
  return Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== undefined)) as Record<string, string | null>
}

/** The moment as shown is no change, whatever its offset. */
function birthdateOf({ DateOfBirth }: Body, shown: Shown | null): string | null | undefined {
  if (!DateOfBirth) return DateOfBirth
  return DateOfBirth.moment !== undefined && DateOfBirth.moment === momentOf(shown?.DateOfBirth) ? undefined : DateOfBirth.day
}

export function toProfileUpdate(body: Body, sent: SentProfile | undefined, show: (user: UserRow) => Shown) {
  const unsaid = { username: null, password: null, currentPassword: null }
  const fields = (user: UserRow | null) => {
    const shown = user && show(user)
    return toFields(withoutShown(body, sent, shown), shown)
  }
  return { ...unsaid, fields, email: body.Email ?? null, phoneMayStandAlone: true, mayMarkedAppProve: true }
}
