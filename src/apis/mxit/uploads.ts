/** Files as Mxit's clients send them (wire §1.3): the bytes themselves, or, as the oldest do, in base64 in an XML element. */
import type { HonoRequest } from 'hono'
import * as z from 'zod'
import { AppError } from '../../core/errors.ts'
import * as fields from '../../core/fields.ts'
import type { Upload } from '../../core/media/uploads.ts'
import { documentBytesMax, isXml, readBase64Binary } from '../../http/base64-binary.ts'
import { readBytes } from '../../http/body.ts'
import { declaredType, rawBody } from '../../http/upload.ts'
import { judge } from '../../http/validate.ts'
import type { FolderParams, UploadQuery } from './wire.ts'

const OCTETS = 'application/octet-stream'

export async function readPicture(req: HonoRequest, bytesMax: number): Promise<Uint8Array<ArrayBuffer>> {
  if (!isXml(req)) return readBytes(req, bytesMax)
  const { bytes, isDecoded } = await readBase64Binary(req, bytesMax)
  if (!isDecoded) throw new AppError('invalid_request', 'The body is not a base64Binary element')
  return bytes
}

const Declared = z.object({ mimeType: fields.contentType })
const judgeType = async (mimeType: string) => (await judge('query', Declared, { mimeType })).mimeType

/** An XML document of another kind is a file of its own. `bytesMax`: of what is held in memory. */
export async function readFile(
  req: HonoRequest,
  { name: folder }: z.output<typeof FolderParams>,
  { fileName: name, preventShare, mimeType = OCTETS }: z.output<typeof UploadQuery>,
  bytesMax: number,
): Promise<Upload> {
  const { size, stream, digest } = rawBody(req)
  const file = { name, folder, preventShare, digest, contentType: await judgeType(declaredType(req) ?? mimeType) }
  if (!isXml(req) || size > documentBytesMax(bytesMax)) return { ...file, size, body: stream }
  const { bytes, isDecoded } = await readBase64Binary(req, bytesMax)
  const held = { ...file, size: bytes.byteLength, body: new Blob([bytes]).stream() }
  // Content-Digest is of the document, not of the file in it.
  return isDecoded ? { ...held, contentType: await judgeType(mimeType), digest: null } : held
}
