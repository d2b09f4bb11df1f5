/** A user as a client provisions them (docs/decisions/060), and the rules that hold for every change. */
import type { ProvisionedRow } from '../../store/db/provisioned-users.ts'
import { AppError } from '../errors.ts'
import { type Email, emailKey, type Password } from '../fields.ts'
import { isInForce } from '../in-force.ts'
import type { ClientPrincipal } from '../principal.ts'
import type { ProfileValues } from '../profiles/profile-changes.ts'
import { coveredBy, powersOf, storedScopes } from '../scopes.ts'
import { text } from '../texts.ts'

export type { ProvisionedRow as ProvisionedUser } from '../../store/db/provisioned-users.ts'

/** A user as the client wants them. Fields that are left out stay. */
export interface ProvisionedInput {
  readonly userName: string
  readonly externalId: string | null
  /** Null: as it is. */
  readonly email: Email | null
  /** What the client calls the address and the number. */
  readonly emailType: string | null
  readonly phoneType: string | null
  readonly fields: ProfileValues
  /** Null: as it is. */
  readonly active: boolean | null
  /** Null: as it is. */
  readonly password: Password | null
}

/** Active, unless it says otherwise. */
export type NewProvisionedUser = ProvisionedInput & { readonly email: Email }

/** Neither banned nor deleted, whoever did it. */
export function isActive(user: ProvisionedRow, now: number): boolean {
  return user.deletedAt === null && !isInForce(user.bannedAt, user.bannedUntil, now)
}

/** Changes whenever the user does; for a client that must not overwrite what it has not seen. */
export function versionOf({ updatedAt }: Pick<ProvisionedRow, 'updatedAt'>): string {
  return updatedAt.toString(36)
}

/** Throws `precondition_failed` unless the user is of one of the versions that the client has seen; null: it does not say. */
export function requireVersion(user: ProvisionedRow, versions: readonly string[] | null): void {
  if (versions === null || versions.includes('*') || versions.includes(versionOf(user))) return
  throw new AppError('precondition_failed', 'The user has changed since: read them again')
}

/** The client's own name for a user. */
export const providedName = text({ max: 254, asIs: true })

/** Names are compared without regard to case. */
export const userNameKey = (userName: string): string => userName.toLowerCase()

export function namesOf({ userName, externalId, emailType, phoneType }: ProvisionedInput) {
  return { userName, userNameKey: userNameKey(userName), externalId, emailType, phoneType }
}

/** The same, for the question whether they are free. */
export function namesWanted(clientId: string, userId: ProvisionedRow['id'] | null, input: ProvisionedInput) {
  return {
    clientId,
    userId,
    userNameKey: userNameKey(input.userName),
    externalId: input.externalId,
    emailKey: input.email && emailKey(input.email),
  }
}

/** Throws `already_exists`, naming the fields. */
export function refuseNamesTaken(taken: { userName: number; externalId: number; email: number } | null): void {
  const fields = (['userName', 'externalId', 'email'] as const)
    .filter((name) => taken?.[name])
    .map((name) => ({ path: name === 'email' ? 'emails.value' : name, message: 'belongs to another user' }))
  if (fields.length > 0) throw AppError.ofFields(fields, 'already_exists', 'Another user has this name or address')
}

/** The powers in `scopes`, of a role, that the client lacks. */
export function powersLacked(principal: Pick<ClientPrincipal, 'scopes'>, scopes: string): string[] {
  return powersOf(storedScopes(scopes)).filter((scope) => !coveredBy(principal.scopes, scope))
}

/** Nobody with powers that the client lacks is changed by it. */
export function requirePowersOver(principal: ClientPrincipal, { roleScopes }: Pick<ProvisionedRow, 'roleScopes'>): void {
  const missing = powersLacked(principal, roleScopes)
  if (missing.length > 0) throw new AppError('forbidden', `The user has scopes that the client lacks: ${missing.join(' ')}`)
}
