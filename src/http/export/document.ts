/**
 * The document of an export, from the core's rows: each schema is the list of what is told, the form in which it is told,
 * and its description. What no schema names stays out.
 */
import * as z from 'zod'
import { AVAILABILITIES, MOODS } from '../../core/profiles/status.ts'
import type { SeenUser } from '../../core/social/visibility.ts'
import { toHex } from '../../ids.ts'

/** A field that is stored otherwise than it is told. */
const told = <Stored, Told extends z.ZodType>(isStored: (value: unknown) => value is Stored, tell: (stored: Stored) => unknown, as: Told) =>
  z.preprocess((value) => (isStored(value) ? tell(value) : value), as)
const isNumber = (value: unknown) => typeof value === 'number'
const isString = (value: unknown) => typeof value === 'string'

const id = told(isNumber, toHex, z.string())
const at = told(isNumber, (ms) => new Date(ms).toISOString(), z.iso.datetime())
const flag = told(isNumber, (stored) => stored === 1, z.boolean())
const json = told(isString, JSON.parse, z.record(z.string(), z.unknown()))
const words = told(isString, (stored) => stored.split(' '), z.array(z.string()))
const oneOf = <const Words extends readonly string[]>(list: Words) =>
  told(isNumber, (stored) => list[stored] ?? null, z.enum(list).nullable())

const text = (description: string) => z.string().nullable().describe(description)
const time = (description: string) => at.nullable().describe(description)
const count = (description: string) => z.int().describe(description)
const idOf = (whose: string) => id.describe(`Id of the ${whose}`)

const profile = {
  id: idOf('account'),
  username: z.string().describe('User name'),
  email: text('E-mail address'),
  emailVerifiedAt: time('When the address was verified'),
  phoneCountryCode: text('Country code of the phone number'),
  phone: text('Phone number'),
  givenName: text('Given name'),
  middleName: text('Middle name'),
  familyName: text('Family name'),
  displayName: text('Name as apps show it'),
  nickname: text('Nickname'),
  title: text('Title'),
  gender: text('Gender'),
  pronouns: text('Pronouns'),
  birthDate: text('Date of birth'),
  relationshipStatus: text('Relationship status'),
  countryCode: text('Country, as two letters (ISO 3166-1)'),
  whereAmI: text('Whereabouts, in your own words'),
  about: text('What you say about yourself'),
  bio: text('Biography'),
  designation: text('Profession'),
  organization: text('Organization'),
  customLink: text('Link on your profile'),
  profileUrl: text('Picture elsewhere, as an app has set it'),
  pictureUrl: text('Where your picture can be downloaded'),
  statusMessage: text('Status message'),
  availability: oneOf(AVAILABILITIES).describe('Availability'),
  mood: oneOf(MOODS).describe('Mood'),
  statusUpdatedAt: time('When the status was set'),
  statusExpiresAt: time('When the status ends'),
  locale: text('Preferred language'),
  zoneinfo: text('Time zone'),
  currency: text('Preferred currency'),
  isPrivate: flag.describe('Whether people have to ask before they follow you'),
  followerCount: count('Number of followers'),
  followingCount: count('Number of people you follow'),
  requestCount: count('Number of people who ask to follow you'),
  role: z.string().describe('What your account may do here'),
  verifiedAt: time('When your identity was verified'),
  subscriptionTier: text('Subscription'),
  subscriptionExpiresAt: time('When the subscription ends'),
  bannedAt: time('When the account was banned'),
  bannedUntil: time('When that ban ends, or ended'),
  bannedReason: text('Why it was banned'),
  restrictedAt: time('When the account was restricted'),
  restrictedUntil: time('When that restriction ends, or ended'),
  restrictedReason: text('Why it was restricted'),
  customData: json.nullable().describe('What apps have stored with your account'),
  lastSeenAt: time('When you were last here'),
  createdAt: at.describe('When the account was created'),
  updatedAt: at.describe('When the profile last changed'),
} satisfies Record<Exclude<keyof SeenUser, 'audience' | 'avatarKey' | 'deletedAt'> | 'pictureUrl', z.ZodType>

const person = { id: idOf('person'), username: z.string().describe('Their user name') }

export const Profile = z.object(profile)

export const SignIn = z.object({
  secondFactors: z.array(
    z.object({ kind: z.string().describe('totp: an authenticator app; email: mailed codes'), createdAt: at.describe('Since when') }),
  ),
  unusedRecoveryCodes: count('Recovery codes that are left'),
  knownNetworks: z.array(z.object({ expiresAt: at.describe('Until when a network is known that you have signed in from') })),
})

export const ConnectedApp = z.object({
  clientId: z.string().describe('Id of the app'),
  name: z.string().describe('Name of the app'),
  scopes: z.array(z.object({ scope: z.string().describe('What the app may do'), description: z.string().describe('The same in words') })),
  connectedAt: at.describe('Since when'),
  lastUsedAt: time('When the app was last here; null: it is not signed in'),
  liveSessions: count('How often the app is signed in'),
})

