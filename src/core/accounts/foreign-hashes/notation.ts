/**
 * The notation in which a hash that another system made is imported, and stored until its owner signs in: PHC strings,
 * bcrypt's own, and LDAP's. Every hash in it is within `limits.ts`.
 */
import { type Argon2, type Bcrypt, type Digest, type Digested, type Foreign, malformed, type Refusal, type Salted } from './kinds.ts'
import { beyondLimits } from './limits.ts'

/** Django's name for bcrypt of a SHA-256, before bcrypt's own text. */
const BCRYPT_SHA256 = 'bcrypt_sha256$'
const BCRYPT = /^(bcrypt_sha256\$)?(\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53})$/
const LDAP = /^\{(S?)(MD5|SHA|SHA256|SHA384|SHA512)\}(.+)$/
const DIGEST_BYTES: Record<Digest, number> = { md5: 16, sha1: 20, sha256: 32, sha384: 48, sha512: 64 }
const TEXT_LENGTH_MAX = 1024

const BASE64 = /^[\w+/.-]+={0,2}$/

/** The settings of a PHC string by scheme, in the order in which Kith writes them; `example` shows them in errors. */
interface Scheme {
  readonly names: readonly string[]
  readonly example: string
  read(setting: (name: string) => string, salted: Salted): Foreign
}

const pbkdf2 = (digest: Digest): Scheme => ({
  names: ['i'],
  example: 'i=600000',
  read: (setting, salted) => ({ kind: 'pbkdf2', digest, i: Number(setting('i')), ...salted }),
})
const argon2 = (kind: Argon2['kind']): Scheme => ({
  names: ['m', 't', 'p'],
  example: 'v=19$m=65536,t=3,p=4',
  read: (setting, salted) => ({ kind, m: Number(setting('m')), t: Number(setting('t')), p: Number(setting('p')), ...salted }),
})
const SCHEMES: Record<string, Scheme> = {
  scrypt: {
    names: ['ln', 'r', 'p'],
    example: 'ln=14,r=8,p=1',
    read: (setting, salted) => ({ kind: 'scrypt', ln: Number(setting('ln')), r: Number(setting('r')), p: Number(setting('p')), ...salted }),
  },
  'firebase-scrypt': {
    names: ['ln', 'r', 'sep', 'key'],
    example: 'ln=14,r=8,sep=(base64),key=(base64)',
    read: (setting, salted) => {
      const [sep, key] = [Buffer.from(setting('sep'), 'base64'), Buffer.from(setting('key'), 'base64')]
      return { kind: 'firebase-scrypt', ln: Number(setting('ln')), r: Number(setting('r')), sep, key, ...salted }
    },
  },
  'pbkdf2-sha1': pbkdf2('sha1'),
  'pbkdf2-sha256': pbkdf2('sha256'),
  'pbkdf2-sha512': pbkdf2('sha512'),
  argon2id: argon2('argon2id'),
  argon2i: argon2('argon2i'),
}
/** Of these, the setting is base64; of all others, a number. */
const BINARY = ['sep', 'key']

/** Reads the notation, and refuses what is beyond the limits; null if the text is in another. */
export function parseForeign(text: string): Foreign | Refusal | null {
  if (text.length > TEXT_LENGTH_MAX) return malformed(`must have at most ${TEXT_LENGTH_MAX} characters`)
  const parsed = parse(text)
  return parsed === null || 'refusal' in parsed ? parsed : (beyondLimits(parsed) ?? parsed)
}

function parse(text: string): Foreign | Refusal | null {
  if (/^(bcrypt_sha256\$)?\$2[aby]\$/.test(text)) return parseBcrypt(text)
  const name = /^\$([a-z\d-]+)\$/.exec(text)?.[1] ?? ''
  const scheme = Object.hasOwn(SCHEMES, name) ? SCHEMES[name] : undefined
  if (scheme) return parsePhc(name, scheme, text.slice(name.length + 2))
  return LDAP.test(text) ? parseLdap(text) : null
}

