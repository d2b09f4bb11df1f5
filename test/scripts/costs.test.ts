// docs/costs.md is computed from docs/costs-of-routes.md: `npm run costs` writes both.
import { expect, test } from 'vitest'
import { APPS, BYTES_PER_PERSON, habitsOf, monthOf, priceOf, readCosts, withTable } from '../../scripts/costs/month.ts'

const docs = import.meta.glob<string>('../../docs/{costs,scale}*.md', { query: '?raw', import: 'default', eager: true })
const costs = docs['../../docs/costs-of-routes.md'] ?? ''
const page = docs['../../docs/costs.md'] ?? ''
const scale = docs['../../docs/scale.md'] ?? ''
const [quiet] = APPS

test('the page has the table that the measured costs yield', () => {
  expect(withTable(page, costs)).toBe(page)
  expect(page).toMatch(/\*\*together\*\* .*\*\*\$/)
})

test('what a plan includes is free, and what is beyond it costs its price', () => {
  const rows = [...habitsOf(quiet).keys()].map((route) => `| \`${route}\` | 1 | 10 | 0 | 0 | 0 | 0 |\n`)
  const alone = priceOf(monthOf(quiet, 1, readCosts(rows.join(''))))
  expect(alone).toMatchObject({ plan: 5, requests: 0, rowsRead: 0, rowsWritten: 0, storage: 0 })
  const many = monthOf(quiet, 10_000_000, readCosts(rows.join('')))
  const times = [...habitsOf(quiet).values()].reduce((sum, one) => sum + one, 0)
  expect(many.amounts.rowsRead).toBeCloseTo(times * 10 * 10_000_000, -3)
  expect(priceOf(many).requests).toBeCloseTo(((times * 10_000_000 - 10_000_000) / 1_000_000) * 0.3, 2)
})

test('what a read writes later counts once a visit', () => {
  const rows = [...habitsOf(quiet).keys()].map((route) => `| \`${route}\` | 1 | 10 | 0 | ${route === 'GET /user/me' ? 3 : 0} | 0 | 0 |\n`)
  expect(monthOf(quiet, 1, readCosts(rows.join(''))).amounts.rowsWritten).toBe(quiet.days * quiet.visitsPerDay * 3)
})

test('3 and 100 requests a person and active day, and the weight of a person, are those of docs/scale.md', () => {
  const perDay = APPS.map((app) => Object.values(app.perDay).reduce((sum, one) => sum + one, 0))
  expect(perDay).toEqual([3, 100])
  expect(scale).toContain(`makes\n${perDay[1]} requests a day`)
  const weighed = [...scale.matchAll(/^\| [^|]+ \| ([\d,]+) \|$/gm)].reduce(
    (sum, [, bytes = '']) => sum + Number(bytes.replace(',', '')),
    0,
  )
  expect(Math.round(weighed / 100) * 100).toBe(BYTES_PER_PERSON)
})

test('a route that is not in the table is named', () => {
  expect(() => monthOf(quiet, 1, new Map())).toThrow('GET /user/me is not in docs/costs-of-routes.md')
})
