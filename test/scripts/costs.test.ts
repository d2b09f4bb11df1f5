// docs/costs.md is computed from docs/costs-of-routes.md: `npm run costs` writes both.
import { expect, test } from 'vitest'
import { HABITS, monthOf, priceOf, readCosts, withTable } from '../../scripts/costs/month.ts'

const docs = import.meta.glob<string>('../../docs/costs*.md', { query: '?raw', import: 'default', eager: true })
const costs = docs['../../docs/costs-of-routes.md'] ?? ''
const page = docs['../../docs/costs.md'] ?? ''

test('the page has the table that the measured costs yield', () => {
  expect(withTable(page, costs)).toBe(page)
  expect(page).toMatch(/\*\*together\*\* .*\$5\.00/)
})

test('what a plan includes is free, and what is beyond it costs its price', () => {
  const rows = Object.keys(HABITS).map((route) => `| \`${route}\` | 1 | 10 | 0 | 0 | 0 |\n`)
  const alone = priceOf(monthOf(1, readCosts(rows.join(''))))
  expect(alone).toMatchObject({ plan: 5, requests: 0, rowsRead: 0, rowsWritten: 0, storage: 0 })
  const many = monthOf(10_000_000, readCosts(rows.join('')))
  const times = Object.values(HABITS).reduce((sum, one) => sum + one, 0)
  expect(many.amounts.rowsRead).toBeCloseTo(times * 10 * 10_000_000, -3)
  expect(priceOf(many).requests).toBeCloseTo(((times * 10_000_000 - 10_000_000) / 1_000_000) * 0.3, 2)
})

test('a route that is not in the table is named', () => {
  expect(() => monthOf(1, new Map())).toThrow('POST /sign-in is not in docs/costs-of-routes.md')
})
