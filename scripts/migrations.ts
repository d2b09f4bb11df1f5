/**
 * `npm run db:migrate`: brings the local database up to date, as `wrangler d1 migrations apply DB --local` does. wrangler
 * starts the runtime anew for each migration, which takes nine seconds for what takes one here.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { withStores } from './doctor/stores.ts'
import { main, ROOT } from './local.ts'

const FOLDER = join(ROOT, 'migrations')

/** In order. */
export const migrationNames = () =>
  readdirSync(FOLDER)
    .filter((name) => name.endsWith('.sql'))
    .sort()

export const readMigration = (name: string) => readFileSync(join(FOLDER, name), 'utf8')

/** As wrangler cuts them: triggers hold semicolons. It is loaded where a migration is missing. */
async function statementsOf(name: string): Promise<string[]> {
  const { unstable_splitSqlQuery } = await import('wrangler')
  return unstable_splitSqlQuery(readMigration(name))
}

/** Applies what is missing, each migration as a whole or not at all, recorded where wrangler does. Answers their names. */
export async function migrate(database: D1Database): Promise<string[]> {
  await database
    .prepare(
      'CREATE TABLE IF NOT EXISTS d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)',
    )
    .run()
  const { results } = await database.prepare('SELECT name FROM d1_migrations').all<{ name: string }>()
  const missing = migrationNames().filter((name) => !results.some((applied) => applied.name === name))
  for (const name of missing) {
    const statements = await statementsOf(name)
    const record = database.prepare('INSERT INTO d1_migrations (name) VALUES (?)').bind(name)
    await database.batch([...statements.map((statement) => database.prepare(statement)), record])
  }
  return missing
}

if (import.meta.main) {
  await main(async () => {
    const names = await withStores(false, ({ DB }) => migrate(DB))
    console.log(names.length > 0 ? names.join('\n') : 'No migrations to apply')
  })
}
