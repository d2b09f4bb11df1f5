/** Sends a file of records to a target, batch after batch; what is done stays done, whatever ends the command. */
import { IMPORTED_EDGES_MAX, IMPORTED_PEOPLE_MAX } from '../../../src/core/limits.ts'
import { Bar } from './bar.ts'
import type { DryRun } from './dry-run.ts'
import type { Item } from './readers/index.ts'
import { type Counts, Progress, type Told } from './state.ts'
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
  readonly seconds: number
  readonly refusedFile: string
  readonly notesFile: string
  /** After the last file of a command: a kill in the second is not to repeat the first. */
  forget(): void
}

/** `dryRun`: nothing is written, and it remembers what would have been. */
export async function run(target: Target, source: Source, dryRun: DryRun | null): Promise<Finished> {
  const progress = new Progress(source.file, target.identity, dryRun !== null)
  if (progress.line > 0) console.log(`${source.file}: continues after line ${progress.line}`)
  const bar = new Bar(source.kind, source.bytes)
  try {
    for await (const batch of batches(source, progress.line)) {
      const told = await settle(target, source.kind, batch, { progress, dryRun })
      progress.save(batch.at(-1)?.line ?? progress.line, told)
      const { created, exists, refused } = progress.counts
      bar.show(source.read(), `${(created + exists + refused).toLocaleString('en')} lines`)
    }
  } finally {
    bar.clear()
  }
  const { counts, seconds, refusedFile, notesFile } = progress
  return { kind: source.kind, counts, seconds, refusedFile, notesFile, forget: () => progress.finish() }
}

/** As many records as a batch takes, by number and size, beginning after the line that is done. */
async function* batches({ kind, items }: Source, after: number): AsyncGenerator<Item[]> {
  let batch: Item[] = []
  let bytes = 0
  for await (const item of items) {
    if (item.line <= after) continue
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
  readonly dryRun: DryRun | null
}

/** Sends what can be sent and counts what became of each line. Returns what the two files are to tell. */
async function settle(target: Target, kind: Kind, batch: readonly Item[], { progress, dryRun }: Recorded): Promise<Told> {
  const records = batch.flatMap((item) => ('record' in item ? [item.record] : []))
  const rowsBefore = target.rowsWritten() ?? 0
  const sent = records.length === 0 ? [] : await target.send(kind, records, dryRun !== null)
  progress.counts.rowsWritten += (target.rowsWritten() ?? 0) - rowsBefore
  const outcomes = dryRun === null ? sent : await dryRun.settle(target, kind, records, sent)
  const told = { refusals: [] as object[], notes: [] as object[] }
  let at = 0
  for (const item of batch) {
    const outcome: Outcome = 'record' in item ? (outcomes[at++] as Outcome) : { status: 'refused', message: item.refusal }
    const record = 'record' in item ? item.record : {}
    const lost = 'record' in item && outcome.status === 'created' ? item.lost : []
    progress.count(outcome, typeof record.username === 'string', lost)
    const note = noteOf(record, outcome, lost)
    if (note !== null) told.notes.push({ line: item.line, ...note })
    if (outcome.status !== 'refused') continue
    const { field, message } = outcome
    told.refusals.push({ line: item.line, ...(field ? { field } : {}), message, ...('record' in item ? { record } : {}) })
  }
  return told
}

/** What somebody has to be told, or the operator has to know of them; null if all is as it was. */
function noteOf(record: Readonly<Record<string, unknown>>, outcome: Outcome, lost: readonly string[]): object | null {
  const { isProposed, needsReset, isUnverified, username } = outcome
  const note = {
    ...(isProposed ? { usernameBefore: record.username ?? null } : {}),
    ...(needsReset ? { password: 'cannot be checked here: it has to be reset' } : {}),
    ...(isUnverified ? { unverified: true } : {}),
    ...(lost.length > 0 ? { without: lost } : {}),
  }
  if (outcome.status !== 'created' || Object.keys(note).length === 0) return null
  const { externalId = null, email = null } = record
  return { externalId, email, username: username ?? null, ...note }
}
