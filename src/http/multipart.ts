/**
 * Forms (RFC 7578), held in memory within a limit. Either a file in a part of a known name, and text fields, where parts that
 * nobody knows are refused; or all parts as they are. Parts that come twice are refused: nobody can read such a form in two ways.
 */
import type { HonoRequest } from 'hono'
import { AppError, type FieldIssue } from '../core/errors.ts'
import { FORM_OVERHEAD_BYTES } from '../core/figures.ts'
import { readBytes } from './body.ts'

/** Headers of one part: a name of 255 characters, percent-encoded, and what a browser writes around it. */
const PART_HEADERS_BYTES_MAX = 8 * 1024
const PARTS_MAX = 16
/** Where parts that nobody knows are ignored: as many again as the largest of these forms has. */
const OPEN_PARTS_MAX = 40

export interface FileForm {
  /** The part's own name for the file; empty when it says none. */
  readonly fileName: string
  /** As the part declares it; empty when it does not. */
  readonly contentType: string
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly fields: Readonly<Record<string, string>>
}

export const isMultipart = (req: HonoRequest) => /^multipart\/form-data\b/i.test(req.header('content-type') ?? '')

/** `file`: the names that the part of the file may have. `fields`: the text parts that there may be. */
export async function readFileForm(
  req: HonoRequest,
  expected: { file: readonly string[]; fields: readonly string[]; bytesMax: number; mayBeEmpty?: true },
): Promise<FileForm> {
  const form = await parse(req, await readWithin(req, expected.bytesMax), PARTS_MAX)
  const fields: Record<string, string> = {}
  let file: { name: string; part: File } | null = null
  for (const [name, part] of form.entries()) {
    if (expected.file.includes(name)) {
      if (typeof part === 'string') throw refused(name, 'must be a file')
      if (file) throw refused(name, 'must be one file')
      file = { name, part }
    } else {
      if (!expected.fields.includes(name) || typeof part !== 'string')
        throw refused(name.slice(0, 64), `is not a known field; the file goes into ${expected.file[0]}`)
      if (Object.hasOwn(fields, name)) throw refused(name, 'must not be repeated')
      fields[name] = part
    }
  }
  if (!file) throw refused(expected.file[0] ?? '', 'is required')
  const bytes = new Uint8Array(await file.part.arrayBuffer())
  // A form in which no file was chosen has a part without a name and bytes.
  if (bytes.byteLength === 0 && (file.part.name === '' || !expected.mayBeEmpty)) throw refused(file.name, 'must not be empty')
  if (bytes.byteLength > expected.bytesMax) throw tooLarge(expected.bytesMax)
  return { fileName: nameOfFile(file.part.name), contentType: file.part.type, bytes, fields }
}

const ESCAPED: Readonly<Record<string, string>> = { '%22': '"', '%0D': '\r', '%0A': '\n' }

/** Browsers escape three characters in a name (HTML, multipart/form-data), and no percent sign. Old ones send a whole path. */
function nameOfFile(sent: string): string {
  const name = sent.replace(/%22|%0D|%0A/gi, (sign) => ESCAPED[sign.toUpperCase()] ?? sign)
  return name.split(/[/\\]/).at(-1) ?? name
}

/** What a form says that may leave everything out. */
export interface OpenForm {
  readonly fields: ReadonlyMap<string, string>
  readonly file: Uint8Array<ArrayBuffer> | null
}

/**
 * The same for protocols whose parts may all be left out, or empty, which is the same there; what nobody knows is ignored.
 * `file`: the name of the part that is a file.
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
    const parts = form.getAll(name)
    if (parts.length > 1) throw refused(name, 'must not be repeated')
    const [part] = parts as (string | File | undefined)[]
    if (part === undefined || part === '' || (typeof part !== 'string' && part.size === 0)) continue
    if ((typeof part === 'string') === (name === expected.file))
      throw refused(name, name === expected.file ? 'must be a file' : 'must be text')
    if (typeof part === 'string') fields.set(name, part)
    else if (part.size > expected.bytesMax) throw tooLarge(expected.bytesMax)
    else file = new Uint8Array(await part.arrayBuffer())
  }
  return { fields, file }
}

/** All parts by their names: text, and files. What nobody knows is for the caller to leave. */
export async function readParts(req: HonoRequest, bytesMax: number): Promise<Readonly<Record<string, string | File>>> {
  const parts = new Map<string, string | File>()
  for (const [name, part] of (await parse(req, await readBytes(req, bytesMax), PARTS_MAX)).entries()) {
    if (parts.has(name)) throw refused(name.slice(0, 64), 'must not be repeated')
    parts.set(name, part)
  }
  return Object.fromEntries(parts)
}

/** A form around a file of so many bytes. */
function readWithin(req: HonoRequest, fileBytesMax: number): Promise<Uint8Array<ArrayBuffer>> {
  return readBytes(req, fileBytesMax + FORM_OVERHEAD_BYTES, fileBytesMax)
}

/** RFC 2046 §5.1.1. */
const BOUNDARY = /;\s*boundary=(?:"([\w'()+,./:=? -]{1,70})"|([\w'()+,./:=?-]{1,70}))/i

async function parse(req: HonoRequest, bytes: Uint8Array<ArrayBuffer>, partsMax: number): Promise<FormData> {
  const [, quoted, bare] = BOUNDARY.exec(req.header('content-type') ?? '') ?? []
  const boundary = quoted ?? bare
  if (boundary === undefined) throw new AppError('invalid_request', 'The boundary of the form is missing (RFC 7578)')
  checkParts(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), boundary, partsMax)
  try {
    // The very boundary by which the parts were counted: of a header with two, the parser might take the other.
    return await new Response(bytes, { headers: { 'content-type': `multipart/form-data; boundary="${boundary}"` } }).formData()
  } catch (cause) {
    throw new AppError('invalid_request', 'The form cannot be read (RFC 7578)', { cause })
  }
}

/** How many parts there are, and how much each says of itself, before anything is made of them. */
function checkParts(body: Buffer, boundary: string, partsMax: number): void {
  const delimiter = `--${boundary}`
  let parts = 0
  for (let at = body.indexOf(delimiter); at !== -1; at = body.indexOf(delimiter, at + delimiter.length)) {
    // A line of its own, as RFC 2046 has it; elsewhere it is content.
    if (at > 0 && body[at - 1] !== 0x0a) continue
    if (body.subarray(at + delimiter.length, at + delimiter.length + 2).toString('latin1') === '--') return
    parts += 1
    if (parts > partsMax) throw new AppError('invalid_request', `A form may have at most ${partsMax} parts`)
    const headers = body.subarray(at, at + PART_HEADERS_BYTES_MAX)
    const end = headers.indexOf('\r\n\r\n')
    if (end === -1) throw new AppError('invalid_request', 'The headers of a part are too long, or have no end')
    // A path of Windows: the parser would take its separators for escapes, and drop them.
    for (let i = 0; i < end; i++) if (headers[i] === 0x5c && headers[i + 1] !== 0x22) headers[i] = 0x2f
  }
}

function tooLarge(bytesMax: number): AppError {
  return new AppError('payload_too_large', `The body may have at most ${bytesMax} bytes`)
}

function refused(path: string, message: string): AppError {
  const issue: FieldIssue = { path, location: 'body', message }
  return new AppError('invalid_request', 'Some fields are wrong', { fields: [issue] })
}
