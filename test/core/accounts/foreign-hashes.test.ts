// Password hashes that other systems made (decision 057): what is read, what is refused before anything runs, what each accepts.
import { describe, expect, test } from 'vitest'
import { isForeign, readForeignHash } from '../../../src/core/accounts/foreign-hashes/read.ts'
import { verifyForeign } from '../../../src/core/accounts/foreign-hashes/verify.ts'
import { FOREIGN_HASHES } from '../../fixtures/foreign-hashes.ts'

function stored(text: string): string {
  const read = readForeignHash(text)
  if ('refusal' in read) throw new Error(`${text}: ${read.message}`)
  return read.stored
}

const b64 = (bytes: number, fill = 7) => Buffer.alloc(bytes, fill).toString('base64').replace(/=+$/, '')
const SALT = b64(16)
const HASH = b64(32)

describe('a hash that its own library made', () => {
  test.each(FOREIGN_HASHES)('%s: its password is right, no other is', async (_, password, text) => {
    const kept = stored(text)
    expect(isForeign(kept)).toBe(true)
    expect(stored(kept)).toBe(kept)
    expect(await verifyForeign(kept, password)).toBe(true)
    expect(await verifyForeign(kept, 'correct horse batterY')).toBe(false)
  })

  test('bcrypt reads 72 bytes', async () => {
    const [, password = '', text = ''] = FOREIGN_HASHES.find(([name]) => name.includes('72 bytes')) ?? []
    expect(await verifyForeign(text, `${password} and more`)).toBe(true)
    expect(await verifyForeign(text, password.replace('xx', 'x'))).toBe(false)
  })

  test('a password in another spelling is right where the system took NFKC', async () => {
    const [, password = '', text = ''] = FOREIGN_HASHES.find(([name]) => name === 'better-auth') ?? []
    expect(await verifyForeign(stored(text), password.normalize('NFKC'))).toBe(true)
  })

  test('digits and control characters are a password like any other for Argon2id', async () => {
    for (const password of ['5', '-1', '0', '9999999999', '\u0001', '\u0000']) {
      expect(await verifyForeign(`$argon2id$v=19$m=8,t=1,p=1$${SALT}$${HASH}`, password)).toBe(false)
    }
  })
})

