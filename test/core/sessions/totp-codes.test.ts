// The arithmetic of authenticator apps: RFC 6238 appendix B, time steps, and how codes are typed (security rows 17, 22).
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { secondFactorCode, totpCode } from '../../../src/core/fields.ts'
import { makeRecoveryCodes, recoveryCodeHash } from '../../../src/core/sessions/recovery-codes.ts'
import { stepOfCode } from '../../../src/core/sessions/totp-codes.ts'

/** Appendix B: the secret for SHA-1; a six-digit app shows the last six of its eight digits. */
const SECRET = Buffer.from('12345678901234567890', 'ascii')
const VECTORS: readonly [seconds: number, code: string][] = [
  [59, '94287082'],
  [1111111109, '07081804'],
  [1111111111, '14050471'],
  [1234567890, '89005924'],
  [2000000000, '69279037'],
  [20000000000, '65353130'],
]

describe('a code of an authenticator app', () => {
  test.each(VECTORS)('at %i s is that of RFC 6238', (seconds, code) => {
    expect(stepOfCode(SECRET, code.slice(-6), seconds * 1000)).toBe(Math.floor(seconds / 30))
    expect(stepOfCode(SECRET, code, seconds * 1000), 'eight digits').toBeNull()
  })

  test.each(VECTORS)('at %i s is good for one step before and after, to the millisecond', (seconds, code) => {
    const step = Math.floor(seconds / 30)
    const digits = code.slice(-6)
    const at = (ms: number) => stepOfCode(SECRET, digits, ms)
    expect([at((step - 1) * 30_000), at((step + 2) * 30_000 - 1)]).toEqual([step, step])
    expect([at((step - 1) * 30_000 - 1), at((step + 2) * 30_000)]).toEqual([null, null])
  })

  test('of three codes around now, each is that of its own step and no other is any', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), fc.integer({ min: 0, max: 4e12 }), (secret, now) => {
        const present = Math.floor(now / 30_000)
        let found = 0
        for (let n = 0; n < 200; n++) {
          const step = stepOfCode(secret, String((now + n * 4999) % 1_000_000).padStart(6, '0'), now)
          if (step === null) continue
          found += 1
          expect(Math.abs(step - present)).toBeLessThanOrEqual(1)
        }
        expect(found).toBeLessThan(10)
      }),
      { numRuns: 20 },
    )
  })
})

describe('a code as it is typed', () => {
  test('000000 to 999999 are the same as text, as a number and with spaces', () => {
    for (let n = 0; n <= 999_999; n += n < 20_000 ? 1 : 37) {
      const digits = String(n).padStart(6, '0')
      const spellings = [digits, n, String(n), `${digits.slice(0, 3)} ${digits.slice(3)}`]
      for (const typed of spellings) {
        if (secondFactorCode.parse(typed) !== digits || totpCode.parse(typed) !== digits) throw new Error(`${typed} is not ${digits}`)
      }
    }
    expect([secondFactorCode.parse(999_999), totpCode.parse(0)]).toEqual(['999999', '000000'])
  })

  test('a recovery code is the same in capitals, without dashes and with spaces', () => {
    const { codes, hashes } = makeRecoveryCodes()
    for (const [index, code] of codes.entries()) {
      for (const typed of [code, code.toUpperCase(), code.replaceAll('-', ''), ` ${code.replaceAll('-', ' - ')} `]) {
        expect(recoveryCodeHash(secondFactorCode.parse(typed))).toBe(hashes[index])
      }
    }
    expect(recoveryCodeHash('123456')).toBeNull()
  })

  test('nothing else is a code', () => {
    const wrong = ['', ' ', '-', '1234567', '12345a', 'abcd-efgh-ijkm-npq', 'abcd-efgh-ijkm-npq0', -1, 1.5, 1_000_000, null, true]
    for (const typed of wrong) expect(secondFactorCode.safeParse(typed).success, String(typed)).toBe(false)
    for (const typed of [...wrong, 'abcd-efgh-ijkm-npqr']) expect(totpCode.safeParse(typed).success, String(typed)).toBe(false)
  })
})

test('ten recovery codes of 80 bits, no two alike, all signs as likely', () => {
  const all = Array.from({ length: 200 }, () => makeRecoveryCodes().codes).flat()
  expect(makeRecoveryCodes().codes).toHaveLength(10)
  expect(new Set(all).size).toBe(2_000)
  for (const code of all) expect(code).toMatch(/^[a-km-np-z2-9]{4}(-[a-km-np-z2-9]{4}){3}$/)
  const counts = new Map<string, number>()
  for (const sign of all.join('').replaceAll('-', '')) counts.set(sign, (counts.get(sign) ?? 0) + 1)
  expect(counts.size).toBe(32)
  // 1,000 each are expected; six standard deviations.
  for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(190)
})
