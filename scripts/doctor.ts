/**
 * `npm run doctor`: recounts what counters and triggers keep, looks for what must not be in the database, and says what
 * differs; with `--repair` it mends it. On the local database or, with `--remote`, on the deployed one. The exit code is 1
 * when differences are left. Each check reads whole tables: a few seconds for a million edges. Objects in the buckets are
 * compared with the rows, and what robots prove themselves by with the keys of this machine; both are never changed.
 */
import { parseArgs } from 'node:util'
import { readDigestSettings } from './digest-settings.ts'
import { CHECKS, type Check, type Difference, ROUND_MAX } from './doctor/checks.ts'
import { examineObjects, OBJECTS_OF_NOBODY } from './doctor/objects.ts'
import { examineRobots } from './doctor/robots.ts'
import { withStores } from './doctor/stores.ts'
import { main, Refusal, runWrangler } from './local.ts'

const USAGE = `Usage: npm run doctor -- [--repair] [--restored] [--remote]

  --repair             mends what it finds, where that needs nobody's judgement
  --restored           after a restore: objects that the backup does not know are expected, and told apart
  --remote             looks at the deployed database instead of the local one`

/** A million differences; more is no accident. */
const ROUNDS_MAX = 1_000
const SHOWN_MAX = 20
/** Of one argument; Linux takes 128 KB. */
const COMMAND_BYTES_MAX = process.platform === 'win32' ? 20_000 : 100_000

const NEWER_THAN_BACKUP = `They were probably uploaded after the backup, so the database does not know them. Nobody can reach them, and
nothing removes them: npm run doctor lists them, --repair leaves them alone. Delete them with npx wrangler r2 object delete.`

interface Finding {
  readonly check: Check
  readonly differences: readonly Difference[]
}

const countOf = ({ length }: readonly Difference[]) => (length >= ROUND_MAX ? `${ROUND_MAX} or more` : String(length))

await main(async () => {
  const { values } = readArguments()
  if (values.help) return console.log(USAGE)
  const where = values.remote ? 'the deployed database' : 'the local database'
  const all = await examine(values.remote)
  const isExpected = ({ check }: Finding) => values.restored && check.name.startsWith(OBJECTS_OF_NOBODY)
  for (const { check, differences } of all.filter(isExpected)) console.log(`${check.name}: ${countOf(differences)}. ${NEWER_THAN_BACKUP}`)
  const findings = all.filter((finding) => !isExpected(finding))
  if (findings.length === 0) return console.log(`${where}: ${CHECKS.length} checks, no differences.`)
  console.log(toTable(findings))
  const left = values.repair ? await repair(findings, values.remote) : findings
  if (left.length > 0) {
    const isMendable = !values.repair && left.some(({ check }) => check.repair !== null)
    const hint = isMendable ? 'Mend them with --repair.' : 'These need a person.'
    throw new Refusal(`\n${where}: differences in ${left.map(({ check }) => check.name).join(', ')}. ${hint}`)
  }
  console.log(`\n${where}: all differences are mended.`)
})

function readArguments() {
  try {
    const flag = { type: 'boolean', default: false } as const
    return parseArgs({ options: { repair: flag, restored: flag, remote: flag, help: { ...flag, short: 'h' } } })
  } catch (error) {
    throw new Refusal(`${(error as Error).message}\n\n${USAGE}`)
  }
}

/** All checks in one call; those that found something. */
async function examine(remote: boolean): Promise<Finding[]> {
  const results = await execute<Difference>(
    CHECKS.map(({ find }) => find),
    remote,
  )
  const findings = CHECKS.map((check, index) => ({ check, differences: results[index] ?? [] }))
  const digest = readDigestSettings(remote)
  const seen = await withStores(remote, async (stores) => [...(await examineObjects(stores)), ...(await examineRobots(stores.DB, digest))])
  const others = seen.map(({ name, differences }) => ({ check: { name, find: '', repair: null }, differences }))
  return [...findings, ...others].filter(({ differences }) => differences.length > 0)
}

/** Mends round by round and says how much; answers what is left. Ends early where a round changes nothing. */
async function repair(findings: readonly Finding[], remote: boolean): Promise<readonly Finding[]> {
  let left = findings
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const mendable = left.filter(({ check }) => check.repair !== null)
    const statements = mendable.flatMap(({ check, differences }) => check.repair?.(differences) ?? [])
    if (statements.length === 0) return left
    for (const group of inGroups(statements)) await execute(group, remote)
    for (const { check, differences } of mendable) console.log(`mended: ${check.name} (${differences.length})`)
    const before = JSON.stringify(left)
    left = await examine(remote)
    if (left.length === 0 || JSON.stringify(left) === before) return left
  }
  return left
}

/** As many statements at a time as fit into a command line, on Windows too. Each is good by itself. */
function inGroups(statements: readonly string[]): string[][] {
  const groups: string[][] = []
  let bytes = 0
  for (const statement of statements) {
    bytes += Buffer.byteLength(statement)
    const group = groups.at(-1)
    if (group && bytes <= COMMAND_BYTES_MAX) group.push(statement)
    else {
      groups.push([statement])
      bytes = Buffer.byteLength(statement)
    }
  }
  return groups
}

/** Runs the statements as one batch; answers the rows of each. */
async function execute<Row>(statements: readonly string[], remote: boolean): Promise<Row[][]> {
  const sql = statements.map((statement) => statement.replace(/\n\s*/g, ' ').trim()).join('; ')
  const output = await runWrangler(['d1', 'execute', 'DB', remote ? '--remote' : '--local', '--yes', '--json', '--command', sql])
  // Notices may stand before the JSON, which begins on a line of its own.
  const results = JSON.parse(output.slice(output.search(/^\[\s*$/m))) as { results?: Row[] }[]
  return results.map((result) => result.results ?? [])
}

function toTable(findings: readonly Finding[]): string {
  const rows = findings.flatMap(({ check, differences }) => {
    const shown = differences.slice(0, SHOWN_MAX).map(({ subject, found, expected }) => [check.name, subject, found ?? '', expected ?? ''])
    return differences.length > SHOWN_MAX ? [...shown, [check.name, `(${countOf(differences)} in all)`, '', '']] : shown
  })
  const lines = [['check', 'subject', 'found', 'expected'], ...rows].map((row) => row.map(String))
  const widths = [0, 1, 2, 3].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
