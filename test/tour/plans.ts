/** Checks the query plan of every statement that the Worker sends (design §7): none scans a whole table, outside a short list. */
import { expect, test } from 'vitest'
import { db } from '../support/kith.ts'
import { oncePerFile } from '../support/once-per-file.ts'
import { allRoutes, nameOf } from '../support/routes.ts'
import { statements, visited } from './visits.ts'

type Plan = readonly { detail: string }[]

/** Table -> why a scan is right. */
const MAY_BE_SCANNED: Readonly<Record<string, string>> = {
  roles: 'as few as an app has of them, and listed as a whole',
  apis: "as few as a team has; an API's own client is looked for when a client is deleted",
  kept: 'archives: one a person at most, for a week; cron looks whether each owner may still act',
  edge_work: 'a row per act on very many edges that is still going on; read in the order of its key, with a LIMIT',
  webhook_endpoints: 'as few as `ENDPOINTS_MAX`',
  'u USING INDEX users_active': 'a page by its number alone: counts entries of the index off, up to the page',
}

/** Text of a statement that may sort -> why that is little, however much data there is. */
const MAY_SORT: Readonly<Record<string, string>> = {
  'FROM json_each(?) j JOIN users': 'the order of the ids that were sent, at most 100',
  'ROW_NUMBER() OVER (PARTITION BY u.role': 'the members of a group that a client provisions: those who have its role',
  'd INDEXED BY event_deliveries_due JOIN': 'what waits for an endpoint; an index for it would be written with each event',
  'WITH near AS': 'suggestions: the users of at most 200 edges',
  'WITH found AS': 'search: as many people as it shows, of at most as many strings as it looks at',
  'm CROSS JOIN users u NOT INDEXED': 'whom an administrator looks for: of at most as many strings as are looked at',
  'm CROSS JOIN invite_codes i': 'the codes of the person whom an administrator looks for: at most 100 and the one they joined with',
  'DELETE FROM known_sources': 'the networks that one account knows: eleven at most',
  'UNION SELECT client_id FROM ( SELECT client_id FROM sessions': "a person's apps, each once: of at most 100 grants",
  'FROM roles ORDER BY': 'as few as an app has of them',
}

const isNoTable = (detail: string) => /^SCAN ((\d+ )?CONSTANT|\d+-ROW VALUES)/.test(detail) || detail.includes('VIRTUAL TABLE')

/** What SQLite scans. A materialised subquery, constant rows and a JSON list are not tables. */
function scansOf(sql: string, plan: Plan): string[] {
  const inHand = new Set(plan.flatMap(({ detail }) => /^(?:MATERIALIZE|CO-ROUTINE) (\w+)/.exec(detail)?.[1] ?? []))
  for (const [, name = '', alias = ''] of sql.matchAll(/\b(?:FROM|JOIN)\s+(\w+)\s+(\w+)/g)) if (inHand.has(name)) inHand.add(alias)
  return plan.flatMap(({ detail }) => {
    const name = /^SCAN (\w+)/.exec(detail)?.[1]
    return name === undefined || inHand.has(name) || isNoTable(detail) ? [] : [detail]
  })
}

const explained = (sql: string, params: readonly unknown[]) => db.prepare(`EXPLAIN QUERY PLAN ${sql}`).bind(...params)

/** One after the other they would take longer than the statements themselves. */
const PLANS_AT_ONCE = 100

/** Of every statement of the tour, when it has ended. */
const readPlans = oncePerFile(async (): Promise<[sql: string, plan: Plan][]> => {
  const plans: [string, Plan][] = []
  const all = [...statements]
  for (let at = 0; at < all.length; at += PLANS_AT_ONCE) {
    const some = all.slice(at, at + PLANS_AT_ONCE)
    const results = await db.batch<{ detail: string }>(some.map(([sql, params]) => explained(sql, params)))
    for (const [index, [sql]] of some.entries()) plans.push([sql, (results[index] as D1Result<{ detail: string }>).results])
  }
  return plans
})

const oneLine = (sql: string) => sql.replace(/\s+/g, ' ').trim()

/** At the end of the tour. */
export function checkPlans(): void {
  test('every route was visited, in test/tour/walks or from its line in the tour', () => {
    expect(allRoutes.map(nameOf).filter((name) => !visited.has(name))).toEqual([])
    expect(statements.size).toBeGreaterThan(500)
  })

  test('a scan would be seen', async () => {
    const explain = async (sql: string) => scansOf(sql, (await explained(sql, []).all<{ detail: string }>()).results)
    expect(await explain("SELECT 1 FROM users o WHERE o.bio = 'x'")).toEqual(['SCAN o'])
    expect(await explain('SELECT id FROM users ORDER BY username_key')).toHaveLength(1)
    expect(await explain('SELECT j.value FROM json_each(1) j JOIN users u ON u.bio = j.value')).toHaveLength(1)
    expect(await explain('DELETE FROM sessions WHERE id IN (SELECT 1)')).toEqual([])
  })

  test('no statement scans a table', async () => {
    const scans: string[] = []
    for (const [sql, plan] of await readPlans()) {
      const found = scansOf(sql, plan)
      const forbidden = found.filter((detail) => !Object.keys(MAY_BE_SCANNED).some((table) => detail.startsWith(`SCAN ${table}`)))
      for (const detail of forbidden) scans.push(`${detail} in ${oneLine(sql)}`)
    }
    expect(scans).toEqual([])
  })

  test('no statement sorts more than it reads by an index', async () => {
    const sorts: string[] = []
    for (const [sql, plan] of await readPlans()) if (plan.some(({ detail }) => detail.includes('TEMP B-TREE'))) sorts.push(oneLine(sql))
    expect(sorts.filter((sql) => !Object.keys(MAY_SORT).some((text) => sql.includes(text)))).toEqual([])
    for (const text of Object.keys(MAY_SORT)) expect(sorts.some((sql) => sql.includes(text))).toBe(true)
  })
}
