/**
 * Forms with a file (RFC 7578), held in memory within a limit: one file in a part of a known name, and text fields. Parts
 * that nobody knows, and parts that come twice, are refused: nobody can read such a form in two ways.
 */
import type { HonoRequest } from 'hono'
import { AppError, type FieldIssue } from '../core/errors.ts'
import { nextPiece } from '../core/media/body.ts'

/** Boundaries, names and text fields around the file. */
const OVERHEAD_BYTES_MAX = 64 * 1024

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
  expected: { file: readonly string[]; fields: readonly string[]; bytesMax: number },
): Promise<FileForm> {
  const form = await parse(req, await readBytes(req, expected.bytesMax + OVERHEAD_BYTES_MAX))
  const fields: Record<string, string> = {}
  let file: { name: string; part: File } | null = null
  for (const [name, part] of form.entries()) {
    if (expected.file.includes(name)) {
      if (typeof part === 'string') throw refused(name, 'must be a file')
      if (file) throw refused(name, 'must be one file')
      file = { name, part }
    } else {
      if (!expected.fields.includes(name) || typeof part !== 'string') throw refused(name.slice(0, 64), 'is not a known field')
      if (Object.hasOwn(fields, name)) throw refused(name, 'must not be repeated')
      fields[name] = part
    }
  }
  if (!file) throw refused(expected.file[0] ?? '', 'is required')
  const bytes = new Uint8Array(await file.part.arrayBuffer())
  if (bytes.byteLength > expected.bytesMax) throw tooLarge(expected.bytesMax)
  return { fileName: file.part.name, contentType: file.part.type, bytes, fields }
}

async function parse(req: HonoRequest, bytes: Uint8Array<ArrayBuffer>): Promise<FormData> {
  try {
    return await new Response(bytes, { headers: { 'content-type': req.header('content-type') ?? '' } }).formData()
  } catch (cause) {
    throw new AppError('invalid_request', 'The form cannot be read (RFC 7578)', { cause })
  }
}

/** The body, never more than the limit in memory, whatever Content-Length says. A silent client is not waited for. */
export async function readBytes(req: HonoRequest, bytesMax: number): Promise<Uint8Array<ArrayBuffer>> {
  if (Number(req.header('content-length') ?? 0) > bytesMax) throw tooLarge(bytesMax)
  const reader = req.raw.body?.getReader()
  if (!reader) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for (let chunk = await nextPiece(reader); chunk !== null; chunk = await nextPiece(reader)) {
      size += chunk.byteLength
      if (size > bytesMax) throw tooLarge(bytesMax)
      chunks.push(chunk)
    }
  } catch (error) {
    reader.cancel(error).catch(() => undefined)
    throw error
  }
  return new Uint8Array(Buffer.concat(chunks))
}

function tooLarge(bytesMax: number): AppError {
  return new AppError('payload_too_large', `The body may have at most ${bytesMax} bytes`)
}

function refused(path: string, message: string): AppError {
  const issue: FieldIssue = { path, location: 'body', message }
  return new AppError('invalid_request', 'Some fields are wrong', { fields: [issue] })
}
