/**
 * The few primitives that every layer shares: random tokens, digests, keyed digests with a key id, comparison in
 * constant time. Everything is WebCrypto or node:crypto; nothing is invented here.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** Named keys, the current one first. Older ones stay for what they have signed (ASVS 13.3.4). */
export interface Keyring {
  readonly current: string
  readonly keys: ReadonlyMap<string, Uint8Array>
}

/** What a keyed digest is for. The label goes into the MAC, so one key never answers for two purposes. */
export type MacPurpose = 'code' | 'refresh-token' | 'address' | 'network' | 'device' | 'code-target' | 'ticket'

export function randomToken(bytes = 32): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('base64url')
}

export function randomHex(bytes: number): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('hex')
}

/** SHA-256 as base64url: how tokens and codes lie in the database. */
export function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('base64url')
}

/** HMAC-SHA-256 under the key `kid`, or null when that key is gone. */
export function mac(ring: Keyring, kid: string, purpose: MacPurpose, ...parts: string[]): Buffer | null {
  const key = ring.keys.get(kid)
  if (!key) return null
  const hmac = createHmac('sha256', key).update(purpose)
  // A length before each part: ("a", "bc") and ("ab", "c") must differ.
  for (const part of parts) hmac.update(`\n${part.length}:`).update(part, 'utf8')
  return hmac.digest()
}

/** HMAC-SHA-256 under the current key. */
export function currentMac(ring: Keyring, purpose: MacPurpose, ...parts: string[]): Buffer {
  const digest = mac(ring, ring.current, purpose, ...parts)
  if (!digest) throw new Error('a keyring without its current key')
  return digest
}

/** Compares in constant time. The length is not secret. */
export function equalInConstantTime(a: string, b: string): boolean {
  const left = Buffer.from(a, 'utf8')
  const right = Buffer.from(b, 'utf8')
  return left.length === right.length && timingSafeEqual(left, right)
}
