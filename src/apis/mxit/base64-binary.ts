/**
 * Reads a request body that is one base64 XML element, in exactly the form that WCF writes, without an XML parser. The
 * body is held in memory; the limit applies to the decoded bytes.
 */
import type { HonoRequest } from 'hono'
import { byteSize } from '../../core/byte-size.ts'
import { AppError } from '../../core/errors.ts'
import { readBytes } from '../../http/bodies/bytes.ts'

/** Room for the markup, and the overhead of base64 with the line breaks of some encoders. */
const ELEMENT_BYTES = 512
const LENGTHENED = 1.4

const DECLARATION = /^\uFEFF?\s*(<\?xml[^<>]*\?>\s*)?/
const NAMESPACE = 'http://schemas.microsoft.com/2003/10/Serialization/'
const ELEMENT = /^<base64Binary\s+xmlns\s*=\s*(["'])([^"'<>]*)\1\s*>([^<>]*)<\/base64Binary\s*>\s*$/

export const isXml = (req: HonoRequest) => /^(application|text)\/xml\b/i.test(req.header('content-type') ?? '')

/** The size of the largest document for this many bytes. */
export const documentBytesMax = (bytesMax: number) => Math.ceil(bytesMax * LENGTHENED) + ELEMENT_BYTES

/** The decoded bytes, or the document itself if it is a different one. */
export async function readBase64Binary(
  req: HonoRequest,
  bytesMax: number,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; isDecoded: boolean }> {
  const document = await readBytes(req, documentBytesMax(bytesMax), bytesMax)
  const root = Buffer.from(document.buffer, document.byteOffset, document.byteLength).toString('utf8').replace(DECLARATION, '')
  if (!root.startsWith('<base64Binary')) return { bytes: document, isDecoded: false }
  const [, , namespace, text] = ELEMENT.exec(root) ?? []
  const base64 = text?.replace(/\s+/g, '')
  if (namespace !== NAMESPACE || base64 === undefined || base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) {
    throw new AppError('invalid_request', 'The body is not base64 in one base64Binary element')
  }
  const { buffer, byteOffset, byteLength } = Buffer.from(base64, 'base64')
  const bytes = new Uint8Array(buffer, byteOffset, byteLength)
  if (bytes.byteLength > bytesMax) throw new AppError('payload_too_large', `The body can be at most ${byteSize(bytesMax)}`)
  return { bytes, isDecoded: true }
}
