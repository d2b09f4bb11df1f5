/** The claims about a user (OpenID Connect Core §5.1, §5.4), by the scopes that let a client know them. */
import type { UserRow } from '../../store/db/users.ts'
import type { Ctx } from '../ctx.ts'
import { avatarUrl } from '../media/avatar-urls.ts'
import { coveredBy, type Scope } from '../scopes.ts'

export interface UserClaims {
  readonly sub: string
  readonly name?: string
  readonly given_name?: string
  readonly family_name?: string
  readonly middle_name?: string
  readonly nickname?: string
  readonly preferred_username?: string
  readonly picture?: string
  readonly website?: string
  readonly gender?: string
  readonly birthdate?: string
  readonly zoneinfo?: string
  readonly locale?: string
  readonly updated_at?: number
  readonly email?: string
  readonly email_verified?: boolean
  readonly phone_number?: string
  readonly phone_number_verified?: boolean
  readonly address?: { readonly country: string }
  /** Of clients that are registered for them (`client-claims.ts`). */
  readonly role?: string
  readonly custom_data?: Readonly<Record<string, unknown>>
}

/** Every claim that userinfo knows. */
export const USER_CLAIMS = [
  'sub',
  'name',
  'given_name',
  'family_name',
  'middle_name',
  'nickname',
  'preferred_username',
  'picture',
  'website',
  'gender',
  'birthdate',
  'zoneinfo',
  'locale',
  'updated_at',
  'email',
  'email_verified',
  'phone_number',
  'phone_number_verified',
  'address',
  'role',
  'custom_data',
] as const satisfies readonly (keyof UserClaims)[]

/** §5.4: what the scopes let a client know, beside the subject. */
export function claimsOf(ctx: Ctx, user: UserRow, scopes: readonly Scope[]): Omit<UserClaims, 'sub'> {
  const has = (scope: 'profile' | 'email' | 'phone' | 'address') => coveredBy(scopes, scope)
  return {
    ...(has('profile') ? profileClaims(ctx, user) : {}),
    ...(has('email') && user.email !== null ? { email: user.email, email_verified: user.emailVerifiedAt !== null } : {}),
    ...(has('phone') && user.phone !== null ? { phone_number: phoneNumber(user), phone_number_verified: false } : {}),
    ...(has('address') && user.countryCode !== null ? { address: { country: user.countryCode } } : {}),
  }
}

/** §5.3.2: a claim without a value is omitted. */
function profileClaims(ctx: Ctx, user: UserRow): Partial<UserClaims> {
  const names = [user.givenName, user.middleName, user.familyName].filter((name) => name !== null)
  const claims = {
    name: user.displayName ?? (names.join(' ') || null),
    given_name: user.givenName,
    family_name: user.familyName,
    middle_name: user.middleName,
    nickname: user.nickname,
    preferred_username: user.username,
    picture: avatarUrl(ctx, user.avatarKey),
    website: user.customLink,
    gender: user.gender,
    birthdate: user.birthDate,
    zoneinfo: user.zoneinfo,
    locale: user.locale,
    updated_at: Math.floor(user.updatedAt / 1000),
  }
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== null))
}

/** §5.1: E.164 if the country is known. */
function phoneNumber({ phoneCountryCode, phone }: UserRow): string {
  return phoneCountryCode === null ? `${phone}` : `+${phoneCountryCode.replace(/^\+/, '')}${phone}`
}
