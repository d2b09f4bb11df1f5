/** Users as SCIM has them (RFC 7643 §4.1): what Kith keeps of one, and how it is shown again. */
import * as z from 'zod'
import { AppError } from '../../core/errors.ts'
import * as fields from '../../core/fields.ts'
import { splitPhone } from '../../core/profiles/phone-numbers.ts'
import type { ProfileValues } from '../../core/profiles/profile-changes.ts'
import {
  isActive,
  type NewProvisionedUser,
  type ProvisionedInput,
  type ProvisionedUser,
  providedName,
  versionOf,
} from '../../core/provisioning/provisioned-user.ts'
import { judge } from '../../http/validate.ts'
import { toHex } from '../../ids.ts'
import { ENTERPRISE_SCHEMA, ENTRIES_MAX, isObject, type Json, sameJson, spelled, USER, USER_SCHEMA } from './attributes.ts'
import { requireSchemas } from './schemas.ts'

/** Where resources are. */
export interface Place {
  readonly base: string
  readonly now: number
}

export function toScimUser(user: ProvisionedUser, { base, now }: Place): Json {
  const id = toHex(user.id)
  const formatted = [user.givenName, user.middleName, user.familyName].filter(Boolean).join(' ')
  const name = {
    formatted: formatted || undefined,
    familyName: user.familyName ?? undefined,
    givenName: user.givenName ?? undefined,
    middleName: user.middleName ?? undefined,
    honorificPrefix: user.title ?? undefined,
  }
  const phone = user.phone === null ? null : `${user.phoneCountryCode ?? ''}${user.phone}`
  const group = { value: user.role, display: user.roleName, $ref: `${base}/Groups/${user.role}` }
  return compact({
    schemas: user.organization === null ? [USER_SCHEMA] : [USER_SCHEMA, ENTERPRISE_SCHEMA],
    id,
    externalId: user.externalId,
    userName: user.userName,
    name: Object.values(name).some(Boolean) ? compact(name) : null,
    displayName: user.displayName,
    profileUrl: user.customLink,
    title: user.designation,
    locale: user.locale,
    timezone: user.zoneinfo,
    active: isActive(user, now),
    emails: user.email === null ? null : [{ value: user.email, type: user.emailType ?? 'work', primary: true }],
    phoneNumbers: phone === null ? null : [{ value: phone, type: user.phoneType ?? 'work', primary: true }],
    groups: user.role === 'user' ? [] : [group],
    [ENTERPRISE_SCHEMA]: user.organization === null ? null : { organization: user.organization },
    meta: {
      resourceType: 'User',
      created: new Date(user.createdAt).toISOString(),
      lastModified: new Date(user.updatedAt).toISOString(),
      location: `${base}/Users/${id}`,
      version: etagOf(user),
    },
  })
}

export const etagOf = (user: ProvisionedUser): string => `W/"${versionOf(user)}"`

function compact(object: Json): Json {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null && value !== undefined))
}

/** Empty text is no value (RFC 7643 §2.5). */
const maybe = <S extends z.ZodType>(schema: S) =>
  z
    .preprocess((value) => (value === '' || value === undefined ? null : value), schema.nullable())
    .optional()
    .default(null as never)

/** Entra sends truth values as text. */
const truth = z.preprocess(
  (value) => (typeof value === 'string' && /^(true|false)$/i.test(value) ? /^true$/i.test(value) : value),
  z.boolean(),
)

const TYPE_LENGTH_MAX = 64
const entry = z.object({
  value: z.string().optional(),
  type: maybe(z.string().max(TYPE_LENGTH_MAX, `must have at most ${TYPE_LENGTH_MAX} characters`)),
  primary: maybe(truth),
})
const entries = z.preprocess(
  (value) => (value === null || value === undefined ? [] : Array.isArray(value) ? value : [value]),
  z.array(entry).max(ENTRIES_MAX, `must have at most ${ENTRIES_MAX} values`),
)

const Sent = z.object({
  userName: providedName,
  externalId: maybe(fields.externalId),
  name: maybe(
    z.object({
      givenName: maybe(fields.personName),
      middleName: maybe(fields.personName),
      familyName: maybe(fields.personName),
      honorificPrefix: maybe(fields.title),
    }),
  ),
  displayName: maybe(fields.displayName),
  profileUrl: maybe(fields.customLink),
  title: maybe(fields.designation),
  locale: maybe(
    z
      .string()
      .transform((tag) => tag.replaceAll('_', '-'))
      .pipe(fields.locale),
  ),
  preferredLanguage: maybe(z.string()),
  timezone: maybe(fields.zoneinfo),
  active: maybe(truth),
  password: maybe(fields.password),
  emails: entries,
  phoneNumbers: entries,
  [ENTERPRISE_SCHEMA]: maybe(z.object({ organization: maybe(fields.organization) })),
})

/** A user whom a client changes: as stored, and as shown to it. */
export interface Before {
  readonly user: ProvisionedUser
  readonly shown: Json
}

/** What a client changes: all that is shown, but `active`. What others have done to an account is no wish of the client's. */
export function changeable({ shown }: Before): Json {
  const { active: _, ...rest } = shown
  return rest
}

