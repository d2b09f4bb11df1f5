// R2 as in production, security §2.4: one write per second and key, else 429; 8 KB of metadata (the simulator stops at about 2 KB
// already). Counts, and injects F11 and F12. Reads and lists are already strongly consistent.
import type { Core } from './core.ts'
import type { R2Operation, R2Strike } from './faults.ts'

export const WRITE_INTERVAL_MS = 1_000
export const METADATA_BYTES_MAX = 8_192

const encoder = new TextEncoder()
const BODY_READERS = new Set<PropertyKey>(['arrayBuffer', 'bytes', 'text', 'json', 'blob'])

function metadataBytes(options: { customMetadata?: Record<string, string>; httpMetadata?: R2HTTPMetadata | Headers }): number {
  const http = options.httpMetadata instanceof Headers ? Object.fromEntries(options.httpMetadata) : options.httpMetadata
  const text = Object.entries({ ...options.customMetadata, ...http }).map(
    ([name, value]) => name + (value instanceof Date ? value.toUTCString() : String(value)),
  )
  return encoder.encode(text.join('')).byteLength
}

const brokenBody = () => new Error('Network connection lost.')

/** The object with a body that fails, by default after half of its bytes. */
function withBrokenBody(object: R2ObjectBody, bytes: Uint8Array, atByte = bytes.byteLength / 2): R2ObjectBody {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(bytes.slice(0, atByte))
    },
    pull(controller) {
      controller.error(brokenBody())
    },
  })
  return new Proxy(object, {
    get(target, name) {
      if (name === 'body') return body
      if (BODY_READERS.has(name)) return () => Promise.reject(brokenBody())
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** Reads that many bytes of a stream, or all if there are fewer, and releases it. */
async function takeBytes(stream: ReadableStream<Uint8Array>, bytes: number): Promise<void> {
  const reader = stream.getReader()
  for (let taken = 0; taken < bytes; ) {
    const { done, value } = await reader.read()
    if (done) return
    taken += value.byteLength
  }
  await reader.cancel(brokenBody())
}

class Bucket {
  readonly #native: R2Bucket
  readonly #core: Core
  readonly #lastWrites = new Map<string, number>()

  constructor(native: R2Bucket, core: Core) {
    this.#native = native
    this.#core = core
  }

  head(key: string): Promise<R2Object | null> {
    return this.#perform('head', () => this.#native.head(key))
  }

  async get(key: string, options?: R2GetOptions): Promise<R2ObjectBody | R2Object | null> {
    return this.#perform('get', async (strike) => {
      if (strike?.fault === 'null') return null
      const object = await this.#native.get(key, options)
      if (strike?.fault !== 'break' || !object || !('body' in object)) return object
      return withBrokenBody(object, await object.bytes(), strike.atByte)
    })
  }

  async put(key: string, value: ReadableStream | ArrayBuffer | string | null, options: R2PutOptions = {}): Promise<R2Object | null> {
    return this.#perform('put', async (strike) => {
      this.#claimWrite(key)
      this.#checkMetadata('put', options)
      if (strike?.fault === 'null') return null
      if (strike?.fault === 'break') {
        if (value instanceof ReadableStream) await takeBytes(value, strike.atByte ?? 0)
        throw brokenBody()
      }
      return this.#native.put(key, value, options)
    })
  }

  delete(keys: string | string[]): Promise<void> {
    return this.#perform('delete', () => this.#native.delete(keys))
  }

  list(options?: R2ListOptions): Promise<R2Objects> {
    return this.#perform('list', () => this.#native.list(options))
  }

  async createMultipartUpload(key: string, options: R2MultipartOptions = {}): Promise<R2MultipartUpload> {
    return this.#perform('multipart', async () => {
      this.#checkMetadata('createMultipartUpload', options)
      return this.#wrapUpload(await this.#native.createMultipartUpload(key, options))
    })
  }

  /** Makes no call: an unknown upload shows with the first part. */
  resumeMultipartUpload(key: string, uploadId: string): R2MultipartUpload {
    return this.#wrapUpload(this.#native.resumeMultipartUpload(key, uploadId))
  }

  #wrapUpload(upload: R2MultipartUpload): R2MultipartUpload {
    return {
      key: upload.key,
      uploadId: upload.uploadId,
      uploadPart: (...part) => this.#perform('multipart', () => upload.uploadPart(...part)),
      abort: () => this.#perform('multipart', () => upload.abort()),
      complete: (parts) =>
        this.#perform('multipart', () => {
          this.#claimWrite(upload.key)
          return upload.complete(parts)
        }),
    }
  }

  #checkMetadata(operation: string, options: R2PutOptions | R2MultipartOptions): void {
    if (metadataBytes(options) <= METADATA_BYTES_MAX) return
    throw new Error(`${operation}: Your metadata headers exceed the maximum allowed metadata size. (10012)`)
  }

  #claimWrite(key: string): void {
    const now = Date.now()
    const elapsed = now - (this.#lastWrites.get(key) ?? Number.NEGATIVE_INFINITY)
    // Starts afresh if the clock was set back.
    if (elapsed >= 0 && elapsed < WRITE_INTERVAL_MS) throw new Error('put: 429 Too Many Requests')
    this.#lastWrites.set(key, now)
  }

  async #perform<T>(operation: R2Operation, work: (strike: R2Strike | undefined) => Promise<T>): Promise<T> {
    const { counts, faults, invocation } = this.#core
    counts.r2Operations += 1
    invocation.spendOperation()
    return invocation.connect(() => faults.aroundR2(operation, work))
  }
}

export function wrapR2(native: R2Bucket, core: Core): R2Bucket {
  return new Bucket(native, core) as unknown as R2Bucket
}
