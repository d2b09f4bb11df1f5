/** `npm run costs`: what each route costs, and a month computed from it. */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withTable } from './costs/month.ts'
import { main, Refusal } from './local.ts'

const DOCS = join(import.meta.dirname, '../docs')
const read = (name: string) => readFileSync(join(DOCS, name), 'utf8')
const USAGE = `Usage: npm run costs [-- --keep]

Measures what each route costs (docs/costs-of-routes.md), which takes about a minute, and computes a month from it
(docs/costs.md).

  --keep  computes the month from what was measured before`

function measure(): void {
  const started = Date.now()
  console.log('Measuring what each route costs: this takes about a minute')
  // Fails where the table is out of date, which is why it runs: what counts is that the table was written.
  spawnSync('npx', ['vitest', 'run', 'test/tour/tour.test.ts', '--reporter=./test/tour/costs-reporter.ts'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  console.log(`docs/costs-of-routes.md: measured in ${Math.round((Date.now() - started) / 1000)} s`)
}

await main(async () => {
  const args = process.argv.slice(2)
  if (args.join() === '--help') return console.log(USAGE)
  if (args.length > 0 && args.join() !== '--keep') throw new Refusal(`Unknown argument: ${args.join(' ')}\n\n${USAGE}`)
  if (args.length === 0) measure()
  writeFileSync(join(DOCS, 'costs.md'), withTable(read('costs.md'), read('costs-of-routes.md')))
  console.log('docs/costs.md: computed')
})
