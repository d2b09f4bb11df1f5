// What React Native keeps in the Keychain or Keystore, on a store that has its rules.

import type { Environment, KeyStore, KithOptions } from '@kith/client'
import { dpop } from '@kith/client/dpop'
import { nativeEnvironment } from '@kith/client/react-native'
import { calculateJwkThumbprint } from 'jose'
import { afterEach, describe, expect, test } from 'vitest'
import { rows } from '../apis/oauth/harness.ts'
import { clock } from '../platform/clock.ts'
import { type Browser, failureOf, newAppBrowser } from './browser.ts'

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

const environmentOn = (secureStore: ReturnType<typeof keychain>): Environment => {
  const webBrowser = { openAuthSessionAsync: async () => ({ type: 'cancel' }) }
  const native = { getRandomValues: <T extends Uint8Array>(array: T) => array, digest: async () => new ArrayBuffer(0) }
  return nativeEnvironment({ secureStore, webBrowser, crypto: native })
}
const storageOn = (secureStore: ReturnType<typeof keychain>) => environmentOn(secureStore).storage

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

describe('the key of tokens in React Native', () => {
  const DAY_MS = 86_400_000
  afterEach(() => clock.restore())

  const keysOn = (items: Map<string, string>) => environmentOn(keychain(items)).keys as KeyStore
  /** What is in the one item, beside its head. */
  const change = (items: Map<string, string>, to: (jwk: Record<string, string>) => object | string) => {
    const [[name, item]] = [...items].filter(([name]) => name.includes('_3a_key_3a_')) as [[string, string]]
    const [, head = '', text = ''] = /^(\w+:)(.*)$/.exec(item) ?? []
    const changed = to(JSON.parse(text))
    items.set(name, head + (typeof changed === 'string' ? changed : JSON.stringify(changed)))
  }
  const thumbprintOf = async ({ publicKey }: CryptoKeyPair) =>
    calculateJwkThumbprint((await crypto.subtle.exportKey('jwk', publicKey)) as JsonWebKey & { kty: string })

  /** The app on a phone, each time it is started. */
  async function newPhone() {
    clock.freeze()
    const browser = await newAppBrowser()
    const items = new Map<string, string>()
    const options = (): Partial<KithOptions> => ({ dpop: dpop(), environment: { keys: keysOn(items), lock: (_, work) => work() } })
    return { browser, items, start: () => browser.open(options()), signIn: () => signIn(browser, options()) }
  }
  async function signIn(browser: Browser, options: Partial<KithOptions>) {
    const kith = browser.open(options)
    await kith.signIn()
    await kith.handleRedirect(await browser.visit())
    return kith
  }
  const thefts = ({ userId }: Browser) => rows('SELECT type FROM audit_events WHERE user_id = ? AND type LIKE ?', userId, 'refresh%')

  test('is the same after a restart, and its bytes cannot be read again', async () => {
    const items = new Map<string, string>()
    const made = (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])) as CryptoKeyPair
    await keysOn(items).set('kith:key:a', made)
    const found = (await keysOn(items).get('kith:key:a')) as CryptoKeyPair
    expect(await thumbprintOf(found)).toBe(await thumbprintOf(made))
    expect([found.privateKey.extractable, found.publicKey.extractable]).toEqual([false, true])
    expect(await keysOn(items).get('kith:key:b')).toBeUndefined()
  })

  test('is still signed in a day after it was killed between a refresh and its reply', async () => {
    const { browser, start, signIn } = await newPhone()
    await signIn()
    clock.advance(11 * 60_000)
    await new Promise<void>((killed) => {
      browser.trouble = async (_request, forward) => {
        const reply = await forward()
        // The reply before has only the nonce.
        if (!reply.ok) return reply
        killed()
        return new Promise(() => {})
      }
      void start().get('/user/me')
    })
    browser.trouble = null
    clock.advance(DAY_MS)
    const next = start()
    await next.get('/user/me')
    clock.advance(11 * 60_000)
    await next.get('/user/me')
    expect([next.session.status, await thefts(browser)]).toEqual(['signed_in', []])
  })

  test.each<[string, (items: Map<string, string>) => void]>([
    ['lost', (items) => items.clear()],
    ['cut off', (items) => change(items, (jwk) => JSON.stringify(jwk).slice(0, 40))],
    ['of another kind', (items) => change(items, () => 'null')],
    ['without its private half', (items) => change(items, ({ d: _, ...point }) => point)],
    ['of halves that do not belong together', (items) => change(items, (jwk) => ({ ...jwk, d: `${'A'.repeat(42)}Q` }))],
  ])('%s: the session ends with an error that says so, once, and the next sign-in has a new one', async (_, damage) => {
    const { browser, items, start, signIn } = await newPhone()
    await signIn()
    damage(items)
    browser.requests.length = 0
    const kith = start()
    expect(await failureOf(kith.get('/user/me'))).toMatchObject({ kind: 'signed_out', reason: 'ended' })
    expect(kith.session).toEqual({ status: 'signed_out', reason: 'ended' })
    const sent = browser.requests.length
    expect(sent, browser.requests.join()).toBeLessThan(6)
    expect(await failureOf(kith.accessToken())).toMatchObject({ kind: 'signed_out' })
    expect(browser.requests.length, 'no loop').toBe(sent)
    await signIn()
    clock.advance(11 * 60_000)
    await start().get('/user/me')
  })

  test('that cannot be read, as before a phone is first unlocked, is not replaced', async () => {
    const { browser, items, start, signIn } = await newPhone()
    await signIn()
    clock.advance(11 * 60_000)
    const locked: KeyStore = {
      ...keysOn(items),
      get: environmentOn({ ...keychain(items), getItemAsync: () => Promise.reject(new Error('User interaction is not allowed')) }).keys
        ?.get as KeyStore['get'],
    }
    const kith = browser.open({ dpop: dpop(), environment: { keys: locked } })
    expect(await failureOf(kith.get('/user/me'))).toMatchObject({ kind: 'storage' })
    await start().get('/user/me')
  })

  test('comes with an update of the app: nobody is signed out', async () => {
    const { browser, start } = await newPhone()
    await signIn(browser, {})
    clock.advance(5 * 60_000)
    await start().get('/user/me')
    clock.advance(DAY_MS)
    await start().get('/user/me')
    expect(await thefts(browser)).toEqual([])
  })
})
