/**
 * The columns of a user: who may see each (design §5, wire §6.11), what it is, and its description in a person's export. A
 * column without a description is not exported. The purge empties a column according to what it is (`EMPTY_USER`).
 */
import type { UserRow } from '../../store/db/users.ts'
import { AVAILABILITIES, MOODS } from './status.ts'

/** How close a viewer is. Each sees what those below see: owner (self, admin) > insider (may see the account) > outsider. */
export type Audience = 'owner' | 'insider' | 'outsider'

/** `?`: may be null. A list: the column holds a position in it, or null. */
type Kind<Value> = null extends Value ? 'text?' | 'time?' | 'json?' | readonly string[] : 'id' | 'text' | 'time' | 'count' | 'flag'
type Field<Value> = readonly [Audience | 'nobody', Kind<Value>?] | readonly [Audience, Kind<Value>, string]

export const USER_FIELDS = {
  id: ['outsider', 'id', 'Id of the account'],
  username: ['outsider', 'text', 'User name'],
  email: ['owner', 'text?', 'Email address'],
  emailVerifiedAt: ['owner', 'time?', 'When the address was verified'],
  phoneCountryCode: ['owner', 'text?', 'Country code of the phone number'],
  phone: ['owner', 'text?', 'Phone number'],
  givenName: ['outsider', 'text?', 'Given name'],
  middleName: ['outsider', 'text?', 'Middle name'],
  familyName: ['outsider', 'text?', 'Family name'],
  displayName: ['outsider', 'text?', 'Display name'],
  nickname: ['outsider', 'text?', 'Nickname'],
  title: ['insider', 'text?', 'Title'],
  gender: ['insider', 'text?', 'Gender'],
  pronouns: ['insider', 'text?', 'Pronouns'],
  birthDate: ['owner', 'text?', 'Date of birth'],
  relationshipStatus: ['insider', 'text?', 'Relationship status'],
  countryCode: ['insider', 'text?', 'Country code (ISO 3166-1)'],
  whereAmI: ['insider', 'text?', 'Where you are, in your own words'],
  about: ['insider', 'text?', 'Your description of yourself'],
  bio: ['insider', 'text?', 'Biography'],
  designation: ['insider', 'text?', 'Profession'],
  organization: ['insider', 'text?', 'Organization'],
  customLink: ['insider', 'text?', 'Link on your profile'],
  profileUrl: ['outsider', 'text?', 'A picture elsewhere, set by an app'],
  statusMessage: ['insider', 'text?', 'Status message'],
  availability: ['insider', AVAILABILITIES, 'Availability'],
  mood: ['insider', MOODS, 'Mood'],
  statusUpdatedAt: ['insider', 'time?', 'When the status was set'],
  statusExpiresAt: ['insider', 'time?', 'When the status ends'],
  locale: ['owner', 'text?', 'Preferred language'],
  zoneinfo: ['owner', 'text?', 'Time zone'],
  currency: ['owner', 'text?', 'Preferred currency'],
  isPrivate: ['outsider', 'flag', 'Whether people need your permission to follow you'],
  followerCount: ['outsider', 'count', 'Number of followers'],
  followingCount: ['outsider', 'count', 'Number of people you follow'],
  requestCount: ['owner', 'count', 'Number of pending requests to follow you'],
  role: ['insider', 'text', 'Your role in this service'],
  verifiedAt: ['insider', 'time?', 'When your identity was verified'],
  subscriptionTier: ['insider', 'text?', 'Subscription'],
  subscriptionExpiresAt: ['insider', 'time?', 'When the subscription ends'],
  bannedAt: ['owner', 'time?', 'When the account was banned'],
  bannedUntil: ['owner', 'time?', 'When the ban ends or ended'],
  bannedReason: ['owner', 'text?', 'Reason for the ban'],
  restrictedAt: ['owner', 'time?', 'When the account was restricted'],
  restrictedUntil: ['owner', 'time?', 'When the restriction ends or ended'],
  restrictedReason: ['owner', 'text?', 'Reason for the restriction'],
  customData: ['owner', 'json?', 'Data that apps have stored with your account'],
  lastSeenAt: ['owner', 'time?', 'When you last used the account'],
  termsVersion: ['owner', 'text?', 'Version of the terms that you accepted'],
  termsAcceptedAt: ['owner', 'time?', 'When you accepted the terms'],
  createdAt: ['owner', 'time', 'When the account was created'],
  updatedAt: ['owner', 'time', 'When the profile last changed'],
  avatarKey: ['outsider'],
  deletedAt: ['owner'],
  usernameKey: ['nobody'],
  emailKey: ['nobody'],
  deletedReason: ['nobody'],
  epoch: ['nobody'],
  activeDay: ['nobody'],
} as const satisfies { readonly [Name in keyof UserRow]: Field<UserRow[Name]> }

const EMPTY: Readonly<Record<string, 0 | ''>> = { count: 0, flag: 0, time: 0, text: '' }

/** What each column holds once it says nothing about anybody. */
export const EMPTY_USER = Object.fromEntries(
  Object.entries(USER_FIELDS).map(([name, [, kind]]) => [name, EMPTY[String(kind)] ?? null]),
) as Readonly<Record<keyof UserRow, 0 | '' | null>>