describe('a text that is refused', () => {
  const refusals: [refusal: string, text: string][] = [
    ['unknown', ''],
    ['unknown', 'correct horse battery'],
    ['unknown', '5f4dcc3b5aa765d61d8327deb882cf99'],
    ['unknown', '$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/'],
    ['unknown', `$6$salt$${'a'.repeat(86)}`],
    ['unknown', `$2x$10$${'a'.repeat(53)}`],
    ['unknown', `$argon2d$v=19$m=1024,t=2,p=1$${SALT}$${HASH}`],
    ['unknown', `$argon2id$v=16$m=1024,t=2,p=1$${SALT}$${HASH}`],
    ['unknown', `$argon2id$m=1024,t=2,p=1$${SALT}$${HASH}`],
    ['unknown', `{CRYPT}$6$salt$${'a'.repeat(86)}`],
    ['unknown', `$constructor$i=1$${SALT}$${HASH}`],
    ['malformed', `$2b$10$${'a'.repeat(52)}`],
    ['malformed', `$2b$03$${'a'.repeat(53)}`],
    ['malformed', `$2b$32$${'a'.repeat(53)}`],
    ['malformed', `$2b$xx$${'a'.repeat(53)}`],
    ['malformed', `$pbkdf2-sha256$i=0$${SALT}$${HASH}`],
    ['malformed', `$pbkdf2-sha256$i=-1$${SALT}$${HASH}`],
    ['malformed', `$pbkdf2-sha256$i=1e3$${SALT}$${HASH}`],
    ['malformed', `$pbkdf2-sha256$i=1000,i=1000$${SALT}$${HASH}`],
    ['malformed', `$pbkdf2-sha256$i=1000$$${HASH}`],
    ['malformed', `$pbkdf2-sha256$i=1000$${SALT}`],
    ['malformed', `$pbkdf2-sha256$i=1000$${SALT}$${HASH}$`],
    ['malformed', `$pbkdf2-sha256$i=1000$${SALT}$${b64(15)}`],
    ['malformed', `$pbkdf2-sha256$i=1000$${SALT}$${b64(129)}`],
    ['malformed', `$pbkdf2-sha256$i=1000$${b64(129)}$${HASH}`],
    ['malformed', `$pbkdf2-sha256$i=1000$${SALT}$not base64`],
    ['malformed', `$scrypt$ln=14,r=8$${SALT}$${HASH}`],
    ['malformed', `$scrypt$ln=0,r=8,p=1$${SALT}$${HASH}`],
    ['malformed', `$scrypt$ln=15,r=8,p=3,keyid=a$${SALT}$${HASH}`],
    ['malformed', `$firebase-scrypt$ln=14,r=8,sep=Bw,key=${b64(64)}$${SALT}$${HASH}`],
    ['malformed', `$argon2id$v=19$m=7,t=2,p=1$${SALT}$${HASH}`],
    ['malformed', `$argon2id$v=19$m=1024,t=0,p=1$${SALT}$${HASH}`],
    ['malformed', `$argon2id$v=19$m=1024,t=1,p=0$${SALT}$${HASH}`],
    ['malformed', `$argon2id$v=19$m=1024,t=1,p=1$${b64(7)}$${HASH}`],
    ['malformed', `scrypt$16385$salt$8$1$${HASH}`],
    ['malformed', `$scrypt$ln=16,r=1,p=1$${SALT}$${HASH}`],
    ['malformed', `$firebase-scrypt$ln=16,r=1,sep=Bw,key=${HASH}$${SALT}$${HASH}`],
    ['malformed', `{SSHA}${b64(20)}`],
    ['malformed', `{SHA}${b64(21)}`],
    ['malformed', '{SHA256}short'],
    ['malformed', 'x'.repeat(1025)],
    ['too_costly', `$2b$15$${'a'.repeat(53)}`],
    ['too_costly', `$2b$31$${'a'.repeat(53)}`],
    ['too_costly', `$pbkdf2-sha256$i=1200001$${SALT}$${HASH}`],
    ['too_costly', `pbkdf2_sha256$9999999999$salt$${HASH}`],
    ['too_costly', `$pbkdf2-sha512$i=250001$${SALT}$${HASH}`],
    ['too_costly', `$pbkdf2-sha1$i=1300000$${SALT}$${HASH}`],
    ['too_costly', `$scrypt$ln=17,r=8,p=1$${SALT}$${HASH}`],
    ['too_costly', `$scrypt$ln=16,r=8,p=3$${SALT}$${HASH}`],
    ['too_costly', `$scrypt$ln=63,r=8,p=1$${SALT}$${HASH}`],
    ['too_costly', `$scrypt$ln=1,r=9999999999,p=9999999999$${SALT}$${HASH}`],
    ['too_costly', `$scrypt$ln=1,r=262144,p=1$${SALT}$${HASH}`],
    ['too_costly', `$scrypt$ln=6,r=8192,p=1$${SALT}$${HASH}`],
    ['too_costly', `$firebase-scrypt$ln=20,r=8,sep=Bw,key=${HASH}$${SALT}$${HASH}`],
    ['too_costly', `$argon2id$v=19$m=102400,t=2,p=8$${SALT}$${HASH}`],
    ['too_costly', `$argon2id$v=19$m=4294967295,t=4294967295,p=1$${SALT}$${HASH}`],
    ['too_costly', `$argon2i$v=19$m=65536,t=5,p=1$${SALT}$${HASH}`],
  ]
  test.each(refusals)('%s: %s', (refusal, text) => {
    expect(readForeignHash(text)).toEqual({ refusal, message: expect.stringMatching(/^(must|costs) /) })
    expect(isForeign(text)).toBe(false)
  })

  test('no text is anything else than read or refused, or a right password', async () => {
    const parts = ['$', '2b', '10', 'argon2id', 'v=19', 'm=8,t=1,p=1', 'i=1', 'ln=1,r=1,p=1', SALT, HASH, '{SSHA}', ':', '\u0000', '=']
    let seed = 1
    for (let n = 0; n < 3000; n++) {
      let text = ''
      for (let k = 0; k < 1 + (n % 9); k++) {
        seed = (seed * 48_271) % 2_147_483_647
        text += parts[seed % parts.length]
      }
      const read = readForeignHash(text)
      if ('stored' in read) expect(await verifyForeign(read.stored, text)).toBe(false)
      else expect(['unknown', 'malformed', 'too_costly']).toContain(read.refusal)
    }
  })
})
