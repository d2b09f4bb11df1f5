/** The kinds of password hashes that other systems make, as parsed: what is left to derive from a password and compare. */

export type Digest = 'md5' | 'sha1' | 'sha256' | 'sha384' | 'sha512'

export interface Salted {
  readonly salt: Buffer
  readonly hash: Buffer
}

/** `hexSha256`: bcrypt was given the SHA-256 of the password in hex digits. `text` is bcrypt's own. */
export interface Bcrypt {
  readonly kind: 'bcrypt'
  readonly hexSha256: boolean
  readonly cost: number
  readonly text: string
}

export interface Scrypt extends Salted {
  readonly kind: 'scrypt'
  readonly ln: number
  readonly r: number
  readonly p: number
}

/** Scrypt's result encrypts the project's signer key; the project's separator follows the salt. */
export interface FirebaseScrypt extends Salted {
  readonly kind: 'firebase-scrypt'
  readonly ln: number
  readonly r: number
  readonly sep: Buffer
  readonly key: Buffer
}

export interface Pbkdf2 extends Salted {
  readonly kind: 'pbkdf2'
  readonly digest: Digest
  readonly i: number
}

/** `m` is in KiB. */
export interface Argon2 extends Salted {
  readonly kind: 'argon2id' | 'argon2i'
  readonly m: number
  readonly t: number
  readonly p: number
}

/** One digest of password and salt, which may be empty. */
export interface Digested extends Salted {
  readonly kind: 'digest'
  readonly digest: Digest
}

export type Foreign = Bcrypt | Scrypt | FirebaseScrypt | Pbkdf2 | Argon2 | Digested

/** Why a text is no hash that Kith can check. The message follows the name of a field. */
export interface Refusal {
  readonly refusal: 'unknown' | 'malformed' | 'too_costly'
  readonly message: string
}

export const malformed = (message: string): Refusal => ({ refusal: 'malformed', message })
