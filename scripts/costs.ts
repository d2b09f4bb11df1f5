// `npm run costs`: measures what each route costs (docs/costs-of-routes.md), and computes a month from it (docs/costs.md). With
// --keep, only the second.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withTable } from './costs/month.ts'

const DOCS = join(import.meta.dirname, '../docs')
const read = (name: string) => readFileSync(join(DOCS, name), 'utf8')

if (!process.argv.includes('--keep')) {
  const started = Date.now()
  console.log('Measuring what each route costs: this takes about two minutes')
  // Fails where the table is out of date, which is why it runs: what counts is that the table was written.
  spawnSync('npx', ['vitest', 'run', 'test/tour/tour.test.ts', '--reporter=./test/tour/costs-reporter.ts'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  console.log(`docs/costs-of-routes.md: measured in ${Math.round((Date.now() - started) / 1000)} s`)
}
writeFileSync(join(DOCS, 'costs.md'), withTable(read('costs.md'), read('costs-of-routes.md')))
console.log('docs/costs.md: computed')
