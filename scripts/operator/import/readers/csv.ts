/** People in a table: CSV with a line of headings, as databases and spreadsheets write it. */
import { pipeline, Readable } from 'node:stream'
import { type CsvError, type Info, parse } from 'csv-parse'
import { type Entry, Unreadable } from './reader.ts'
import { DAMAGED, delimiterOf, isDamaged, RECORD_LENGTH_MAX, TOO_LONG } from './text.ts'

interface Table {
  /** Of a table that has no line of headings. */
  readonly columns?: readonly string[] | undefined
}

/** Each line by the names of its columns. Fields may contain line breaks, and quotes written twice. */
export async function* rows(chunks: AsyncIterable<string>, { columns }: Table): AsyncGenerator<Entry> {
  const all = chunks[Symbol.asyncIterator]()
  const first = await all.next()
  const begin = first.done ? '' : first.value
  const skipped: Entry[] = []
  const options = {
    bom: true,
    info: true,
    delimiter: columns ? ',' : delimiterOf(/^[^\r\n]*/.exec(begin)?.[0] ?? ''),
    // A line has the wrong number of fields: the others are read.
    relax_column_count: true,
    // Firebase quotes a field for its commas, and leaves quotes inside of it alone.
    relax_quotes: columns !== undefined,
    skip_empty_lines: true,
    skip_records_with_error: true,
    on_skip: (error: CsvError | undefined) => {
      if (error?.code === 'CSV_MAX_RECORD_SIZE')
        throw new Unreadable(`A record that begins before line ${error.lines} ${TOO_LONG}: a quote is not closed`)
      skipped.push({ line: Number(error?.lines ?? 0), refusal: `is not CSV: ${error?.message ?? 'unknown error'}` })
      return undefined
    },
    max_record_size: RECORD_LENGTH_MAX,
  }
  const parsed = pipeline(Readable.from(rejoin(begin, all)), parse(options), () => undefined)
  let names = columns
  for await (const { record, info } of parsed as AsyncIterable<{ record: string[]; info: Info }>) {
    yield* skipped.splice(0)
    if (names === undefined) names = record.map((name) => name.trim())
    else yield entryOf(info.lines, names, record)
  }
  yield* skipped
  if (names === undefined) throw new Unreadable('The file has no people')
}

async function* rejoin(begin: string, rest: AsyncIterator<string>): AsyncGenerator<string> {
  yield begin
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
}

function entryOf(line: number, names: readonly string[], record: readonly string[]): Entry {
  const isEnded = record.length === names.length + 1 && record.at(-1) === ''
  if (record.length !== names.length && !isEnded) {
    return { line, refusal: `has ${record.length} fields where the table has ${names.length} columns` }
  }
  if (record.some(isDamaged)) return { line, refusal: DAMAGED }
  return { line, row: Object.fromEntries(names.map((name, index) => [name, record[index]])) }
}
