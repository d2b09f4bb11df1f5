/**
 * A body on its way into a bucket: hashed and counted as it passes, never held. Anything wrong with it is the client's
 * fault: too short, too long, silent for too long, aborted.
 */
import { createHash } from 'node:crypto'
import { awaitClient } from '../admission.ts'
import { AppError } from '../errors.ts'
import { UPLOAD_IDLE_MS } from '../limits.ts'

export interface Passing {
  /** Of exactly the announced length: R2 takes no other streams. */
  readonly stream: ReadableStream<Uint8Array>
  /** Resolves with the end of the stream: SHA-256 of all bytes, base64url. */
  readonly digest: Promise<string>
}

/**
 * Passes `body` on until `signal` says that nobody reads it any more: a failed bucket may not have read to the end.
 * `digest` rejects with an `AppError` when the client is at fault, with anything else when the bucket is.
 */
export function passOn(body: ReadableStream<Uint8Array>, size: number, signal: AbortSignal): Passing {
  const { readable, writable } = new FixedLengthStream(size)
  const digest = pump(body.getReader({ mode: 'byob' }), writable.getWriter(), size, signal)
  // Cancelling one stream first must not leave the other's failure unhandled.
  digest.catch(() => undefined)
  return { stream: readable, digest }
}

/** The part of a body in memory: one buffer, filled again and again. The runtime's own chunks are a sixteenth of it. */
const PIECE_BYTES = 64 * 1024

type Writer = WritableStreamDefaultWriter<Uint8Array>

async function pump(reader: ReadableStreamBYOBReader, writer: Writer, size: number, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  const unlessStopped = stoppable(signal)
  // One byte for an empty body: an empty buffer cannot be read into, and a body that is not empty after all is noticed.
  let buffer = new Uint8Array(Math.min(Math.max(size, 1), PIECE_BYTES))
  let passed = 0
  const next = () => unlessStopped(nextPiece(reader.read(buffer)))
  try {
    for (let piece = await next(); piece !== null; piece = await next()) {
      passed += piece.byteLength
      if (passed > size) throw wrongLength('more')
      hash.update(piece)
      // The bucket has read everything when this resolves: the buffer is free again.
      await unlessStopped(writer.write(piece))
      buffer = new Uint8Array(piece.buffer)
    }
    if (passed < size) throw wrongLength('less')
    await unlessStopped(writer.close())
    return hash.digest('base64url')
  } catch (error) {
    // Not awaited: either may take as long as what has failed.
    writer.abort(error).catch(() => undefined)
    reader.cancel(error).catch(() => undefined)
    throw error
  }
}

/**
 * A way out of reads and writes, one at a time, that would never end. Not `Promise.race` with one long-lived promise:
 * that promise would retain the result of each race, which is the whole body, until the end.
 */
function stoppable(signal: AbortSignal): <T>(work: Promise<T>) => Promise<T> {
  let stop: (reason: unknown) => void = () => undefined
  signal.addEventListener('abort', () => stop(signal.reason))
  return (work) =>
    new Promise((resolve, reject) => {
      stop = reject
      if (signal.aborted) reject(signal.reason)
      work.then(resolve, reject)
    })
}

/** The next chunk, null at the end. */
export async function nextPiece<Bytes extends Uint8Array>(read: Promise<ReadableStreamReadResult<Bytes>>): Promise<Bytes | null> {
  const { done, value } = await fromClient(read)
  return done ? null : value
}

/** What the client sends. Does not wait for a silent client, and does not blame the bucket for one that is gone. */
export async function fromClient<T>(read: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const inTime = new Promise<T>((resolve, reject) => {
    timer = setTimeout(() => reject(new AppError('request_timeout', 'The client stopped sending the body')), UPLOAD_IDLE_MS)
    read.then(resolve, reject)
  })
  try {
    return await awaitClient(inTime)
  } catch (cause) {
    throw cause instanceof AppError ? cause : new AppError('invalid_request', 'The body ended early', { cause })
  } finally {
    clearTimeout(timer)
  }
}

function wrongLength(how: 'more' | 'less'): AppError {
  return new AppError('invalid_request', `The body has ${how} bytes than Content-Length says`)
}
