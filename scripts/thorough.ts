/**
 * `npm run thorough`: the long form of the repetitive tests: every operation on D1 and R2 fails in turn with every kind
 * of fault, races run 50 rounds, and every network of the siege guesses every day. `npm test` does enough of each to
 * cover every line. Takes files, and with `--name` a pattern of test names.
 */
import { parseArgs } from 'node:util'
import { startVitest } from 'vitest/node'

const TESTS = ['faults', 'races', 'siege', 'revocation', 'kept-in', 'guessing', 'second-factors', 'epixel/email', 'apis/user/access']

const { values, positionals } = parseArgs({ allowPositionals: true, options: { name: { type: 'string' } } })
const vitest = await startVitest(positionals.length > 0 ? positionals : TESTS.map((name) => `${name}.test.ts`), {
  run: true,
  silent: 'passed-only',
  provide: { thorough: true },
  ...(values.name === undefined ? {} : { testNamePattern: values.name }),
})
await vitest.close()
