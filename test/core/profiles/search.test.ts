// Search strings (design §1.15): a few folded strings per person, whatever their names are.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fold } from '../../../src/core/profiles/fold.ts'
import { searchStringsOf } from '../../../src/core/profiles/search.ts'

const NOBODY = { username: 'some_body', givenName: null, middleName: null, familyName: null }

describe('search strings', () => {
  test.each([
    [NOBODY, ['some_body']],
    [{ ...NOBODY, givenName: 'John', familyName: 'Doe' }, ['some_body', 'john doe', 'doe john']],
    [
      { username: 'Some_Body', givenName: 'Anne-Marie Åsa', middleName: 'Lou', familyName: "O'Brien" },
      [
        'some_body',
        'anne marie asa obrien',
        'obrien anne marie asa',
        'marie',
        'asa',
        'lou',
        'brien',
        'annemarie asa obrien',
        'obrien annemarie asa',
        'anne marie asa o brien',
        'o brien anne marie asa',
      ],
    ],
    [{ ...NOBODY, givenName: 'Some_body', familyName: 'Some_body' }, ['some_body some_body']],
    [{ ...NOBODY, givenName: '\u200F\u0301', familyName: 'Doe' }, ['some_body', 'doe']],
    // Joined, the full name is longer, as it is cut at another place: that one has no room of its own.
    [
      { ...NOBODY, givenName: 'a b c d e f g h i j k l', familyName: `${'x'.repeat(39)}-y` },
      [
        'some_body',
        `a b c d e f g h i j k l ${'x'.repeat(39)}y`,
        `${'x'.repeat(39)} y a b c d e f g h i j k`,
        ...['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'],
      ],
    ],
  ])('of %j', (names, strings) => {
    expect(searchStringsOf(names)).toEqual(strings)
  })

  test('at most twelve, of at most 64 characters each, folded, none the beginning of another', () => {
    const name = fc.option(fc.string({ unit: 'binary', maxLength: 300 }))
    const words = fc.option(
      fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 }), { maxLength: 40 }).map((list) => list.join(' ')),
    )
    const names = fc.record({
      username: fc.constant('some_body'),
      givenName: fc.oneof(name, words),
      middleName: words,
      familyName: fc.oneof(words, name),
    })
    fc.assert(
      fc.property(names, (person) => {
        const strings = searchStringsOf(person)
        expect(strings.length).toBeGreaterThan(0)
        expect(strings.length).toBeLessThanOrEqual(12)
        for (const string of strings) {
          expect(string).not.toBe('')
          expect([...string].length).toBeLessThanOrEqual(64)
          expect(string.isWellFormed()).toBe(true)
          expect(strings.filter((other) => other.startsWith(string))).toHaveLength(1)
        }
        const full = [...fold(`${fold(person.givenName ?? '')} ${fold(person.familyName ?? '')}`)].slice(0, 64).join('').trimEnd()
        expect(strings.some((string) => string.startsWith(full))).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })
})
