/** The text of an export, whoever wrote it: UTF-8 or, from Windows, UTF-16. How long a record may be. */
import { type Head, type Input, Unreadable } from './reader.ts'

/** Of one person's record: what is longer is skipped, not collected. */
export const RECORD_LENGTH_MAX = 1_000_000
/** How much of a file tells whose it is. */
export const HEAD_BYTES = 64 * 1024

const PACKED: readonly [what: string, begin: readonly number[]][] = [
  ['is compressed: unpack it first (gunzip)', [0x1f, 0x8b]],
  ['is a ZIP file or a workbook: unpack it, or save the sheet as CSV in UTF-8', [0x50, 0x4b, 3, 4]],
  ['is an SQLite database: write its tables as JSON or CSV', [0x53, 0x51, 0x4c, 0x69, 0x74, 0x65]],
]

function decoderOf(bytes: Uint8Array): TextDecoder {
  for (const [what, begin] of PACKED) {
    if (begin.every((byte, index) => bytes[index] === byte)) throw new Unreadable(`The file ${what}`)
  }
  // Decoders drop the byte order mark.
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le')
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be')
  // Without the mark: an export begins with characters of ASCII.
  const isZero = [...bytes.subarray(0, 4)].map((byte) => byte === 0).join()
  if (isZero === 'false,true,false,true') return new TextDecoder('utf-16le')
  if (isZero === 'true,false,true,false') return new TextDecoder('utf-16be')
  if (bytes.subarray(0, 1024).includes(0)) throw new Unreadable('The file is not text')
  return new TextDecoder()
}

/** Bytes that are not text become U+FFFD, which `isDamaged` finds in the record that they are in. */
export async function* decode(input: Input): AsyncGenerator<string> {
  let decoder: TextDecoder | undefined
  for await (const bytes of input) {
    decoder ??= decoderOf(bytes)
    yield decoder.decode(bytes, { stream: true })
  }
  if (decoder) yield decoder.decode()
}

export const DAMAGED = 'has characters that are not UTF-8'
export const TOO_LONG = `has more than ${RECORD_LENGTH_MAX} characters`
export const isDamaged = (text: string) => text.includes('\uFFFD')

const KEY = /"((?:[^"\\]|\\.){1,64})"\s*:/g

export function headOf(bytes: Uint8Array): Head {
  const text = decoderOf(bytes).decode(bytes.subarray(0, HEAD_BYTES))
  const isJson = /^\s*[[{]/.test(text)
  const keys = isJson ? [...text.matchAll(KEY)].map(([, key = '']) => key) : []
  const line = isJson ? '' : (/^[^\r\n]*/.exec(text)?.[0] ?? '')
  const columns = line.split(delimiterOf(line)).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'))
  return { text, keys: new Set(keys), columns: isJson ? [] : columns }
}

/** Spreadsheets of countries with a decimal comma write semicolons. */
export function delimiterOf(line: string): string {
  return [',', ';', '\t'].find((mark) => line.includes(mark)) ?? ','
}
