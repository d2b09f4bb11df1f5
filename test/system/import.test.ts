// The operator's import: a file of people and one of edges into the local database, killed on the way, against a deployment, and
// files that are none.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Project } from './project.ts'

const PEOPLE = 1_200
const EDGES = 12_000

let project: Project
beforeAll(async () => {
  project = new Project()
  await project.run(process.execPath, [
    '-e',
    "import('./scripts/local.ts').then((local) => local.completeDevVars('http://localhost:8787'))",
  ])
  await project.migrate()
  const people = Array.from({ length: PEOPLE }, (_, n) => ({
    externalId: `old|${n}`,
    username: n % 10 === 0 ? `per.son ${n}` : `person_${n}`,
    email: `person${n}@example.com`,
    givenName: 'Zoë',
    isPrivate: n % 7 === 0,
  }))
  const edges = Array.from({ length: EDGES }, (_, n) => ({
    type: n % 50 === 49 ? 'block' : 'follow',
    from: `old|${n % PEOPLE}`,
    to: `old|${(n + 1 + Math.floor(n / PEOPLE)) % PEOPLE}`,
  }))
  project.write('people.ndjson', toLines([...people, people[0], { externalId: 'old|wrong', email: 'nobody' }]))
  project.write('edges.ndjson', `${toLines(edges)}{"type":"follow"\n${'x'.repeat(3_000_000)}\n`)
})
afterAll(() => project?.remove())

const toLines = (records: readonly unknown[]) => records.map((record) => `${JSON.stringify(record)}\n`).join('')
const operator = (...args: string[]) => project.run(process.execPath, ['scripts/operator.ts', 'import', ...args])
const numbers = (output: string) =>
  [...output.matchAll(/^\s+([\d,]+) {2}(would be created|created|there already|refused)/gm)].map(([, n]) => n)
const refusedOf = (file: string) =>
  readFileSync(join(project.folder, `${file}.refused.ndjson`), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

/** Starts an import and kills it once the state of `file` says that something is done. */
async function killedAfter(file: string): Promise<void> {
  const args = ['scripts/operator.ts', 'import', 'people.ndjson', '--edges', 'edges.ndjson']
  const child = spawn(process.execPath, args, { cwd: project.folder, stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
  const watch = setInterval(() => existsSync(join(project.folder, `${file}.import.json`)) && child.kill('SIGKILL'), 5)
  await ended
  clearInterval(watch)
}

test('a dry run says what an import then does, which continues after kills, and does nothing twice', async () => {
  const dry = await operator('people.ndjson', '--edges', 'edges.ndjson', '--dry-run')
  expect(dry.output).toContain('nothing is written')
  expect(dry.output).toContain('120  with a user name that Kith proposed')
  expect(numbers(dry.output)).toEqual(['1,200', '1', '1', '12,000', '0', '2'])
  expect(project.query('SELECT COUNT(*) AS n FROM users')).toEqual([{ n: 0 }])

  await killedAfter('people.ndjson')
  await killedAfter('edges.ndjson')
  const done = await operator('people.ndjson', '--edges', 'edges.ndjson')
  expect(done.code, done.output).toBe(0)
  expect(refusedOf('people.ndjson')).toEqual([
    { line: 1_202, field: 'email', message: 'must be an e-mail address', record: { externalId: 'old|wrong', email: 'nobody' } },
  ])
  expect(refusedOf('edges.ndjson').map(({ line, message }) => `${line} ${message}`)).toEqual([
    ...[expect.stringMatching(/^12001 /), expect.stringMatching(/^12002 /)],
  ])
  expect(statSync(join(project.folder, 'people.ndjson.refused.ndjson')).mode & 0o777).toBe(0o600)
  expect(project.query('SELECT COUNT(*) AS n FROM users')).toEqual([{ n: PEOPLE }])
  const [blocks] = project.query('SELECT COUNT(*) AS n FROM blocks')
  expect(blocks).toEqual({ n: EDGES / 50 })
  const doctor = await project.run(process.execPath, ['scripts/doctor.ts'])
  expect(doctor.output).toContain('no differences')

  const again = await operator('people.ndjson', '--edges', 'edges.ndjson')
  expect(numbers(again.output).slice(0, 2)).toEqual(['0', '1,201'])
  expect(numbers(again.output)[3]).toBe('0')
})
