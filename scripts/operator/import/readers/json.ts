/** People in JSON: one object a line, or the elements of an array, one after another whatever the file's size. */
import { none } from 'stream-chain/core'
import Assembler from 'stream-json/core/assembler.js'
import { jsonParser, type Token } from 'stream-json/core/parser.js'
import { type Entry, type Row, Unreadable } from './reader.ts'
import { DAMAGED, isDamaged, RECORD_LENGTH_MAX, TOO_LONG } from './text.ts'

const DEPTH_MAX = 64
const TOO_DEEP = `is nested more than ${DEPTH_MAX} deep`
const NO_OBJECT = 'is not a JSON object'

/** Newline-delimited JSON. A line that is too long is skipped, not collected. */
export async function* lines(chunks: AsyncIterable<string>): AsyncGenerator<Entry> {
  let line = 0
  let rest = ''
  let isSkipped = false
  for await (const chunk of chunks) {
    const parts = (rest + chunk).split('\n')
    rest = parts.pop() ?? ''
    for (const part of parts) {
      line++
      const entry = isSkipped ? { line, refusal: TOO_LONG } : entryOf(line, part)
      isSkipped = false
      if (entry) yield entry
    }
    if (rest.length > RECORD_LENGTH_MAX) {
      isSkipped = true
      rest = ''
    }
  }
  const last = isSkipped ? { line: line + 1, refusal: TOO_LONG } : entryOf(line + 1, rest)
  if (last) yield last
}

function entryOf(line: number, text: string): Entry | null {
  if (text.trim() === '') return null
  if (text.length > RECORD_LENGTH_MAX) return { line, refusal: TOO_LONG }
  if (isDamaged(text)) return { line, refusal: DAMAGED }
  try {
    const row: unknown = JSON.parse(text)
    if (isDeeper(row, DEPTH_MAX)) return { line, refusal: TOO_DEEP }
    return isRow(row) ? { line, row } : { line, refusal: NO_OBJECT }
  } catch {
    return { line, refusal: 'is not valid JSON' }
  }
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((each) => isDeeper(each, levels - 1))
}

const isRow = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The elements of an array that is the whole file, or the property `list` of the object that it is. */
export async function* elements(chunks: AsyncIterable<string>, list: string | null): AsyncGenerator<Entry> {
  const parse = jsonParser({ jsonStreaming: true, packStrings: false, streamKeys: false, streamNumbers: false })
  const collector = new Collector(list)
  const tokensOf = (chunk: string | typeof none): readonly Token[] => {
    try {
      const tokens = parse(chunk as string)
      return tokens === none ? [] : (tokens as { values: Token[] }).values
    } catch (error) {
      if (chunk === none) throw new Unreadable(collector.unfinished)
      const reason = error instanceof Error ? error.message.replace(/^Parser (cannot parse input: )?/, '') : ''
      throw new Unreadable(`The file is not valid JSON after ${collector.count} people: ${reason}`)
    }
  }
  for await (const chunk of chunks) {
    for (const token of tokensOf(chunk)) {
      const entry = collector.take(token)
      if (entry) yield entry
    }
  }
  for (const token of tokensOf(none)) {
    const entry = collector.take(token)
    if (entry) yield entry
  }
  collector.end()
}

/** Puts the tokens of each element together; what is too large or deep is passed over without keeping it. */
class Collector {
  readonly #list: string | null
  /** Of the token, in the file. */
  #depth = 0
  /** The depth of the array's elements; 0 outside of it. */
  #inside = 0
  #key = ''
  #wasFound = false
  #assembler = new Assembler()
  #size = 0
  #text: string[] | null = null
  #refusal: string | null = null
  count = 0

  constructor(list: string | null) {
    this.#list = list
  }

  take(token: Token): Entry | null {
    const { name } = token
    if (name === 'endObject' || name === 'endArray') this.#depth--
    const entry = this.#inside > 0 ? this.#within(token) : null
    if (this.#inside === 0 && name === 'keyValue' && this.#depth === 1) this.#key = token.value
    const isOpened = name === 'startArray' && (this.#list === null ? this.#depth === 0 : this.#depth === 1 && this.#key === this.#list)
    if (name === 'startObject' || name === 'startArray') this.#depth++
    if (isOpened && this.#inside === 0) {
      this.#inside = this.#depth
      this.#wasFound = true
    }
    return entry
  }

  #within(token: Token): Entry | null {
    const { name } = token
    if (name === 'endArray' && this.#depth < this.#inside) {
      this.#inside = 0
      return null
    }
    this.#collect(token)
    const isWhole = this.#depth === this.#inside && !/^start|^keyValue|^stringChunk/.test(name)
    return isWhole ? this.#finish() : null
  }

  #collect(token: Token): void {
    this.#size += 'value' in token && typeof token.value === 'string' ? token.value.length : 2
    if (this.#size > RECORD_LENGTH_MAX) this.#refusal ??= TOO_LONG
    if (this.#depth - this.#inside > DEPTH_MAX) this.#refusal ??= TOO_DEEP
    if (this.#refusal !== null) return
    switch (token.name) {
      case 'startString':
        this.#text = []
        return
      case 'stringChunk':
        if (isDamaged(token.value)) this.#refusal = DAMAGED
        this.#text?.push(token.value)
        return
      case 'endString':
        this.#value({ name: 'stringValue', value: this.#text?.join('') ?? '' })
        return
      default:
        this.#value(token)
    }
  }

  #value(token: Token): void {
    if (this.#depth > this.#inside || /^(start|end)(Object|Array)$/.test(token.name)) this.#assembler.consume(token)
    // A number or text instead of an object: the assembler takes only what is in one.
    else this.#refusal ??= NO_OBJECT
  }

  #finish(): Entry {
    const line = ++this.count
    const { current } = this.#assembler
    const refusal = this.#refusal ?? (isRow(current) ? null : NO_OBJECT)
    this.#assembler = new Assembler()
    this.#size = 0
    this.#refusal = null
    return refusal === null ? { line, row: current as Row } : { line, refusal }
  }

  get unfinished(): string {
    return `The file ends in the middle, after ${this.count} people`
  }

  end(): void {
    if (this.#depth > 0) throw new Unreadable(this.unfinished)
    if (!this.#wasFound) throw new Unreadable(this.#list === null ? 'The file has no people' : `The file has no list "${this.#list}"`)
  }
}
