/**
 * Checks a password against a hash that another system made. Each kind is computed by a library, which is loaded when the
 * first such hash is checked, or by the runtime itself.
 */
import { createCipheriv, createHash, pbkdf2Sync, scryptSync, timingSafeEqual } from 'node:crypto'
import type { Argon2, Bcrypt, Digested, FirebaseScrypt, Foreign, Pbkdf2 } from './kinds.ts'
import { SCRYPT_BYTES_MAX, workOfForeign } from './limits.ts'
import { parseForeign } from './notation.ts'

/** The platform's cap on its own PBKDF2. */
const PBKDF2_NATIVE_MAX = 100_000
const FIREBASE_KEY_BYTES = 32

/**
 * Whether the password is right; never for what is no foreign hash. Some systems took passwords as typed, others in NFKC: if
 * those differ, both are checked, right or wrong, so that the work is the same.
 */
export async function verifyForeign(stored: string, password: string): Promise<boolean> {
  const foreign = parseForeign(stored)
  if (foreign === null || 'refusal' in foreign) return false
  let isRight = false
  for (const [at, spelling] of spellingsOf(password).entries()) {
    // The isolate's other requests run between two of them.
    if (at > 0) await scheduler.wait(0)
    if (await matches(foreign, Buffer.from(spelling, 'utf8'))) isRight = true
  }
  return isRight
}

const spellingsOf = (password: string) => [...new Set([password, password.normalize('NFKC')])]

/** How many hashes of our own the same check takes; null for what is no foreign hash. */
export function workOfVerifying(stored: string, password: string): number | null {
  const foreign = parseForeign(stored)
  return foreign === null || 'refusal' in foreign ? null : workOfForeign(foreign) * spellingsOf(password).length
}

async function matches(foreign: Foreign, password: Buffer): Promise<boolean> {
  if (foreign.kind === 'bcrypt') return matchesBcrypt(foreign, password)
  const derived = await derive(foreign, password)
  return timingSafeEqual(derived, foreign.hash.subarray(0, derived.length))
}

/** The bytes to compare with the hash, from its beginning. */
async function derive(foreign: Exclude<Foreign, Bcrypt>, password: Buffer): Promise<Uint8Array> {
  switch (foreign.kind) {
    case 'digest':
      return digest(foreign, password)
    case 'scrypt':
      return scrypt(foreign, password, foreign.salt, foreign.p, foreign.hash.length)
    case 'firebase-scrypt':
      return firebaseScrypt(foreign, password)
    case 'pbkdf2':
      return pbkdf2(foreign, password)
    case 'argon2id':
      return argon2id(foreign, password)
    case 'argon2i':
      return argon2i(foreign, password)
  }
}

/**
 * bcrypt reads 72 bytes and ignores the rest, here as in the old system. A NUL counts as any other byte: systems that stopped at it
 * would have taken shorter passwords.
 */
async function matchesBcrypt({ text, hexSha256 }: Bcrypt, password: Buffer): Promise<boolean> {
  const { compareSync } = await import('bcryptjs')
  return compareSync(hexSha256 ? createHash('sha256').update(password).digest('hex') : password.toString('utf8'), text)
}

function digest({ digest: algorithm, salt }: Digested, password: Buffer): Buffer {
  return createHash(algorithm).update(password).update(salt).digest()
}

function scrypt({ ln, r }: { ln: number; r: number }, password: Buffer, salt: Buffer, p: number, length: number): Buffer {
  return scryptSync(password, salt, length, { N: 2 ** ln, r, p, maxmem: SCRYPT_BYTES_MAX })
}

/** What scrypt derives is the AES key under which the project's signer key is the hash. */
function firebaseScrypt(foreign: FirebaseScrypt, password: Buffer): Buffer {
  const key = scrypt(foreign, password, Buffer.concat([foreign.salt, foreign.sep]), 1, FIREBASE_KEY_BYTES)
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(foreign.key)
}

/** Only the first block of a longer hash: each is as hard to guess, and costs as many iterations. */
async function pbkdf2({ digest: algorithm, salt, i, hash }: Pbkdf2, password: Buffer): Promise<Uint8Array> {
  const length = Math.min(hash.length, createHash(algorithm).digest().length)
  if (i <= PBKDF2_NATIVE_MAX) return pbkdf2Sync(password, salt, i, length, algorithm)
  if (algorithm === 'sha1') {
    const [library, { sha1 }] = await Promise.all([import('@noble/hashes/pbkdf2.js'), import('@noble/hashes/legacy.js')])
    return library.pbkdf2(sha1, password, salt, { c: i, dkLen: length })
  }
  // Three times as fast in workerd as the library above, which has SHA-1.
  const { deriveKey } = await import('@stablelib/pbkdf2')
  const made = algorithm === 'sha256' ? (await import('@stablelib/sha256')).SHA256 : (await import('@stablelib/sha512')).SHA512
  return deriveKey(made, password, salt, i, length)
}

let computeArgon2id: ReturnType<typeof loadArgon2id> | undefined

/**
 * One instance for as long as the isolate lives: each has 65 MB, and another before the last is collected would be too many.
 * @NOTE The library compares the bytes themselves, not their number, with its limits. As text of a Buffer, a password of digits
 * would be beyond them; as plain bytes, only one control character is, which is then no password.
 */
async function argon2id({ m, t, p, salt, hash }: Argon2, password: Buffer): Promise<Uint8Array> {
  if (password.length === 1 && Number(password[0]) < 8) return new Uint8Array(hash.length)
  computeArgon2id ??= loadArgon2id()
  const compute = await computeArgon2id
  const input = { password: new Uint8Array(password), salt: new Uint8Array(salt) }
  return compute({ ...input, memorySize: m, passes: t, parallelism: p, tagLength: hash.length })
}

async function loadArgon2id() {
  const [{ default: setup }, { default: module }] = await Promise.all([import('argon2id/lib/setup.js'), import('argon2id/dist/simd.wasm')])
  const instantiate = async (imports: WebAssembly.Imports) => ({ instance: await WebAssembly.instantiate(module, imports), module })
  return setup(instantiate, instantiate)
}

async function argon2i({ m, t, p, salt, hash }: Argon2, password: Buffer): Promise<Uint8Array> {
  const library = await import('@noble/hashes/argon2.js')
  return library.argon2i(password, salt, { m, t, p, dkLen: hash.length })
}
