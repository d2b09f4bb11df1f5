/**
 * `npm run operator -- <command>`: what the operator of a deployment does by hand, on the local database or, with
 * `--remote`, on the deployed one. Each command is an entry of `COMMANDS`.
 */
import { statSync } from 'node:fs'
import { email, emailKey } from '../src/core/fields.ts'
import { type AuditEventId, newId } from '../src/ids.ts'
import { holdingDatabase, query, quote } from './database.ts'
import { main, Refusal } from './local.ts'
import { API_USAGE, runApiCommand } from './operator/apis.ts'
import { CLIENT_USAGE, runClientCommand } from './operator/clients.ts'
import { EXPORT_USAGE, IMPORT_FOLDER_USAGE, importFolder, runExportCommand } from './operator/export.ts'
import { IMPORT_USAGE, runImportCommand } from './operator/import.ts'
import { MACHINE_USAGE, runMachineCommand } from './operator/machines.ts'
import { runUserCommand, USER_USAGE } from './operator/users.ts'

interface Command {
  /** Lines of the help: the synopsis and what it does. */
  readonly usage: string
  run(args: readonly string[], remote: boolean): Promise<void>
}

const COMMANDS: Readonly<Record<string, Command>> = {
  promote: { usage: 'promote <e-mail>      makes the verified user with this address super_admin', run: promote },
  user: { usage: USER_USAGE, run: runUserCommand },
  client: { usage: CLIENT_USAGE, run: runClientCommand },
  api: { usage: API_USAGE, run: runApiCommand },
  machine: { usage: MACHINE_USAGE, run: runMachineCommand },
  export: { usage: EXPORT_USAGE, run: runExportCommand },
  import: { usage: `${IMPORT_USAGE}\n\n  ${IMPORT_FOLDER_USAGE}`, run: importFileOrFolder },
}

/** An export of Kith is a folder, any other a file. */
function importFileOrFolder(args: readonly string[], remote: boolean): Promise<void> {
  const isFolder = args.some((arg) => statSync(arg, { throwIfNoEntry: false })?.isDirectory())
  return isFolder ? importFolder(args, remote) : runImportCommand(args, remote)
}

const ROLE = 'super_admin'

await main(async () => {
  const { name, args, remote } = readArguments(process.argv.slice(2))
  if (name === undefined) return console.log(help())
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!command) throw new Refusal(`Unknown command: ${name}.\n\n${help()}`)
  await holdingDatabase(() => command.run(args, remote))
})

/** Every command takes `--remote` and `--help`, anywhere on the line, and parses the rest itself. */
function readArguments(argv: readonly string[]): { name: string | undefined; args: string[]; remote: boolean } {
  const [name, ...args] = argv.filter((arg) => arg !== '--remote' && arg !== '--help' && arg !== '-h')
  if (name?.startsWith('-')) throw new Refusal(`Unknown option '${name}'\n\n${help()}`)
  const wantsHelp = argv.includes('--help') || argv.includes('-h')
  return { name: wantsHelp ? undefined : name, args, remote: argv.includes('--remote') }
}

function help(): string {
  const lines = Object.values(COMMANDS).map(({ usage }) => `  ${usage}`)
  return `Usage: npm run operator -- <command> [--remote]

${lines.join('\n\n')}

  --remote              acts on the deployed database instead of the local one`
}

interface UserRow {
  readonly id: number
  readonly username: string
  readonly role: string
  readonly email_verified_at: number | null
  readonly banned_at: number | null
  readonly deleted_at: number | null
}

async function promote(args: readonly string[], remote: boolean): Promise<void> {
  const [address, ...rest] = args
  if (address === undefined || rest.length > 0) throw new Refusal('promote needs one e-mail address')
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
  if (!parsed.success) throw new Refusal(`${JSON.stringify(address)} is not an e-mail address`)
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
