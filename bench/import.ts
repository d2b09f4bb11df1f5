/**
 * `npm run import:large`: people and edges of another system, the same for the same seed, imported into a Kith of its own by the
 * operator's command, which is killed three times and has little memory. What is stored in the end is compared with what must be.
 * A short form is in test/system.
 */
import { parseArgs } from 'node:util'
import { Project } from '../test/system/project.ts'
import { importWithKills, storedDigests, writeFiles } from './import/trial.ts'
import { type Digests, expectedDigests } from './import/world.ts'

const USAGE = `Usage: npm run import:large -- [--people 100000] [--edges 1000000] [--seed 1]`

const { values } = parseArgs({
  options: {
    people: { type: 'string', default: '100000' },
    edges: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
const shape = { people: Number(values.people), edges: Number(values.edges), seed: Number(values.seed) }
// Fewer have no batch to be killed in.
if (values.help || !(shape.people >= 2_000 && shape.edges >= 20_000 && Number.isInteger(shape.seed))) {
  console.log(USAGE)
  process.exitCode = values.help ? 0 : 1
} else await run()

async function run(): Promise<void> {
  const project = new Project()
  try {
    await project.prepare()
    await writeFiles(project.folder, shape)
    const { seconds, peakMb, kills, report } = await importWithKills(project.folder, shape)
    console.log(report)
    for (const kill of kills) console.log(`killed in ${kill}`)
    console.log(`${seconds.toFixed(0)} s in all; at most ${peakMb.node} MB in Node and ${peakMb.workerd} MB in the local runtime`)
    compare(project.withDatabase(storedDigests), expectedDigests(shape))
    const doctor = await project.run(process.execPath, ['scripts/doctor.ts'])
    console.log(doctor.output.trim())
    if (doctor.code !== 0) process.exitCode = 1
  } finally {
    await project.remove()
  }
}

function compare(stored: Digests, expected: Digests): void {
  for (const what of ['people', 'follows', 'blocks'] as const) {
    const isEqual = stored[what] === expected[what]
    console.log(`${what.padEnd(8)} ${stored[what]} ${isEqual ? 'as it must be' : `MUST BE ${expected[what]}`}`)
    if (!isEqual) process.exitCode = 1
  }
}
