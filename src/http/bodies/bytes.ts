/** Reads bodies with a cap: memory never holds more than the limit (security row 65). */
import type { HonoRequest } from 'hono'
import { holdBytes } from '../../core/admission.ts'
import { byteSize } from '../../core/byte-size.ts'
import { AppError } from '../../core/errors.ts'
import { BODY_BYTES_MAX } from '../../core/limits.ts'
import { fromClient, nextPiece } from '../../core/media/body.ts'

/** As long as a sign-in or a token request, and too short for a slow client to need more time. */
const SHORT_BYTES = 4 * 1024

/**
 * The body of a request. Refused at the first byte beyond `max`, or if the client stops sending. `told`: the limit
 * named in the error, if different.
 */
export async function readBytes(req: HonoRequest, max: number, told = max): Promise<Uint8Array<ArrayBuffer>> {
  const tooLarge = () => new AppError('payload_too_large', `The body can be at most ${byteSize(told)}`)
  const declared = Number(req.header('content-length') ?? Number.NaN)
  if (declared > max) throw tooLarge()
  if (declared <= SHORT_BYTES) {
    // At once, because a stream and its reader cost twice as much. HTTP ends a body at its Content-Length.
    const bytes = await fromClient(req.raw.bytes())
    if (bytes.byteLength > max) throw tooLarge()
    return bytes as Uint8Array<ArrayBuffer>
  }
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
