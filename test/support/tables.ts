/** The content of the database, to prove that a refused request has changed nothing. */
import { db } from './kith.ts'

/** Refusals write these too: counters that guard secrets, and the security log. */
const WRITTEN_BY_REFUSALS = ['attempt_counters', 'audit_events']

export async function tableNames(): Promise<string[]> {
  const { results } = await db
    .prepare(
      `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '\\_cf%' ESCAPE '\\'
       AND name <> 'd1_migrations' ORDER BY name`,
    )
    .all<{ name: string }>()
  return results.map(({ name }) => name)
}

/** The migrations are the same for every file. */
let dumped: Promise<string[]> | undefined

/** Every row of all other tables. */
export async function dump(): Promise<Record<string, unknown[]>> {
  dumped ??= tableNames()
  const names = (await dumped).filter((name) => !WRITTEN_BY_REFUSALS.includes(name))
  const tables = await db.batch(names.map((name) => db.prepare(`SELECT * FROM "${name}"`)))
  return Object.fromEntries(names.map((name, index) => [name, tables[index]?.results ?? []]))
}
