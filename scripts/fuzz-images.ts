/**
 * `npm run fuzz:images`: sends mutated pictures through the route (test/security/image-mutations.test.ts), 20,000 of
 * them with a new seed each time; `npm test` sends 80. A failure prints its seed and the file.
 */
import { parseArgs } from 'node:util'
import { startVitest } from 'vitest/node'

const USAGE = `Usage: npm run fuzz:images -- [--runs 20000] [--seed N]

  --runs   changed pictures
  --seed   the seed that a failure has printed`

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
const imageMutations = Number(values.runs)
const imageSeed = Number(values.seed)
if (values.help || !(imageMutations > 0) || !Number.isInteger(imageSeed)) {
  console.log(USAGE)
  process.exitCode = values.help ? 0 : 1
} else {
  const began = Date.now()
  const provide = { imageMutations, imageSeed }
  const vitest = await startVitest(['test/security/image-mutations.test.ts'], {
    run: true,
    silent: false,
    // Of everything the Worker logs, show only the figures at the end.
    onConsoleLog: (log) => log.startsWith('changed pictures'),
    provide,
  })
  await vitest.close()
  console.log(`${imageMutations} changed pictures, seed ${imageSeed}, in ${Math.round((Date.now() - began) / 1000)} s`)
}
