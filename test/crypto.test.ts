// Encryption at rest: what lies in one row is nothing in another, an older key still opens, a lost one refuses (ASVS 11.3).
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decrypt, encrypt, isUnderOldKey, type Keyring } from '../src/crypto.ts'

const ring = (...kids: string[]): Keyring => ({
  current: kids[0] ?? '',
  keys: new Map(kids.map((kid) => [kid, Buffer.from(kid.padEnd(32, '.'), 'utf8')])),
})
const SECRET = Buffer.from('twenty bytes exactly', 'utf8')
const flipped = (text: string, at: number) => {
  const [kid = '', body = ''] = text.split('.')
  const bytes = Buffer.from(body, 'base64url')
  bytes.writeUInt8((bytes.readUInt8(at) ^ 1) & 255, at)
  return `${kid}.${bytes.toString('base64url')}`
}

test('whatever was encrypted decrypts again', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.string(), async (plain, aad) => {
      expect(await decrypt(ring('a'), aad, await encrypt(ring('a'), aad, plain))).toEqual(plain)
    }),
    { numRuns: 50 },
  )
})

test('the same secret is never sealed alike', async () => {
  const sealed = await Promise.all(Array.from({ length: 64 }, () => encrypt(ring('a'), 'x', SECRET)))
  expect(new Set(sealed).size).toBe(64)
  expect(new Set(sealed.map((text) => text.slice(0, 18))).size).toBe(64)
})

test('it does not open as something else, and not when a single bit was changed', async () => {
  const sealed = await encrypt(ring('a'), 'totp:1', SECRET)
  for (const aad of ['totp:2', 'totp:11', 'ha1:1', '']) expect(await decrypt(ring('a'), aad, sealed)).toBeNull()
  const length = Buffer.from(sealed.slice(2), 'base64url').length
  for (let at = 0; at < length; at++) expect(await decrypt(ring('a'), 'totp:1', flipped(sealed, at))).toBeNull()
  for (const text of ['', '.', 'a', 'a.', 'a.AAAA', sealed.slice(0, -4), `${sealed}AAAA`]) {
    expect(await decrypt(ring('a'), 'totp:1', text), text).toBeNull()
  }
})

test('an older key still opens, a key id may hold dots, and a lost key is a refusal', async () => {
  const sealed = await encrypt(ring('2026.01'), 'x', SECRET)
  expect(await decrypt(ring('2026.02', '2026.01'), 'x', sealed)).toEqual(new Uint8Array(SECRET))
  expect(await decrypt(ring('2026.02'), 'x', sealed)).toBeNull()
  expect([isUnderOldKey(ring('2026.01'), sealed), isUnderOldKey(ring('2026.02', '2026.01'), sealed)]).toEqual([false, true])
  // The id alone does not make the key.
  const impostor: Keyring = { current: '2026.01', keys: new Map([['2026.01', Buffer.alloc(32, 7)]]) }
  expect(await decrypt(impostor, 'x', sealed)).toBeNull()
})
