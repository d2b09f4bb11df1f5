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
  /** Nobody reads the stream any more: without it the next write would wait for ever. */
  readonly stop: (reason: unknown) => void
}

/** Passes `body` on; rejects with an `AppError` when the client is at fault, with anything else when the bucket is. */
export function passOn(body: ReadableStream<Uint8Array>, size: number): Passing {
  const { readable, writable } = new FixedLengthStream(size)
  const { promise: stopped, reject: stop } = Promise.withResolvers<never>()
  const digest = pump(body.getReader(), writable.getWriter(), { size, stopped })
  // Whoever puts the stream away first must not make the other's failure an unhandled one.
  for (const outcome of [digest, stopped]) outcome.catch(() => undefined)
  return { stream: readable, digest, stop }
}

type Reader = ReadableStreamDefaultReader<Uint8Array>
type Writer = WritableStreamDefaultWriter<Uint8Array>

interface Limits {
  readonly size: number
  /** Rejects when it is of no use to go on. */
  readonly stopped: Promise<never>
}

async function pump(reader: Reader, writer: Writer, { size, stopped }: Limits): Promise<string> {
  const hash = createHash('sha256')
  let passed = 0
  try {
    for (let chunk = await next(reader, stopped); chunk !== null; chunk = await next(reader, stopped)) {
      passed += chunk.byteLength
      if (passed > size) throw wrongLength('more')
      hash.update(chunk)
      await Promise.race([writer.write(chunk), stopped])
    }
    if (passed < size) throw wrongLength('less')
    await Promise.race([writer.close(), stopped])
    return hash.digest('base64url')
  } catch (error) {
    // Not waited for: an end that nobody holds may never answer.
    for (const end of [writer.abort(error), reader.cancel(error)]) end.catch(() => undefined)
    throw error
  }
}

/** The next piece, null at the end. A silent client is not waited for, one that is gone is not to blame the bucket for. */
async function next(reader: Reader, stopped: Promise<never>): Promise<Uint8Array | null> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new AppError('request_timeout', 'The body did not go on')), UPLOAD_IDLE_MS)
  })
  try {
    const { done, value } = await Promise.race([brokenOff(reader.read()), silence, stopped])
    return done ? null : value
  } finally {
    clearTimeout(timer)
  }
}

function brokenOff<T>(reading: Promise<T>): Promise<T> {
  return reading.catch((cause: unknown) => {
    throw new AppError('invalid_request', 'The body broke off', { cause })
  })
}

function wrongLength(how: 'more' | 'less'): AppError {
  return new AppError('invalid_request', `The body has ${how} bytes than Content-Length says`)
}