/**
 * A user that is to replace another. What the client leaves out stays (RFC 7644 §3.5.1 lets a server decide): much of it is the person's
 * own. An empty value clears.
 */
export function replacing(current: Json, sent: Json): Json {
  const next = spelled(USER, sent)
  const merged = Object.entries(next).map(([name, value]) => [
    name,
    isObject(value) && isObject(current[name]) ? { ...current[name], ...value } : value,
  ])
  return { ...current, ...Object.fromEntries(merged) }
}

/** The profile's fields, by the attribute that has them. */
const FIELDS: Readonly<Record<string, readonly (keyof ProfileValues)[]>> = {
  name: ['givenName', 'middleName', 'familyName', 'title'],
  displayName: ['displayName'],
  profileUrl: ['customLink'],
  title: ['designation'],
  locale: ['locale'],
  timezone: ['zoneinfo'],
  phoneNumbers: ['phone', 'phoneCountryCode'],
  [ENTERPRISE_SCHEMA]: ['organization'],
}

/** The attributes that are as they were shown. They stay as stored, unjudged: no value of a person's own stops a change of another. */
function unchangedIn(next: Json, { shown }: Before): Set<string> {
  const same = [...Object.keys(FIELDS), 'emails'].filter((name) => sameJson(next[name], shown[name]))
  // Without a locale, `preferredLanguage` counts.
  return new Set(same.filter((name) => name !== 'locale' || shown.locale !== undefined || next.preferredLanguage === undefined))
}

/** What Kith keeps of a user that a client has sent; of one who exists, what changes. Throws `invalid_request`, naming the attribute. */
export async function readUser(sent: Json): Promise<NewProvisionedUser>
export async function readUser(sent: Json, before: Before): Promise<ProvisionedInput>
export async function readUser(sent: Json, before?: Before): Promise<ProvisionedInput> {
  requireSchemas(USER, sent)
  const next = spelled(USER, sent)
  const unchanged = before ? unchangedIn(next, before) : new Set<string>()
  const user = await judge('json', Sent, Object.fromEntries(Object.entries(next).filter(([name]) => !unchanged.has(name))))
  const [email, phone] = [preferred(user.emails), preferred(user.phoneNumbers)]
  const kept = new Set([...unchanged].flatMap((name) => FIELDS[name] ?? []))
  const isSameEmail = before && unchanged.has('emails')
  return {
    userName: user.userName,
    externalId: user.externalId,
    email: isSameEmail ? null : await emailOf(email?.value, user.userName),
    emailType: isSameEmail ? before.user.emailType : (email?.type ?? null),
    phoneType: before && unchanged.has('phoneNumbers') ? before.user.phoneType : (phone?.type ?? null),
    fields: Object.fromEntries(Object.entries(fieldsOf(user, phone?.value)).filter(([field]) => !kept.has(field as keyof ProfileValues))),
    active: user.active,
    password: user.password,
  }
}

function fieldsOf(user: z.output<typeof Sent>, phone: string | undefined): ProfileValues {
  return {
    givenName: user.name?.givenName ?? null,
    middleName: user.name?.middleName ?? null,
    familyName: user.name?.familyName ?? null,
    title: user.name?.honorificPrefix ?? null,
    displayName: user.displayName,
    customLink: user.profileUrl,
    designation: user.title,
    organization: user[ENTERPRISE_SCHEMA]?.organization ?? null,
    locale: user.locale ?? languageOf(user.preferredLanguage),
    zoneinfo: user.timezone,
    ...phoneOf(phone),
  }
}

type Entry = z.output<typeof entry>

/** Kith keeps one: the primary, or else that for work, or else the first. */
function preferred(list: readonly Entry[]): (Entry & { value: string }) | null {
  const named = list.filter((one): one is Entry & { value: string } => (one.value ?? '') !== '')
  return named.find(({ primary }) => primary === true) ?? named.find(({ type }) => type?.toLowerCase() === 'work') ?? named[0] ?? null
}

/** Without `emails`, a `userName` that is an address. */
async function emailOf(value: string | undefined, userName: string) {
  const email = fields.email.safeParse(value ?? userName)
  if (email.success) return email.data
  const message = value === undefined ? 'is required, unless the userName is an address' : 'must be an email address'
  throw AppError.ofFields([{ path: 'emails.value', message }])
}

function phoneOf(value: string | undefined): { phone: string | null; phoneCountryCode: string | null } {
  if (value === undefined) return { phone: null, phoneCountryCode: null }
  // RFC 3966, which SCIM recommends (RFC 7643 §4.1.2).
  const number = value.trim().replace(/^tel:/i, '')
  const digits = fields.phone.safeParse(number.replace(/^\+/, ''))
  const split =
    number.startsWith('+') && digits.success ? splitPhone(`+${digits.data}`) : { phone: digits.data ?? '', phoneCountryCode: null }
  if (!digits.success || split.phone === '')
    throw AppError.ofFields([
      { path: 'phoneNumbers.value', message: 'must be a number of at most 15 digits, best with + and the country code' },
    ])
  return split
}

/** `preferredLanguage` is written like the header Accept-Language; the first that is a tag counts. */
function languageOf(value: string | null): string | null {
  const first = fields.locale.safeParse(value?.split(/[,;]/)[0]?.trim())
  return first.success ? first.data : null
}
