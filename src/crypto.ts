/**
 * Cryptographic primitives for every layer: random tokens, digests, keyed digests and encryption with a key id,
 * constant-time comparison. All of them use WebCrypto or node:crypto.
 */
import { createHash, createHmac, createPrivateKey, timingSafeEqual } from 'node:crypto'

/** Named keys, the current one first. Older keys still verify what they signed (ASVS 13.3.4). */
export interface Keyring {
  readonly current: string
  readonly keys: ReadonlyMap<string, Uint8Array>
}

/** The label goes into the MAC, so that a digest for one purpose is never valid for another. */
export type MacPurpose =
  | 'code'
  | 'mailed-code'
  | 'refresh-token'
  | 'address'
  | 'network'
  | 'device'
  | 'code-target'
  | 'code-token'
  | 'file-link'
  | 'archive-link'
  | 'form'
  | 'ticket'
  | 'digest-nonce'
  | 'device-cookie'
  | 'pairwise-key'
  | 'pairwise-sector'
  | 'dpop-nonce'

export function randomToken(bytes = 32): string {
  return crypto.getRandomValues(Buffer.alloc(bytes)).toString('base64url')
}

export function randomHex(bytes: number): string {
  return crypto.getRandomValues(Buffer.alloc(bytes)).toString('hex')
}

const REQUEST_ID_DIGITS = 32
const DRAWN_AT_ONCE = 64
let drawn = ''

/** 32 hex digits. Drawn for many requests at once, which takes a fraction of the time. No secret. */
export function newRequestId(): string {
  if (drawn === '') drawn = randomHex((DRAWN_AT_ONCE * REQUEST_ID_DIGITS) / 2)
  const id = drawn.slice(-REQUEST_ID_DIGITS)
  drawn = drawn.slice(0, -REQUEST_ID_DIGITS)
  return id
}

/** SHA-256 as base64url, the stored form of tokens and codes. */
export function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('base64url')
}

/** HMAC-SHA-256 under the key `kid`, or null if that key is gone. */
export function mac(ring: Keyring, kid: string, purpose: MacPurpose, ...parts: string[]): Buffer | null {
  const key = ring.keys.get(kid)
  if (!key) return null
  const hmac = createHmac('sha256', key).update(purpose)
  // The length before each part makes ("a", "bc") and ("ab", "c") differ.
  for (const part of parts) hmac.update(`\n${part.length}:`).update(part, 'utf8')
  return hmac.digest()
}

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

const AES_GCM = 'AES-GCM'
/** NIST SP 800-38D §8.2.2: 96 random bits allow 2^32 encryptions per key. */
const IV_BYTES = 12

const aesKey = (key: Uint8Array, usage: 'encrypt' | 'decrypt') =>
  crypto.subtle.importKey('raw', new Uint8Array(key), AES_GCM, false, [usage])

/**
 * AES-256-GCM under the current key, as `key id.base64url`. `aad` binds the ciphertext to its purpose and owner, so
 * that it is useless in another row.
 */
export async function encrypt(ring: Keyring, aad: string, plain: Uint8Array): Promise<string> {
  const key = ring.keys.get(ring.current)
  if (!key) throw new Error('a keyring without its current key')
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES))
  const algorithm = { name: AES_GCM, iv, additionalData: Buffer.from(aad, 'utf8') }
  const sealed = await crypto.subtle.encrypt(algorithm, await aesKey(key, 'encrypt'), new Uint8Array(plain))
  return `${ring.current}.${Buffer.concat([iv, new Uint8Array(sealed)]).toString('base64url')}`
}

/** The plaintext; null if the key is gone, or the text was changed or belongs elsewhere. */
export async function decrypt(ring: Keyring, aad: string, sealed: string): Promise<Uint8Array | null> {
  // Key ids may contain dots; base64url does not.
  const dot = sealed.lastIndexOf('.')
  const key = ring.keys.get(sealed.slice(0, dot))
  if (!key) return null
  const bytes = Buffer.from(sealed.slice(dot + 1), 'base64url')
  const algorithm = { name: AES_GCM, iv: bytes.subarray(0, IV_BYTES), additionalData: Buffer.from(aad, 'utf8') }
  try {
    return new Uint8Array(await crypto.subtle.decrypt(algorithm, await aesKey(key, 'decrypt'), bytes.subarray(IV_BYTES)))
  } catch {
    return null
  }
}

export function isUnderOldKey(ring: Keyring, sealed: string): boolean {
  return !sealed.startsWith(`${ring.current}.`)
}

/** Whether the text is a PEM with a private key for ES256, as PKCS #8. */
export function isP256PrivateKey(pem: string): boolean {
  if (!pem.startsWith('-----BEGIN PRIVATE KEY-----')) return false
  try {
    const key = createPrivateKey({ key: pem, format: 'pem' })
    return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1'
  } catch {
    return false
  }
}
