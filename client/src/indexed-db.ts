/**
 * What a browser keeps, in IndexedDB: a tab that gets a lock reads what the last one wrote. `localStorage` does not promise
 * that: tabs in different processes see each other's writes a moment later, and two tabs would refresh the same token.
 */
import type { ClientStorage, KeyStore } from './environment.ts'

export const storageInIndexedDb: ClientStorage = {
  getItem: async (key) => (await run<string | undefined>('readonly', (values) => values.get(key))) ?? null,
  setItem: (key, value) => change(key, (values) => values.put(value, key)),
  removeItem: (key) => change(key, (values) => values.delete(key)),
  onChange(key, listener) {
    // Not while a server renders.
    if (!globalThis.indexedDB) return
    changes().addEventListener('message', ({ data }) => {
      if (data === key) listener()
    })
    // While it waited for the Back button, a page has heard nothing.
    globalThis.addEventListener?.('pageshow', ({ persisted }) => persisted && listener())
  },
}

/** Only IndexedDB keeps a key without its bytes. */
export const keysInIndexedDb: KeyStore = {
  get: (name) => run<CryptoKeyPair | undefined>('readonly', (values) => values.get(name)),
  set: async (name, pair) => {
    await run('readwrite', (values) => values.put(pair, name))
  },
}

let channel: BroadcastChannel | undefined
function changes(): BroadcastChannel {
  channel ??= new BroadcastChannel('kith')
  return channel
}

async function change(key: string, ask: (values: IDBObjectStore) => IDBRequest): Promise<void> {
  await run('readwrite', ask)
  changes().postMessage(key)
}

async function run<T>(mode: IDBTransactionMode, ask: (values: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const opening = indexedDB.open('kith', 1)
  opening.onupgradeneeded = () => opening.result.createObjectStore('values')
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    opening.onsuccess = () => resolve(opening.result)
    opening.onerror = () => reject(opening.error)
  })
  try {
    const transaction = database.transaction('values', mode)
    const request = ask(transaction.objectStore('values'))
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve()
      transaction.onabort = () => reject(transaction.error ?? request.error)
    })
    return request.result
  } finally {
    database.close()
  }
}
