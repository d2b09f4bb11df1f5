/**
 * `npm run restore <file>`: imports a file of `npm run backup` into an empty database, then runs the doctor; with
 * `--remote` into the deployed one. What was signed out or mailed since the backup must not come back to life: it ends
 * every session and token, drops mails that were waiting, and switches webhooks off: the database may be a copy. `--exact` keeps all.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { query } from './database.ts'
import { main, Refusal, runWrangler } from './local.ts'
import { SWITCH_ENDPOINTS_OFF } from './operator/export/tables.ts'

const USAGE = `Usage: npm run restore -- <file> [--exact] [--remote]

  --exact              leaves sessions, tokens, waiting mails and webhooks as they were
  --remote             into the deployed database of wrangler.toml instead of the local one`

const TABLES = `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'`

await main(async () => {
  const { file, exact, remote, help } = readArguments()
  if (help) return console.log(USAGE)
  const where = remote ? '--remote' : '--local'
  const [table] = await query<{ name: string }>([TABLES], remote)
  if (table) {
    const way = remote
      ? 'Make a new one with npx wrangler d1 create, and put its id into wrangler.toml.'
      : 'Stop Kith and delete .wrangler/state/v3/d1.'
    throw new Refusal(`The database is not empty (it has ${table.name}), and restore overwrites nothing. ${way}`)
  }
  await runWrangler(['d1', 'execute', 'DB', where, '--yes', '--file', file])
  if (!exact) await endWhatWasOpen(remote)
  console.log(
    `Restored from ${file}.${exact ? '' : ' Everybody signs in again. Webhooks are switched off: enable those that are to hear of this Kith.'}`,
  )
  const args = [join(import.meta.dirname, 'doctor.ts'), '--restored', ...(remote ? ['--remote'] : [])]
  const doctor = spawnSync(process.execPath, args, { stdio: 'inherit' })
  if (doctor.status !== 0) throw new Refusal('The database is restored; look at what the doctor has found.')
})

async function endWhatWasOpen(remote: boolean): Promise<void> {
  const now = Date.now()
  await query(
    [
      // Nobody is told of the end of all sessions of everybody.
      'INSERT INTO event_pauses (id) VALUES (1)',
      'UPDATE users SET epoch = epoch + 1',
      'DELETE FROM event_pauses',
      'UPDATE oauth_clients SET epoch = epoch + 1',
      SWITCH_ENDPOINTS_OFF,
      // Raising the epochs has queued a notice for each grant of a client that wants them: as of now, so that they are sent and kept.
      `UPDATE logout_notices SET created_at = ${now}, next_attempt_at = ${now} WHERE next_attempt_at IS NOT NULL`,
      `UPDATE mail_outbox SET failed_at = ${now}, to_address = NULL, error = 'restored' WHERE sent_at IS NULL AND failed_at IS NULL`,
    ],
    remote,
  )
}

function readArguments(): { file: string; exact: boolean; remote: boolean; help: boolean } {
  const flag = { type: 'boolean', default: false } as const
  try {
    const options = { exact: flag, remote: flag, help: { ...flag, short: 'h' } } as const
    const { values, positionals } = parseArgs({ options, allowPositionals: true })
    const [file, ...others] = positionals
    if (values.help) return { file: '', ...values }
    if (file === undefined || others.length > 0) throw new Error('restore needs one file')
    if (!existsSync(file)) throw new Error(`There is no file ${file}`)
    return { file, ...values }
  } catch (error) {
    throw new Refusal(`${(error as Error).message}\n\n${USAGE}`)
  }
}
