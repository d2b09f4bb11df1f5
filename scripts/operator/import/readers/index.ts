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
import { type Entry, type Head, type Input, type Item, type Reader, type ReaderOptions, type System, Unreadable } from './reader.ts'
import { supabase } from './supabase.ts'
import { decode, headOf, isDamaged } from './text.ts'

export { type Input, type Item, type Reader, type ReaderOptions, type Row, Unreadable } from './reader.ts'
export { HEAD_BYTES } from './text.ts'

/** Kith's own records, which need no translation. */
const kith: Reader = {
  name: 'kith',
  title: 'Kith',
  detect: ({ text }) => {
    const names = Object.keys(firstLineOf(text) ?? {})
    return names.length > 0 && names.every((name) => name in personRecord.shape)
  },
  async *read(input, options) {
    refuseOptions(options, 'Kith', {})
    yield* records(input)
  },
}

/** One a line, as they are. */
export async function* records(input: Input): AsyncGenerator<Item> {
  for await (const entry of lines(decode(input))) yield 'refusal' in entry ? entry : { line: entry.line, record: entry.row, lost: [] }
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
      const gathered = await gather(system, options)
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

/** What the second file has, and the options. */
async function gather(system: System, options: ReaderOptions): Promise<unknown> {
  refuseOptions(options, system.title, system)
  if (!options.companion) return await system.gather?.(null, options)
  try {
    return await system.gather?.(entriesOf(options.companion, {}), options)
  } catch (error) {
    if (error instanceof Unreadable) error.isOfCompanion = true
    throw error
  }
}

/** A file that nobody would read is a mistake. */
function refuseOptions({ companion, hashConfig }: ReaderOptions, title: string, { second, hasHashConfig }: Partial<System>): void {
  if (companion && second === undefined) throw new Unreadable(`An export of ${title} is one file: leave --with away`)
  if (hashConfig !== undefined && !hasHashConfig) throw new Unreadable(`--hash-config is for exports of ${firebase.title}, not of ${title}`)
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
  if (!reader || head.text.trim() === '') throw new Unreadable(unknown(head))
  const system = SYSTEMS.find(({ name }) => name === reader.name)
  if (!reader.detect(head)) refuseOthers(head, reader.title, system?.ids)
  const shortcoming = system?.shortcoming?.(head)
  if (shortcoming) throw new Unreadable(`This looks like an export of ${reader.title}, but ${shortcoming}`)
  return reader
}

/** What nobody detects may still be what it is said to be, if there are people in it. */
function refuseOthers({ text, keys, columns }: Head, title: string, ids: readonly string[] | undefined): void {
  const isIt = ids ? ids.some((id) => keys.has(id) || columns.includes(id)) : isLineOfJson(text)
  if (isIt) return
  const expected = ids ? `has ${ids.map((id) => `"${id}"`).join(' or ')} for each person` : 'is a JSON object a line'
  throw new Unreadable(`The file is no export of ${title}, which ${expected}; ${beginOf(text)}`)
}

const isLineOfJson = (text: string) => text.trimStart().startsWith('{')

/** Refuses what cannot be a file of edges. That there are none is fine. */
export function requireEdges(begin: Uint8Array): void {
  const { text, keys } = headOf(begin)
  if (text.trim() === '' || (isLineOfJson(text) && EDGE.every((name) => keys.has(name)))) return
  throw new Unreadable(`The file has no follows and blocks, which are a JSON object a line with "type", "from" and "to"; ${beginOf(text)}`)
}

const EDGE = ['type', 'from', 'to']

function unknown({ text, keys }: Head): string {
  if (text.trim() === '') return 'The file is empty'
  if (EDGE.every((name) => keys.has(name))) return 'The file has follows and blocks: give it with --edges'
  const known = READERS.map(({ title }) => title).join(', ')
  return `The file is no export that Kith knows (${known}); ${beginOf(text)}. Translate it into Kith's own records, or name its format with --format`
}

function beginOf(text: string): string {
  const begin = text.trim().slice(0, 60)
  return isDamaged(begin) ? 'it is not text' : `it begins with ${JSON.stringify(begin)}`
}
