/** Bodies, read with a cap: never more than the limit is in memory, whatever Content-Length says (security row 65). */
import type { HonoRequest } from 'hono'
import { AppError } from '../core/errors.ts'

/** The body of a request. One that is longer is refused at its first byte too many. */
export async function readBytes(req: HonoRequest, max: number): Promise<Uint8Array<ArrayBuffer>> {
  const tooLarge = () => new AppError('payload_too_large', `The body may have at most ${max} bytes`)
  if (Number(req.header('content-length') ?? 0) > max) throw tooLarge()
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of req.raw.body ?? []) {
      size += chunk.byteLength
      if (size > max) throw tooLarge()
      chunks.push(chunk)
    }
  } catch (cause) {
    throw cause instanceof AppError ? cause : new AppError('invalid_request', 'The body broke off', { cause })
  }
  return new Uint8Array(Buffer.concat(chunks, size))
}
