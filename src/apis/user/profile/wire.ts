/** Requests about a profile: the fields of an account that can be written, by its owner or by an administrator (wire §6.12). */
import * as z from 'zod'
import type { ProfileField } from '../../../config.ts'
import type { User } from '../../../core/accounts/user.ts'
import { roleId } from '../../../core/admin/fields.ts'
import * as fields from '../../../core/fields.ts'
import { AVAILABILITIES, MOODS } from '../../../core/profiles/status.ts'
import { type SentProfile, withoutShown } from '../../../http/doubts.ts'
import { name, optional } from '../wire.ts'

export const PictureQuery = z.object({
  format: z.enum(['png', 'svg'], { error: 'must be png or svg' }).meta({ example: 'png' }).optional(),
})

export const StatusBody = z.strictObject({
  statusMessage: fields.statusMessage.nullable().optional(),
  availability: z.enum(AVAILABILITIES).nullable().optional().meta({ example: 'busy' }),
  mood: z.enum(MOODS).nullable().optional().meta({ example: 'happy' }),
  expiresAt: z.iso
    .datetime()
    .transform((v) => Date.parse(v))
    .nullable()
    .optional()
    .meta({ description: 'When the status expires', example: '2099-01-01T00:00:00.000Z' }),
})

/** `__unset__` clears a field, and so does null, which replies use for an empty field. */
const UNSET = '__unset__'
const unsettable = <T extends z.ZodType<string>>(atom: T) => z.union([z.literal([UNSET, null]).transform(() => null), atom]).optional()

export const UpdateMeBody = z.strictObject({
  firstName: optional(name),
  middleName: unsettable(name),
  lastName: optional(name.meta({ example: 'Doe' })),
  username: optional(fields.username),
  gender: unsettable(fields.gender),
  bio: unsettable(fields.bio),
  designation: unsettable(fields.designation),
  organization: unsettable(fields.organization),
  pronouns: unsettable(fields.pronouns),
  customLink: unsettable(fields.customLink),
  phoneCountryCode: unsettable(fields.phoneCountryCode),
  phone: unsettable(fields.phone),
  birthdate: unsettable(fields.birthdate),
  country: unsettable(fields.country),
  preferredLanguage: unsettable(fields.locale),
  timezone: unsettable(fields.zoneinfo),
  currency: unsettable(fields.currency),
  email: optional(fields.email),
  password: optional(fields.password),
  currentPassword: optional(fields.typedPassword),
  role: optional(roleId.meta({ description: 'Changing it requires admin:profile:write', example: 'user' })),
  target: optional(fields.userIdHex).meta({ description: 'Another user requires admin:profile:write' }),
})

/** Fields that a profile shows under the same names. */
export const PROFILE_NAMES = Object.keys(
  UpdateMeBody.omit({ username: true, email: true, password: true, currentPassword: true, role: true, target: true }).shape,
)

/** Core field -> wire field, where they differ. */
const WIRE_NAMES: Partial<Record<ProfileField, keyof z.output<typeof UpdateMeBody>>> = {
  givenName: 'firstName',
  familyName: 'lastName',
  locale: 'preferredLanguage',
  zoneinfo: 'timezone',
}

export function toWireName(field: string): string {
  // An unknown field may have the name of an `Object.prototype` member.
  return (Object.hasOwn(WIRE_NAMES, field) ? WIRE_NAMES[field as ProfileField] : undefined) ?? field
}

/** Only fields that this room can write: others belong to other protocols. */
export function toWireFields(editable: readonly ProfileField[]): string[] {
  return editable.map(toWireName).filter((name) => Object.hasOwn(UpdateMeBody.shape, name))
}

/** The sent fields under the core's names. `show`: presents the profile as the room does. */
export function toUserUpdate(
  body: Omit<z.output<typeof UpdateMeBody>, 'currentPassword' | 'target'>,
  sent: SentProfile | undefined,
  show: (user: User) => object,
) {
  const { username, email, password, role, ...profile } = body
  const fields = (user: User | null): Record<string, string | null> => {
    const { firstName, lastName, preferredLanguage, timezone, ...same } = withoutShown(profile, sent, user && show(user))
    const all = { ...same, givenName: firstName, familyName: lastName, locale: preferredLanguage, zoneinfo: timezone }
    return Object.fromEntries(Object.entries(all).filter((one): one is [string, string | null] => one[1] !== undefined))
  }
  return { fields, username: username ?? null, email: email ?? null, password: password ?? null, role: role ?? null }
}
