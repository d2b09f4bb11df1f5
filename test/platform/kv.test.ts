// kv.ts enforces its rules: staleness per location, cached misses, the write rate, KV's sizes and lifetimes.
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { clock } from './clock.ts'
import { type Bindings, createPlatform } from './platform.ts'

const platform = createPlatform(env as unknown as Bindings)
const { KV } = platform.env
let key = ''
let keys = 0

beforeEach(() => {
  platform.reset()
  clock.freeze()
  keys += 1
  key = `key-${keys}`
})
afterEach(() => clock.restore())

async function getAt(location: string): Promise<string | null> {
  platform.location = location
  return KV.get(key)
}

describe('staleness', () => {
  test('a location serves what it read for 60 s after a put elsewhere, then the new value', async () => {
    await KV.put(key, 'old')
    expect(await getAt('far')).toBe('old')
    clock.advance(1_000)
    platform.location = 'home'
    await KV.put(key, 'new')
    clock.advance(58_999)
    expect(await getAt('far')).toBe('old')
    clock.advance(1)
    expect(await getAt('far')).toBe('new')
  })

  test('a miss is cached for 60 s', async () => {
    expect(await getAt('far')).toBeNull()
    platform.location = 'home'
    await KV.put(key, 'value')
    expect(await getAt('far')).toBeNull()
    clock.advance(60_000)
    expect(await getAt('far')).toBe('value')
  })

  test('a location that has not read the key sees the put at once', async () => {
    await KV.put(key, 'value')
    expect(await getAt('home')).toBe('value')
    expect(await getAt('far')).toBe('value')
  })

  test('a location that has read the key does not see its own put within 60 s', async () => {
    expect(await KV.get(key)).toBeNull()
    await KV.put(key, 'value')
    expect(await KV.get(key)).toBeNull()
  })

  test('a deleted key is still read where it is cached', async () => {
    await KV.put(key, 'value')
    expect(await getAt('far')).toBe('value')
    clock.advance(1_000)
    await KV.delete(key)
    expect(await getAt('far')).toBe('value')
    expect(await getAt('elsewhere')).toBeNull()
  })

  test('a longer cacheTtl keeps a value longer', async () => {
    await KV.put(key, 'old')
    expect(await KV.get(key, { cacheTtl: 300 })).toBe('old')
    clock.advance(299_000)
    await KV.put(key, 'new')
    expect(await KV.get(key)).toBe('old')
  })
})

describe('limits', () => {
  test('a second write to a key within 1 s is refused, delete included', async () => {
    await KV.put(key, 'one')
    await expect(KV.put(key, 'two')).rejects.toThrow('KV PUT failed: 429 Too Many Requests')
    await expect(KV.delete(key)).rejects.toThrow('429')
    clock.advance(1_000)
    await KV.put(key, 'three')
    expect(await KV.get(key)).toBe('three')
  })

  test('writes to different keys do not slow each other', async () => {
    await KV.put(`${key}-a`, '1')
    await KV.put(`${key}-b`, '1')
  })

  test('a lifetime under 60 s is refused, as a duration and as a moment', async () => {
    await expect(KV.put(key, 'value', { expirationTtl: 59 })).rejects.toThrow('expiration_ttl of 59')
    clock.advance(1_000)
    const expiration = Math.floor(Date.now() / 1000) + 59
    await expect(KV.put(key, 'value', { expiration })).rejects.toThrow('expiration_ttl of 59')
  })

  test('a key over 512 bytes, metadata over 1,024 bytes and a value over 25 MiB are refused', async () => {
    await expect(KV.put('é'.repeat(257), 'value')).rejects.toThrow('414')
    await expect(KV.put(`${key}-m`, 'value', { metadata: 'm'.repeat(1_024) })).rejects.toThrow('413')
    await expect(KV.put(key, new Uint8Array(25 * 1024 * 1024 + 1))).rejects.toThrow('413')
  })
})

describe('what is passed on', () => {
  test('a key expires by the clock of the test, from reads, caches and lists', async () => {
    await KV.put(key, 'value', { expirationTtl: 90 })
    expect(await KV.get(key, { cacheTtl: 300 })).toBe('value')
    expect((await KV.list({ prefix: key })).keys).toHaveLength(1)
    clock.advance(90_000)
    expect(await KV.get(key)).toBeNull()
    expect((await KV.list({ prefix: key })).keys).toHaveLength(0)
  })

  test('every type of value, metadata and several keys at once are read', async () => {
    await KV.put(key, '{"a":1}', { metadata: { m: 2 } })
    expect(await KV.get(key, 'json')).toEqual({ a: 1 })
    expect(await new Response(await KV.get(key, 'stream')).text()).toBe('{"a":1}')
    expect((await KV.get(key, 'arrayBuffer'))?.byteLength).toBe(7)
    expect(await KV.getWithMetadata(key, 'json')).toMatchObject({ value: { a: 1 }, metadata: { m: 2 } })
    const several = await KV.get([key, `${key}-none`])
    expect([...several]).toEqual([
      [key, '{"a":1}'],
      [`${key}-none`, null],
    ])
  })
})
