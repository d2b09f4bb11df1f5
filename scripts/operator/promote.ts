/** `operator -- promote <email>`: the first administrator, whom nobody else can make. */
import { email, emailKey } from '../../src/core/fields.ts'
import { type AuditEventId, newId } from '../../src/ids.ts'
import { query, quote } from '../database.ts'
import { Refusal } from '../local.ts'

export const usage = 'promote <email>      makes the verified user with this address super_admin'

const ROLE = 'super_admin'

interface UserRow {
  readonly id: number
  readonly username: string
  readonly role: string
  readonly email_verified_at: number | null
  readonly banned_at: number | null
  readonly deleted_at: number | null
}

export async function run(args: readonly string[], remote: boolean): Promise<void> {
  const [address, ...rest] = args
  if (address === undefined || rest.length > 0) throw new Refusal('promote needs one email address')
  const user = await findOwner(address, remote)
  const where = remote ? 'the deployed database' : 'the local database'
  if (user.role === ROLE) return console.log(`${user.username} is already ${ROLE} in ${where}; nothing was changed.`)
  const now = Date.now()
  // The batch checks the guard again: the account may have changed since it was read.
  const guard = `id = ${user.id} AND role <> ${quote(ROLE)} AND email_verified_at IS NOT NULL AND banned_at IS NULL AND deleted_at IS NULL`
  const [after] = await query<{ role: string }>(
    [
      `INSERT INTO audit_events (id, user_id, type, user_agent, place, detail, created_at)
       SELECT ${newId<AuditEventId>(now)}, id, 'role_changed', 'operator', '', ${quote(`${user.role} to ${ROLE}`)}, ${now} FROM users WHERE ${guard}`,
      // A role change invalidates every session and token (design §1.7).
      `UPDATE users SET role = ${quote(ROLE)}, epoch = epoch + 1, updated_at = ${now} WHERE ${guard}`,
      `SELECT role FROM users WHERE id = ${user.id}`,
    ],
    remote,
  )
  if (after?.role !== ROLE) throw new Refusal(`${user.username} was not promoted: the account has changed in the meantime`)
  console.log(`${user.username} <${address}> is now ${ROLE} in ${where} (before: ${user.role}).`)
  console.log('All sessions and tokens of the account have ended; sign in again.')
}

/** The user who has verified the address. */
async function findOwner(address: string, remote: boolean): Promise<UserRow> {
  const parsed = email.safeParse(address)
  if (!parsed.success) throw new Refusal(`${JSON.stringify(address)} is not an email address`)
  const [user] = await query<UserRow>(
    [
      `SELECT id, username, role, email_verified_at, banned_at, deleted_at FROM users
       WHERE email_key = ${quote(emailKey(parsed.data))} ORDER BY email_verified_at IS NULL, id DESC LIMIT 1`,
    ],
    remote,
  )
  if (!user || user.deleted_at !== null) throw new Refusal(`No user has the address ${address}`)
  if (user.email_verified_at === null) throw new Refusal(`${user.username} has not verified the address ${address} yet`)
  if (user.banned_at !== null) throw new Refusal(`${user.username} is banned`)
  return user
}
