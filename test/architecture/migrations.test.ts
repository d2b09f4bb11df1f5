// The tests begin with the final schema (test/final-schema.ts), a deployment with the migrations.
import { reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import type { Bindings } from '../../src/config.ts'
import { tableNames } from '../support/tables.ts'

const { DB, TEST_MIGRATIONS } = env as unknown as Bindings & { TEST_MIGRATIONS: readonly string[] }

/** Everything that has a definition, and the rows of every table. */
async function content(): Promise<unknown> {
  const { results: definitions } = await DB.prepare(
    `SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\' ORDER BY type, name`,
  ).all()
  const rows: Record<string, unknown> = {}
  for (const table of [...(await tableNames()), 'd1_migrations']) {
    const { results } = await DB.prepare(`SELECT * FROM "${table}"`).all()
    // When a migration was applied is another time each time.
    rows[table] = results.map(({ applied_at: _, ...row }) => row)
  }
  return { definitions, rows }
}

test('the schema of the tests is the one that the migrations make, with the same first rows', async () => {
  const ofTests = await content()
  await reset()
  await DB.batch(TEST_MIGRATIONS.map((statement) => DB.prepare(statement)))
  expect(ofTests).toEqual(await content())
})
