// What React Native keeps in the Keychain or Keystore, on a store that has its rules.

import { nativeEnvironment } from '@kith/client/react-native'
import { describe, expect, test } from 'vitest'

const KEY = 'kith:session:my-app@https://id.example.com'
/** Longer than an item may be, in bytes more than in characters. */
const LONG = ['a'.repeat(5_000), `${'ä€😀'.repeat(900)}z`]
const SHORT = ['', '{}', 'b5:', 'a'.repeat(2_000)]

class Killed extends Error {}

/** `expo-secure-store`; after `steps` writes the app is killed. */
function keychain(items = new Map<string, string>(), steps = Number.POSITIVE_INFINITY) {
  const step = (key: string) => {
    if (!/^[\w.-]+$/.test(key)) throw new Error(`invalid key ${key}`)
    if (steps === 0) throw new Killed()
    steps -= 1
  }
  return {
    AFTER_FIRST_UNLOCK_THIS_DEVICE_ONLY: 1,
    getItemAsync: async (key: string) => items.get(key) ?? null,
    async setItemAsync(key: string, value: string) {
      step(key)
      if (new TextEncoder().encode(value).length > 2_048) throw new Error('too large')
      items.set(key, value)
    },
    async deleteItemAsync(key: string) {
      step(key)
      items.delete(key)
    },
  }
}

const storageOn = (secureStore: ReturnType<typeof keychain>) => {
  const webBrowser = { openAuthSessionAsync: async () => ({ type: 'cancel' }) }
  const native = { getRandomValues: <T extends Uint8Array>(array: T) => array, digest: async () => new ArrayBuffer(0) }
  return nativeEnvironment({ secureStore, webBrowser, crypto: native }).storage
}

describe('storage in React Native', () => {
  test.each([...SHORT, ...LONG].map((value) => [value.length, value]))('keeps a value of %i characters as it is', async (_, value) => {
    const items = new Map<string, string>()
    const storage = storageOn(keychain(items))
    expect(await storage.getItem(KEY)).toBeNull()
    for (const other of ['x'.repeat(9_000), value]) await storage.setItem(KEY, other)
    expect(await storage.getItem(KEY)).toBe(value)
    await storage.removeItem(KEY)
    expect([await storage.getItem(KEY), items.size]).toEqual([null, 0])
  })

  test('wherever the app is killed, the value is the old one or the new one', async () => {
    const values = [SHORT[1] ?? '', ...LONG]
    for (const [before, after] of values.flatMap((one) => values.map((other) => [one, `${other}!`] as const))) {
      const seen = new Set<string | null>()
      for (let steps = 0, isDone = false; !isDone; steps++) {
        const items = new Map<string, string>()
        await storageOn(keychain(items)).setItem(KEY, before)
        const write = async () => storageOn(keychain(items, steps)).setItem(KEY, after)
        isDone = await write().then(
          () => true,
          (error) => !(error instanceof Killed),
        )
        const found = await storageOn(keychain(items)).getItem(KEY)
        expect([before, after]).toContain(found)
        seen.add(found)
        // What was left behind is in nobody's way.
        await storageOn(keychain(items)).setItem(KEY, 'next')
        expect(await storageOn(keychain(items)).getItem(KEY)).toBe('next')
      }
      expect(seen).toEqual(new Set([before, after]))
    }
  })

  test('keys that differ only in what the Keychain does not allow are different', async () => {
    const storage = storageOn(keychain())
    const keys = ['kith:a@b', 'kith:a:b', 'kith_3a_a_40_b', 'kith:a/b']
    for (const key of keys) await storage.setItem(key, key)
    for (const key of keys) expect(await storage.getItem(key)).toBe(key)
  })

  test('a crypto of its own stays', () => {
    const before = crypto
    storageOn(keychain())
    expect(crypto).toBe(before)
  })
})
