// Typed text is understood: codes in other digits and dashes, addresses with spaces and IDN hosts.
import { describe, expect, test } from 'vitest'
import * as fields from '../../src/core/fields.ts'
import { foldTypedAddress, foldTypedCode } from '../../src/core/typed-text.ts'

describe('a code', () => {
  test.each([
    ['abc-def', 'abcdef'],
    [' ABC\u00a0DEF\t', 'abcdef'],
    ['abc\u2010def\u2011ghj\u2012kmn\u2013pqr\u2014stu\u2212vwx\u2015yz2', 'abcdefghjkmnpqrstuvwxyz2'],
    ['12\u00ad34\u200b5\ufeff6', '123456'],
    ['１２３－４５６', '123456'],
    ['１２３ー４５６', '123456'],
    ['ａｂｃ－ＤＥＦ', 'abcdef'],
    ['٠١٢-٣٤٥', '012345'],
    ['۶۷۸۹', '6789'],
    ['०१२३', '0123'],
    ['𝟎𝟏𝟐', '012'],
  ])('%j is %s', (typed, code) => expect(foldTypedCode(typed)).toBe(code))

  test('the decimal digits of every script are those of ASCII', () => {
    const digits = Array.from({ length: 0x1_10000 }, (_, code) => code)
      .filter((code) => code < 0xd800 || code > 0xdfff)
      .map((code) => String.fromCodePoint(code))
      .filter((sign) => /\p{Nd}/u.test(sign))
    expect(digits.length).toBeGreaterThan(600)
    // Each script has ten consecutive digits.
    for (const [index, digit] of digits.entries()) expect([digit, foldTypedCode(digit)]).toEqual([digit, String(index % 10)])
  })

  test('of the second step is read alike, and by an authenticator app', () => {
    expect(fields.secondFactorCode.parse('１２３ ４５６')).toBe('123456')
    expect(fields.secondFactorCode.parse('ABCD–efgh—2345 wxyz')).toBe('abcdefgh2345wxyz')
    expect(fields.totpCode.parse('٠١٢٣٤٥')).toBe('012345')
  })
})

describe('an address', () => {
  test.each([
    [' ann@example.com\n', 'ann@example.com'],
    ['ann@bücher.example', 'ann@xn--bcher-kva.example'],
    ['ann@straße.example', 'ann@xn--strae-oqa.example'],
    ['ann@ｅｘａｍｐｌｅ。ｃｏｍ', 'ann@example.com'],
    ['"a@b"@bücher.example', '"a@b"@xn--bcher-kva.example'],
    ['no address', 'no address'],
    ['ann@', 'ann@'],
  ])('%j is %j', (typed, address) => expect(foldTypedAddress(typed)).toBe(address))

  test.each([
    'ann@bücher.example/x',
    'ann@bücher.example:80',
    'ann@bü cher.example',
    'ann@bücher.example?x',
    'ann@[bücher]',
    'ann@ü%41.example',
  ])('%j is left, and refused', (typed) => {
    expect(foldTypedAddress(typed)).toBe(typed)
    expect(fields.email.safeParse(typed).success).toBe(false)
  })
})
