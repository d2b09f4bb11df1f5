// The test clock moves Date and nothing else (clock.ts).
import { env } from 'cloudflare:workers'
import { afterEach, expect, test } from 'vitest'
import { clock } from './clock.ts'
import type { Bindings } from './platform.ts'

const native = env as unknown as Bindings

afterEach(() => clock.restore())

test('a frozen clock stands still while timers and D1 go on', async () => {
  clock.freeze(new Date('2038-01-20T00:00:00Z'))
  const before = Date.now()
  await new Promise((resolve) => setTimeout(resolve, 20))
  const row = await native.DB.prepare('SELECT 1 AS one').first()
  expect(row).toEqual({ one: 1 })
  expect(Date.now()).toBe(before)
  expect(new Date().getUTCFullYear()).toBe(2038)
})

test('a frozen clock advances and goes back when told to', () => {
  clock.freeze(1_000_000)
  clock.advance(500)
  expect(Date.now()).toBe(1_000_500)
  clock.advance(-1_000)
  expect(Date.now()).toBe(999_500)
})

test('a clock that runs cannot be advanced', () => {
  expect(() => clock.advance(1)).toThrow('freeze')
})

test('a restored clock shows real time', () => {
  clock.freeze(0)
  clock.restore()
  expect(Date.now()).toBeGreaterThan(Date.parse('2025-01-01'))
})
