/** File uploads of Mxit's clients (wire §1.3): raw bytes, or, from the oldest ones, base64 in an XML element. */
import type { HonoRequest } from 'hono'
import * as z from 'zod'
import { AppError } from '../../core/errors.ts'
import * as fields from '../../core/fields.ts'
import type { FolderRef } from '../../core/media/folders.ts'
import type { Upload } from '../../core/media/uploads.ts'
import { readBytes } from '../../http/bodies/bytes.ts'
import { declaredType, rawBody } from '../../http/bodies/upload.ts'
import { judge } from '../../http/validate.ts'
import { documentBytesMax, isXml, readBase64Binary } from './base64-binary.ts'
import type { UploadQuery } from './wire.ts'

export async function readPicture(req: HonoRequest, bytesMax: number): Promise<Uint8Array<ArrayBuffer>> {
  if (!isXml(req)) return readBytes(req, bytesMax)
  const { bytes, isDecoded } = await readBase64Binary(req, bytesMax)
  if (!isDecoded) throw new AppError('invalid_request', 'The body is not a base64Binary element')
  return bytes
}

const Declared = z.object({ mimeType: fields.contentType })
const judgeType = async (mimeType: string) => (await judge('query', Declared, { mimeType })).mimeType

/** Libraries send these types for any file, so they say nothing about it. */
function toldType(req: HonoRequest): string | null {
  const type = declaredType(req)
  return type === null || /^(multipart\/form-data|application\/octet-stream)\b/i.test(type) ? null : type
}

/** An XML document of another kind is stored as it is. `bytesMax` limits what is held in memory. */
export async function readFile(
  req: HonoRequest,
  folder: FolderRef,
  { fileName: name, preventShare, mimeType }: z.output<typeof UploadQuery>,
  bytesMax: number,
): Promise<Upload> {
  const { size, stream, digest } = rawBody(req)
  const told = toldType(req) ?? mimeType
  const file = { name, folder, makesFolder: true, preventShare, digest }
  if (told === undefined) return { ...file, contentType: null, size, body: stream }
  const contentType = await judgeType(told)
  if (!isXml(req) || size > documentBytesMax(bytesMax)) return { ...file, contentType, size, body: stream }
  const { bytes, isDecoded } = await readBase64Binary(req, bytesMax)
  const held = { ...file, contentType, size: bytes.byteLength, body: new Blob([bytes]).stream() }
  // Content-Digest covers the document, not the file inside.
  return isDecoded ? { ...held, contentType: mimeType ? await judgeType(mimeType) : null, digest: null } : held
}
