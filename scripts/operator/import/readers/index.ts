/** The readers of other systems' exports: whose a file is, and the people in it as records of an import, one after another. */
import { personRecord } from '../../../../src/core/imports/person-record.ts'
import { auth0 } from './auth0.ts'
import { betterAuth } from './better-auth.ts'
import { clerk } from './clerk.ts'
import { cognito } from './cognito.ts'
import { rows } from './csv.ts'
import { Draft } from './draft.ts'
import { firebase } from './firebase.ts'
import { elements, lines } from './json.ts'
import { keycloak } from './keycloak.ts'
import { type Entry, type Head, type Input, type Reader, type System, Unreadable } from './reader.ts'
import { supabase } from './supabase.ts'
import { decode, headOf } from './text.ts'

export { type Input, type Item, type Reader, type ReaderOptions, Unreadable } from './reader.ts'
export { HEAD_BYTES } from './text.ts'

/** Kith's own records, which need no translation. */
const kith: Reader = {
  name: 'kith',
  title: 'Kith',
  detect: ({ text }) => {
    const names = Object.keys(firstLineOf(text) ?? {})
    return names.length > 0 && names.every((name) => name in personRecord.shape)
  },
  async *read(input) {
    for await (const entry of lines(decode(input))) {
      yield 'refusal' in entry ? entry : { line: entry.line, record: entry.row, lost: [] }
    }
  },
}

const SYSTEMS = [auth0, clerk, supabase, firebase, cognito, keycloak, betterAuth]

/** The most telling marks first: better-auth's are words that others use as well. */
export const READERS: readonly Reader[] = [kith, ...SYSTEMS.map((system) => readerOf(system as System))]

function readerOf(system: System): Reader {
  return {
    name: system.name,
    title: system.title,
    detect: (head) => system.detect(head),
    async *read(input, options) {
      if (options.companion && system.second === undefined) throw new Unreadable(`An export of ${system.title} is one file`)
      const companion = options.companion ? entriesOf(options.companion, {}) : null
      const gathered = await system.gather?.(companion, options)
      for await (const entry of entriesOf(input, system)) {
        if ('refusal' in entry) {
          yield entry
          continue
        }
        const draft = new Draft(options)
        const refusal = system.fill(draft, entry.row, gathered)
        yield refusal === undefined ? draft.finish(entry.line) : { line: entry.line, refusal }
      }
    },
  }
}

/** By how the text begins: an array, a line of JSON, the object that holds the list, or a table. */
async function* entriesOf(input: Input, { list, columns }: Pick<System, 'list' | 'columns'>): AsyncGenerator<Entry> {
  const chunks = decode(input)
  let begin = ''
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
    begin += next.value
    if (begin.trim() !== '') break
  }
  const all = rejoin(begin, chunks)
  const [mark] = begin.trimStart()
  if (mark === undefined) throw new Unreadable('The file is empty')
  if (mark === '[') yield* elements(all, null)
  else if (mark !== '{') yield* rows(all, { columns })
  else if (list !== undefined && !isLine(begin, list)) yield* elements(all, list)
  else yield* lines(all)
}

async function* rejoin(begin: string, rest: AsyncIterable<string>): AsyncGenerator<string> {
  yield begin
  yield* rest
}

/** Whether the first line is a whole object that does not hold the list: then each line is one. */
function isLine(begin: string, list: string): boolean {
  const row = firstLineOf(begin)
  return row !== null && !(list in row)
}

function firstLineOf(text: string): Record<string, unknown> | null {
  try {
    return JSON.parse(text.trimStart().split('\n', 1)[0] ?? '') as Record<string, unknown>
  } catch {
    return null
  }
}

/** The reader for a file that begins with these bytes. `format` is the name of one, or `auto`. */
export function readerFor(format: string, begin: Uint8Array): Reader {
  const head = headOf(begin)
  const named = READERS.find(({ name }) => name === format)
  if (!named && format !== 'auto') throw new Unreadable(`--format must be auto or one of ${READERS.map(({ name }) => name).join(', ')}`)
  const detected = READERS.find((reader) => reader.detect(head))
  if (named && detected && !named.detect(head)) {
    throw new Unreadable(`This looks like an export of ${detected.title}, not of ${named.title}: use --format ${detected.name}, or auto`)
  }
  const reader = named ?? detected
  if (!reader) throw new Unreadable(unknown(head))
  const shortcoming = SYSTEMS.find(({ name }) => name === reader.name)?.shortcoming?.(head)
  if (shortcoming) throw new Unreadable(`This looks like an export of ${reader.title}, but ${shortcoming}`)
  return reader
}

function unknown({ text }: Head): string {
  const known = READERS.map(({ title }) => title).join(', ')
  const begin = JSON.stringify(text.trim().slice(0, 60))
  return text.trim() === ''
    ? 'The file is empty'
    : `The file is no export that Kith knows (${known}); it begins with ${begin}. Translate it into Kith's own records, or name its format with --format`
}
