/** Each statement returns the columns that its row type names: SQL could return others unnoticed. */

import ROW_TYPES from 'virtual:row-types'
import { SQL } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { db } from '../support/kith.ts'
import { statements } from './visits.ts'

/** SQL -> the functions of the store that made it. */
const makers = new Map<string, Set<string>>()

/** The functions of the store on the stack, without its `database.ts`, the innermost first. */
function atWork(): string[] {
  const names = callSites()
    .filter((site) => /\/src\/store\/db\/(?!database\.ts)/.test(site.getFileName() ?? ''))
    .flatMap((site) => site.getFunctionName() ?? [])
  const known = names.filter((name) => name in ROW_TYPES)
  return known.length > 0 ? known : names.slice(0, 1)
}

/** The stack as the runtime has it. Its text would be translated by source maps first, which takes longer than the statement. */
function callSites(): readonly NodeJS.CallSite[] {
  const { prepareStackTrace } = Error
  Error.prepareStackTrace = (_error, sites) => sites
  const sites = new Error().stack as unknown as NodeJS.CallSite[]
  Error.prepareStackTrace = prepareStackTrace
  return sites
}

/** From here on, records which functions make a statement. */
export function noteMakers(): void {
  const { toQuery } = SQL.prototype
  beforeAll(() => {
    SQL.prototype.toQuery = function (...config) {
      const query = toQuery.apply(this, config)
      makers.set(query.sql, new Set([...(makers.get(query.sql) ?? []), ...atWork()]))
      return query
    }
  })
  afterAll(() => {
    SQL.prototype.toQuery = toQuery
  })
}

const camel = (column: string) => column.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

/** At the end of the tour: executes the statements once more. */
export function checkColumns(): void {
  test('the columns of each statement are those that its row type names', async () => {
    const wrong: string[] = []
    const unseen = new Set(Object.keys(ROW_TYPES).filter((maker) => ROW_TYPES[maker]?.some((names) => names.length > 0)))
    for (const [sql, params] of statements) {
      const statement = db.prepare(sql).bind(...params)
      const [columns = []] = makers.get(sql)?.size ? await statement.raw({ columnNames: true }) : []
      const returned = [...new Set(columns.map((column) => camel(String(column))))].sort()
      for (const maker of makers.get(sql) ?? []) {
        if (returned.length > 0) unseen.delete(maker)
        const named = ROW_TYPES[maker] ?? []
        if (!named.some((names) => names.join() === returned.join())) wrong.push(`${maker}: ${returned}, not ${named.join(' or ')}`)
      }
    }
    expect(wrong).toEqual([])
    expect([...unseen], 'no statement of the tour is of these').toEqual([])
  })
}
