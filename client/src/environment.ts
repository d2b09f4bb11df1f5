/** What the client needs from its platform. Browsers have all of it (`browser.ts`); other platforms and tests supply their own. */

type Awaitable<T> = T | Promise<T>

export interface Environment {
  fetch(request: Request): Promise<Response>
  /** Milliseconds, by the device's clock, which may be wrong. */
  now(): number
  wait(milliseconds: number): Promise<void>
  readonly storage: ClientStorage
  /** Runs `work` while nobody else who shares the storage holds the lock `name`. */
  lock<T>(name: string, work: () => Promise<T>): Promise<T>
  /** Stores keys for DPoP. By default IndexedDB, with keys that are not extractable. */
  readonly keys?: KeyStore
  /**
   * Sends the person to Kith. Browsers leave the page. An app that opens a browser resolves to the URL that it came back
   * with, which begins with `backTo`, or to null if the person closed it.
   */
  openUrl(url: string, backTo: string): Awaitable<string | null | undefined>
  /** The URL of the current page, where there are pages. */
  currentUrl(): string | undefined
  /** Calls the listener whenever the device is back online. */
  onOnline?(listener: () => void): void
  /** Sends a file and reports progress. Without it, files are sent by `fetch`. */
  upload?(request: UploadRequest): Promise<Response>
}

/** Like `localStorage`, optionally with promises. `setItem` throws if it cannot store the value. */
export interface ClientStorage {
  getItem(key: string): Awaitable<string | null>
  setItem(key: string, value: string): Awaitable<void>
  removeItem(key: string): Awaitable<void>
  /** Calls the listener when another tab changes the key. */
  onChange?(key: string, listener: () => void): void
}

export interface KeyStore {
  /** Whether a key can be kept only if its bytes can be read. */
  readonly extractable?: boolean
  get(name: string): Promise<CryptoKeyPair | undefined>
  set(name: string, pair: CryptoKeyPair): Promise<void>
}

export interface UploadRequest {
  readonly method: string
  readonly url: string
  readonly headers: Headers
  readonly body: Blob
  readonly signal: AbortSignal
  onProgress(progress: UploadProgress): void
}

export interface UploadProgress {
  readonly loaded: number
  readonly total: number
}
