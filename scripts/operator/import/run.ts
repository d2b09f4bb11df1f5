/** Sends a file of records to a target, batch after batch; what is done stays done, whatever ends the command. */
import { IMPORTED_EDGES_MAX, IMPORTED_PEOPLE_MAX } from '../../../src/core/limits.ts'
import { Bar } from './bar.ts'
import type { DryRun } from './dry-run.ts'
import type { Item, Row } from './readers/index.ts'
import { Repetitions } from './repetitions.ts'
import { type Counts, Progress, type Told, type Verdict } from './state.ts'
import type { Kind, Outcome, Target } from './target.ts'

/** Below the limit of a request, with the rest of its body. */
const BATCH_BYTES_MAX = 1_200_000
const SIZE: Readonly<Record<Kind, number>> = { people: IMPORTED_PEOPLE_MAX, edges: IMPORTED_EDGES_MAX }

export interface Source {
  readonly kind: Kind
  readonly file: string
  /** A second file of the same export. */
  readonly companion?: string | undefined
  readonly bytes: number
  readonly items: AsyncIterable<Item>
  /** Bytes that were read so far. */
  readonly read: () => number
}

export interface Finished {
  readonly kind: Kind
  readonly counts: Counts
  readonly lines: number
  readonly seconds: number
  readonly refusedFile: string
  readonly notesFile: string
  /** After the last file of a command: a kill in the second is not to repeat the first. */
  forget(): void
}

/** `dryRun`: nothing is written, and it remembers what would have been. */
export async function importLines(target: Target, source: Source, dryRun: DryRun | null): Promise<Finished> {
  const progress = new Progress(source.file, target.identity, dryRun !== null)
  if (progress.line > 0) console.log(`${source.file}: continues after line ${progress.line}`)
  const bar = new Bar(source.kind, source.bytes)
  const repetitions = new Repetitions()
  try {
    for await (const batch of batches(source, progress.line, repetitions)) {
      const told = await settle(target, source.kind, batch, { progress, repetitions, dryRun })
      progress.save(batch.at(-1)?.line ?? progress.line, told)
      bar.show(source.read(), `${progress.lines.toLocaleString('en')} lines`)
    }
  } finally {
    bar.clear()
  }
  const { counts, lines, seconds, refusedFile, notesFile } = progress
  return { kind: source.kind, counts, lines, seconds, refusedFile, notesFile, forget: () => progress.finish() }
}

/** As many records as a batch takes, by number and size, beginning after the line that is done. */
async function* batches({ kind, items }: Source, after: number, repetitions: Repetitions): AsyncGenerator<Item[]> {
  let batch: Item[] = []
  let bytes = 0
  for await (const item of items) {
    if (item.line <= after) {
      if ('record' in item) repetitions.first(kind, item.record, item.line)
      continue
    }
    const size = 'record' in item ? Buffer.byteLength(JSON.stringify(item.record)) : 0
    if (batch.length > 0 && (batch.length === SIZE[kind] || bytes + size > BATCH_BYTES_MAX)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(item)
    bytes += size
  }
  if (batch.length > 0) yield batch
}

interface Recorded {
  readonly progress: Progress
  readonly repetitions: Repetitions
  readonly dryRun: DryRun | null
}

/** Sends what can be sent and counts what became of each line. Returns what the two files are to tell. */
async function settle(target: Target, kind: Kind, batch: readonly Item[], { progress, repetitions, dryRun }: Recorded): Promise<Told> {
  const records = batch.flatMap((item) => ('record' in item ? [item.record] : []))
  const rowsBefore = target.rowsWritten() ?? 0
  const outcomes = records.length === 0 ? [] : await (dryRun ? dryRun.send(target, kind, records) : target.send(kind, records, false))
  progress.counts.rowsWritten += (target.rowsWritten() ?? 0) - rowsBefore
  const told = { refusals: [] as object[], notes: [] as object[] }
  let at = 0
  for (const item of batch) {
    if ('refusal' in item) {
      progress.count({ status: 'refused' }, false, [])
      told.refusals.push({ line: item.line, message: item.refusal })
      continue
    }
    const { line, record } = item
    const first = repetitions.first(kind, record, line)
    const verdict = verdictOf(outcomes[at++] as Outcome, first)
    const lost = verdict.status === 'created' ? item.lost : []
    progress.count(verdict, typeof record.username === 'string', lost)
    const note = kind === 'people' ? noteOf(record, verdict, first, lost) : null
    if (note !== null) told.notes.push({ line, ...note })
    const { status, field, message } = verdict
    if (status === 'refused') told.refusals.push({ line, ...(field ? { field } : {}), message, record })
  }
  return told
}

/** Whoever is there since an earlier line, the `first`, was not there already. */
function verdictOf(outcome: Outcome, first: number | undefined): Verdict {
  return first !== undefined && outcome.status === 'exists' && !outcome.isPasswordAdded ? { status: 'repeated' } : outcome
}

/** What somebody has to be told, or the operator has to know of them; null if all is as it was. */
function noteOf(record: Row, verdict: Verdict, first: number | undefined, lost: readonly string[]): object | null {
  const { externalId = null, email = null } = record
  if (verdict.status === 'repeated') return { externalId, email, sameAsLine: first }
  if (verdict.isByAddress) return { externalId, email, accountWithThisAddress: verdict.id }
  const { isProposed, needsReset, isUnverified, username } = verdict
  const note = {
    ...(isProposed ? { usernameBefore: record.username ?? null } : {}),
    ...(needsReset
      ? { password: `cannot be checked here: a new one is needed${isUnverified ? ', for which the address must be verified first' : ''}` }
      : {}),
    ...(isUnverified ? { unverified: true } : {}),
    ...(lost.length > 0 ? { without: lost } : {}),
  }
  if (verdict.status !== 'created' || Object.keys(note).length === 0) return null
  return { externalId, email, username: username ?? null, ...note, ...(record.banned ? { banned: true } : {}) }
}
