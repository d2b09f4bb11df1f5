/** How far an import of a file has come, in a file beside it: after a kill, it continues there. */
import { appendFileSync, existsSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import type { Outcome } from './target.ts'

/** What became of a line. */
export type Verdict = Omit<Outcome, 'status'> & {
  /** `repeated`: an earlier line of the file is about the same. */
  readonly status: Outcome['status'] | 'repeated'
}

export interface Counts {
  created: number
  exists: number
  repeated: number
  refused: number
  /** Who had no user name, and who had one that Kith cannot give them. */
  named: number
  renamed: number
  needReset: number
  unverified: number
  /** Of those who exist. */
  byAddress: number
  passwordsAdded: number
  rowsWritten: number
  /** What of people does not move, as the reader of the format says. */
  lost: Record<string, number>
}

interface State {
  /** Another file, or another target, begins anew. */
  readonly of: string
  /** The last line that is done. */
  line: number
  counts: Counts
  /** Milliseconds so far. */
  tookMs: number
  /** The lengths of the files of refusals and of notes. */
  refusedBytes: number
  notesBytes: number
}

const NOTHING = (): Counts => ({
  ...{
    created: 0,
    exists: 0,
    repeated: 0,
    refused: 0,
    named: 0,
    renamed: 0,
    needReset: 0,
    unverified: 0,
    byAddress: 0,
    passwordsAdded: 0,
    rowsWritten: 0,
  },
  lost: {},
})

/** What there is to tell about a record: lines of the two files beside that of the import. */
export interface Told {
  readonly refusals: readonly object[]
  /** People who are there, with what is not as it was, and lines that are about somebody again. */
  readonly notes: readonly object[]
}

export class Progress {
  readonly counts: Counts
  readonly refusedFile: string
  readonly notesFile: string
  readonly #file: string
  readonly #state: State
  readonly #startedAt: number
  readonly #isDryRun: boolean

  constructor(file: string, target: string, isDryRun: boolean) {
    const { size, mtimeMs } = statSync(file)
    this.#file = `${file}.import.json`
    // That of an import which is to be continued stays.
    const beside = `${file}${isDryRun ? '.dry-run' : ''}`
    this.refusedFile = `${beside}.refused.ndjson`
    this.notesFile = `${beside}.notes.ndjson`
    this.#isDryRun = isDryRun
    const of = `${target} ${size} ${mtimeMs}`
    const stored = isDryRun ? null : readState(this.#file)
    this.#state = stored?.of === of ? stored : { of, line: 0, counts: NOTHING(), tookMs: 0, refusedBytes: 0, notesBytes: 0 }
    this.counts = this.#state.counts
    this.#startedAt = Date.now() - this.#state.tookMs
    // What was written after the last state is written again.
    cutOff(this.refusedFile, this.#state.refusedBytes)
    cutOff(this.notesFile, this.#state.notesBytes)
  }

  /** The last line that is done; 0 at the beginning. */
  get line(): number {
    return this.#state.line
  }

  /** How many are done: each has one verdict. */
  get lines(): number {
    const { created, exists, repeated, refused } = this.counts
    return created + exists + repeated + refused
  }

  get seconds(): number {
    return (Date.now() - this.#startedAt) / 1_000
  }

  /** `hadName`: the record has a user name. */
  count(outcome: Verdict, hadName: boolean, lost: readonly string[]): void {
    const { counts } = this
    counts[outcome.status]++
    if (outcome.isProposed) counts[hadName ? 'renamed' : 'named']++
    if (outcome.isByAddress) counts.byAddress++
    if (outcome.isPasswordAdded) counts.passwordsAdded++
    if (outcome.needsReset) counts.needReset++
    if (outcome.isUnverified) counts.unverified++
    for (const what of lost) counts.lost[what] = (counts.lost[what] ?? 0) + 1
  }

  /** Everything up to `line` is done; what is told is among it. */
  save(line: number, { refusals, notes }: Told): void {
    const { refusedBytes, notesBytes } = this.#state
    Object.assign(this.#state, {
      line,
      tookMs: Date.now() - this.#startedAt,
      refusedBytes: refusedBytes + append(this.refusedFile, refusals),
      notesBytes: notesBytes + append(this.notesFile, notes),
    })
    if (this.#isDryRun) return
    // A kill leaves the one or the other.
    writeFileSync(`${this.#file}.new`, JSON.stringify(this.#state))
    renameSync(`${this.#file}.new`, this.#file)
  }

  /** There is nothing to continue any more. */
  finish(): void {
    // A dry run knows nothing of an import that is to be continued.
    if (!this.#isDryRun) rmSync(this.#file, { force: true })
  }
}

/** Returns how many bytes it has appended. The files have people's data, that of refusals also password hashes. */
function append(file: string, lines: readonly object[]): number {
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
  if (text !== '') appendFileSync(file, text, { mode: 0o600 })
  return Buffer.byteLength(text)
}

function cutOff(file: string, bytes: number): void {
  if (bytes > 0 && existsSync(file)) truncateSync(file, bytes)
  else rmSync(file, { force: true })
}

function readState(file: string): State | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as State
  } catch {
    return null
  }
}
