/**
 * `npm run doctor`: recounts counters, looks for rows that must not exist, and reports differences; with `--repair` it
 * repairs them. Works on the local database or, with `--remote`, on the deployed one. The exit code is 1 if differences
 * are left. Each check reads whole tables: a few seconds for a million edges. It also compares triggers with the
 * migrations, objects in the buckets with rows, and robots with the keys on this machine, but never changes those.
 */
import { parseArgs } from 'node:util'
import { readDigestSettings } from './digest-settings.ts'
import { CHECKS, type Check, type Difference, ROUND_MAX } from './doctor/checks.ts'
import { examineObjects, OBJECTS_WITHOUT_ROW } from './doctor/objects.ts'
import { examineRobots } from './doctor/robots.ts'
import { examineSchema } from './doctor/schema.ts'
import { withStores } from './doctor/stores.ts'
import { main, Refusal, runWrangler } from './local.ts'

const USAGE = `Usage: npm run doctor -- [--repair] [--restored] [--remote]

  --repair             repairs what needs no judgement
  --restored           after a restore: reports objects newer than the backup separately
  --remote             checks the deployed database instead of the local one`

/** A million differences; more is no accident. */
const ROUNDS_MAX = 1_000
const SHOWN_MAX = 20
/** The length of one argument; Linux allows 128 KB. */
const COMMAND_BYTES_MAX = process.platform === 'win32' ? 20_000 : 100_000

const NEWER_THAN_BACKUP = `They were probably uploaded after the backup, so no row names them and nobody can reach them. The
sweep removes them.`

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
  const isExpected = ({ check }: Finding) => values.restored && check.name.startsWith(OBJECTS_WITHOUT_ROW)
  for (const { check, differences } of all.filter(isExpected)) console.log(`${check.name}: ${countOf(differences)}. ${NEWER_THAN_BACKUP}`)
  const findings = all.filter((finding) => !isExpected(finding))
  if (findings.length === 0) return console.log(`${where}: ${CHECKS.length} checks, no differences.`)
  console.log(toTable(findings))
  const left = values.repair ? await repair(findings, values.remote) : findings
  if (left.length > 0) {
    const isRepairable = !values.repair && left.some(({ check }) => check.repair !== null)
    const hint = isRepairable ? 'Repair them with --repair.' : 'These need your judgement.'
    throw new Refusal(`\n${where}: differences in ${left.map(({ check }) => check.name).join(', ')}. ${hint}`)
  }
  console.log(`\n${where}: all differences are repaired.`)
})

function readArguments() {
  try {
    const flag = { type: 'boolean', default: false } as const
    return parseArgs({ options: { repair: flag, restored: flag, remote: flag, help: { ...flag, short: 'h' } } })
  } catch (error) {
    throw new Refusal(`${(error as Error).message}\n\n${USAGE}`)
  }
}

/** All checks; returns those that found something. While an import is under way, only that, so that nothing is repaired. */
async function examine(remote: boolean): Promise<Finding[]> {
  const digest = readDigestSettings(remote)
  const { isWhole, seen } = await withStores(remote, async (stores) => {
    const schema = await examineSchema(stores.DB)
    if (schema.isUnfinished) return { isWhole: false, seen: schema.findings }
    return {
      isWhole: true,
      seen: [...schema.findings, ...(await examineObjects(stores)), ...(await examineRobots(stores.DB, digest))],
    }
  })
  const finds = CHECKS.map(({ find }) => find)
  const results = isWhole ? await execute<Difference>(finds, remote) : []
  const findings = CHECKS.map((check, index) => ({ check, differences: results[index] ?? [] }))
  const others = seen.map(({ name, differences }) => ({ check: { name, find: '', repair: null }, differences }))
  return [...findings, ...others].filter(({ differences }) => differences.length > 0)
}

/** Repairs round by round and reports how much; returns what is left. Stops when a round changes nothing. */
async function repair(findings: readonly Finding[], remote: boolean): Promise<readonly Finding[]> {
  let left = findings
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const repairable = left.filter(({ check }) => check.repair !== null)
    const statements = repairable.flatMap(({ check, differences }) => check.repair?.(differences) ?? [])
    if (statements.length === 0) return left
    for (const group of inGroups(statements)) await execute(group, remote)
    for (const { check, differences } of repairable) console.log(`repaired: ${check.name} (${differences.length})`)
    const before = JSON.stringify(left)
    left = await examine(remote)
    if (left.length === 0 || JSON.stringify(left) === before) return left
  }
  return left
}

/** As many statements at a time as fit into a command line, on Windows too. Each is safe by itself. */
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

/** Runs the statements as one batch; returns the rows of each. */
async function execute<Row>(statements: readonly string[], remote: boolean): Promise<Row[][]> {
  const sql = statements.map((statement) => statement.replace(/\n\s*/g, ' ').trim()).join('; ')
  const output = await runWrangler(['d1', 'execute', 'DB', remote ? '--remote' : '--local', '--yes', '--json', '--command', sql])
  // Notices may precede the JSON, which begins on its own line.
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
