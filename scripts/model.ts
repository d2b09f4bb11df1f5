/**
 * `npm run model`: the model test of the social graph (test/social/model.test.ts) with 2,000 runs of each property;
 * `npm test` makes 20. A failure prints its seed, and `--seed` repeats it.
 */
import { parseArgs } from 'node:util'
import { startVitest } from 'vitest/node'

const USAGE = `Usage: npm run model -- [--runs 2000] [--seed N]

  --runs   runs of each property
  --seed   the seed that a failure has printed`

const whole = (text: string) => (/^-?\d+$/.test(text) ? Number(text) : Number.NaN)

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '2000' },
    seed: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
const modelRuns = whole(values.runs)
const modelSeed = values.seed === undefined ? null : whole(values.seed)
if (values.help || !(modelRuns > 0) || Number.isNaN(modelSeed)) {
  console.log(USAGE)
  process.exitCode = values.help ? 0 : 1
} else {
  const began = Date.now()
  const vitest = await startVitest(['test/social/model.test.ts'], { run: true, provide: { modelRuns, modelSeed } })
  await vitest.close()
  console.log(`${modelRuns} runs of each property in ${Math.round((Date.now() - began) / 1000)} s`)
}
