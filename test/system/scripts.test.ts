// Every command of package.json runs, at a small size. Those with tests of their own are listed with them; a new command fails
// here until it has one.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { type Finished, Project } from './project.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
const MINUTES = 60_000

/** Commands that write into their folder run in a copy. */
const WRITES = new Set(['assets', 'snippets', 'build', 'db:migrate', 'db:generate'])
const project = new Project()
afterAll(() => project.remove())

function run(name: string, args: readonly string[]): Promise<Finished> {
  const words = ['run', '-s', name, ...(args.length > 0 ? ['--', ...args] : [])]
  if (WRITES.has(name)) return project.run('npm', words)
  return new Promise((resolve) => {
    const options = { cwd: ROOT, encoding: 'utf8', maxBuffer: 1e8 } as const
    execFile('npm', words, options, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, output: stdout + stderr }),
    )
  })
}

/** Commands, their arguments here, and their output on success. */
const COMMANDS: readonly (readonly [name: string, args: readonly string[], says: RegExp])[] = [
  ['test', ['test/crypto.test.ts'], /Tests .*passed/],
  ['model', ['--runs', '2'], /2 runs of each property/],
  ['fuzz:images', ['--runs', '20'], /20 changed pictures/],
  ['thorough', ['test/apis/mirrorfly/faults.test.ts', '--name', 'put'], /Tests .*passed/],
  ['timing', ['--samples', '10', '--only', 'create'], /10 samples of each class[\s\S]*POST \/user\/create/],
  ['keys', ['--help'], /^Usage: npm run --silent keys/],
  ['keys', [], /^SIGNING_KEYS=[\s\S]*ENCRYPTION_KEYS=[\s\S]*PAIRWISE_KEY=/],
  ['assets', [], /^$/],
  ['snippets', [], /^$/],
  ['build', [], /Total Upload/],
  ['db:migrate', [], /0000_|No migrations to apply/],
  ['db:generate', ['nothing'], /No schema changes/],
  ['costs', ['--keep'], /docs\/costs\.md: computed/],
  ['scale', ['--runs', '20', '--people', '500'], /million people in 10 GB/],
  ['import:large', ['--people', '2000', '--edges', '20000'], /blocks +\d+ \w+ as it must be/],
  ['bench', ['--quick'], /loading it: /],
  ['bench', ['--quick', '--floors-only'], /the same scrypt/],
  ['bench', ['--quick', '--only', 'client_credentials'], /client_credentials/],
  ['bench', ['--quick', '--graph'], /users whose counters are wrong after all of this: 0/],
  ['bench', ['--quick', '--media'], /media download/],
  ['bench', ['--quick', '--ended'], /refreshes in .* rows before (\d+), after \1\n/],
  ['bench', ['--quick', '--overload'], /reads beside log-ins/],
  // No route may need more trips, one after another, than its line says.
  ['bench', ['--quick', '--distance', '--check'], /GET \/user\/me /],
]

/** Where the others run: their names in these files, as people type them or as the program behind them. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  start: 'test/system/start.test.ts',
  client: 'test/client.ts',
  example: 'test/system/examples.test.ts',
  journey: 'test/system/start.test.ts',
  setup: 'test/system/setup.test.ts',
  operator: 'test/system/start.test.ts',
  doctor: 'test/system/media.test.ts',
  backup: 'test/system/backup.test.ts',
  restore: 'test/system/backup.test.ts',
  lint: '.ci/run',
  typecheck: '.ci/run',
  'test:system': '.ci/run',
}
/** The same program as another one, what runs until it is stopped, combinations, and what needs a Cloudflare account. */
const NOT_RUN = ['dev', 'test:watch', 'check', 'format', 'db:migrate:remote', 'deploy']

test('every command of package.json is run by a test', () => {
  const known = [...COMMANDS.map(([name]) => name), ...Object.keys(ELSEWHERE), ...NOT_RUN]
  expect(Object.keys(scripts).filter((name) => !known.includes(name))).toEqual([])
  for (const [name, file] of Object.entries(ELSEWHERE)) {
    const program = /^node (\S+)/.exec(scripts[name] ?? '')?.[1] ?? name
    const text = readFileSync(join(ROOT, file), 'utf8')
    expect([
      name,
      text.includes(program) || text.includes(`'${name}'`) || text.includes(`.${name}(`) || text.includes(`npm run ${name}`),
    ]).toEqual([name, true])
  }
})

test.each(COMMANDS)(
  'npm run %s %j',
  async (name, args, says) => {
    const { code, output } = await run(name, args)
    expect(output).toMatch(says)
    expect(output).not.toContain('Kith was not measured')
    // With so few samples the timing is meaningless.
    if (name !== 'timing') expect(code, output.slice(-2_000)).toBe(0)
  },
  5 * MINUTES,
)
