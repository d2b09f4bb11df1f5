/**
 * Mxit's objects, in the JSON of its servers (WCF; wire §1.1): Pascal-case names, enumerations as numbers, dates as
 * `\/Date(ms+0000)\/`. Its typed clients break on null where they expect a number or a date, so missing text is empty,
 * a missing number is 0, and a missing date is a date since 1970, because some clients reject negative ones.
 */
import * as z from 'zod'
import { RELATIONSHIP_STATUSES } from '../../core/fields.ts'
import type { MediaFile } from '../../core/media/files.ts'
import type { Folder } from '../../core/media/folders.ts'
import { AVAILABILITIES, MOODS, statusOf } from '../../core/profiles/status.ts'
import type { ContactState } from '../../core/social/contacts.ts'
import type { SeenUser } from '../../core/social/visibility.ts'
import { GENDERS, toFileId, toMxitId } from './wire.ts'

/** WCF escapes every slash, which tells dates from text that looks like one. */
export function toWcfJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('/', '\\/')
}

const toDate = (ms: number | null | undefined) => `/Date(${ms ?? 0}+0000)/`

/** The name shown to other users. */
export function toDisplayName({ displayName, nickname, givenName, familyName, username }: SeenUser): string {
  return displayName ?? nickname ?? ([givenName, familyName].filter(Boolean).join(' ') || username)
}

export function toStatusMessage(user: SeenUser, now: number): string {
  return statusOf(user, now).statusMessage ?? ''
}

function toState(user: SeenUser, now: number) {
  const { availability, mood, updatedAt, statusMessage } = statusOf(user, now)
  return {
    Availability: AVAILABILITIES.indexOf(availability ?? 'disconnected'),
    IsOnline: availability !== null && availability !== 'disconnected',
    LastModified: toDate(updatedAt),
    LastOnline: toDate(user.lastSeenAt),
    Mood: MOODS.indexOf(mood ?? 'none'),
    StatusMessage: statusMessage ?? '',
  }
}

function toHead(user: SeenUser, now: number) {
  return {
    DisplayName: toDisplayName(user),
    AvatarId: user.avatarKey?.split('/')[0] ?? '',
    State: toState(user, now),
    UserId: toMxitId(user.id),
  }
}

export function toBasicProfile(user: SeenUser, now: number) {
  const gender = (GENDERS as readonly (string | undefined)[]).indexOf(user.gender?.toLowerCase())
  return {
    ...toHead(user, now),
    AboutMe: user.about ?? '',
    Age: ageOf(user.birthDate, now),
    FirstName: user.givenName ?? '',
    // Mxit knows only 0 and 1.
    Gender: Math.max(gender, 0),
    LanguageCode: user.locale?.split(/[-_]/)[0] ?? '',
    LastKnownCountryCode: user.countryCode ?? '',
    LastName: user.familyName ?? '',
    NetworkOperatorCode: '',
    RegisteredCountryCode: user.countryCode ?? '',
    RegistrationDate: toDate(user.createdAt),
    StatusMessage: toStatusMessage(user, now),
    Title: user.title ?? '',
  }
}

export function toFullProfile(user: SeenUser, now: number) {
  const birth = Date.parse(user.birthDate ?? '')
  return {
    ...toBasicProfile(user, now),
    CurrentCultureName: user.locale ?? '',
    // Clients require a date of birth, and one since 1970.
    DateOfBirth: toDate(Number.isNaN(birth) ? user.createdAt : birth),
    Email: user.email ?? '',
    MobileNumber: user.phone ?? '',
    RelationshipStatus: (RELATIONSHIP_STATUSES as readonly (string | null)[]).indexOf(user.relationshipStatus) + 1,
    WhereAmI: user.whereAmI ?? '',
  }
}

/** Age in years; 0 if unknown. A 16-bit number in Mxit. */
function ageOf(birthDate: string | null, now: number): number {
  const today = new Date(now).toISOString().slice(0, 10)
  if (!birthDate || birthDate > today) return 0
  const years = Number(today.slice(0, 4)) - Number(birthDate.slice(0, 4)) - (today.slice(5) < birthDate.slice(5) ? 1 : 0)
  return Number.isNaN(years) ? 0 : Math.min(years, 32_767)
}

/** Character codes, as in the original's enumeration: B friends, P invite sent, A invite received, N unknown. */
const SUBSCRIPTION_TYPES = { following: 66, requested: 80, requesting: 65, blocked: 78, none: 78 } as const

export function toContact(user: SeenUser, state: ContactState | 'none', now: number) {
  return { ...toHead(user, now), Blocked: state === 'blocked', Group: '', ContactType: 0, SubscriptionType: SUBSCRIPTION_TYPES[state] }
}

export function toFolder({ name, fileCount, updatedAt }: Folder) {
  return { FolderName: name, ItemCount: fileCount, LastModified: toDate(updatedAt) }
}

export function toFile({ id, name, contentType, size, preventShare, updatedAt }: MediaFile) {
  return {
    FileId: toFileId(id),
    FileName: name,
    MimeType: contentType,
    FileSize: size,
    PreventShare: preventShare === 1,
    LastModified: toDate(updatedAt),
  }
}

// --- examples --------------------------------------------------------------------------------------------------

const AT = 1_767_225_600_000
const JOHN = {
  id: 41_544_805_002,
  username: 'john_doe',
  displayName: 'Johnny',
  givenName: 'John',
  familyName: 'Doe',
  gender: 'male',
  birthDate: '2000-05-01',
  email: 'john@example.com',
  phone: '0821234567',
  locale: 'en-ZA',
  relationshipStatus: 'single',
  createdAt: AT,
  statusMessage: 'test status',
  statusUpdatedAt: AT,
  availability: 1,
} as SeenUser
const FILE = { id: 7_366_040_272_797_296, name: 'Holiday.jpg', contentType: 'image/jpeg', size: 65_536, preventShare: 0, updatedAt: AT }

export const EXAMPLES = {
  basicProfile: toBasicProfile(JOHN, AT),
  fullProfile: toFullProfile(JOHN, AT),
  contact: toContact(JOHN, 'following', AT),
  folder: toFolder({ id: null, name: 'Default', fileCount: 3, createdAt: null, updatedAt: AT }),
  file: toFile(FILE as MediaFile),
}

/** A schema derived from an example: its property names, with the types of the values. */
export function formOf(example: unknown): z.ZodType {
  if (Array.isArray(example)) return z.array(formOf(example[0]))
  if (typeof example === 'number') return z.int()
  if (typeof example !== 'object' || example === null) return typeof example === 'boolean' ? z.boolean() : z.string()
  return z.strictObject(Object.fromEntries(Object.entries(example).map(([name, value]) => [name, formOf(value)])))
}
