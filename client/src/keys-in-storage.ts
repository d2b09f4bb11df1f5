/** Key pairs as JWK (RFC 7517), for where keys cannot be kept without their bytes: in a storage that only this app can read. */
import type { ClientStorage, KeyStore } from './environment.ts'
import { settled } from './errors.ts'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' }
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' }

export function keysInStorage(storage: ClientStorage): KeyStore {
  return {
    extractable: true,
    async get(name) {
      // Throws if the storage cannot be read: the key of a locked phone is not lost. One that is damaged is.
      const text = await storage.getItem(name)
      return text === null ? undefined : settled(() => toPair(text))
    },
    async set(name, { privateKey }) {
      const { kty, crv, x, y, d } = await crypto.subtle.exportKey('jwk', privateKey)
      await storage.setItem(name, JSON.stringify({ kty, crv, x, y, d }))
    },
  }
}

/** Throws unless the halves belong together. */
async function toPair(text: string): Promise<CryptoKeyPair> {
  const { d, ...point } = JSON.parse(text)
  const [privateKey, publicKey] = await Promise.all([
    crypto.subtle.importKey('jwk', { ...point, d }, ALGORITHM, false, ['sign']),
    crypto.subtle.importKey('jwk', point, ALGORITHM, true, ['verify']),
  ])
  const sample = new Uint8Array(32)
  const signature = await crypto.subtle.sign(SIGNATURE, privateKey, sample)
  if (!(await crypto.subtle.verify(SIGNATURE, publicKey, signature, sample))) throw new Error('The key is damaged')
  return { privateKey, publicKey }
}
