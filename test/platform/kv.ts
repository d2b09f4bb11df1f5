// KV as in production, security §2.3: each location caches what it read, misses too, for 60 s (F7, F8), even against its own
// later writes; one write per second and key (F9). It uses Date's clock, so that a frozen or advanced clock (clock.ts) moves
// caches and expiry with it; the simulator below uses real time. The simulator itself refuses lifetimes under 60 s, keys over 512
// bytes, metadata over 1,024 bytes, values over 25 MiB.
import type { Core } from './core.ts'
import type { KvOperation } from './faults.ts'

export const STALE_MS = 60_000
export const WRITE_INTERVAL_MS = 1_000
const BULK_KEYS_MAX = 100

interface Entry {
  bytes: ArrayBuffer | null
  metadata: unknown
  /** Milliseconds; undefined if the key does not expire. */
  expiresAt: number | undefined
}
interface Cached extends Entry {
  freshUntil: number
}
type Type = 'text' | 'json' | 'arrayBuffer' | 'stream'
type GetOptions = Type | { type?: Type; cacheTtl?: number }

function decode(bytes: ArrayBuffer | null, type: Type): unknown {
  if (bytes === null) return null
  if (type === 'arrayBuffer') return bytes.slice(0)
  if (type === 'stream') return new Response(bytes).body
  const text = new TextDecoder().decode(bytes)
  return type === 'json' ? JSON.parse(text) : text
}

class Namespace {
  readonly #native: KVNamespace
  readonly #core: Core
  readonly #caches = new Map<string, Map<string, Cached>>()
  readonly #expiries = new Map<string, number>()
  readonly #lastWrites = new Map<string, number>()

  constructor(native: KVNamespace, core: Core) {
    this.#native = native
    this.#core = core
  }

  async get(key: string | string[], options?: GetOptions): Promise<unknown> {
    if (Array.isArray(key)) return this.#readMany(key, options, ({ value }) => value)
    return (await this.#read(key, options)).value
  }

  async getWithMetadata(key: string | string[], options?: GetOptions): Promise<unknown> {
    if (Array.isArray(key)) return this.#readMany(key, options, ({ value, metadata }) => ({ value, metadata }))
    return this.#read(key, options)
  }

  async put(key: string, value: BodyInit, options: KVNamespacePutOptions = {}): Promise<void> {
    this.#core.counts.kvWrites += 1
    await this.#perform('put', async () => {
      this.#claimWrite(key, 'PUT')
      const now = Date.now()
      const { expiration, expirationTtl, metadata } = options
      const ttl = expirationTtl ?? (expiration === undefined ? undefined : expiration - Math.floor(now / 1000))
      const bytes = await new Response(value).arrayBuffer()
      await this.#native.put(key, bytes, {
        ...(metadata === undefined ? {} : { metadata }),
        ...(ttl === undefined ? {} : { expirationTtl: ttl }),
      })
      if (ttl === undefined) this.#expiries.delete(key)
      else this.#expiries.set(key, expiration === undefined ? now + ttl * 1000 : expiration * 1000)
    })
  }

  async delete(key: string): Promise<void> {
    this.#core.counts.kvDeletes += 1
    await this.#perform('delete', async () => {
      this.#claimWrite(key, 'DELETE')
      await this.#native.delete(key)
      this.#expiries.delete(key)
    })
  }

  async list(options?: KVNamespaceListOptions): Promise<unknown> {
    this.#core.counts.kvLists += 1
    return this.#perform('list', async () => {
      const page = await this.#native.list(options)
      return { ...page, keys: page.keys.filter(({ name }) => !(this.#expiryOf(name) <= Date.now())) }
    })
  }

  async #readMany(keys: string[], options: GetOptions | undefined, pick: (read: { value: unknown; metadata: unknown }) => unknown) {
    if (keys.length > BULK_KEYS_MAX) throw new Error('KV GET_BULK failed: 400 You can request a maximum of 100 keys')
    return new Map(await Promise.all(keys.map(async (key) => [key, pick(await this.#read(key, options))] as const)))
  }

  async #read(key: string, options: GetOptions = 'text') {
    const { type = 'text', cacheTtl = 0 } = typeof options === 'string' ? { type: options } : options
    this.#core.counts.kvReads += 1
    return this.#perform('get', async () => {
      const fault = this.#core.faults.kvFault('get')
      if (fault === 'miss') return { value: null, metadata: null, cacheStatus: null }
      const entry = await this.#entryAt(this.#core.location, key, Math.max(STALE_MS, cacheTtl * 1000))
      const expired = entry.expiresAt !== undefined && entry.expiresAt <= Date.now()
      let bytes = expired ? null : entry.bytes
      if (fault === 'corrupt') bytes = bytes?.slice(0, bytes.byteLength / 2) ?? null
      return { value: decode(bytes, type), metadata: expired ? null : entry.metadata, cacheStatus: null }
    })
  }

  async #entryAt(location: string, key: string, keepMs: number): Promise<Entry> {
    const cache = this.#caches.get(location) ?? new Map<string, Cached>()
    this.#caches.set(location, cache)
    const cached = cache.get(key)
    const now = Date.now()
    if (cached && now < cached.freshUntil) return cached
    const { value, metadata } = await this.#native.getWithMetadata(key, 'arrayBuffer')
    const read = { bytes: value, metadata, expiresAt: this.#expiries.get(key), freshUntil: now + keepMs }
    cache.set(key, read)
    return read
  }

  #expiryOf(key: string): number {
    return this.#expiries.get(key) ?? Number.POSITIVE_INFINITY
  }

  #claimWrite(key: string, operation: string): void {
    const now = Date.now()
    const elapsed = now - (this.#lastWrites.get(key) ?? Number.NEGATIVE_INFINITY)
    // Starts afresh if the clock was set back.
    if (elapsed >= 0 && elapsed < WRITE_INTERVAL_MS) throw new Error(`KV ${operation} failed: 429 Too Many Requests`)
    this.#lastWrites.set(key, now)
  }

  async #perform<T>(operation: KvOperation, work: () => Promise<T>): Promise<T> {
    const { faults, invocation } = this.#core
    invocation.spendOperation()
    return invocation.connect(() => faults.aroundKv(operation, work))
  }
}

export function wrapKv(native: KVNamespace, core: Core): KVNamespace {
  return new Namespace(native, core) as unknown as KVNamespace
}
