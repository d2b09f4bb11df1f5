// The codes in mails (design §1.11): derived, never stored, and the same when a mail is sent again.
import { describe, expect, it } from 'vitest'
import type { Keyring } from '../../src/crypto.ts'
import { deriveCode } from '../../src/mail/codes.ts'

const keys: Keyring = {
  current: 'test-b',
  keys: new Map([
    ['test-b', Buffer.alloc(32, 2)],
    ['test-a', Buffer.alloc(32, 1)],
  ]),
}
const seed = { codeId: 7_001, random: 'aaaaaaaaaaaaaaaaaaaaaa', kid: 'test-a' }

describe('a mailed code', () => {
  it('is the same whenever it is derived from the same row', () => {
    expect(deriveCode(keys, 'verify_email', { ...seed })).toBe(deriveCode(keys, 'verify_email', seed))
    expect(deriveCode(keys, 'sign_in', { ...seed })).toBe(deriveCode(keys, 'sign_in', seed))
  })

  it('differs with the purpose, the row, its random bytes and the key', () => {
    const codes = [
      deriveCode(keys, 'verify_email', seed),
      deriveCode(keys, 'reset_password', seed),
      deriveCode(keys, 'verify_email', { ...seed, codeId: seed.codeId + 1 }),
      deriveCode(keys, 'verify_email', { ...seed, random: 'baaaaaaaaaaaaaaaaaaaaa' }),
      deriveCode(keys, 'verify_email', { ...seed, kid: 'test-b' }),
    ]
    expect(new Set(codes).size).toBe(codes.length)
  })

  it('outlives a change of keys, and ends with the removal of its own', () => {
    const rotated: Keyring = { current: 'test-c', keys: new Map([['test-c', Buffer.alloc(32, 3)], ...keys.keys]) }
    expect(deriveCode(rotated, 'verify_email', seed)).toBe(deriveCode(keys, 'verify_email', seed))
    const removed: Keyring = { current: 'test-c', keys: new Map([['test-c', Buffer.alloc(32, 3)]]) }
    expect(deriveCode(removed, 'verify_email', seed)).toBeNull()
  })

  it('has eight groups of three signs without look-alikes', () => {
    for (let codeId = 1; codeId <= 200; codeId += 1) {
      expect(deriveCode(keys, 'reset_password', { ...seed, codeId })).toMatch(/^([a-km-np-z2-9]{3})(-[a-km-np-z2-9]{3}){7}$/)
    }
  })

  it('of a log-in has six digits, leading zeros kept', () => {
    const codes = Array.from({ length: 200 }, (_, index) => deriveCode(keys, 'sign_in', { ...seed, codeId: index + 1 }))
    for (const code of codes) expect(code).toMatch(/^\d{6}$/)
    expect(codes.filter((code) => code?.startsWith('0'))).not.toHaveLength(0)
    expect(new Set(codes).size).toBeGreaterThan(190)
  })
})
