/** How far an import of a file has come, in a file beside it: after a kill, it continues there. */
import { appendFileSync, existsSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import type { Outcome } from './target.ts'

export interface Counts {
  created: number
  exists: number
  refused: number
  proposed: number
  needReset: number
  unverified: number
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
  /** The length of the file of refusals. */
  refusedBytes: number
}

const NOTHING = (): Counts => ({ created: 0, exists: 0, refused: 0, proposed: 0, needReset: 0, unverified: 0, rowsWritten: 0, lost: {} })

export class Progress {
  readonly counts: Counts
  readonly refusedFile: string
  readonly #file: string
  readonly #state: State
  readonly #startedAt: number
  readonly #isDryRun: boolean

  constructor(file: string, target: string, isDryRun: boolean) {
    const { size, mtimeMs } = statSync(file)
    this.#file = `${file}.import.json`
    // That of an import which is to be continued stays.
    this.refusedFile = `${file}${isDryRun ? '.dry-run' : ''}.refused.ndjson`
    this.#isDryRun = isDryRun
    const of = `${target} ${size} ${mtimeMs}`
    const stored = isDryRun ? null : readState(this.#file)
    this.#state = stored?.of === of ? stored : { of, line: 0, counts: NOTHING(), tookMs: 0, refusedBytes: 0 }
    this.counts = this.#state.counts
    this.#startedAt = Date.now() - this.#state.tookMs
    // What was written after the last state is written again.
    if (this.#state.refusedBytes > 0 && existsSync(this.refusedFile)) truncateSync(this.refusedFile, this.#state.refusedBytes)
    else rmSync(this.refusedFile, { force: true })
  }

  /** The last line that is done; 0 at the beginning. */
  get line(): number {
    return this.#state.line
  }

  get seconds(): number {
    return (Date.now() - this.#startedAt) / 1_000
  }

  count(outcome: Outcome, lost: readonly string[] = []): void {
    const { counts } = this
    counts[outcome.status]++
    if (outcome.isProposed) counts.proposed++
    if (outcome.needsReset) counts.needReset++
    if (outcome.isUnverified) counts.unverified++
    for (const what of lost) counts.lost[what] = (counts.lost[what] ?? 0) + 1
  }

  /** Everything up to `line` is done; `refusals` are among it. */
  save(line: number, refusals: readonly object[]): void {
    const text = refusals.map((refusal) => `${JSON.stringify(refusal)}\n`).join('')
    // It has people's data, and may have password hashes.
    if (text !== '') appendFileSync(this.refusedFile, text, { mode: 0o600 })
    Object.assign(this.#state, {
      line,
      tookMs: Date.now() - this.#startedAt,
      refusedBytes: this.#state.refusedBytes + Buffer.byteLength(text),
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

function readState(file: string): State | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as State
  } catch {
    return null
  }
}
