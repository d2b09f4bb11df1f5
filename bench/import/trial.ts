/** An import that is killed on the way, again and again, and must end as if it had not been. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { peakOfChildren } from '../memory.ts'
import { type Digests, digestOf, edgesOf, nameFor, peopleOf, type Shape } from './world.ts'

/** Far below what Node would take on its own: an import must not depend on the size of its files. */
export const HEAP_MB = 256
const PEOPLE = 'people.ndjson'
const EDGES = 'edges.ndjson'
const LOOK_MS = 10

export interface Trial {
  readonly seconds: number
  /** At its most, of the command and of the local runtime below it. */
  readonly peakMb: { readonly node: number; readonly workerd: number }
  /** Where it was killed: the file, and the last line that was known to be done. */
  readonly kills: readonly string[]
  readonly report: string
}

export async function writeFiles(folder: string, shape: Shape): Promise<void> {
  const toLines = function* (records: Iterable<unknown>) {
    for (const record of records) yield `${JSON.stringify(record)}\n`
  }
  await pipeline(Readable.from(toLines(peopleOf(shape))), createWriteStream(join(folder, PEOPLE)))
  await pipeline(Readable.from(toLines(edgesOf(shape))), createWriteStream(join(folder, EDGES)))
}

/** Imports the files of `folder`, a copy of Kith, and kills the command once while it imports people and twice in the edges. */
export async function importWithKills(folder: string, { people, edges }: Shape): Promise<Trial> {
  const after = [
    { file: PEOPLE, line: people * 0.4 },
    { file: EDGES, line: edges * 0.2 },
    { file: EDGES, line: edges * 0.6 },
  ]
  const peakMb = { node: 0, workerd: 0 }
  const kills: string[] = []
  const startedAt = Date.now()
  for (const { file, line } of after) {
    const { child, ended } = start(folder)
    let done = 0
    while (done < line && child.exitCode === null) {
      await pause(LOOK_MS)
      done = lineOf(join(folder, `${file}.import.json`))
      note(child, peakMb)
    }
    child.kill('SIGKILL')
    const { code, output } = await ended
    endRuntime(child)
    if (code !== null) throw new Error(`The import ended before it was killed:\n${output}`)
    kills.push(`${file} after line ${done}`)
  }
  const { child, ended } = start(folder)
  const looking = setInterval(() => note(child, peakMb), LOOK_MS * 10)
  const { code, output } = await ended
  clearInterval(looking)
  if (code !== 0) throw new Error(output)
  return { seconds: (Date.now() - startedAt) / 1_000, peakMb, kills, report: output }
}

function start(folder: string) {
  const args = [`--max-old-space-size=${HEAP_MB}`, 'scripts/operator.ts', 'import', PEOPLE, '--edges', EDGES]
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  let output = ''
  const keep = (chunk: Buffer) => {
    output += chunk
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const ended = new Promise<{ code: number | null; output: string }>((resolve) => child.on('exit', (code) => resolve({ code, output })))
  return { child, ended }
}

/** The local runtime outlives a command that was killed. */
function endRuntime({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

/** 0 before the first batch, and after the last. */
function lineOf(stateFile: string): number {
  try {
    return (JSON.parse(readFileSync(stateFile, 'utf8')) as { line: number }).line
  } catch {
    return 0
  }
}

function note({ pid }: ChildProcess, peak: { node: number; workerd: number }): void {
  try {
    const [, kb] = /^VmHWM:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    peak.node = Math.max(peak.node, Math.round(Number(kb ?? 0) / 1_024))
    peak.workerd = Math.max(peak.workerd, Math.round(peakOfChildren('workerd') / 1_024))
  } catch {
    // It has just ended.
  }
}

const OF_PEOPLE = `
  SELECT x.external_id, u.username, u.email_key, u.email_verified_at IS NOT NULL AS verified, u.given_name, u.family_name, u.is_private,
    u.created_at, c.password_hash, u.custom_data, u.follower_count, u.following_count, u.request_count
  FROM external_ids x JOIN users u ON u.id = x.user_id JOIN credentials c ON c.user_id = u.id`
/** CROSS: in this order. SQLite knows no figures of a new database and would pair everybody with everybody first. */
const ends = (from: string, to: string) =>
  `CROSS JOIN external_ids a ON a.user_id = e.${from} AND a.source = '' CROSS JOIN external_ids b ON b.user_id = e.${to} AND b.source = ''`
const OF_FOLLOWS = `SELECT a.external_id AS one, b.external_id AS other, e.approved_at IS NOT NULL AS approved FROM follows e ${ends('follower_id', 'followed_id')}`
const OF_BLOCKS = `SELECT a.external_id AS one, b.external_id AS other FROM blocks e ${ends('blocker_id', 'blocked_id')}`

/** As `expectedDigests` says what must be there. */
export function storedDigests(database: DatabaseSync): Digests {
  const linesOf = (query: string) => [...database.prepare(query).iterate()].map((row) => Object.values(row).join(' '))
  const people = [...database.prepare(OF_PEOPLE).iterate()].map(({ external_id: id, username, ...rest }) =>
    [id, nameFor(Number(String(id).slice('old|'.length)), String(username)), ...Object.values(rest)].join(' '),
  )
  return { people: digestOf(people), follows: digestOf(linesOf(OF_FOLLOWS)), blocks: digestOf(linesOf(OF_BLOCKS)) }
}
