/**
 * `npm run faults`: the exhaustive form of the tests in which every operation on D1 and R2 fails in turn (the files named so).
 * `npm test` runs them with one kind of fault of each sort. Takes files, and with `--name` a pattern of the tests' names.
 */
import { parseArgs } from 'node:util'
import { startVitest } from 'vitest/node'

const TESTS = ['faults.test.ts']

const { values, positionals } = parseArgs({ allowPositionals: true, options: { name: { type: 'string' } } })
const vitest = await startVitest(positionals.length > 0 ? positionals : TESTS, {
  run: true,
  silent: 'passed-only',
  provide: { allFaults: true },
  ...(values.name === undefined ? {} : { testNamePattern: values.name }),
})
await vitest.close()
