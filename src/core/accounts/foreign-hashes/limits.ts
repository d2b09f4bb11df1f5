/**
 * What a foreign hash may cost: it is checked within one request, which has 2 seconds of CPU (`wrangler.toml`) and
 * 128 MB, twice if the password has two spellings, and is hashed anew after the reply (decision 057).
 */
import type { Foreign, Refusal } from './notation.ts'

const BCRYPT_COST_MAX = 12
const SCRYPT_WORK_MAX = 2 ** 20
const SCRYPT_BYTES_MAX = 64 * 1024 * 1024
/** Iterations, of each block of the digest's length. */
const PBKDF2_WORK_MAX = { md5: 0, sha1: 600_000, sha256: 600_000, sha384: 0, sha512: 210_000 }
const ARGON2_KIB_MAX = 65_536
/** KiB times passes. */
const ARGON2_WORK_MAX = { argon2id: 4 * 65_536, argon2i: 8_192 }

const SALT_BYTES_MAX = 128
const HASH_BYTES_MIN = 16
const HASH_BYTES_MAX = 128
const DIGEST_BYTES = { md5: 16, sha1: 20, sha256: 32, sha384: 48, sha512: 64 }

const malformed = (message: string): Refusal => ({ refusal: 'malformed', message })
const tooCostly = (message: string): Refusal => ({ refusal: 'too_costly', message: `costs more than a sign-in can spend: ${message}` })

/** Why the hash cannot be checked at a sign-in; null if it can. Computes with its numbers only. */
export function beyondLimits(foreign: Foreign): Refusal | null {
  if (foreign.kind === 'bcrypt') return beyondBcrypt(foreign.cost)
  const { salt, hash } = foreign
  if (salt.length > SALT_BYTES_MAX) return malformed(`must have a salt of at most ${SALT_BYTES_MAX} bytes`)
  if (hash.length < HASH_BYTES_MIN || hash.length > HASH_BYTES_MAX) {
    return malformed(`must have a hash of ${HASH_BYTES_MIN} to ${HASH_BYTES_MAX} bytes`)
  }
  switch (foreign.kind) {
    case 'scrypt':
      return beyondScrypt(foreign.ln, foreign.r, foreign.p)
    case 'firebase-scrypt':
      return foreign.key.length === hash.length
        ? beyondScrypt(foreign.ln, foreign.r, 1)
        : malformed('must have a hash as long as the signer key')
    case 'pbkdf2':
      return beyondPbkdf2(foreign)
    case 'argon2id':
    case 'argon2i':
      return beyondArgon2(foreign)
    case 'digest':
      return null
  }
}

function beyondBcrypt(cost: number): Refusal | null {
  if (cost < 4 || cost > 31) return malformed('must have a bcrypt cost of 4 to 31')
  return cost > BCRYPT_COST_MAX ? tooCostly(`bcrypt of cost ${cost}, at most ${BCRYPT_COST_MAX}`) : null
}

function beyondScrypt(ln: number, r: number, p: number): Refusal | null {
  if (ln < 1 || ln > 63 || r < 1 || p < 1) return malformed('must have ln from 1 to 63, and r and p of at least 1')
  const bytes = 128 * r * 2 ** ln
  if (bytes > SCRYPT_BYTES_MAX || 2 ** ln * r * p > SCRYPT_WORK_MAX) return tooCostly(`scrypt of ln=${ln}, r=${r}, p=${p}`)
  return null
}

function beyondPbkdf2({ digest, i, hash }: Foreign & { kind: 'pbkdf2' }): Refusal | null {
  if (i < 1) return malformed('must have at least 1 iteration')
  const blocks = Math.ceil(hash.length / DIGEST_BYTES[digest])
  if (i * blocks <= PBKDF2_WORK_MAX[digest]) return null
  return tooCostly(`${i} iterations of PBKDF2 for ${hash.length} bytes`)
}

function beyondArgon2({ kind, m, t, p, salt }: Foreign & { kind: 'argon2id' | 'argon2i' }): Refusal | null {
  if (t < 1 || p < 1 || p > 255 || m < 8 * p) return malformed('must have t and p of at least 1, and m of at least 8 times p')
  if (salt.length < 8) return malformed('must have a salt of at least 8 bytes')
  return m > ARGON2_KIB_MAX || m * t > ARGON2_WORK_MAX[kind] ? tooCostly(`${kind} of m=${m}, t=${t}`) : null
}
