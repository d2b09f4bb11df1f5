/**
 * What a foreign hash may cost: about a second of CPU, and no more memory than an isolate has left. A request has 10 seconds
 * (`wrangler.toml`), of which a password with two spellings takes the double and the new hash a quarter (decision 057).
 */
import { type Argon2, type Foreign, malformed, type Pbkdf2, type Refusal } from './kinds.ts'

const BCRYPT_COST_MAX = 14
/** Of 64 MiB, and the blocks that scrypt has besides. */
export const SCRYPT_BYTES_MAX = 65 * 1024 * 1024
/** N times r times p: the platform's own cap. */
const SCRYPT_WORK_MAX = 2 ** 20
const PBKDF2_ITERATIONS_MAX = { md5: 0, sha1: 600_000, sha256: 1_200_000, sha384: 0, sha512: 250_000 }
const ARGON2_KIB_MAX = 64 * 1024
/** KiB times passes. */
const ARGON2_WORK_MAX = { argon2id: 10 * ARGON2_KIB_MAX, argon2i: 4 * ARGON2_KIB_MAX }

const SALT_BYTES_MAX = 128
const HASH_BYTES_MIN = 16
const HASH_BYTES_MAX = 128

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

/** How many hashes of our own take as long as one at the limit, on the machine of decision 057. */
const HASHES_AT_LIMIT = 6

/** What a check takes of the time of one of our own hashes, which is about 1; more or less right. */
export function workOfForeign(foreign: Foreign): number {
  switch (foreign.kind) {
    case 'bcrypt':
      return HASHES_AT_LIMIT * 2 ** (foreign.cost - BCRYPT_COST_MAX)
    case 'scrypt':
      return (2 * 2 ** foreign.ln * foreign.r * foreign.p) / SCRYPT_WORK_MAX
    case 'firebase-scrypt':
      return (2 * 2 ** foreign.ln * foreign.r) / SCRYPT_WORK_MAX
    case 'pbkdf2':
      return (HASHES_AT_LIMIT * foreign.i) / PBKDF2_ITERATIONS_MAX[foreign.digest]
    case 'argon2id':
    case 'argon2i':
      return (HASHES_AT_LIMIT * foreign.m * foreign.t) / ARGON2_WORK_MAX[foreign.kind]
    case 'digest':
      return 0
  }
}

function beyondBcrypt(cost: number): Refusal | null {
  if (cost < 4 || cost > 31) return malformed('must have a bcrypt cost of 4 to 31')
  return cost > BCRYPT_COST_MAX ? tooCostly(`bcrypt of cost ${cost}, at most ${BCRYPT_COST_MAX}`) : null
}

function beyondScrypt(ln: number, r: number, p: number): Refusal | null {
  if (ln < 1 || ln > 63 || r < 1 || p < 1) return malformed('must have ln from 1 to 63, and r and p of at least 1')
  if (ln >= 16 * r) return malformed('must have an ln below 16 times r')
  const bytes = 128 * r * (2 ** ln + p + 1)
  if (bytes > SCRYPT_BYTES_MAX || 2 ** ln * r * p > SCRYPT_WORK_MAX) return tooCostly(`scrypt of ln=${ln}, r=${r}, p=${p}`)
  return null
}

function beyondPbkdf2({ digest, i }: Pbkdf2): Refusal | null {
  if (i < 1) return malformed('must have at least 1 iteration')
  const max = PBKDF2_ITERATIONS_MAX[digest]
  return i > max ? tooCostly(`${i} iterations of PBKDF2, at most ${max} with ${digest}`) : null
}

function beyondArgon2({ kind, m, t, p, salt }: Argon2): Refusal | null {
  if (t < 1 || p < 1 || p > 255 || m < 8 * p) return malformed('must have t and p of at least 1, and m of at least 8 times p')
  if (salt.length < 8) return malformed('must have a salt of at least 8 bytes')
  return m > ARGON2_KIB_MAX || m * t > ARGON2_WORK_MAX[kind] ? tooCostly(`${kind} of m=${m}, t=${t}`) : null
}
