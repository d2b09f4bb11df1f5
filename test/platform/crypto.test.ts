// The caps that crypto.ts adds or relies on, and the closed network of vitest.config.ts.
import { scrypt, scryptSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'

const overCap = { N: 2 ** 18, r: 8, p: 1, maxmem: 2 ** 30 }
const atCap = { N: 2 ** 17, r: 8, p: 1, maxmem: 2 ** 28 }

async function derive(iterations: number): Promise<ArrayBuffer> {
  const key = await crypto.subtle.importKey('raw', new Uint8Array(8), 'PBKDF2', false, ['deriveBits'])
  return crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt: new Uint8Array(8), iterations }, key, 128)
}

describe("production's caps on key derivation", () => {
  test('scrypt over N*r*p = 2^20 is refused', async () => {
    expect(() => scryptSync('password', 'salt', 32, overCap)).toThrow('cost exceeds maximum')
    const error = await new Promise((resolve) => scrypt('password', 'salt', 32, overCap, resolve))
    expect(String(error)).toContain('cost exceeds maximum')
  })

  test('scrypt at the cap is computed', () => {
    expect(scryptSync('password', 'salt', 32, atCap)).toHaveLength(32)
  })

  test('PBKDF2 over 100,000 iterations is refused', async () => {
    await expect(derive(100_001)).rejects.toThrow('iteration counts above 100000')
  })

  test('PBKDF2 at the cap is computed', async () => {
    expect((await derive(100_000)).byteLength).toBe(16)
  })
})

describe('the network', () => {
  test('a fetch that the test did not declare fails', async () => {
    const response = await fetch('https://example.com/')
    expect(response.status).toBeGreaterThanOrEqual(500)
    expect(await response.text()).toContain('may not fetch')
  })
})
