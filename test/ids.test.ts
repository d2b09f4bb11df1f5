// `src/ids.ts`: ids are ordered as they are drawn and name the time of it, whatever the clock does.
import { expect, test } from 'vitest'
import { newId, timeOf } from '../src/ids.ts'

const NOW = Date.UTC(2030, 0, 1)

test('ids rise within a millisecond and while the clock goes back by less than a second', () => {
  const ids = [...Array.from({ length: 5_000 }, () => newId(NOW)), newId(NOW - 900), newId(NOW + 50)]
  expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b))
})

test('ids name the time of a clock that was set back, and rise from there', () => {
  newId(NOW + 3_600_000)
  const ids = [newId(NOW), newId(NOW), newId(NOW + 1)]
  expect(ids.map(timeOf)).toEqual([NOW, NOW, NOW + 1])
  expect(ids).toEqual([...ids].sort((a, b) => a - b))
})
