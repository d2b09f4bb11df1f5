/** A person's record as a row of `users`. */
import type { UserId } from '../../ids.ts'
import type { ImportedUser } from '../../store/db/imports.ts'
import { emailKey } from '../fields.ts'
import type { ReadPerson } from './person-record.ts'
import type { NameKeys } from './usernames.ts'

interface Given {
  readonly id: UserId
  readonly name: NameKeys
  readonly role: string
  readonly now: number
}

export function toUser(person: ReadPerson, { id, name, role, now }: Given): ImportedUser {
  const { subscription, terms, banned, restricted } = person
  const createdAt = person.createdAt ?? now
  return {
    id,
    username: name.name,
    usernameKey: name.key,
    email: person.email,
    emailKey: person.email === null ? null : emailKey(person.email),
    emailVerifiedAt: person.email === null ? null : sinceWhen(person.emailVerified, now),
    givenName: person.givenName,
    middleName: person.middleName,
    familyName: person.familyName,
    displayName: person.displayName,
    nickname: person.nickname,
    title: person.title,
    about: person.about,
    bio: person.bio,
    gender: person.gender,
    pronouns: person.pronouns,
    birthDate: person.birthDate,
    relationshipStatus: person.relationshipStatus,
    designation: person.designation,
    organization: person.organization,
    phoneCountryCode: person.phoneCountryCode,
    phone: person.phone,
    countryCode: person.countryCode,
    whereAmI: person.whereAmI,
    customLink: person.customLink,
    profileUrl: person.profileUrl,
    locale: person.locale,
    zoneinfo: person.zoneinfo,
    currency: person.currency,
    isPrivate: person.isPrivate ? 1 : 0,
    customData: textOf(person.customData),
    role,
    subscriptionTier: subscription?.tier ?? null,
    subscriptionExpiresAt: subscription?.expiresAt ?? null,
    termsVersion: terms?.version ?? null,
    termsAcceptedAt: terms?.acceptedAt ?? null,
    verifiedAt: sinceWhen(person.verified, now),
    bannedAt: banned && (banned.since ?? now),
    bannedUntil: banned?.until ?? null,
    bannedReason: banned?.reason ?? null,
    restrictedAt: restricted && (restricted.since ?? now),
    restrictedUntil: restricted?.until ?? null,
    restrictedReason: restricted?.reason ?? null,
    lastSeenAt: person.lastSeenAt,
    createdAt,
    updatedAt: person.updatedAt ?? createdAt,
  }
}

const sinceWhen = (fact: boolean | number, now: number) => (typeof fact === 'number' ? fact : fact ? now : null)

function textOf(customData: ReadPerson['customData']): string | null {
  return customData === null || Object.keys(customData).length === 0 ? null : JSON.stringify(customData)
}