/** The one spelling of a hash. */
export function formatForeign(foreign: Foreign): string {
  if (foreign.kind === 'bcrypt') return `${foreign.hexSha256 ? BCRYPT_SHA256 : ''}${foreign.text}`
  const { salt, hash } = foreign
  if (foreign.kind === 'digest') {
    const name = foreign.digest === 'sha1' ? 'SHA' : foreign.digest.toUpperCase()
    return `{${salt.length > 0 ? 'S' : ''}${name}}${Buffer.concat([hash, salt]).toString('base64')}`
  }
  return `$${formatSettings(foreign)}$${base64(salt)}$${base64(hash)}`
}

function formatSettings(foreign: Exclude<Foreign, Bcrypt | Digested>): string {
  switch (foreign.kind) {
    case 'scrypt':
      return `scrypt$ln=${foreign.ln},r=${foreign.r},p=${foreign.p}`
    case 'firebase-scrypt':
      return `firebase-scrypt$ln=${foreign.ln},r=${foreign.r},sep=${base64(foreign.sep)},key=${base64(foreign.key)}`
    case 'pbkdf2':
      return `pbkdf2-${foreign.digest}$i=${foreign.i}`
    default:
      return `${foreign.kind}$v=19$m=${foreign.m},t=${foreign.t},p=${foreign.p}`
  }
}

function parseBcrypt(whole: string): Foreign | Refusal {
  const [, prefix, text, cost] = BCRYPT.exec(whole) ?? []
  if (text === undefined) return malformed('must have 53 characters after the cost of bcrypt')
  return { kind: 'bcrypt', hexSha256: prefix !== undefined, cost: Number(cost), text }
}

function parsePhc(name: string, { names, example, read }: Scheme, text: string): Foreign | Refusal {
  const [version, rest] = name.startsWith('argon2') && text.startsWith('v=') ? text.split(/\$(.*)/s) : ['v=', text]
  if (name.startsWith('argon2') && version !== 'v=19') return { refusal: 'unknown', message: 'must be Argon2 of version 1.3 (v=19)' }
  const [settingsText = '', saltText, hashText, ...more] = (rest ?? '').split('$')
  const settings = settingsOf(names, settingsText)
  const [salt, hash] = [bytesOf(saltText), bytesOf(hashText)]
  if (settings && salt && hash && more.length === 0) return read((setting) => settings.get(setting) ?? '', { salt, hash })
  return malformed(`must be $${name}$${example}$salt$hash, with salt and hash in base64`)
}

/** In any order: libraries differ. Null if one is missing, unknown, or no number where it should be. */
function settingsOf(names: readonly string[], text: string): Map<string, string> | null {
  const settings = new Map(text.split(',').map((pair) => pair.split(/=(.*)/s) as [string, string]))
  const isWhole = settings.size === names.length && text.split(',').length === names.length
  const isRight = (name: string) => (BINARY.includes(name) ? BASE64 : /^\d{1,10}$/).test(settings.get(name) ?? '')
  return isWhole && names.every(isRight) ? settings : null
}

function parseLdap(text: string): Foreign | Refusal {
  const [, salted, name = '', value] = LDAP.exec(text) ?? []
  const digest = (name === 'SHA' ? 'sha1' : name.toLowerCase()) as Digest
  const length = DIGEST_BYTES[digest]
  const bytes = bytesOf(value)
  if (bytes && bytes.length >= length && bytes.length > length === (salted === 'S')) {
    return { kind: 'digest', digest, hash: bytes.subarray(0, length), salt: bytes.subarray(length) }
  }
  return malformed(`must have after {${salted}${name}} base64 of ${length} bytes${salted ? ' and the salt' : ''}`)
}

/** Base64 of any alphabet, passlib's too, with or without padding; null for any other text. */
export function bytesOf(text: string | undefined): Buffer | null {
  if (text === undefined || !BASE64.test(text)) return null
  const bare = text.replace(/=+$/, '').replace(/[.-]/g, '+').replace(/_/g, '/')
  const bytes = Buffer.from(bare, 'base64')
  return base64(bytes) === bare ? bytes : null
}

/** Base64 without padding, as in PHC strings. */
function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
