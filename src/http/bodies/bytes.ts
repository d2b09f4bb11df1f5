/** Reads bodies with a cap: memory never holds more than the limit, whatever Content-Length says (security row 65). */
import type { HonoRequest } from 'hono'
import { holdBytes } from '../../core/admission.ts'
import { AppError } from '../../core/errors.ts'
import { BODY_BYTES_MAX } from '../../core/limits.ts'
import { nextPiece } from '../../core/media/body.ts'

/**
 * The body of a request. Refused at the first byte beyond `max`, or if the client stops sending. `told`: the limit
 * named in the error, if different.
 */
export async function readBytes(req: HonoRequest, max: number, told = max): Promise<Uint8Array<ArrayBuffer>> {
  const tooLarge = () => new AppError('payload_too_large', `The body may have at most ${told} bytes`)
  if (Number(req.header('content-length') ?? 0) > max) throw tooLarge()
  const reader = req.raw.body?.getReader()
  if (!reader) return new Uint8Array()
  // Grows in place: joining chunks at the end would hold everything twice.
  const body = new ArrayBuffer(0, { maxByteLength: max })
  try {
    for (let chunk = await nextPiece(reader.read()); chunk !== null; chunk = await nextPiece(reader.read())) {
      const at = body.byteLength
      if (at + chunk.byteLength > max) throw tooLarge()
      // Small bodies need no reservation.
      if (max > BODY_BYTES_MAX) holdBytes(chunk.byteLength)
      body.resize(at + chunk.byteLength)
      new Uint8Array(body).set(chunk, at)
    }
  } catch (error) {
    reader.cancel(error).catch(() => undefined)
    throw error
  }
  return new Uint8Array(body.transferToFixedLength())
}
