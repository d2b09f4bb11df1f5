/**
 * React Native: the session is stored in the Keychain or Keystore, and people sign in through the system browser. The app passes
 * Expo's modules in, so the client depends on none of them.
 */
import { browser, lockInProcess } from './browser.ts'
import type { ClientStorage, Environment } from './environment.ts'
import { keysInStorage } from './keys-in-storage.ts'

/** What the client uses of `expo-secure-store`. */
export interface SecureStore {
  readonly AFTER_FIRST_UNLOCK_THIS_DEVICE_ONLY: number
  getItemAsync(key: string): Promise<string | null>
  setItemAsync(key: string, value: string, options?: { readonly keychainAccessible?: number }): Promise<void>
  deleteItemAsync(key: string): Promise<void>
}

/** What the client uses of `expo-web-browser`. */
export interface WebBrowser {
  openAuthSessionAsync(url: string, redirectUrl: string): Promise<{ readonly type: string; readonly url?: string }>
}

/** What the client uses of `expo-crypto`. */
export interface ExpoCrypto {
  getRandomValues<T extends Uint8Array>(array: T): T
  digest(algorithm: never, data: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer>
}

/** What the client uses of `react-native-quick-crypto`: Web Crypto, which `dpop()` needs. */
export interface QuickCrypto {
  readonly subtle: object
  readonly CryptoKey: object
}

export interface NativeModules {
  readonly secureStore: SecureStore
  readonly webBrowser: WebBrowser
  readonly crypto: ExpoCrypto | QuickCrypto
}

/**
 * `createKith({ ..., redirectUri: 'com.example.app:/callback', environment: nativeEnvironment({ secureStore, webBrowser, crypto }) })`.
 * Without a global `crypto`, it defines one: with `expo-crypto` the part that sign-in needs, random values and SHA-256; with
 * `react-native-quick-crypto` all of it.
 */
export function nativeEnvironment({ secureStore, webBrowser, crypto }: NativeModules): Environment {
  defineCrypto(crypto)
  const storage = secureStorage(secureStore)
  return {
    ...browser,
    storage,
    keys: keysInStorage(storage),
    lock: lockInProcess,
    async openUrl(url, backTo) {
      const result = await webBrowser.openAuthSessionAsync(url, backTo)
      return result.type === 'success' ? (result.url ?? null) : null
    },
    currentUrl: () => undefined,
  }
}

/** Hermes has no Web Crypto. A polyfill that the app has installed stays; that of `react-native-quick-crypto` leaves out `CryptoKey`. */
function defineCrypto(crypto: ExpoCrypto | QuickCrypto): void {
  if ('subtle' in crypto && !globalThis.CryptoKey) define('CryptoKey', crypto.CryptoKey)
  if (!globalThis.crypto?.subtle) define('crypto', 'subtle' in crypto ? crypto : toWebCrypto(crypto))
}

function define(name: string, value: object): void {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
}

function toWebCrypto({ getRandomValues, digest }: ExpoCrypto): object {
  return { getRandomValues, subtle: { digest: (algorithm: never, data: Uint8Array<ArrayBuffer>) => digest(algorithm, data) } }
}

/** Some Keychains refuse values of more than 2048 bytes. The rest is for what comes before the value. */
const PART = 2000

/**
 * A long value is kept in parts, of one of two sets. The item under the key itself says which set counts and is written last: an app
 * that is killed on the way finds the old value.
 */
function secureStorage(store: SecureStore): ClientStorage {
  // Only letters, digits, dots, hyphens and underscores are allowed.
  const nameOf = (key: string) => key.replace(/[^A-Za-z0-9.-]/g, (character) => `_${character.charCodeAt(0).toString(16)}_`)
  const options = { keychainAccessible: store.AFTER_FIRST_UNLOCK_THIS_DEVICE_ONLY }

  async function read(name: string): Promise<Head | null> {
    const head = await store.getItemAsync(name)
    const [, set, count, text = ''] = /^([ab])(\d+):(.*)$/s.exec(head ?? '') ?? []
    return set === undefined ? null : { set: set as Head['set'], count: Number(count), text }
  }

  async function removeParts(name: string, head: Head | null): Promise<void> {
    for (let part = 0; part < (head?.count ?? 0); part++) await store.deleteItemAsync(`${name}.${head?.set}${part}`)
  }

  return {
    async getItem(key) {
      const name = nameOf(key)
      const head = await read(name)
      if (!head) return null
      const parts = [head.text]
      for (let part = 0; part < head.count; part++) {
        const text = await store.getItemAsync(`${name}.${head.set}${part}`)
        if (text === null) return null
        parts.push(text)
      }
      return parts.join('')
    },
    async setItem(key, value) {
      const name = nameOf(key)
      const before = await read(name)
      const set = before?.set === 'a' ? 'b' : 'a'
      const parts = partsOf(value)
      const text = parts.length === 1 ? parts.pop() : ''
      for (const [part, piece] of parts.entries()) await store.setItemAsync(`${name}.${set}${part}`, piece, options)
      await store.setItemAsync(name, `${set}${parts.length}:${text}`, options)
      await removeParts(name, before)
    },
    async removeItem(key) {
      const name = nameOf(key)
      const before = await read(name)
      await store.deleteItemAsync(name)
      await removeParts(name, before)
    },
  }
}

interface Head {
  readonly set: 'a' | 'b'
  readonly count: number
  /** The value, if it is short. */
  readonly text: string
}

/** By length in UTF-8, never within a character. */
function partsOf(value: string): string[] {
  const parts = ['']
  let bytes = 0
  for (const character of value) {
    const code = character.codePointAt(0) ?? 0
    const more = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
    if (bytes + more > PART) {
      parts.push('')
      bytes = 0
    }
    parts[parts.length - 1] += character
    bytes += more
  }
  return parts
}
