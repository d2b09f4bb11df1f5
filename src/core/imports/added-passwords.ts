/**
 * Passwords that come after their people, as from a system whose hashes are sent separately. Only accounts that an import made
 * without one get them, and only while nobody has used the account: whoever has signed in or chosen a password keeps what they have.
 */
import type { ImportMatch } from '../../store/db/import-matches.ts'
import type { AddedPassword } from '../../store/db/imports.ts'
import type { RoleRow } from '../../store/db/roles.ts'
import { emailKey, usernameKey } from '../fields.ts'
import type { ImportCtx, Importer } from './importer.ts'
import { readPassword } from './passwords.ts'
import type { ReadPerson, RecordRefusal } from './person-record.ts'

/** What the record adds to the person who is there; null if nothing; or why the importer may not. */
export function addedPassword(
  ctx: ImportCtx,
  importer: Importer,
  roles: readonly RoleRow[],
  { person, match }: { readonly person: ReadPerson; readonly match: ImportMatch },
): AddedPassword | RecordRefusal | null {
  const userId = match.byExternalId
  if (userId === null || match.awaitsPassword === 0 || !isSamePerson(person, match)) return null
  const password = readPassword(ctx, person.passwordHash)
  if ('refusal' in password || password.stored === '') return null
  const role = roles.find(({ id }) => id === match.externalRole)
  if (!role) return null
  const refusal = importer.refusalOf(role)
  if (refusal !== null) return { field: 'passwordHash', message: `is not yours to give: ${refusal}` }
  return { userId, passwordHash: password.stored, role: role.id, roleVersion: role.updatedAt }
}

/** Two systems may have given out the same id: the address tells, or the user name of whom has none. */
function isSamePerson({ externalId, email, username }: ReadPerson, match: ImportMatch): boolean {
  if (externalId === null) return false
  if (email !== null || match.externalEmailKey !== null) return email !== null && emailKey(email) === match.externalEmailKey
  return username !== null && usernameKey(username) === match.externalUsernameKey
}
