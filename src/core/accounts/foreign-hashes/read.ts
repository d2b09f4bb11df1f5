/**
 * Reads a password hash that another system made, in Kith's notation or in the system's own: Django, passlib, ASP.NET
 * Identity, better-auth, LDAP servers. Runs nothing and loads no library: absurd costs are refused here.
 */
import type { Refusal } from './kinds.ts'
import { bytesOf, formatForeign, parseForeign } from './notation.ts'

/** The hash as Kith stores it, or why it cannot be checked; the message follows the name of a field. */
export type ForeignHash = { readonly stored: string } | Refusal

const UNKNOWN: Refusal = { refusal: 'unknown', message: 'must be a password hash of a kind that Kith can check' }

export function readForeignHash(text: string): ForeignHash {
  const parsed = parseForeign(toNotation(text)) ?? UNKNOWN
  return 'refusal' in parsed ? parsed : { stored: formatForeign(parsed) }
}

/** Whether another system made this stored hash. */
export function isForeign(stored: string): boolean {
  const parsed = parseForeign(stored)
  return parsed !== null && !('refusal' in parsed)
}

/** Forms of other systems, and how Kith's notation has them. Salts that are text become base64. */
const FORMS: readonly [RegExp, (...found: string[]) => string][] = [
  // Django, with its own names before the texts of other libraries.
  [/^pbkdf2_(sha1|sha256)\$(\d+)\$([^$]+)\$([^$]+)$/, (digest, i, salt, hash) => `$pbkdf2-${digest}$i=${i}$${ofText(salt)}$${hash}`],
  [
    /^scrypt\$(\d+)\$([^$]+)\$(\d+)\$(\d+)\$([^$]+)$/,
    (n, salt, r, p, hash) => `$scrypt$ln=${logOf(n)},r=${r},p=${p}$${ofText(salt)}$${hash}`,
  ],
  [/^bcrypt\$(\$2.+)$/, (inner) => inner],
  [/^argon2(\$argon2.+)$/, (inner) => inner],
  // passlib, whose iterations have no name; PBKDF2 with SHA-1 has no digest, either. OpenLDAP has the same in braces.
  [/^\$pbkdf2(-sha1|-sha256|-sha512|)\$(\d+)\$([^$]+)\$([^$]+)$/, ofIterations],
  [/^\{PBKDF2(-SHA1|-SHA256|-SHA512|)\}(\d+)\$([^$]+)\$([^$]+)$/i, ofIterations],
  // LDAP servers and Spring: what follows names its kind itself.
  [/^\{(?:CRYPT|BCRYPT|ARGON2)\}(\$(?:2|argon2).+)$/i, (inner) => inner],
  // better-auth: the salt's digits are the salt.
  [
    /^([\da-f]{32}):([\da-f]{128})$/,
    (salt, hash) => `$scrypt$ln=14,r=16,p=1$${ofText(salt)}$${Buffer.from(hash, 'hex').toString('base64')}`,
  ],
  // ASP.NET Identity: one block in base64, whose first byte is its version, 0 or 1.
  [/^(A[A-P][\w+/]{64,}={0,2}|AQ[\w+/]{64,}={0,2})$/, (block) => ofIdentity(bytesOf(block) ?? Buffer.alloc(0))],
]

/** The text itself if it has none of the forms. */
function toNotation(text: string): string {
  for (const [form, convert] of FORMS) {
    const found = form.exec(text)
    if (found) return convert(...found.slice(1))
  }
  return text
}

const ofText = (salt: string) => Buffer.from(salt, 'utf8').toString('base64')

/** N in the place of ln; one that is no power of two gives no number that the notation takes. */
const logOf = (n: string) => Math.log2(Number(n))

function ofIterations(suffix: string, i: string, salt: string, hash: string): string {
  return `$pbkdf2${suffix.toLowerCase() || '-sha1'}$i=${i}$${salt}$${hash}`
}

const IDENTITY_DIGESTS = ['sha1', 'sha256', 'sha512']
const IDENTITY_2 = { length: 49, salt: 16, iterations: 1000 }

/** Version 2 has fixed settings; version 3 has digest, iterations and the salt's length, four bytes each. */
function ofIdentity(block: Buffer): string {
  if (block[0] === 0) {
    const { length, salt, iterations } = IDENTITY_2
    if (block.length !== length) return ''
    return ofBytes('sha1', iterations, block.subarray(1, 1 + salt), block.subarray(1 + salt))
  }
  if (block[0] !== 1 || block.length < 13) return ''
  const [digest, saltLength] = [IDENTITY_DIGESTS[block.readUInt32BE(1)], block.readUInt32BE(9)]
  if (digest === undefined || 13 + saltLength > block.length) return ''
  return ofBytes(digest, block.readUInt32BE(5), block.subarray(13, 13 + saltLength), block.subarray(13 + saltLength))
}

function ofBytes(digest: string, i: number, salt: Buffer, hash: Buffer): string {
  return `$pbkdf2-${digest}$i=${i}$${salt.toString('base64')}$${hash.toString('base64')}`
}
