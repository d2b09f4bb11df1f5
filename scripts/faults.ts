/**
 * `npm run faults`: the exhaustive form of the tests in which every operation on D1 and R2 fails in turn (the files named so).
 * `npm test` runs them with one kind of fault of each sort.
 */

import { startVitest } from 'vitest/node'

const TESTS = ['faults.test.ts']

const vitest = await startVitest(TESTS, { run: true, silent: 'passed-only', provide: { allFaults: true } })
await vitest.close()
