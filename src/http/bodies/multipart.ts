/**
 * Multipart forms (RFC 7578), held in memory once and within a limit: files are views of the body. Either one file with
 * text fields, where unknown parts are refused, or all parts as they are. Repeated parts are refused, so that a form
 * cannot be read in two ways.
 */
import type { HonoRequest } from 'hono'
import { byteSize } from '../../core/byte-size.ts'
import { AppError } from '../../core/errors.ts'
import { FORM_OVERHEAD_BYTES } from '../../core/limits.ts'
import { readBytes } from './bytes.ts'

/** Enough for a percent-encoded name of 255 characters. */
const PART_HEADERS_BYTES_MAX = 8 * 1024
const PARTS_MAX = 16
/** For forms whose unknown parts are ignored: twice the parts of the largest one. */
const OPEN_PARTS_MAX = 40

export interface FileForm {
  /** Empty if the part has none. */
  readonly fileName: string
  /** Empty if the part declares none. */
  readonly contentType: string
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly fields: Readonly<Record<string, string>>
}

export interface FilesForm {
  /** With names as files have them, not paths. */
  readonly files: readonly FormFile[]
  readonly fields: Readonly<Record<string, string>>
}

export interface FormFile {
  readonly name: string
  readonly type: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

interface Part {
  readonly name: string
  readonly value: string | FormFile
}

export const isMultipart = (req: HonoRequest) => /^multipart\/form-data\b/i.test(req.header('content-type') ?? '')

interface ExpectedFile {
  /** Possible names of the file's part. */
  readonly file: readonly string[]
  /** The allowed text parts. */
  readonly fields: readonly string[]
  /** Of all files together. */
  readonly bytesMax: number
  readonly mayBeEmpty?: true
}

export async function readFileForm(req: HonoRequest, expected: ExpectedFile): Promise<FileForm> {
  const { files, fields } = await readFilesForm(req, { ...expected, filesMax: 1 })
  const { name: fileName, type: contentType, bytes } = files[0] as FormFile
  return { fileName, contentType, bytes, fields }
}

/** The same for a form with several files of one name; at least one. */
export async function readFilesForm(req: HonoRequest, expected: ExpectedFile & { filesMax: number }): Promise<FilesForm> {
  const parts = await parse(req, await readWithin(req, expected.bytesMax), PARTS_MAX)
  const fields: Record<string, string> = {}
  const files: FormFile[] = []
  for (const { name, value: part } of parts) {
    if (expected.file.includes(name)) {
      if (typeof part === 'string') throw refusal(name, 'must be a file')
      if (files.length === expected.filesMax)
        throw refusal(name, expected.filesMax === 1 ? 'must be one file' : `must be at most ${expected.filesMax} files`)
      files.push(readFile(name, part, expected))
    } else {
      if (!expected.fields.includes(name) || typeof part !== 'string')
        throw refusal(name.slice(0, 64), `is not a known field; the file goes into ${expected.file[0]}`)
      if (Object.hasOwn(fields, name)) throw refusal(name, 'must not be repeated')
      fields[name] = part
    }
  }
  if (files.length === 0) throw refusal(expected.file[0] ?? '', 'is required')
  return { files, fields }
}

function readFile(name: string, { bytes, ...part }: FormFile, { bytesMax, mayBeEmpty }: ExpectedFile): FormFile {
  // Without a chosen file, browsers send a part with neither name nor bytes.
  if (bytes.byteLength === 0 && (part.name === '' || !mayBeEmpty)) throw refusal(name, 'must not be empty')
  if (bytes.byteLength > bytesMax) throw tooLarge(bytesMax)
  return { name: nameOfFile(part.name), type: part.type, bytes }
}

const ESCAPED: Readonly<Record<string, string>> = { '%22': '"', '%0D': '\r', '%0A': '\n' }

/** Browsers escape three characters of a name (HTML, multipart/form-data), but not the percent sign. Old ones send a whole path. */
function nameOfFile(sent: string): string {
  const name = sent.replace(/%22|%0D|%0A/gi, (sign) => ESCAPED[sign.toUpperCase()] ?? sign)
  return name.split(/[/\\]/).at(-1) ?? name
}

/** A form whose parts are all optional. */
export interface OpenForm {
  readonly fields: ReadonlyMap<string, string>
  readonly file: Uint8Array<ArrayBuffer> | null
}

/**
 * The same for protocols whose parts are all optional: empty parts count as omitted, unknown ones are ignored. `file`:
 * the name of the file's part.
 */
export async function readOpenForm(
  req: HonoRequest,
  expected: { file: string; fields: readonly string[]; bytesMax: number },
): Promise<OpenForm> {
  const form = await parse(req, await readWithin(req, expected.bytesMax), OPEN_PARTS_MAX)
  const known = new Set([expected.file, ...expected.fields])
  const fields = new Map<string, string>()
  let file: OpenForm['file'] = null
  for (const name of known) {
    const parts = form.filter((part) => part.name === name)
    if (parts.length > 1) throw refusal(name, 'must not be repeated')
    const part = parts[0]?.value
    if (part === undefined || part === '' || (typeof part !== 'string' && part.bytes.byteLength === 0)) continue
    if ((typeof part === 'string') === (name === expected.file))
      throw refusal(name, name === expected.file ? 'must be a file' : 'must be text')
    if (typeof part === 'string') fields.set(name, part)
    else if (part.bytes.byteLength > expected.bytesMax) throw tooLarge(expected.bytesMax)
    else file = part.bytes
  }
  return { fields, file }
}

/** All parts by name, including unknown ones: text and files. */
export async function readParts(req: HonoRequest, bytesMax: number): Promise<Readonly<Record<string, string | FormFile>>> {
  const parts = new Map<string, string | FormFile>()
  for (const { name, value } of await parse(req, await readBytes(req, bytesMax), PARTS_MAX)) {
    if (parts.has(name)) throw refusal(name.slice(0, 64), 'must not be repeated')
    parts.set(name, value)
  }
  return Object.fromEntries(parts)
}

function readWithin(req: HonoRequest, fileBytesMax: number): Promise<Uint8Array<ArrayBuffer>> {
  return readBytes(req, fileBytesMax + FORM_OVERHEAD_BYTES, fileBytesMax)
}

/** RFC 2046 §5.1.1. */
const BOUNDARY = /;\s*boundary=(?:"([\w'()+,./:=? -]{1,70})"|([\w'()+,./:=?-]{1,70}))/i

async function parse(req: HonoRequest, bytes: Uint8Array<ArrayBuffer>, partsMax: number): Promise<Part[]> {
  const [, quoted, bare] = BOUNDARY.exec(req.header('content-type') ?? '') ?? []
  const boundary = quoted ?? bare
  if (boundary === undefined) throw new AppError('invalid_request', 'The boundary of the form is missing (RFC 7578)')
  const pieces = piecesOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), boundary, partsMax)
  const heads = await readHeads(pieces, boundary)
  return pieces.map(({ start, end }, index) => {
    const [name, value] = heads[index] ?? ['', '']
    const content = bytes.subarray(start, end)
    if (typeof value === 'string') return { name, value: new TextDecoder('utf-8', { fatal: false, ignoreBOM: true }).decode(content) }
    return { name, value: { name: value.name, type: value.type, bytes: content } }
  })
}

interface Piece {
  readonly headers: Buffer
  /** The range of its content. */
  readonly start: number
  readonly end: number
}

/** Splits a body at the boundary lines (RFC 2046 §5.1.1) without interpreting the parts. */
function piecesOf(body: Buffer, boundary: string, partsMax: number): Piece[] {
  const line = Buffer.from(`\n--${boundary}`)
  const pieces: Piece[] = []
  // The first line may have no break before it.
  let at = body.subarray(0, line.length - 1).equals(line.subarray(1)) ? 0 : nextLine(body, line, 0)
  while (at !== -1) {
    const begin = at + line.length - 1
    if (body.subarray(begin, begin + 2).toString('latin1') === '--') return pieces
    if (pieces.length === partsMax) throw new AppError('invalid_request', `A form may have at most ${partsMax} parts`)
    const length = body.subarray(begin, begin + PART_HEADERS_BYTES_MAX).indexOf('\r\n\r\n')
    if (length === -1) throw new AppError('invalid_request', 'The headers of a part are too long or incomplete')
    const start = begin + length + 4
    at = nextLine(body, line, start - 1)
    const lineBreak = body[at - 2] === 0x0d ? 2 : 1
    pieces.push({ headers: body.subarray(begin, start), start, end: Math.max(start, at - lineBreak) })
  }
  throw new AppError('invalid_request', 'The form is incomplete (RFC 7578)')
}

/**
 * The next delimiter at the start of a line; elsewhere it is content. Searching with the preceding line break keeps this
 * linear: otherwise, 16 MB of dashes took 25 s.
 */
function nextLine(body: Buffer, line: Buffer, from: number): number {
  const at = body.indexOf(line, from)
  return at === -1 ? -1 : at + 1
}

/** Lets the runtime parse the headers, in a copy of the form with empty parts: contents may be large, and stay where they are. */
async function readHeads(pieces: readonly Piece[], boundary: string): Promise<[string, string | File][]> {
  const head = ({ headers }: Piece) => [`--${boundary}`, withoutPath(headers), '\r\n']
  const body = new Blob([...pieces.flatMap(head), `--${boundary}--\r\n`])
  try {
    const form = await new Response(body, { headers: { 'content-type': `multipart/form-data; boundary="${boundary}"` } }).formData()
    const heads = [...form.entries()]
    if (heads.length === pieces.length) return heads
  } catch (cause) {
    throw new AppError('invalid_request', 'The form cannot be read (RFC 7578)', { cause })
  }
  throw new AppError('invalid_request', 'The form cannot be read (RFC 7578)')
}

/** In a Windows path, the parser would take backslashes for escapes and drop them. */
function withoutPath(headers: Buffer): Buffer<ArrayBuffer> {
  const slashed = Buffer.from(headers)
  for (const [at, byte] of headers.entries()) if (byte === 0x5c && headers[at + 1] !== 0x22) slashed[at] = 0x2f
  return slashed
}

function tooLarge(bytesMax: number): AppError {
  return new AppError('payload_too_large', `The body can be at most ${byteSize(bytesMax)}`)
}

const refusal = (path: string, message: string) => AppError.ofFields([{ path, message }])
