/** Bodies, read with a cap: never more than the limit is in memory, whatever Content-Length says (security row 65). */
import type { HonoRequest } from 'hono'
import { AppError } from '../core/errors.ts'
import { nextPiece } from '../core/media/body.ts'

/** The body of a request; `told` is the limit that a refusal names, where it is another. One that is longer is refused at its first byte too many; a silent one after a while. */
export async function readBytes(req: HonoRequest, max: number, told = max): Promise<Uint8Array<ArrayBuffer>> {
  const tooLarge = () => new AppError('payload_too_large', `The body may have at most ${told} bytes`)
  if (Number(req.header('content-length') ?? 0) > max) throw tooLarge()
  const reader = req.raw.body?.getReader()
  if (!reader) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for (let chunk = await nextPiece(reader.read()); chunk !== null; chunk = await nextPiece(reader.read())) {
      size += chunk.byteLength
      if (size > max) throw tooLarge()
      chunks.push(chunk)
    }
  } catch (error) {
    reader.cancel(error).catch(() => undefined)
    throw error
  }
  return new Uint8Array(Buffer.concat(chunks, size))
}
