/** Where an import goes: here into the local database, through the core; `remote.ts` is the other way. */
import { vars } from '../../../src/config-vars.ts'
import { importEdgesAsOperator } from '../../../src/core/imports/edges.ts'
import type { ImportCtx } from '../../../src/core/imports/importer.ts'
import { importPeopleAsOperator } from '../../../src/core/imports/people.ts'
import { newId, toHex } from '../../../src/ids.ts'
import { Database } from '../../../src/store/db/database.ts'
import { newUsage } from '../../../src/store/db/rows.ts'
import { withStores } from '../../doctor/stores.ts'
import { Refusal } from '../../local.ts'
import { readSettings } from '../../settings.ts'
import { OPERATOR } from '../input.ts'

/** What became of a record. */
export interface Outcome {
  readonly status: 'created' | 'exists' | 'refused'
  readonly field?: string
  readonly message?: string
  readonly isProposed?: boolean
  readonly needsReset?: boolean
  readonly isUnverified?: boolean
  /** Of somebody who is there: found by the verified address alone. */
  readonly isByAddress?: boolean
  readonly isPasswordAdded?: boolean
  /** Of somebody who was created. */
  readonly username?: string
  /** Of somebody who is there, as the APIs write it; null if only an earlier record of the batch is about them. */
  readonly id?: string | null
}

export type Kind = 'people' | 'edges'

export interface Target {
  /** Shown to people. */
  readonly name: string
  /** A part of the state: an import is continued only where it began. */
  readonly identity: string
  send(kind: Kind, records: readonly unknown[], isDryRun: boolean): Promise<readonly Outcome[]>
  /** Rows that the database has written so far for this command; null if only the deployment knows. */
  rowsWritten(): number | null
}

export async function withLocalTarget<T>(use: (target: Target) => Promise<T>): Promise<T> {
  const config = localConfig()
  return withStores(false, async ({ DB }) => {
    const usage = newUsage()
    const ctx: ImportCtx = {
      config,
      db: new Database(DB.withSession('first-primary'), usage),
      now: () => Date.now(),
      newId: () => newId(Date.now()),
      caller: OPERATOR.caller,
    }
    const send: Target['send'] = async (kind, records, isDryRun) => {
      if (kind === 'edges') return (await importEdgesAsOperator(ctx, { records, isDryRun }).catch(explain)).results
      const { results } = await importPeopleAsOperator(ctx, { records, isDryRun }).catch(explain)
      return results.map((result) => ('id' in result ? { ...result, id: result.id === null ? null : toHex(result.id) } : result))
    }
    // A database that was made anew has nothing of an import that was interrupted.
    const made = await DB.prepare('SELECT MIN(applied_at) FROM d1_migrations').first('MIN(applied_at)').catch(explain)
    return use({ name: 'the local database', identity: `the local database of ${made}`, send, rowsWritten: () => usage.rowsWritten })
  })
}

/** What an import needs of the settings. */
function localConfig(): ImportCtx['config'] {
  const parsed = vars.pick({ PEPPER_KEYS: true, USERNAME_LENGTH_MIN: true }).safeParse(readSettings(false))
  if (!parsed.success) {
    const [{ path, message } = { path: [], message: '' }] = parsed.error.issues
    throw new Refusal(`Start Kith once on this machine (npm start), or mend its settings: ${path.join('.')} ${message}`)
  }
  return { pepperKeys: parsed.data.PEPPER_KEYS, signUp: { usernameLengthMin: parsed.data.USERNAME_LENGTH_MIN } }
}

function explain(error: unknown): never {
  if (error instanceof Error && /no such (table|column)/.test(error.message)) {
    throw new Refusal('The local database is of an older version: npm run db:migrate')
  }
  if (error instanceof Error && /database is locked|SQLITE_BUSY/.test(error.message)) {
    throw new Refusal('Another program is writing to the local database. Run the same command again: it continues where it stopped')
  }
  throw error
}
