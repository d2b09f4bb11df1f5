/**
 * A body on its way into a bucket: hashed and counted as it passes, never held. Whatever is wrong with it is the
 * client's: too short, too long, silent for too long, broken off.
 */
import { createHash } from 'node:crypto'
import { AppError } from '../errors.ts'
import { UPLOAD_IDLE_MS } from '../figures.ts'

export interface Passing {
  /** Of exactly the announced length: R2 takes no other streams. */
  readonly stream: ReadableStream<Uint8Array>
  /** Ends with the stream: SHA-256 of what has passed, base64url. */
  readonly digest: Promise<string>
}

/**
 * Passes `body` on, until `signal` says that nobody takes it any more: a bucket that has failed need not have read to the
 * end. `digest` rejects with an `AppError` when the client is at fault, with anything else when the bucket is.
 */
export function passOn(body: ReadableStream<Uint8Array>, size: number, signal: AbortSignal): Passing {
  const { readable, writable } = new FixedLengthStream(size)
  const digest = pump(body.getReader(), writable.getWriter(), size, signal)
  // Whoever puts the stream away first must not make the other's failure an unhandled one.
  digest.catch(() => undefined)
  return { stream: readable, digest }
}

type Reader = ReadableStreamDefaultReader<Uint8Array>
type Writer = WritableStreamDefaultWriter<Uint8Array>

async function pump(reader: Reader, writer: Writer, size: number, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  // Also out of a read or a write that would never end.
  const stopped = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  stopped.catch(() => undefined)
  const unlessStopped = <T>(work: Promise<T>) => Promise.race([work, stopped])
  let passed = 0
  try {
    for (let chunk = await unlessStopped(nextPiece(reader)); chunk !== null; chunk = await unlessStopped(nextPiece(reader))) {
      passed += chunk.byteLength
      if (passed > size) throw wrongLength('more')
      hash.update(chunk)
      await unlessStopped(writer.write(chunk))
    }
    if (passed < size) throw wrongLength('less')
    await unlessStopped(writer.close())
    return hash.digest('base64url')
  } catch (error) {
    // Not waited for: either may take as long as what has failed.
    writer.abort(error).catch(() => undefined)
    reader.cancel(error).catch(() => undefined)
    throw error
  }
}

/** The next piece, null at the end. A silent client is not waited for, one that is gone is not to blame the bucket for. */
export async function nextPiece(reader: Reader): Promise<Uint8Array | null> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new AppError('request_timeout', 'The body did not go on')), UPLOAD_IDLE_MS)
  })
  try {
    const { done, value } = await Promise.race([reader.read(), silence])
    return done ? null : value
  } catch (cause) {
    throw cause instanceof AppError ? cause : new AppError('invalid_request', 'The body broke off', { cause })
  } finally {
    clearTimeout(timer)
  }
}

function wrongLength(how: 'more' | 'less'): AppError {
  return new AppError('invalid_request', `The body has ${how} bytes than Content-Length says`)
}
