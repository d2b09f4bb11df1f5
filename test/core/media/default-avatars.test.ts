// The picture of somebody who has none: readable, valid XML, stable, and a correct PNG for each colour.
import { describe, expect, test } from 'vitest'
import {
  AVATAR_COLORS,
  type AvatarColor,
  avatarColor,
  avatarInitials,
  defaultAvatarPng,
  defaultAvatarSvg,
} from '../../../src/core/media/default-avatars.ts'
import { inspectImage } from '../../../src/core/media/images/inspect.ts'
import { newId, type UserId } from '../../../src/ids.ts'

const COLORS = Object.keys(AVATAR_COLORS) as AvatarColor[]
const person = (names: Partial<Record<'givenName' | 'familyName' | 'displayName' | 'username', string>>) => ({
  id: 8 as UserId,
  username: 'john_doe',
  givenName: null,
  familyName: null,
  displayName: null,
  ...names,
})

test("the eight colours are Movida's, in its order, and an id has one of them for good", () => {
  expect(COLORS).toEqual(['yellow', 'orange', 'red', 'pink', 'purple', 'aqua', 'blue', 'green'])
  const ids = Array.from({ length: 200 }, () => newId<UserId>())
  expect(new Set(ids.map(avatarColor))).toEqual(new Set(COLORS))
  expect(ids.map(avatarColor)).toEqual(ids.map(avatarColor))
})

/** WCAG 2.2: relative luminance. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

describe.each(COLORS)('%s', (color) => {
  test('has legible ink: a contrast of 4.5 to 1', () => {
    const [dark = 0, light = 0] = [luminance(AVATAR_COLORS[color].paper), luminance(AVATAR_COLORS[color].ink)].sort()
    expect((light + 0.05) / (dark + 0.05)).toBeGreaterThanOrEqual(4.5)
  })

  test('has a bundled PNG of 128 x 128, without metadata', async () => {
    const bytes = defaultAvatarPng(color)
    expect(await inspectImage(bytes, { bytesMax: 4_096, pixelsMax: 128 * 128 })).toEqual({
      format: 'image/png',
      width: 128,
      height: 128,
      bytes,
    })
  })
})

test.each([
  [person({ givenName: 'John', familyName: 'Smith' }), 'JS'],
  [person({ givenName: 'élodie' }), 'É'],
  [person({ givenName: '«Ann', familyName: '3rd' }), 'A3'],
  [person({ displayName: 'the quick brown fox' }), 'TF'],
  [person({ displayName: 'Prince' }), 'P'],
  [person({ displayName: '☃' }), 'J'],
  [person({ givenName: '李', familyName: '王' }), '李王'],
  [person({ givenName: `z${'\u0301'.repeat(300)}` }), `Z${'\u0301'.repeat(3)}`],
  [person({ username: '____' }), ''],
])('the initials of %j are %s', (user, initials) => {
  expect(avatarInitials(user)).toBe(initials)
})

test('whatever a name holds, the SVG has no element or attribute of its own', () => {
  for (const name of ['<script>', '"onload="x', "'/><image href='x'", '&amp;', ']]>', '\u0000a', '\ufffe']) {
    const svg = defaultAvatarSvg(person({ givenName: name, familyName: name, displayName: name }))
    expect(svg.match(/<\/?\w+/g)).toEqual(['<svg', '<rect', '<text', '</text', '</svg'])
    expect(svg).not.toMatch(/script|style=|onload|href|\p{Cc}/u)
  }
})
