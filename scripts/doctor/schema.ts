/** What `npm run doctor` checks in the schema: triggers that the migrations have made, and an import that was not finished. */
import { migrationNames, readMigration } from '../migrations.ts'
import { UNFINISHED } from '../operator/export/tables.ts'
import type { Difference } from './checks.ts'
import type { ObjectFinding } from './objects.ts'

/** Read-only; a database that lacks newer migrations is compared with those that it has. */
export async function examineSchema(db: D1Database): Promise<{ isUnfinished: boolean; findings: ObjectFinding[] }> {
  const objects = await db
    .prepare("SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'table')")
    .all<{ type: string; name: string }>()
  const has = (type: string, name: string) => objects.results.some((object) => object.type === type && object.name === name)
  const applied = await db.prepare('SELECT name FROM d1_migrations').all<{ name: string }>()
  const missing = triggersOf(applied.results.map(({ name }) => name)).filter(([name]) => !has('trigger', name))
  const unfinished = has('table', UNFINISHED)
    ? await db
        .prepare(`SELECT value AS expected, 'run the same import again' AS subject FROM ${UNFINISHED} WHERE name = 'export'`)
        .all<Difference>()
    : { results: [] }
  const findings = [
    { name: 'unfinished import of an export', differences: unfinished.results },
    { name: 'missing triggers', differences: missing.map(([subject, expected]) => ({ subject, found: null, expected })) },
  ]
  return { isUnfinished: unfinished.results.length > 0, findings }
}

/** Each begins a line. */
const CHANGES = /^CREATE TRIGGER\s+[`"]?(\w+)[`"]?\s[^;]*?\sON\s+[`"]?(\w+)|^DROP (TRIGGER|TABLE)\s+(?:IF EXISTS\s+)?[`"]?(\w+)/gim

/** Triggers after these migrations, and their tables. */
function triggersOf(applied: readonly string[]): [name: string, table: string][] {
  const triggers = new Map<string, string>()
  for (const name of migrationNames().filter((one) => applied.includes(one))) {
    for (const [, trigger, table, kind, gone] of readMigration(name).matchAll(CHANGES)) {
      if (trigger && table) triggers.set(trigger, table)
      for (const [one, of] of triggers) if (gone === (kind?.toUpperCase() === 'TABLE' ? of : one)) triggers.delete(one)
    }
  }
  return [...triggers]
}
