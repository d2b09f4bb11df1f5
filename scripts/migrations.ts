/**
 * `npm run db:migrate`: brings the local database up to date, as `wrangler d1 migrations apply DB --local` does. wrangler
 * starts the runtime anew for each migration, which takes nine seconds for what takes one here.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { unstable_splitSqlQuery } from 'wrangler'
import { withStores } from './doctor/stores.ts'
import { main, ROOT } from './local.ts'

const FOLDER = join(ROOT, 'migrations')

/** Every migration in order, cut into statements as wrangler cuts them: triggers hold semicolons. */
export function readMigrations(): { name: string; statements: string[] }[] {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.sql'))
  return names.sort().map((name) => ({ name, statements: unstable_splitSqlQuery(readFileSync(join(FOLDER, name), 'utf8')) }))
}

/** Applies what is missing, each migration as a whole or not at all, recorded where wrangler does. Answers their names. */
export async function migrate(database: D1Database): Promise<string[]> {
  await database
    .prepare(
      'CREATE TABLE IF NOT EXISTS d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)',
    )
    .run()
  const { results } = await database.prepare('SELECT name FROM d1_migrations').all<{ name: string }>()
  const missing = readMigrations().filter(({ name }) => !results.some((applied) => applied.name === name))
  for (const { name, statements } of missing) {
    const record = database.prepare('INSERT INTO d1_migrations (name) VALUES (?)').bind(name)
    await database.batch([...statements.map((statement) => database.prepare(statement)), record])
  }
  return missing.map(({ name }) => name)
}

if (import.meta.main) {
  await main(async () => {
    const names = await withStores(false, ({ DB }) => migrate(DB))
    console.log(names.length > 0 ? names.join('\n') : 'No migrations to apply')
  })
}