export const Session = z.object({
  id: idOf('session'),
  current: z.boolean().describe('Whether this export was requested with it'),
  clientId: text('App that is signed in; null: a browser'),
  clientName: text('Name of the app'),
  scope: words.describe('What the session may do'),
  amr: words.describe('How you signed in (RFC 8176)'),
  userAgent: text('Browser, as it calls itself'),
  place: text('Where it was used from'),
  createdAt: at.describe('When it began'),
  authenticatedAt: at.describe('When you last signed in with it'),
  lastUsedAt: at.describe('When it was last used, within 15 minutes'),
  expiresAt: at.describe('When it ends'),
})

export const AuditEvent = z.object({
  id: idOf('event'),
  type: z.string().describe('What happened'),
  createdAt: at.describe('When'),
  userAgent: text('With which browser or program'),
  place: text('From where'),
  clientId: text('Through which app'),
  byAdmin: z.boolean().describe('Whether an administrator did it'),
  detail: text('Details'),
})

export const Invitation = z.object({
  invitedBy: z.object(person).nullable().describe('Who invited you'),
  codes: z.array(
    z.object({
      code: z.string().describe('Code to give away'),
      createdAt: at.describe('When it was made'),
      usedBy: id.nullable().describe('Id of the account that was created with it'),
    }),
  ),
})

export const PushDevice = z.object({
  deviceType: z.string().describe('Kind of device'),
  osVersion: text('Its system'),
  updatedAt: at.describe('When it was last registered for notifications'),
})

export const ExternalIdentity = z.object({
  externalId: z.string().describe('What the program that created your account calls you'),
  metadata: json.describe('What it has stored with that'),
  createdAt: at.describe('Since when'),
})

export const Folder = z.object({
  id: id.nullable().describe('Id of the folder; null: Default'),
  name: z.string().describe('Name of the folder'),
  createdAt: time('When it was created'),
  updatedAt: time('When it last changed'),
})

export const MediaFile = z.object({
  id: idOf('file'),
  name: z.string().describe('Name of the file'),
  folderId: id.nullable().describe('Id of its folder; null: Default'),
  contentType: z.string().describe('Media type'),
  size: count('Bytes'),
  sha256: z.string().describe('SHA-256 of its bytes, in hex'),
  origin: z.string().describe('user: you have uploaded it; system: an app has made it for you'),
  preventShare: flag.describe('Whether apps are asked not to offer sharing it'),
  url: z.string().describe('Where you can download it while you are signed in'),
  createdAt: at.describe('When it was uploaded'),
  updatedAt: at.describe('When it last changed'),
})

const dated = (since: string) => z.object({ ...person, createdAt: at.describe(since) })
export const Person = dated('Since when')

export const AccountExport = z
  .object({
    about: z.object({
      madeAt: at.describe('When this copy was made'),
      fields: z.record(z.string(), z.string()).describe('What each field means'),
    }),
    profile: Profile,
    signIn: SignIn,
    invitation: Invitation,
    connectedApps: z.array(ConnectedApp).describe('Apps that you have let in or are signed in with'),
    pushDevices: z.array(PushDevice).describe('Devices that apps may notify'),
    externalIdentities: z.array(ExternalIdentity).describe('Who you are to programs that create accounts'),
    folders: z.array(Folder).describe('Folders of your files'),
    sessions: z.array(Session).describe('Where you are signed in'),
    files: z.array(MediaFile).describe('Your files: what they are, and where to download them'),
    blocks: z.array(Person).describe('People you block'),
    requested: z.array(Person).describe('People you have asked whether you may follow them'),
    following: z.array(Person).describe('People you follow'),
    auditTrail: z.array(AuditEvent).describe('What happened to your account'),
    requests: z.array(Person).describe('People who ask to follow you'),
    followers: z.array(Person).describe('People who follow you'),
    incomplete: z
      .array(z.object({ list: z.string().describe('Name of the list'), rest: text('The request that lists the rest') }))
      .describe('Lists that were too long for one copy; none: everything is here'),
  })
  .meta({ id: 'AccountExport' })

/** The descriptions of all fields, by their paths. */
export function describeFields(schema: z.ZodType, path = ''): Record<string, string> {
  const own = path !== '' && schema.description !== undefined ? { [path]: schema.description } : {}
  const inner = schema instanceof z.ZodNullable ? schema.unwrap() : schema
  const shape = inner instanceof z.ZodArray ? inner.element : inner
  if (!(shape instanceof z.ZodObject)) return own
  const fields = Object.entries(shape.shape).map(([name, field]) => describeFields(field, path === '' ? name : `${path}.${name}`))
  return Object.assign(own, ...fields)
}
