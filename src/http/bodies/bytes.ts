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
  // A body of one piece, as most are, is handed on as it came. One of several grows in place: joining pieces at the end would hold
  // everything twice.
  let body = new Uint8Array()
  let room: ArrayBuffer | undefined
  try {
    for (let chunk = await nextPiece(reader.read()); chunk !== null; chunk = await nextPiece(reader.read())) {
      const at = body.byteLength
      if (at + chunk.byteLength > max) throw tooLarge()
      // Small bodies need no reservation.
      if (max > BODY_BYTES_MAX) holdBytes(chunk.byteLength)
      if (at === 0) body = chunk
      else {
        room ??= grown(body, max)
        room.resize(at + chunk.byteLength)
        body = new Uint8Array(room)
        body.set(chunk, at)
      }
    }
  } catch (error) {
    reader.cancel(error).catch(() => undefined)
    throw error
  }
  return room ? new Uint8Array(room.transferToFixedLength()) : body
}

/** The same bytes where there is room for `max`. */
function grown(bytes: Uint8Array, max: number): ArrayBuffer {
  const room = new ArrayBuffer(bytes.byteLength, { maxByteLength: max })
  new Uint8Array(room).set(bytes)
  return room
}
