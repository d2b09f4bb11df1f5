/**
 * Small edits of `wrangler.toml` that keep its comments and order; wrangler's own patch refuses a file with comments.
 * Every result is parsed again, so a file that is written in an unexpected way is refused, never damaged.
 */
import { isDeepStrictEqual } from 'node:util'
import { parse as parseToml } from 'smol-toml'
import { Refusal } from '../local.ts'

type Value = string | boolean
type Table = Record<string, unknown>

/** Sets a key: at the top (`table` is empty), in a table, or in the element of an array of tables that `where` describes. */
export interface Edit {
  readonly table: string
  readonly where?: readonly [key: string, value: string]
  readonly key: string
  readonly value: Value
}

/** Appends an element to an array of tables. */
export interface Addition {
  readonly append: string
  readonly values: Readonly<Record<string, Value>>
}

export function edit(text: string, changes: readonly (Edit | Addition)[]): string {
  const eol = text.includes('\r\n') ? '\r\n' : '\n'
  const expected = parse(text)
  let lines = text.replaceAll('\r\n', '\n').split('\n')
  for (const change of changes) {
    if ('append' in change) {
      lines = append(lines, change)
      expected[change.append] = [...((expected[change.append] as Table[]) ?? []), change.values]
    } else {
      setIn(elementOf(expected, change), change)
      lines = set(lines, change)
    }
  }
  const edited = lines.join(eol)
  if (!isDeepStrictEqual(parse(edited), JSON.parse(JSON.stringify(expected)))) {
    throw new Refusal(`Setup cannot edit wrangler.toml as it is written. Set by hand:\n${changes.map(describe).join('\n')}`)
  }
  return edited
}

export function parse(text: string): Table {
  try {
    return JSON.parse(JSON.stringify(parseToml(text))) as Table
  } catch (error) {
    throw new Refusal(`wrangler.toml cannot be read: ${(error as Error).message}`)
  }
}

const describe = (change: Edit | Addition) =>
  'append' in change
    ? `  [[${change.append}]] ${Object.entries(change.values).map(assign).join(', ')}`
    : `  [${change.table || 'top'}${change.where ? `, ${change.where.join(' = ')}` : ''}] ${assign([change.key, change.value])}`

function elementOf(config: Table, { table, where }: Edit): Table | undefined {
  if (table === '') return config
  if (!where) return config[table] as Table | undefined
  return (config[table] as Table[] | undefined)?.find((element) => element[where[0]] === where[1])
}

function setIn(element: Table | undefined, change: Edit): void {
  if (!element) throw new Refusal(`wrangler.toml lacks a table that Kith needs:\n${describe(change)}`)
  element[change.key] = change.value
}

/** Every JSON string is a basic string of TOML, but for DEL. JSON inside is readable in a literal string. */
function literal(value: Value): string {
  if (typeof value === 'boolean') return String(value)
  const isPlain = !/[\x00-\x1f\x7f]/.test(value)
  return isPlain && value.includes('"') && !value.includes("'") ? `'${value}'` : JSON.stringify(value).replaceAll('\x7f', '\\u007f')
}
const assign = ([key, value]: [string, Value]) => `${key} = ${literal(value)}`

interface Section {
  /** Empty before the first header. */
  readonly name: string
  /** Lines after the header, up to the next. */
  readonly start: number
  end: number
}

const HEADER = /^\s*\[{1,2}\s*([\w."@/-]+)\s*\]{1,2}\s*(#.*)?$/
const KEY = /^\s*([\w-]+)\s*=\s*/

/** The line after a value that begins on this line: strings between three quotes may span several. */
function endOfValue(lines: readonly string[], at: number): number {
  const value = (lines[at] ?? '').replace(KEY, '')
  const quotes = /^("""|''')/.exec(value)?.[1]
  if (quotes === undefined || value.slice(3).includes(quotes)) return at + 1
  const closing = lines.findIndex((line, index) => index > at && line.includes(quotes))
  return (closing < 0 ? lines.length : closing) + 1
}

function sectionsOf(lines: readonly string[]): { sections: Section[]; keys: { section: Section; key: string; at: number; end: number }[] } {
  let section: Section = { name: '', start: 0, end: lines.length }
  const sections = [section]
  const keys = []
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] ?? ''
    const header = HEADER.exec(line)?.[1]
    const key = KEY.exec(line)?.[1]
    const end = key === undefined ? at + 1 : endOfValue(lines, at)
    if (header !== undefined) {
      section.end = at
      section = { name: header, start: at + 1, end: lines.length }
      sections.push(section)
    } else if (key !== undefined) keys.push({ section, key, at, end })
    at = end
  }
  return { sections, keys }
}

function set(lines: readonly string[], change: Edit): string[] {
  const { sections, keys } = sectionsOf(lines)
  const isMeant = (section: Section) =>
    section.name === change.table &&
    (!change.where || parse(lines.slice(section.start, section.end).join('\n'))[change.where[0]] === change.where[1])
  const section = sections.find(isMeant)
  if (!section) throw new Refusal(`wrangler.toml has no table of its own for:\n${describe(change)}`)
  const own = keys.filter((one) => one.section === section)
  const line = assign([change.key, change.value])
  const present = own.find(({ key }) => key === change.key)
  if (!present) return lines.toSpliced(own.at(-1)?.end ?? section.start, 0, line)
  const comment =
    present.end === present.at + 1
      ? (/^(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'#]+)(\s+#.*)$/.exec((lines[present.at] ?? '').replace(KEY, ''))?.[1] ?? '')
      : ''
  return lines.toSpliced(present.at, present.end - present.at, `${line}${comment}`)
}

function append(lines: readonly string[], { append: table, values }: Addition): string[] {
  const body = lines.at(-1) === '' ? lines.slice(0, -1) : lines
  return [...body, '', `[[${table}]]`, ...Object.entries(values).map(assign), '']
}

/** The lines that differ, as `- old` and `+ new`. */
export function differences(before: string, after: string): string[] {
  const [old, fresh] = [before.split(/\r?\n/), after.split(/\r?\n/)]
  // The longest common subsequence, from the end.
  const common = Array.from({ length: old.length + 1 }, () => new Array<number>(fresh.length + 1).fill(0))
  const at = (i: number, j: number) => common[i]?.[j] ?? 0
  for (let i = old.length - 1; i >= 0; i--)
    for (let j = fresh.length - 1; j >= 0; j--) {
      const row = common[i]
      if (row) row[j] = old[i] === fresh[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  const lines: string[] = []
  for (let i = 0, j = 0; i < old.length || j < fresh.length; ) {
    if (i < old.length && j < fresh.length && old[i] === fresh[j]) {
      i++
      j++
    } else if (i < old.length && (j >= fresh.length || at(i + 1, j) >= at(i, j + 1))) lines.push(`- ${old[i++]}`)
    else lines.push(`+ ${fresh[j++]}`)
  }
  return lines.filter((line) => line.trim().length > 1)
}
